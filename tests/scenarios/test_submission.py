"""Counselors whose provider proves nothing log in, and are themselves whatever their From says."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiosmtplib
import pytest

from relay.edge.passwords import hashed
from tests.support.line import Line
from tests.unit.edge.smtp_door import certificate

PASSWORD = "four unusual words here"


async def _line(folder: Path, level: str = "dmarc") -> Line:
    folder.mkdir(mode=0o700)
    certificate(folder)
    (folder / "relay.test.key").chmod(0o600)
    return Line(
        folder,
        smtp='tls_certificate = "relay.test.crt"\ntls_key = "relay.test.key"',
        extra=f'\n[submission]\nimplicit_tls = ["127.0.0.1:0"]\n\n[authentication]\ncounselor = "{level}"\n',
        ana_duty=f'["always"]\npassword_hash = "{hashed(PASSWORD)}"',
    )


async def _submit(line: Line, name: str, to: str, message: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    port = int(line.daemon.doors.submission.addresses[0].rpartition(":")[2])
    async with aiosmtplib.SMTP(
        hostname="127.0.0.1", port=port, use_tls=True, tls_context=context, local_hostname="laptop.home.test"
    ) as client:
        await client.login(name, PASSWORD)
        await client.sendmail("ana.ruiz@home.test", [to], message.encode())


@pytest.mark.parametrize("author", ["Ana Ruiz <ana.ruiz@home.test>", "Ana <ana.new@elsewhere.test>"])
async def test_a_login_is_proof_enough(author: str, tmp_path: Path) -> None:
    """At the level "dmarc", without any signature; nothing of the laptop or the address reaches the seeker."""
    async with await _line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        letter = f"From: {author}\nTo: {request.from_address}\nSubject: Re: A question\nMessage-ID: <1@laptop.home.test>\n\nI am here.\n"
        await _submit(line, "ana.ruiz@home.test", request.from_address, letter)
        answer = await sam.receives()
        assert "I am here." in answer.text
        for secret in (b"laptop", b"home.test", b"elsewhere"):
            assert secret not in answer.raw


async def test_a_login_speaks_through_no_alias_of_others(tmp_path: Path) -> None:
    """Ana's login at the alias that Sam writes to is one side writing to the other side's alias."""
    async with await _line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        await line.ana.receives()
        alias = (await sam.receives(automatic=True)).from_address
        await _submit(line, "ana", alias, f"From: ana.ruiz@home.test\nTo: {alias}\nSubject: x\n\nI am Sam.\n")
        await line.operator.receives()
        await line.ana.receives_nothing()


async def test_the_desk_knows_who_has_logged_in(tmp_path: Path) -> None:
    """An answer to a notice from any address of theirs."""
    async with await _line(tmp_path / "line") as line:
        await _submit(line, "ana", "desk@relay.test", "From: me@elsewhere.test\nSubject: x\n\nWhat now?\n")
        assert (await line.ana.receives()).from_address == "desk@relay.test"


async def test_a_wrong_password_sends_nothing(tmp_path: Path) -> None:
    """And leaves a line in the log that names nobody."""
    async with await _line(tmp_path / "line") as line:
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await _submit(line, "ben", "help@relay.test", "Subject: x\n\nx\n")
        await line.operator.receives_nothing()
