"""Everything that the daemon sends to a reader with a key, before judges that share no code with it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from relay import keys
from tests.openpgp import judges
from tests.openpgp.people import ANA, ENGINES, ana, key, letter, line_of, opened, public, sealed, signed
from tests.unit.edge.openpgp_world import desk

_END = "-----END PGP PUBLIC KEY BLOCK-----"
KINDS = {
    "ed25519": ("ed25519", "cv25519"),
    "rsa": ("rsa3072", "rsa3072"),
    "nist": ("nistp384", "nistp384"),
}


@pytest.fixture(autouse=True, scope="module")
def _judges_are_there() -> None:
    missing = [name for name in ("gpg", "sq", "rnp") if shutil.which(name) is None]
    assert missing == [], f"not on this machine: {missing}"


def ana_with(kind: str) -> str:
    algorithm, subkey = KINDS[kind]
    return key(f"Ana Ruiz <{ANA}>", algorithm, subkey) if kind != "ed25519" else ana()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_counselor_with_a_key_is_sent(engine: str, kind: str, tmp_path: Path) -> None:
    """A request, one with a file, one in another script, a question of the relay's, bad news: each opened by all."""
    reader = judges.Reader(ana_with(kind), tmp_path)
    async with line_of(tmp_path / "line", engine, ana_key=public(reader.fingerprint)) as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.", subject="A grave question")
        request = await line.ana.receives(automatic=False)
        answer_to = (await sam.receives(automatic=True)).from_address
        picture = b'--b\nContent-Type: text/plain\n\nSee the file.\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="a.txt"\n\nNotes.\n--b--\n'
        await sam.writes("", answer_to, raw=letter(b"Content-Type: multipart/mixed; boundary=b\n\n" + picture, answer_to, "Sam Lee <sam.lee@mail.test>", host="mail.test"))  # fmt: skip
        await sam.writes("Ich kann nicht schlafen, \u0434\u0430.", answer_to, subject="Gr\u00fc\u00dfe " * 20)
        await line.ana.writes("Call me at +44 20 7946 0958.", request.from_address)
        line.sink.refuse = lambda verb, argument: (
            "550 5.1.1 no" if verb == "RCPT" and "sam" in argument else None
        )
        await line.ana.writes("I am here.", request.from_address)
        received = [request, *[await line.ana.receives() for _ in range(4)]]
        subjects = []
        for one in received:
            armored = judges.ciphertext_of(one.raw)
            judges.structure(armored, reader)
            content = judges.opened_by_all(armored, reader)
            inner = judges.header_protection(one.raw, content)
            subjects.append(str(inner["Subject"]))
            assert inner.get_body(("plain",)) is not None
            assert b"Sam" not in content
            assert b"Ruiz" not in content
        assert {"A grave question", ("Gr\u00fc\u00dfe " * 20).strip()} <= set(subjects)
        await line.ana.receives_nothing()


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_goes_to_a_seeker_tells_of_no_key(engine: str, tmp_path: Path) -> None:
    """Ana's signed and encrypted answers come out as plain letters: no packet, no armor, no word of a key."""
    async with line_of(
        tmp_path / "line", engine, ana_key=public(ana()), openpgp='counselors = "off"'
    ) as line:
        state = await opened(line)
        sam = line.seeker()
        content = b"Content-Type: text/plain\r\n\r\nI am here.\r\n"
        signature = desk().sign(content, ana(), how=("--armor",))
        attached = b"Content-Type: multipart/mixed; boundary=k\r\n\r\n--k\r\n" + content + b"--k\r\nContent-Type: application/pgp-keys; name=0xA.asc\r\n\r\n" + public(ana()) + b"\r\n--k--\r\n"  # fmt: skip
        for body in (
            signed(content, signature),
            sealed(desk().seal(content, state.own, ana())),
            sealed(desk().seal(attached, state.own, ana())),
        ):
            message = letter(
                body, state.to_sam, fields=f"Autocrypt: addr={ANA}; keydata=mDME\nOpenPGP: id={ana()}\n"
            )
            await line.submit(ANA, [state.to_sam], message)
            answer = await sam.receives(automatic=False)
            assert answer.text.startswith("I am here.")
            for word in (b"PGP", b"pgp", ana().encode(), ana()[-16:].encode(), b"utocrypt", b".asc"):
                assert word not in answer.raw


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_published_of_the_lines_own_key(engine: str, tmp_path: Path) -> None:
    """``relay keys export``, the folder for a web server, and the key once it is revoked."""
    async with line_of(tmp_path / "line", engine) as line:

        async def act(action: str, which: str | None = None) -> list[str]:
            return await asyncio.to_thread(keys.act, line.folder, action, which, tmp_path)

        await act("generate", "help@relay.test")
        exported = "\n".join(await act("export", "help@relay.test")).encode()
        judges.certificate(exported)
        await act("publish")
        published = [path for path in (tmp_path / ".well-known").rglob("hu/*") if path.is_file()]
        assert len(published) == 2
        for path in published:
            judges.certificate(path.read_bytes())
            assert path.name == judges.wkd_name(path.read_bytes())
        key_id = (await act("list"))[0].split()[0]
        said = "\n".join(await act("revoke", key_id))
        judges.revoked(said[: said.index(_END) + len(_END)].encode())
