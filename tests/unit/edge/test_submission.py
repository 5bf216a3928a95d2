"""The second door: no password outside TLS, nothing sent without a login, and no help for whoever guesses."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from relay.edge import logins, passwords
from relay.edge.logins import FAILURES_OF_CLIENT, FAILURES_OF_NAME, WINDOW_S, Account, Logins, NotNow
from relay.edge.smtp_in.limits import Limits
from relay.edge.smtp_in.listener import Listener, ListenerSettings
from relay.edge.smtp_in.submission import MAX_FAILURES, Submission
from tests.unit.edge.smtp_door import Client, RememberingDoor, server_context

PASSWORD = "four unusual words here"
HASH = passwords.hashed(PASSWORD)
ACCOUNTS = (Account("ana", frozenset({"ana", "ana.ruiz@home.test"}), HASH),)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PLAIN = f"AUTH PLAIN {b64(f'{chr(0)}ana{chr(0)}{PASSWORD}')}"


@asynccontextmanager
async def submission(
    folder: Path, door: RememberingDoor, **limits: Any
) -> AsyncIterator[tuple[Listener, Logins]]:
    """A listener with STARTTLS at its first address and implicit TLS at its second."""
    checked = Logins(lambda: ACCOUNTS, Clock())
    settings = ListenerSettings("relay.test", tls_context=server_context(folder), limits=Limits(**limits))
    listener = Listener(door, settings, door.count, session=partial(Submission, checked))
    await listener.start(["127.0.0.1:0"], ["127.0.0.1:0"])
    try:
        yield listener, checked
    finally:
        await listener.drain(0.2)
        checked.close()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def secure(listener: Listener) -> AsyncIterator[Client]:
    """A client under TLS from the first octet, greeted."""
    host, _, port = listener.addresses[1].rpartition(":")
    client = Client(*await asyncio.open_connection(host, int(port), ssl=_trusting()))
    try:
        await client.greet()
        yield client
    finally:
        await client.close()


async def test_a_login_opens_the_door(tmp_path: Path) -> None:
    """What comes through it says who brought it, and not from where (RFC 4954, RFC 6409, RFC 8314)."""
    door = RememberingDoor()
    async with submission(tmp_path, door) as (listener, _), secure(listener) as client:
        assert "AUTH PLAIN LOGIN" in await client.say("EHLO client.test")
        assert await client.say(PLAIN) == "235 2.7.0 Logged in"
        assert "AUTH" not in await client.say("EHLO client.test")
        await client.envelope()
        assert (await client.say("Subject: x\r\n\r\nHello\r\n.")).startswith("250 ")
    (provenance,) = door.provenances
    assert (provenance.login, provenance.client_ip, provenance.helo) == ("ana", "", "")
    assert not provenance.is_trusted


@pytest.mark.parametrize("name", ["ana", "ANA", " Ana.Ruiz@Home.Test "])
async def test_a_counselor_logs_in_by_label_or_address_and_by_turns(name: str, tmp_path: Path) -> None:
    """Outlook asks LOGIN, and people write their address as they like (RFC 4954 §4, RFC 4616 §2)."""
    door = RememberingDoor()
    async with submission(tmp_path, door) as (listener, _), secure(listener) as client:
        assert await client.say("AUTH LOGIN") == f"334 {b64('Username:')}"
        assert await client.say(b64(name)) == f"334 {b64('Password:')}"
        assert (await client.say(b64(PASSWORD))).startswith("235 ")


async def test_starttls_comes_before_everything(tmp_path: Path) -> None:
    """No password is read in clear, and what was said before TLS counts for nothing.

    RFC 4954 §4, RFC 3207.
    """
    door = RememberingDoor()
    async with submission(tmp_path, door) as (listener, _):
        host, _, port = listener.addresses[0].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        client = Client(reader, writer)
        await client.greet()
        assert "AUTH" not in await client.say("EHLO client.test")
        assert (await client.say(PLAIN)).startswith("538 5.7.11 ")
        assert (await client.say("MAIL FROM:<a@b.test>")).startswith("538 ")
        assert (await client.say("STARTTLS")).startswith("220 ")
        await writer.start_tls(_trusting(), server_hostname="relay.test")
        assert (await client.say("MAIL FROM:<a@b.test>")).startswith("530 ")
        assert (await client.say(PLAIN)).startswith("503 ")
        assert "AUTH PLAIN LOGIN" in await client.say("EHLO client.test")
        assert (await client.say("MAIL FROM:<a@b.test>")).startswith("530 5.7.0 ")
        assert (await client.say(PLAIN)).startswith("235 ")
        assert (await client.say("MAIL FROM:<a@b.test> AUTH=<>")).startswith("250 ")
        assert (await client.say(PLAIN)).startswith("503 ")
        assert (await client.say("RCPT TO:<somebody@foreign.test>")).startswith("550 5.1.1 ")
        await client.close()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("AUTH", "504"),
        ("AUTH CRAM-MD5", "504"),
        ("AUTH PLAIN !", "501"),
        ("AUTH PLAIN =", "501"),
        (f"AUTH PLAIN {b64('ana')}", "501"),
        (f"AUTH PLAIN {b64(f'ben{chr(0)}ana{chr(0)}{PASSWORD}')}", "501"),
        ("AUTH PLAIN AGFuYQD/", "501"),
        (f"AUTH PLAIN {b64(f'{chr(0)}ana{chr(0)}wrong wrong wrong')}", "535"),
        (f"AUTH PLAIN {b64(f'{chr(0)}nobody{chr(0)}{PASSWORD}')}", "535"),
        (f"AUTH PLAIN {b64(f'{chr(0)}{chr(0)}')}", "535"),
    ],
)
async def test_a_login_that_is_none_is_told_so_and_leaves_the_door_shut(
    said: str, code: str, tmp_path: Path
) -> None:
    """A wrong name sounds like a wrong password."""
    door = RememberingDoor()
    async with submission(tmp_path, door) as (listener, _), secure(listener) as client:
        assert (await client.say(said)).startswith(f"{code} ")
        assert (await client.say("MAIL FROM:<a@b.test>")).startswith("530 ")


async def test_a_login_can_be_given_up(tmp_path: Path) -> None:
    """With ``*``, or by hanging up in the middle."""
    door = RememberingDoor()
    async with submission(tmp_path, door) as (listener, _):
        async with secure(listener) as client:
            await client.say("AUTH PLAIN")
            assert (await client.say("*")).startswith("501 5.7.0 ")
            assert (await client.say(b"AUTH LOGIN " + b"a" * 3000)).startswith("5")
            await client.say("AUTH LOGIN")
        async with secure(listener) as client:
            assert (await client.say(PLAIN)).startswith("235 ")


async def test_three_wrong_passwords_end_the_connection(tmp_path: Path) -> None:
    """And more of them put the client off, right password or not."""
    door = RememberingDoor()
    wrong = f"AUTH PLAIN {b64(f'{chr(0)}ana{chr(0)}wrong wrong wrong')}"
    async with submission(tmp_path, door) as (listener, _):
        for _ in range(FAILURES_OF_CLIENT // MAX_FAILURES):
            async with secure(listener) as client:
                said = [await client.say(wrong) for _ in range(MAX_FAILURES)]
                assert [line[:3] for line in said] == ["535", "535", "421"]
                assert await client.rest() == b""
        async with secure(listener) as client:
            assert (await client.say(wrong)).startswith("535 ")
            assert (await client.say(wrong)).startswith("454 ")
        async with secure(listener) as client:
            assert (await client.say(PLAIN)).startswith("454 4.7.0 ")


async def test_a_handshake_that_stalls_holds_no_place_for_long(tmp_path: Path) -> None:
    """Places are counted from the first packet; who says nothing loses theirs, and others log in meanwhile."""
    door = RememberingDoor()
    async with submission(tmp_path, door, connections=30, connections_per_client=5, handshake_s=0.5) as (
        listener,
        _,
    ):
        host, _, port = listener.addresses[1].rpartition(":")
        silent = [await asyncio.open_connection(host, int(port)) for _ in range(12)]
        await asyncio.sleep(0.1)
        still = [reader for reader, _ in silent if not reader.at_eof()]
        assert len(still) <= 12
        async with asyncio.timeout(5):
            for reader, _ in silent:
                with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                    assert await reader.readexactly(1)
        async with secure(listener) as client:
            assert (await client.say(PLAIN)).startswith("235 ")
        for _, writer in silent:
            writer.close()


async def test_garbage_instead_of_a_handshake_ends_the_connection(tmp_path: Path) -> None:
    """Somebody who speaks SMTP in clear to the port for TLS."""
    door = RememberingDoor()
    async with submission(tmp_path, door) as (listener, _):
        host, _, port = listener.addresses[1].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"EHLO client.test\r\n" + b"x" * 200)
        async with asyncio.timeout(5):
            await reader.read()
        writer.close()
        async with secure(listener) as client:
            assert (await client.say(PLAIN)).startswith("235 ")


# --- how often somebody may try ----------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself is not what is tested here."""
    monkeypatch.setattr(logins, "fits", lambda password, _hash: password == PASSWORD)


@pytest.mark.usefixtures("quick")
async def test_guessing_a_name_from_everywhere_does_not_lock_its_owner_out() -> None:
    """Where they have logged in before they still can; elsewhere everybody waits (RFC 4954 §4.7.1)."""
    clock = Clock()
    checked = Logins(lambda: ACCOUNTS, clock)
    assert await checked.check("192.0.2.1", "ana", PASSWORD) == "ana"
    for number in range(FAILURES_OF_NAME):
        assert await checked.check(f"198.51.100.{number}", "ana", "wrong") is None
    with pytest.raises(NotNow):
        await checked.check("203.0.113.9", "ana", PASSWORD)
    assert await checked.check("192.0.2.1", "ana", PASSWORD) == "ana"
    clock.now += WINDOW_S + 1
    assert await checked.check("203.0.113.9", "ana", PASSWORD) == "ana"
    checked.close()


@pytest.mark.usefixtures("quick")
async def test_a_client_that_guesses_many_names_is_put_off() -> None:
    """Unknown names count like known ones."""
    checked = Logins(lambda: ACCOUNTS, Clock())
    for number in range(FAILURES_OF_CLIENT):
        assert await checked.check("192.0.2.1", f"name{number}", "wrong") is None
    with pytest.raises(NotNow):
        await checked.check("192.0.2.1", "ana", PASSWORD)
    assert await checked.check("192.0.2.2", "ana", PASSWORD) == "ana"
    checked.close()


async def test_an_unknown_name_costs_the_work_of_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hash is computed, so that time tells nothing."""
    asked: list[str] = []
    monkeypatch.setattr(logins, "fits", lambda _password, hash_: bool(asked.append(hash_)) or True)
    checked = Logins(lambda: ACCOUNTS, Clock())
    assert await checked.check("192.0.2.1", "nobody", PASSWORD) is None
    assert asked == [HASH]
    checked.close()


def test_a_password_has_one_hash_for_every_keyboard_and_no_two_are_alike() -> None:
    """Composed and decomposed letters are the same letters; a salt makes each hash its own.

    RFC 8265 §4.2, RFC 9106 §4.
    """
    composed, decomposed = "gr\u00fcne W\u00e4lder hier", "gru\u0308ne Wa\u0308lder hier"
    first = passwords.hashed(composed)
    assert passwords.fits(decomposed, first)
    assert not passwords.fits(composed.upper(), first)
    assert first != passwords.hashed(composed)
    assert not passwords.fits(composed, "nonsense")
    with pytest.raises(ValueError, match="12 to 1024"):
        passwords.hashed("short")
