"""Autocrypt, both ways, and look-ups, only where the operator has said so: a key that nobody asked about is none given."""

from __future__ import annotations

import base64
import email.policy
import re
from pathlib import Path

import pytest

from relay.edge.openpgp import armor
from relay.edge.openpgp.gnupg import GnuPg
from relay.mail.serialize import FIELDS
from tests.scenarios.test_openpgp import ENGINES, START, Key, openpgp_line, own_key
from tests.support.keys import Keyholder, in_conversation
from tests.unit.edge.test_wkd import Server, plain

each_engine = pytest.mark.parametrize("engine", ENGINES)


def header(key: Key, address: str = "sam.lee@mail.test", prefers: str = "prefer-encrypt=mutual; ") -> str:
    """As Delta Chat and K-9 write it."""
    data = base64.b64encode(armor.binary(key.public, armor.CERTIFICATE)).decode()
    folded = "".join(f"\n {data[at : at + 70]}" for at in range(0, len(data), 70))
    return f"Autocrypt: addr={address}; {prefers}keydata={folded}\n"


@each_engine
async def test_a_mail_program_gives_the_key_where_the_operator_allows_it(engine: str, tmp_path: Path) -> None:
    """Proved like any other: one letter, encrypted, with a code; and asked for once."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", engine, None, 'seekers = "autocrypt"') as line:
        person = line.seeker()
        await person.writes("I cannot sleep.", headers=header(sam_key))
        request = await line.ana.receives()
        assert b"Autocrypt" not in request.raw
        letters = {letter["Subject"]: letter for letter in (await person.receives(), await person.receives())}
        asked = sam_key.opens(letters["[...]"])
        sam = Keyholder(line, person, sam_key, letters["[...]"].from_address)

        await person.writes("Another thought.", sam.alias, headers=header(sam_key))
        assert "Another thought." in (await line.ana.receives()).text
        await person.receives_nothing()
        await line.ana.writes("In clear.", request.from_address)
        assert "In clear." in (await person.receives()).text

        await sam.answers("", quoted=asked)
        assert "Encryption is on" in await sam.reads()
        await line.ana.writes("Encrypted.", request.from_address)
        assert "Encrypted." in await sam.reads()


@pytest.mark.parametrize(
    ("setting", "address", "prefers"),
    [
        ("given", "sam.lee@mail.test", "prefer-encrypt=mutual; "),
        ("autocrypt", "sam.lee@mail.test", ""),
        ("autocrypt", "sam.lee@mail.test", "prefer-encrypt=nopreference; "),
        ("autocrypt", "mallory@evil.test", "prefer-encrypt=mutual; "),
        ("autocrypt", "sam.lee@mail.test", "prefer-encrypt=mutual; new=1; "),
    ],
)
async def test_a_header_that_gives_nothing_is_dropped(
    setting: str, address: str, prefers: str, tmp_path: Path
) -> None:
    """Not allowed; no wish for encryption; somebody else's address; what only a later standard means."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None, f'seekers = "{setting}"') as line:
        person = line.seeker()
        await person.writes("I cannot sleep.", headers=header(sam_key, address, prefers))
        await line.ana.receives()
        await person.receives(automatic=True)
        await person.receives_nothing()


async def test_a_header_never_changes_a_key_that_is_in_force(tmp_path: Path) -> None:
    """Whoever forges Sam's address does not even cause a letter."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    mallory = Key.of(tmp_path / "mallory", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None, 'seekers = "autocrypt"') as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        await sam.person.writes("Says Sam.", sam.alias, headers=header(mallory))
        assert "Says Sam." in (await line.ana.receives()).text
        await sam.person.receives_nothing()
        await line.ana.writes("Only for Sam.", request.from_address)
        assert "Only for Sam." in await sam.reads()


@each_engine
@pytest.mark.parametrize("setting", ["off", "nopreference", "mutual"])
async def test_the_line_says_its_key_where_the_operator_wants_it(
    engine: str, setting: str, tmp_path: Path
) -> None:
    """In what seekers get and nobody else; off unless chosen, and then there are no more fields than ever."""
    extra = "" if setting == "off" else f'autocrypt = "{setting}"'
    async with await openpgp_line(tmp_path / "line", engine, None, extra) as line:
        public = await own_key(line)
        people = [line.seeker(), line.seeker("kim@mail.test", "Kim")]
        keys = set()
        for person in people:
            await person.writes("Hello.")
            request = await line.ana.receives()
            assert set(request.parsed.keys()) <= set(FIELDS)
            await line.ana.writes("I am here.", request.from_address)
            for letter in (await person.receives(), await person.receives()):
                fields = set(letter.parsed.keys())
                if setting == "off":
                    assert fields <= set(FIELDS)
                    continue
                assert fields - set(FIELDS) == {"Autocrypt"}
                value = str(email.policy.compat32.header_fetch_parse("Autocrypt", letter["Autocrypt"]))
                found = re.fullmatch(
                    r"addr=([^;]+); (prefer-encrypt=mutual; )?keydata=\s*(.*)", value, re.DOTALL
                )
                assert found
                assert found[1] == letter.from_address
                assert bool(found[2]) is (setting == "mutual")
                keys.add(base64.b64decode("".join(found[3].split())))
        if setting != "off":
            (key,) = keys
            assert len(key) < 10_240
            judge = GnuPg(tmp_path / "judge")
            assert (
                judge.read_certificate(key, START).fingerprint
                == judge.read_certificate(public, START).fingerprint
            )


@pytest.mark.parametrize("allowed", [True, False])
async def test_a_key_is_looked_up_where_the_operator_allows_it_and_a_seeker_asks(
    allowed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At Sam's own domain, once, on Sam's word alone; proved like any other. Off unless allowed."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    server = Server(tmp_path, "openpgpkey.mail.test")
    server.answer = plain(armor.binary(sam_key.public, armor.CERTIFICATE))
    async with server.running(("openpgpkey.mail.test",)) as directory:
        monkeypatch.setattr("relay.parts.Wkd", lambda: directory)
        extra = "lookup = true" if allowed else ""
        async with await openpgp_line(tmp_path / "line", "sequoia", None, extra) as line:
            sam, request = await in_conversation(line, sam_key)
            await sam.answers("I lost the key to my flat.")
            await line.ana.receives()
            assert server.asked == []
            await sam.answers("KEY")
            if not allowed:
                assert "found no OpenPGP key" in (await sam.person.receives()).text
                assert server.asked == []
                return
            letter = await sam.reads()
            assert len(server.asked) == 1
            assert "sam.lee" in server.asked[0].split("\r\n")[0]
            assert "relay" not in server.asked[0]
            await sam.answers("", quoted=letter)
            assert "Encryption is on" in await sam.reads()
            await line.ana.writes("Looked up.", request.from_address)
            assert "Looked up." in await sam.reads()
            assert len(server.asked) == 1
