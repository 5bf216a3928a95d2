"""Counselors with a key: their mail is sealed on the way to them and opened on the way back, and no key crosses over."""

from __future__ import annotations

import email
import email.policy
import functools
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.edge.openpgp import Engine
from relay.edge.openpgp.gnupg import GnuPg
from relay.flow.service_keys import ServiceKey
from tests.support.line import FakeClock, Letter, Line

ENGINES = ("gnupg", "sequoia")
START = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
"""Keys are made now, whatever the clock of the line says, and must not be from its future."""


@dataclass
class Key:
    """Somebody's key pair and the engine of their own program."""

    engine: Engine
    secret: bytes
    public: bytes

    @classmethod
    def of(cls, folder: Path, user_id: str, years: float = 2) -> Key:
        engine = GnuPg(folder)
        made = START - timedelta(hours=1)
        secret = engine.generate(user_id, made + timedelta(days=365 * years), made)
        return cls(engine, secret, engine.public_of(secret))

    def opens(self, letter: Letter) -> str:
        """What the owner reads of a sealed letter: the inner message, as text."""
        parts = list(letter.parsed.iter_parts())
        assert [part.get_content_type() for part in parts] == [
            "application/pgp-encrypted",
            "application/octet-stream",
        ]
        opened = self.engine.decrypt(parts[1].get_content(), [self.secret], [], START, 1 << 20)
        inner = email.message_from_bytes(opened.content, policy=email.policy.default)
        return f"{inner['Subject']}\n{inner.get_body(('plain',)).get_content()}"  # type: ignore[union-attr]

    def signs(self, text: str) -> str:
        """A PGP/MIME signed body, made by gpg itself with the key of its owner."""
        content = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        with tempfile.TemporaryDirectory(prefix="k") as home:
            gpg = ["gpg", "--homedir", home, "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback"]
            run = functools.partial(subprocess.run, capture_output=True, check=True)
            run([*gpg, "--import"], input=self.secret)
            made = run([*gpg, "--armor", "--detach-sign"], input=content.encode())
            run(["gpgconf", "--homedir", home, "--kill", "all"])
        return (
            'MIME-Version: 1.0\nContent-Type: multipart/signed; protocol="application/pgp-signature"; boundary="s"\n\n'
            f"--s\n{content}\n--s\nContent-Type: application/pgp-signature\n\n{made.stdout.decode()}\n--s--\n"
        )

    def seals(self, text: str, to: bytes, engine: Engine) -> str:
        """A PGP/MIME body, as headers and text of a message."""
        certificate = engine.read_certificate(to, START)
        inner = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
        return pgp_mime(engine.encrypt(inner, certificate.octets, START))


def pgp_mime(armoured: bytes) -> str:
    return (
        'MIME-Version: 1.0\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="e"\n\n'
        "--e\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n"
        f"--e\nContent-Type: application/octet-stream\n\n{armoured.decode()}\n--e--\n"
    )


async def openpgp_line(
    folder: Path, engine: str, key: Key | None, extra: str = "", *, ben_key: Key | None = None
) -> Line:
    folder.mkdir(mode=0o700)
    duty, ben_duty = '["always"]', '["never"]'
    if ben_key is not None:
        (folder / "ben.asc").write_bytes(ben_key.public)
        ben_duty += '\nopenpgp_key = "ben.asc"'
    if key is not None:
        (folder / "ana.asc").write_bytes(key.public)
        duty += '\nopenpgp_key = "ana.asc"'
    return Line(
        folder,
        clock=FakeClock(START),
        ana_duty=duty,
        ben_duty=ben_duty,
        extra=f'\n[openpgp]\nengine = "{engine}"\n{extra}',
    )


async def own_key(line: Line) -> bytes:
    """Give the line a key of its own; its certificate."""
    engine = line.daemon.engine
    expires = START + timedelta(days=700)
    secret = engine.generate("Line <help@relay.test>", expires, START - timedelta(hours=1))
    public = engine.public_of(secret)
    fingerprint = engine.read_certificate(public, START).fingerprint
    key = ServiceKey(b"k" * 16, "help@relay.test", fingerprint, secret, datetime.now(UTC), expires)
    await line.daemon.store.service_keys.add(key)
    return public


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_whole_conversation_with_a_counselor_who_has_a_key(engine: str, tmp_path: Path) -> None:
    """Sealed to Ana, sealed by Ana, in clear to Sam, who has no key; no key of hers in what Sam gets."""
    ana = Key.of(tmp_path / "ana", "Ana Ruiz <ana.ruiz@home.test>")
    async with await openpgp_line(tmp_path / "line", engine, ana) as line:
        public = await own_key(line)
        sam = line.seeker()
        await sam.writes("I cannot sleep.", subject="A grave question")
        request = await line.ana.receives()
        assert request["Subject"] == "[...]"
        assert b"cannot sleep" not in request.raw
        assert b"grave" not in request.raw
        assert "A grave question" in ana.opens(request)
        assert "I cannot sleep." in ana.opens(request)
        await sam.receives(automatic=True)

        body = ana.seals("I am here, says Ana Ruiz.", public, ana.engine)
        head = f"From: Ana Ruiz <ana.ruiz@home.test>\nTo: {request.from_address}\nSubject: ...\nMessage-ID: <1@home.test>\n"
        await line.submit("ana.ruiz@home.test", [request.from_address], (head + body).encode())
        answer = await sam.receives()
        assert "I am here, says Robin." in answer.text
        assert b"PGP" not in answer.raw
        assert b"Ruiz" not in answer.raw


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_seeker_may_write_sealed_to_the_line(engine: str, tmp_path: Path) -> None:
    """Opened, read, and passed on to a counselor without a key in clear, as the operator has chosen."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        public = await own_key(line)
        head = "From: Sam Lee <sam.lee@mail.test>\nTo: help@relay.test\nSubject: ...\nMessage-ID: <1@mail.test>\n"
        message = (head + sam_key.seals("I cannot sleep, says Sam Lee.", public, sam_key.engine)).encode()
        await line.submit("sam.lee@mail.test", ["help@relay.test"], message)
        request = await line.ana.receives()
        assert "I cannot sleep, says" in request.text
        assert "Lee" not in request.text

        # Mallory, who has captured it, wants it opened in a conversation of her own.
        stolen = message.replace(b"sam.lee@mail.test", b"mallory@evil.test").replace(b"<1@mail", b"<2@evil")
        await line.submit("mallory@evil.test", ["help@relay.test"], stolen)
        assert "sent before, in another conversation" in (await line.operator.receives()).text
        await line.ana.receives_nothing()


async def test_what_was_held_first_is_opened_for_nobody_else_either(tmp_path: Path) -> None:
    """Ana's sealed answer waits for her word; Mallory has captured it meanwhile; then Ana lets it go."""
    ana = Key.of(tmp_path / "ana", "Ana Ruiz <ana.ruiz@home.test>")
    async with await openpgp_line(tmp_path / "line", "gnupg", ana) as line:
        public = await own_key(line)
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        body = ana.seals("Call me: +44 20 7946 0958.", public, ana.engine)
        head = f"From: Ana Ruiz <ana.ruiz@home.test>\nTo: {request.from_address}\nSubject: x\nMessage-ID: <1@home.test>\n"
        await line.submit("ana.ruiz@home.test", [request.from_address], (head + body).encode())
        asked = await line.ana.receives()
        await sam.receives_nothing()

        head = (
            "From: Mallory <mallory@evil.test>\nTo: help@relay.test\nSubject: x\nMessage-ID: <2@evil.test>\n"
        )
        await line.submit("mallory@evil.test", ["help@relay.test"], (head + body).encode())
        assert "sent before, in another conversation" in (await line.operator.receives()).text
        await line.ana.receives_nothing()

        await line.ana.replies(asked, "SEND")
        assert "7946 0958" in (await sam.receives()).text


async def test_what_cannot_be_sealed_is_held_and_never_goes_in_clear(tmp_path: Path) -> None:
    """The key has expired: the operator is told, the counselor once a day, and other counselors' mail flows."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>", years=0.02)
    async with await openpgp_line(tmp_path / "line", "gnupg", ana) as line:
        sam = line.seeker()
        await sam.writes("First.")
        request = await line.ana.receives()
        assert "First." in ana.opens(request)
        await line.ana.replies(request, "I am here.")
        await sam.receives(automatic=False)
        assert (await line.operator.receives())["Subject"] == "An OpenPGP key ends"
        await line.operator.receives_nothing()
        await line.pass_time(days=20)
        assert (await line.operator.receives())["Subject"] == "An OpenPGP key ends"
        for text in ("Second, secret.", "Third, secret."):
            await sam.writes(text)
            assert "cannot be encrypted" in (await line.operator.receives()).text
        note = await line.ana.receives()
        assert "A message for you waits" in note["Subject"]
        await line.ana.receives_nothing()
        assert not any(b"secret" in captured.message for captured in line.sink.captured)


async def test_the_operator_hears_a_month_before_a_key_ends(tmp_path: Path) -> None:
    """Of a counselor's key and of the line's own, once at each stage."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>", years=0.2)  # 73 days
    async with await openpgp_line(tmp_path / "line", "gnupg", ana) as line:
        await own_key(line)
        await line.operator.receives_nothing()
        await line.pass_time(days=50)
        letter = await line.operator.receives()
        assert letter["Subject"] == "An OpenPGP key ends"
        assert "of Robin ends on" in letter.text
        await line.pass_time(days=1)
        await line.operator.receives_nothing()
        await line.pass_time(days=16)
        assert "of Robin ends on" in (await line.operator.receives()).text
        await line.pass_time(days=610)
        assert {
            letter.text.split(" ends")[0] for letter in [await line.operator.receives() for _ in range(2)]
        } == {
            "The OpenPGP key of Robin",
            "The OpenPGP key of help@relay.test",
        }


async def test_a_message_that_does_not_open_is_held(tmp_path: Path) -> None:
    """Encrypted to somebody else's key; the seeker hears that it could not be read."""
    stranger = Key.of(tmp_path / "other", "Other <other@x.test>")
    async with await openpgp_line(tmp_path / "line", "gnupg", None) as line:
        await own_key(line)
        head = "From: Sam Lee <sam.lee@mail.test>\nTo: help@relay.test\nSubject: ...\nMessage-ID: <1@mail.test>\n"
        message = head + stranger.seals("Not for you.", stranger.public, stranger.engine)
        await line.submit("sam.lee@mail.test", ["help@relay.test"], message.encode())
        assert "encrypted" in (await line.operator.receives()).text
        await line.ana.receives_nothing()


@pytest.mark.parametrize("engine", ENGINES)
async def test_at_the_level_openpgp_only_a_signature_by_the_registered_key_is_proof(
    engine: str, tmp_path: Path
) -> None:
    """Signed in clear it passes; without a signature, or with somebody else's, it waits for an answer of Ana's."""
    ana = Key.of(tmp_path / "ana", "Ana Ruiz <ana.ruiz@home.test>")
    mallory = Key.of(tmp_path / "mallory", "Ana Ruiz <ana.ruiz@home.test>")
    extra = 'counselors = "off"\n\n[authentication]\ncounselor = "openpgp"\n'
    async with await openpgp_line(tmp_path / "line", engine, ana, extra, ben_key=mallory) as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        for number, (signer, text) in enumerate(
            ((None, "Unsigned."), (mallory, "Mallory."), (ana, "I am here."))
        ):
            head = f"From: Ana Ruiz <ana.ruiz@home.test>\nTo: {request.from_address}\nSubject: x\nMessage-ID: <{number}@home.test>\n"
            body = (
                f"MIME-Version: 1.0\nContent-Type: text/plain\n\n{text}\n"
                if signer is None
                else signer.signs(text)
            )
            await line.submit("ana.ruiz@home.test", [request.from_address], (head + body).encode())
            if signer is ana:
                answer = await sam.receives()
                assert "I am here." in answer.text
                assert b"PGP" not in answer.raw
            else:
                assert (await line.ana.receives()).from_address == "desk@relay.test"
                await line.operator.receives()
                await sam.receives_nothing()


async def test_bad_news_for_a_counselor_with_a_key_is_sealed_too(tmp_path: Path) -> None:
    """Also what no message gives rise to: a reply that the seeker's mailbox refused."""
    ana = Key.of(tmp_path / "ana", "Ana Ruiz <ana.ruiz@home.test>")
    async with await openpgp_line(tmp_path / "line", "gnupg", ana) as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        line.sink.refuse = lambda verb, argument: (
            "550 5.1.1 no" if verb == "RCPT" and "sam" in argument else None
        )
        await line.ana.writes("I am here.", request.from_address)
        notice = await line.ana.receives()
        assert notice["Subject"] == "[...]"
        assert "could not be delivered" in ana.opens(notice)


async def test_a_signed_command_at_the_desk_is_obeyed_once(tmp_path: Path) -> None:
    """Whoever has captured it and sends it again is asked, at Ana's own address, whether it was her."""
    ana = Key.of(tmp_path / "ana", "Ana Ruiz <ana.ruiz@home.test>")
    extra = 'counselors = "off"\n\n[authentication]\ncounselor = "openpgp"\n'
    ben = Key.of(tmp_path / "ben", "Ben Okafor <ben.okafor@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", ana, extra, ben_key=ben) as line:
        signed = ana.signs(f"!duty off until {START + timedelta(days=30):%Y-%m-%d}")
        answers = []
        for number in range(2):
            head = f"From: Ana Ruiz <ana.ruiz@home.test>\nTo: desk@relay.test\nSubject: x\nMessage-ID: <{number}@home.test>\n"
            await line.submit("ana.ruiz@home.test", ["desk@relay.test"], (head + signed).encode())
            answers.append((await line.ana.receives()).text)
        assert "You are off duty until" in answers[0]
        assert "SEND" in answers[1]
