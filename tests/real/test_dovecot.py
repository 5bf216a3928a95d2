"""Mail out of a real Dovecot: what becomes of it there, whoever logs in how, and two who take from the same mailbox."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from relay.clock import SystemClock
from relay.domain.aliases import message_id
from relay.edge.imap_in.sent import SentEraser
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.gathering import Gathering, once
from tests.support.hosted import HostedLine
from tests.support.imap_server import TOKEN, letter

WITHOUT_MOVE = "imap_capability = IMAP4rev1 SASL-IR IDLE UIDPLUS NAMESPACE UNSELECT"
OAUTH = """
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = $HOME/oauth2.conf.ext
}
"""
LOOK_S = 0.5


@asynccontextmanager
async def gathering(folder: Path, dovecot: Dovecot) -> AsyncIterator[Gathering]:
    """A watcher of help's mailbox, not started yet."""
    made = Gathering(folder, dovecot.imaps_port)
    made.secret.write_text(PASSWORD + "\n")
    try:
        yield made
    finally:
        await made.stop()
        await made.world.store.close()


def login(dovecot: Dovecot, **more: object) -> dict[str, object]:
    """Settings for the whole of it."""
    return {"host": "localhost", "tls": "implicit", "ca_file": str(dovecot.ca_file), "username": "help",
            "poll_s": LOOK_S, "command_s": 10.0, "connect_s": 10.0, **more}  # fmt: skip


async def put(dovecot: Dovecot, *numbers: int, size: int = 0) -> None:
    """The provider delivers these, one after the other."""
    for number in numbers:
        assert (
            await dovecot.deliver("sam@mail.test", "help@relay.test", letter(number, size=size))
        ).startswith("250")


def token_of(file: Path) -> bytes:
    """Which message it is."""
    return TOKEN.findall(file.read_bytes())[0]


def flags(file: Path) -> str:
    """Maildir's letters: S seen, F flagged, T to be deleted."""
    return file.name.partition(":2,")[2]


async def test_what_was_taken_is_moved_flagged_or_deleted(tmp_path: Path) -> None:
    """By policy, and by what the server can: MOVE, or a copy and a deletion.

    RFC 6851, RFC 4315, RFC 9051.
    """
    async with Dovecot() as dovecot:
        (tmp_path / "move").mkdir()
        async with gathering(tmp_path / "move", dovecot) as made:
            await put(dovecot, 1, 2)
            made.start(**login(dovecot))
            await made.until(lambda: len(dovecot.messages("Relayed")) == 2 and not dovecot.messages())
            assert await made.taken() == once(1, 2)
        (tmp_path / "delete").mkdir()
        async with gathering(tmp_path / "delete", dovecot) as made:
            await put(dovecot, 3, 4)
            made.start(**login(dovecot, after="delete"))
            await made.until(lambda: not dovecot.messages())
            assert await made.taken() == once(3, 4)
            assert len(dovecot.messages("Relayed")) == 2
        (tmp_path / "flag").mkdir()
        async with gathering(tmp_path / "flag", dovecot) as made:
            await put(dovecot, 5, 6)
            made.start(**login(dovecot, after="flag"))
            await made.until(lambda: [flags(f) for f in dovecot.messages()] == ["FS", "FS"])
            await made.stop()
            made.start(**login(dovecot, after="flag"))  # a restart looks at nothing that it has taken
            await put(dovecot, 7)
            await made.until(lambda: [flags(f) for f in dovecot.messages()] == ["FS"] * 3)
            assert await made.taken() == once(5, 6, 7)


async def test_without_move_it_is_copied_and_deleted_and_a_full_mailbox_loses_nothing(tmp_path: Path) -> None:
    """No room for the copy: it was taken all the same, once, and goes when there is room. What the provider refuses
    meanwhile its sender tries again.
    """
    counted = "plugin {\n  quota_rule2 = Junk:ignore\n}\n"
    async with (
        Dovecot(quota="40k", extra=counted + "protocol imap {\n  " + WITHOUT_MOVE + "\n}\n") as dovecot,
        gathering(tmp_path, dovecot) as made,
    ):
        await put(dovecot, 1)
        made.start(**login(dovecot))
        await made.until(lambda: len(dovecot.messages("Relayed")) == 1 and not dovecot.messages())
        await put(dovecot, 2, size=30_000)
        async with asyncio.timeout(20):
            while await made.taken() != once(1, 2):
                await asyncio.sleep(0.05)
        assert len(dovecot.messages()) == 1
        full = await dovecot.deliver("sam@mail.test", "help@relay.test", letter(3, size=30_000))
        assert full.startswith(("452", "552"))
        for old in dovecot.messages("Relayed"):
            old.unlink()
        (dovecot.maildir() / "dovecot.list.index.log").unlink(missing_ok=True)
        assert await made.taken() == once(1, 2)


def token(key: bytes, user: str, ends_in_s: int) -> str:
    """An access token as an OAuth 2.0 server signs it (RFC 7519, HS256)."""
    now = int(time.time())
    pieces = [
        {"alg": "HS256", "typ": "JWT"},
        {"sub": user, "iat": now - 5, "nbf": now - 5, "exp": now + ends_in_s, "iss": "relay.test"},
    ]
    text = ".".join(_base64(json.dumps(piece).encode()) for piece in pieces)
    return f"{text}.{_base64(hmac.new(key, text.encode(), hashlib.sha256).digest())}"


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


async def test_a_token_of_a_program_logs_in_and_one_that_has_ended_is_asked_for_anew(tmp_path: Path) -> None:
    """XOAUTH2 as Dovecot's own oauth2 checks it, with the key of whoever signs; a password by a program, too.

    RFC 4959.
    """
    key = os.urandom(32)
    dovecot = Dovecot(mechanisms="plain xoauth2", extra=OAUTH)
    keys = dovecot.home / "keys" / "default" / "HS256"
    keys.mkdir(parents=True)
    (keys / "default").write_text(base64.b64encode(key).decode())
    (dovecot.home / "oauth2.conf.ext").write_text(
        f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={dovecot.home}/keys/\n"
        "username_attribute = sub\n"
    )
    current = tmp_path / "current"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ncat {current}\necho more\n")
    program.chmod(0o700)
    async with dovecot, gathering(tmp_path, dovecot) as made:
        await put(dovecot, 1)
        current.write_text(token(key, "help", -60) + "\n")
        how = login(dovecot, password_file=None, password_command=(str(program),), login="xoauth2")
        made.start(**how)
        await made.until(lambda: made.away == ["login"])
        assert await made.taken() == once()
        current.write_text(token(key, "help", 300) + "\n")
        await made.until(lambda: len(dovecot.messages("Relayed")) == 1)
        assert await made.taken() == once(1)
        await made.stop()
        current.write_text(PASSWORD + "\n")
        made.start(**{**how, "login": "password"})
        await put(dovecot, 2)
        await made.until(lambda: len(dovecot.messages("Relayed")) == 2)
        assert await made.taken() == once(1, 2)


async def test_two_nodes_on_one_mailbox_take_nothing_twice(tmp_path: Path) -> None:
    """Both see everything, and whoever commits first has it. What both move at once may lie twice where it was moved to,
    which nobody takes mail from.
    """
    async with Dovecot() as dovecot, gathering(tmp_path, dovecot) as made:
        await put(dovecot, *range(1, 31))
        made.start(**login(dovecot))
        made.start(**login(dovecot))
        await put(dovecot, *range(31, 41))
        await made.until(lambda: len(dovecot.messages("Relayed")) >= 40 and not dovecot.messages())
        await made.stop()
        assert await made.taken() == once(*range(1, 41))
        assert made.told == []
        assert {token_of(file) for file in dovecot.messages("Relayed")} == set(once(*range(1, 41)))


async def test_copies_of_what_was_sent_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    """Known by the id that we gave them; what a person has sent from there stays."""
    async with Dovecot() as dovecot, gathering(tmp_path, dovecot) as made:
        folder = dovecot.maildir() / ".Sent" / "new"
        folder.mkdir(parents=True)
        ids = [message_id(os.urandom, "relay.test") for _ in range(3)]
        for number, sent_as in enumerate([*ids, "1.17@mua.relay.test", ""]):
            field = f"Message-ID: <{sent_as}>\n" if sent_as else ""
            (folder / f"170000000{number}.M{number}.here").write_text(
                f"From: <help@relay.test>\n{field}\nwords\n"
            )
        made_by = (
            (folder.parent, *folder.parent.rglob("*")),
            (dovecot.maildir(), *dovecot.maildir().rglob("*")),
        )
        for place in (each for some in made_by for each in some):
            place.chmod(0o777)
        eraser = SentEraser(made.settings(**login(dovecot, sent_folder="Sent")), "1.sent", SystemClock())
        assert await eraser.erase() == 3
        left = [file.read_text() for file in dovecot.messages("Sent")]
        assert len(left) == 2
        assert not [one for one in ids if one in "".join(left)]
        assert await eraser.erase() == 0


async def test_a_report_to_the_mailbox_itself_reaches_nobody_and_opens_nothing(tmp_path: Path) -> None:
    """A provider that puts its own envelope sender in place gets the reports on our deliveries, and delivers them here."""
    async with HostedLine(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives(automatic=False)
        await line.ana.replies(request, "I am here.")
        answer = await sam.receives(automatic=False)
        report = (
            "From: Mail Delivery System <MAILER-DAEMON@provider.test>\nTo: help@relay.test\nSubject: Undelivered Mail\n"
            "Message-ID: <77.4711@mx.provider.test>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=xx\n\n--xx\n\nIt could not be "
            "delivered.\n--xx\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.provider.test\n\n"
            f"Final-Recipient: rfc822; {sam.address}\nAction: failed\nStatus: 5.1.1\n"
            "--xx\nContent-Type: message/rfc822\n\n"
            + answer.raw.decode().replace("\r\n", "\n")
            + "\n--xx--\n"
        ).encode()
        await line.submit("", ["help@relay.test"], report)
        await line.quiet()
        await line.ana.receives_nothing()
        assert [letter for letter in sam.mailbox if "Undelivered" in letter["Subject"]] == []
        await sam.replies(answer, "Are you still there?")
        assert "Are you still there?" in (await line.ana.receives(automatic=False)).text
