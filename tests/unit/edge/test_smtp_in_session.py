"""One conversation with the door over a real socket: commands, replies, trouble on either side."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

import pytest

from relay.edge.smtp_in.connection import mute_library
from relay.edge.smtp_in.limits import Limits
from relay.errors import BUSY, SYSTEM_FULL, RelayError
from tests.unit.edge.smtp_door import (  # noqa: F401 - a fixture
    LOOPBACK,
    RememberingDoor,
    both_ways,
    client_of,
    listening,
    server_context,
)

pytestmark = pytest.mark.usefixtures("both_ways")

OUR_FAULT = "451 4.3.0 Temporary trouble on our side, please try again"


class FullError(RelayError):
    reply = SYSTEM_FULL


class BusyError(RelayError):
    reply = BUSY


async def test_a_message_is_taken_with_its_envelope() -> None:
    """The plain case, and the next message on the same connection (RFC 5321 §3.3)."""
    door = RememberingDoor()
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        assert await client.say("MAIL FROM:<Ann@Ext.Test> SIZE=30 BODY=8BITMIME") == "250 2.1.0 OK"
        assert await client.say("RCPT TO:<HELP@relay.test>") == "250 2.1.5 OK"
        assert await client.say("RCPT TO:<help@Relay.Test>") == "250 2.1.5 OK"
        assert await client.say("RCPT TO:<postmaster>") == "250 2.1.5 OK"
        assert await client.say("DATA") == "354 End data with <CR><LF>.<CR><LF>"
        assert await client.say(b"Subject: x\r\n\r\n\xff..\r\n..\r\n.") == "250 2.0.0 Message accepted"
        assert await client.say("MAIL FROM:<>") == "250 2.1.0 OK"
        assert await client.say("RCPT TO:<abuse@relay.test>") == "250 2.1.5 OK"
        assert (await client.say("DATA")).startswith("354")
        assert (await client.say(".")).startswith("250")
        assert await client.say("QUIT") == "221 2.0.0 Bye"
        assert await client.rest() == b""
    first, second = door.messages
    assert first.reverse_path == "Ann@Ext.Test"
    assert first.forward_paths == ("help@relay.test", "postmaster@relay.test")
    assert first.content == b"Subject: x\r\n\r\n\xff..\r\n.\r\n"
    assert (second.reverse_path, second.content) == ("", b"")


async def test_ehlo_offers_exactly_what_is_there() -> None:
    """No AUTH, no SMTPUTF8, no HELP, no name of software (RFC 1870, RFC 2034, RFC 6152, RFC 3207)."""
    async with (
        listening(RememberingDoor(), max_message_bytes=1234) as listener,
        client_of(listener) as client,
    ):
        assert await client.reply() == "220 relay.test ESMTP"
        assert (await client.say("EHLO x")).split("\n") == [
            "250-relay.test",
            "250-PIPELINING",
            "250-SIZE 1234",
            "250-8BITMIME",
            "250 ENHANCEDSTATUSCODES",
        ]
        assert await client.say("HELO x") == "250 relay.test"


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("EHLO", "501 5.5.4"),
        ("MAIL FROM:<a@b.test>", "503 5.5.1"),
        ("RCPT TO:<help@relay.test>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("VRFY help", "502 5.5.1"),
        ("EXPN help", "502 5.5.1"),
        ("HELP", "502 5.5.1"),
        ("AUTH PLAIN AAAA", "502 5.5.1"),
        ("BDAT 5", "502 5.5.1"),
        ("STARTTLS", "502 5.5.1"),
        ("X" * 300, "502 5.5.1"),
        ("", "502 5.5.1"),
        ("NOOP \xe9", "250 2.0.0"),
        (b"NOOP a\rb", "500 5.5.2"),
        (b"NOOP a\0b", "500 5.5.2"),
        (b"EHLO a\rX-Injected: yes", "500 5.5.2"),
        (b"NOOP\nNOOP \r", "500 5.5.2"),
        ("NOOP " + "a" * 2100, "500 5.5.2"),
        ("NOOP " + "a" * 200_000, "500 5.5.2"),
        ("RSET x", "501 5.5.4"),
        ("QUIT x", "501 5.5.4"),
    ],
)
async def test_what_is_not_in_order_gets_a_constant_reply(command: str | bytes, reply: str) -> None:
    """Nothing of what the client said is echoed, and the conversation goes on (RFC 5321 §4.2, §4.5.1)."""
    async with listening(RememberingDoor()) as listener, client_of(listener) as client:
        await client.reply()
        assert (await client.say(command)).startswith(reply)
        if command == b"NOOP\nNOOP \r":
            await client.reply()
        assert (await client.say("EHLO x")).startswith("250-relay.test")


async def test_unknown_foreign_and_odd_recipients_get_the_same_octets() -> None:
    """Nobody learns whether an address exists, was retired or is malformed (RFC 5321 §4.1.2)."""
    door = RememberingDoor()
    async with listening(door, trusted_hosts=LOOPBACK) as listener, client_of(listener) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        replies = {
            await client.say(b"RCPT TO:" + path)
            for path in (
                b"<nobody@relay.test>",
                b"<help@ext.test>",
                b"<@relay.test:help@ext.test>",
                b'<"help"@relay.test>',
                b"<help%ext.test@relay.test>",
                b"<h\xc3\xa9lp@relay.test>",
                b"<h\xe9lp@relay.test>",
                b"<>",
                b"help",
            )
        }
        assert replies == {"550 5.1.1 No such recipient here"}
        assert (await client.say("DATA")).startswith("503")
    assert not door.intakes


async def test_a_stranger_who_guesses_recipients_is_sent_away() -> None:
    """Three may be wrong; the fourth ends the connection, however they are spread over transactions."""
    door = RememberingDoor()
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        for _ in range(3):
            assert (await client.say("MAIL FROM:<a@b.test>")).startswith("250")
            assert (await client.say("RCPT TO:<nobody@relay.test>")).startswith("550")
            assert (await client.say("RSET")).startswith("250")
        await client.say("MAIL FROM:<a@b.test>")
        assert (await client.say("RCPT TO:<help@relay.test>")).startswith("250")
        assert (await client.say("RCPT TO:<nobody@relay.test>")).startswith("421 4.7.0")
        assert await client.rest() == b""


async def test_the_recipient_after_the_last_is_for_another_message() -> None:
    """RFC 5321 §4.5.3.1.10: 452, and those accepted stay accepted (RFC 5321 §4.5.3.1.8)."""
    door = RememberingDoor()
    async with listening(door, limits=Limits(recipients=2)) as listener, client_of(listener) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        assert (await client.say("RCPT TO:<help@relay.test>")).startswith("250")
        assert (await client.say("RCPT TO:<other@relay.test>")).startswith("250")
        assert (await client.say("RCPT TO:<abuse@relay.test>")).startswith("452 4.5.3")
        assert (await client.say("DATA")).startswith("354")
        assert (await client.say(".")).startswith("250")
    assert len(door.messages[0].forward_paths) == 2


async def test_junk_ends_the_connection_and_a_message_excuses_it() -> None:
    """RSET, NOOP and unknown commands count since the last accepted message."""
    door = RememberingDoor()
    async with listening(door, limits=Limits(junk_commands=3)) as listener, client_of(listener) as client:
        await client.greet()
        for command in ("NOOP", "RSET", "WHAT"):
            await client.say(command)
        await client.envelope()
        assert (await client.say(".")).startswith("250")
        for command in ("NOOP", "RSET", "VRFY x"):
            assert not (await client.say(command)).startswith("421")
        assert (await client.say("NOOP")).startswith("421 4.7.0")
        assert await client.rest() == b""


async def test_pipelined_transactions_are_answered_in_order() -> None:
    """RFC 2920: whole groups, two messages and QUIT in one segment, and in segments of one octet."""
    group = (
        b"MAIL FROM:<a@b.test>\r\nRCPT TO:<help@relay.test>\r\nRCPT TO:<nobody@relay.test>\r\n"
        b"RCPT TO:<other@relay.test>\r\nDATA\r\nfirst\r\n.\r\n"
        b"MAIL FROM:<>\r\nRCPT TO:<abuse@relay.test>\r\nDATA\r\nsecond\r\n.\r\nQUIT\r\n"
    )
    for size in (len(group), 1):
        door = RememberingDoor()
        async with listening(door) as listener, client_of(listener) as client:
            await client.greet()
            for start in range(0, len(group), size):
                client.writer.write(group[start : start + size])
                await asyncio.sleep(0)
            codes = [line[:3] for line in (await client.rest()).decode().splitlines()]
            assert codes == ["250", "250", "550", "250", "354", "250", "250", "250", "354", "250", "221"]
        assert [message.content for message in door.messages] == [b"first\r\n", b"second\r\n"]


async def test_a_client_that_half_closes_still_gets_its_answers() -> None:
    """Everything at once and then FIN: the message is stored, and 250 is said."""
    door = RememberingDoor()
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        client.writer.write(b"MAIL FROM:<>\r\nRCPT TO:<help@relay.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
        client.writer.write_eof()
        assert (await client.rest()).splitlines()[-2:] == [b"250 2.0.0 Message accepted", b"221 2.0.0 Bye"]
    assert len(door.messages) == 1


@pytest.mark.parametrize("how", ["half-close", "close", "reset"])
async def test_a_commit_completes_when_the_client_goes_away(how: str) -> None:
    """aiosmtpd would cancel it: the message is fully received, so it is stored (RFC 5321 §4.5.3.2.6)."""
    door = RememberingDoor()
    door.may_commit.clear()
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        await client.send(b"precious\r\n.\r\n")
        await door.committing.wait()
        if how == "half-close":
            client.writer.write_eof()
        elif how == "reset":
            client.reset()
        else:
            client.writer.close()
        await asyncio.sleep(0.05)
        assert not door.messages
        door.may_commit.set()
        await door.settled(lambda: door.messages)
    assert door.messages[0].content == b"precious\r\n"


async def test_a_client_that_leaves_in_the_middle_leaves_nothing() -> None:
    """No end of data, no message; the Intake hears of it."""
    door = RememberingDoor()
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        await client.send(b"half a mess")
        await client.close()
        await door.settled(lambda: door.intakes[0].ended)
    assert door.intakes[0].ended == "abandon"
    assert not door.messages


@pytest.mark.parametrize("where", ["begin_error", "write_error", "commit_error"])
async def test_421_ends_the_connection_before_within_and_after_the_content(where: str) -> None:
    """RFC 5321 §3.8: whoever says it closes."""
    door = RememberingDoor()
    setattr(door, where, BusyError())
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        await client.say("RCPT TO:<help@relay.test>")
        reply = await client.say("DATA")
        if where != "begin_error":
            await client.send((b"x" * 998 + b"\r\n") * 80 + b".\r\n")
            reply = await client.reply()
        assert reply == str(BUSY)
        assert await client.reply() == ""


@pytest.mark.parametrize("where", ["recipient_error", "begin_error", "write_error", "commit_error"])
@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (ValueError("secret@person.test"), OUR_FAULT),
        (FullError("secret@person.test"), "452 4.3.1 Temporarily out of space, please try again later"),
    ],
)
async def test_our_trouble_is_a_4xx_without_a_reason(where: str, error: Exception, reply: str) -> None:
    """And the next transaction on the same connection works."""
    door = RememberingDoor()
    setattr(door, where, error)
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        answer = await client.say("RCPT TO:<help@relay.test>")
        if where != "recipient_error":
            answer = await client.say("DATA")
        if answer.startswith("354"):
            answer = await client.say(b"x" * 200_000 + b"\r\n.")
        assert answer == reply
        setattr(door, where, None)
        if where == "recipient_error":
            await client.say("RSET")
        await client.envelope()
        assert (await client.say(".")).startswith("250")
    assert len(door.messages) == 1
    assert [intake.ended for intake in door.intakes[:-1]] in ([], ["abandon"], ["commit"])


async def test_a_recipient_that_fails_does_not_take_the_others_along() -> None:
    """451 is for that recipient; the transaction goes on, so no later command becomes a 5xx."""
    door = RememberingDoor()
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        assert (await client.say("RCPT TO:<help@relay.test>")).startswith("250")
        door.recipient_error = OSError()
        assert await client.say("RCPT TO:<other@relay.test>") == OUR_FAULT
        assert (await client.say("DATA")).startswith("354")
        assert (await client.say(".")).startswith("250")
    assert door.messages[0].forward_paths == ("help@relay.test",)


async def test_a_fault_in_our_own_code_is_a_451() -> None:
    """aiosmtpd would say 500 with the text of the exception."""
    door = RememberingDoor()
    door.count = lambda name, **numbers: 1 / (name != "recipient.unknown")  # type: ignore[method-assign,assignment]
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        assert await client.say("RCPT TO:<nobody@relay.test>") == OUR_FAULT
        await client.envelope()
        assert (await client.say(".")).startswith("250")


async def test_a_message_over_the_limit_is_read_and_refused() -> None:
    """552 at MAIL when it says so, after the data when it does not; the limit itself is taken.

    RFC 1870 §3.
    """
    door = RememberingDoor()
    async with listening(door, max_message_bytes=100_000) as listener, client_of(listener) as client:
        await client.greet()
        assert (await client.say("MAIL FROM:<a@b.test> SIZE=100001")).startswith("552 5.3.4")
        await client.envelope()
        assert (await client.say(b"x" * 99_999 + b"\r\n.")).startswith("552 5.3.4")
        await client.envelope()
        assert (await client.say(b"x" * 99_998 + b"\r\n.")).startswith("250")
    assert [intake.ended for intake in door.intakes] == ["abandon", "commit"]


async def test_a_message_without_end_is_cut_off() -> None:
    """At twice the limit the client is told and the connection ends."""
    door = RememberingDoor()
    async with listening(door, max_message_bytes=100_000) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        await client.send(b"x" * 1_000_000)
        assert (await client.reply()).startswith("552 5.3.4")
        assert await client.rest() == b""
    assert door.intakes[0].ended == "abandon"
    assert sum(door.intakes[0].chunk_sizes) <= 100_000


async def test_nothing_sent_with_starttls_is_used_inside_tls(tmp_path: Path) -> None:
    """RFC 3207 §4.2: injected commands are gone, EHLO is needed again, a second STARTTLS is out of order."""
    door = RememberingDoor()
    context = server_context(tmp_path)
    trust = ssl.create_default_context(cafile=str(tmp_path / "relay.test.crt"))
    async with listening(door, tls_context=context) as listener, client_of(listener) as client:
        await client.reply()
        assert "250-STARTTLS" in (await client.say("EHLO x")).split("\n")
        await client.say("MAIL FROM:<before@b.test>")
        await client.send(b"STARTTLS\r\nEHLO injected\r\nMAIL FROM:<injected@b.test>\r\n")
        assert (await client.reply()).startswith("220 ")
        await client.writer.start_tls(trust, server_hostname="relay.test")
        assert (await client.say("MAIL FROM:<a@b.test>")).startswith("503")
        assert "STARTTLS" not in (await client.say("EHLO x"))
        assert (await client.say("STARTTLS")).startswith("503 5.5.1")
        await client.envelope()
        assert (await client.say(b"x" * 300_000 + b"\r\n.")).startswith("250")
        await client.say("QUIT")
    assert [message.reverse_path for message in door.messages] == ["a@b.test"]


async def test_a_handshake_that_is_none_ends_the_connection(tmp_path: Path) -> None:
    """Garbage instead of TLS: no text, no log record, no lasting connection."""
    door = RememberingDoor()
    async with (
        listening(door, tls_context=server_context(tmp_path)) as listener,
        client_of(listener) as client,
    ):
        await client.greet()
        assert (await client.say("STARTTLS")).startswith("220")
        await client.send(b"EHLO this is no handshake\r\n")
        assert b"Error" not in await client.rest()
        await door.settled(lambda: "tls.failed" in door.events and not listener._sessions)


async def test_a_handshake_that_never_comes_is_given_up(tmp_path: Path) -> None:
    """Its clock is shorter than that of commands."""
    door = RememberingDoor()
    async with (
        listening(door, tls_context=server_context(tmp_path), limits=Limits(handshake_s=0.1)) as listener,
        client_of(listener) as client,
    ):
        await client.greet()
        assert (await client.say("STARTTLS")).startswith("220")
        assert await client.rest() == b""
        await door.settled(lambda: "session.timed_out" in door.events and not listener._sessions)


async def test_a_client_that_hangs_up_in_the_handshake_leaves_no_place_taken(tmp_path: Path) -> None:
    """Neither asyncio nor the library says so; without our own care its place would be lost for good."""
    door = RememberingDoor()
    async with listening(door, tls_context=server_context(tmp_path)) as listener:
        async with client_of(listener) as client:
            await client.greet()
            assert (await client.say("STARTTLS")).startswith("220")
        await door.settled(lambda: not listener._sessions)


@pytest.mark.parametrize(
    "opening",
    [
        b"GET / HTTP/1.1\r\nHost: relay.test\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.test>\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 400,
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c",
        b"\x80\x01\x02",
    ],
)
async def test_another_protocol_is_sent_away_at_once(opening: bytes) -> None:
    """HTTP, TLS and PROXY on this port: a constant reply, and closed within two seconds."""
    async with listening(RememberingDoor()) as listener, client_of(listener) as client:
        await client.reply()
        began = asyncio.get_running_loop().time()
        await client.send(opening)
        replies = (await client.rest()).splitlines()
        assert replies[-1] == b"421 4.7.0 This service speaks SMTP only"
        assert asyncio.get_running_loop().time() - began < 2


async def test_nothing_the_library_would_log_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It would print peers, addresses and, at DEBUG, lines."""
    door = RememberingDoor()
    for name in ("mail.log", "mail.debug"):
        logging.getLogger(name).disabled = False
    mute_library()
    caplog.set_level(logging.DEBUG)
    async with listening(door) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        await client.say("secret\r\n.")
        await client.say("WHAT secret")
    assert not [record for record in caplog.records if record.name.startswith("mail")]
    for name in ("mail.log", "mail.debug"):
        assert logging.getLogger(name).disabled
