"""Delivery to a next hop that follows a script: what it says, and what we make of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain.addresses import Address
from relay.edge.large_blocks import LARGE_OCTETS, Leftovers
from relay.edge.smtp_out import NextHop, NextHopSettings, content
from relay.edge.smtp_out.content import BLOCK_OCTETS, on_the_wire
from relay.errors import Deferred, NextHopError, Refused
from tests.unit.edge.smtp_door import certificate, server_context

SEEKER = Address("ann", "person.test")
RETURN_PATH = "r-1234@relay.test"
MESSAGE = b"From: x@relay.test\r\n\r\nhello\r\n"
PIPELINING = (b"SIZE 1000000", b"PIPELINING")
CLOSE = b"<close>"
SILENT = b"<silent>"


@dataclass
class Sink:
    """Answers each verb with the next line of its script, or as a friendly server would."""

    script: dict[str, list[bytes]] = field(default_factory=dict)
    greeting: bytes = b"220 sink\r\n"
    offers: tuple[bytes, ...] = (b"SIZE 1000000",)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    go_ahead: bytes = b"220 go\r\n"
    close_in_data_after: int | None = None
    connections: int = 0
    commands: list[bytes] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def _answer(self, verb: str, friendly: bytes) -> bytes:
        lines = self.script.get(verb)
        return lines.pop(0) if lines else friendly

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._reply(writer, self._answer("greeting", self.greeting)):
            return
        while line := await reader.readline():
            self.heard += line
            self.commands.append(line.rstrip(b"\r\n"))
            verb = line.split()[0].decode().upper().split(":")[0]
            offers = b"".join(b"250-" + offer + b"\r\n" for offer in self.offers)
            friendly = {
                "EHLO": b"250-sink\r\n" + offers + b"250 HELP\r\n",
                "DATA": b"354 go\r\n",
                "QUIT": b"221 bye\r\n",
            }
            answer = self._answer(verb, friendly.get(verb, b"250 2.0.0 ok\r\n"))
            if verb == "STARTTLS" and self.tls is not None:
                await self._reply(writer, self.go_ahead)
                in_clear = writer.transport
                try:
                    await writer.start_tls(self.tls)
                except AttributeError:  # the client left within the handshake, and asyncio stumbles over it
                    writer._transport = in_clear  # type: ignore[attr-defined]
                    return
                continue
            if not await self._reply(writer, answer):
                return
            if verb == "DATA" and answer.startswith(b"354") and not await self._content(reader, writer):
                return

    async def _content(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.close_in_data_after is not None:
            await reader.readexactly(self.close_in_data_after)
            writer.transport.abort()
            return False
        content = bytearray()
        while not (content.endswith(b"\r\n.\r\n") or content == b".\r\n"):
            line = await reader.readuntil(b"\n")
            content += line
        self.heard += content
        self.contents.append(bytes(content))
        return await self._reply(writer, self._answer("dot", b"250 2.0.0 taken\r\n"))

    async def _reply(self, writer: asyncio.StreamWriter, answer: bytes) -> bool:
        if answer == CLOSE:
            return False
        if answer != SILENT:
            writer.write(answer)
            await writer.drain()
        return True


@asynccontextmanager
async def sinking(sink: Sink, **settings: Any) -> AsyncIterator[NextHop]:
    server = await asyncio.start_server(
        sink.serve, "127.0.0.1", 0, ssl=sink.tls if sink.implicit else None, limit=2**20
    )
    sink.port = server.sockets[0].getsockname()[1]
    fixed = {
        "host": "127.0.0.1",
        "port": sink.port,
        "local_hostname": "relay.test",
        "tls": "never",
        "reply_s": 2.0,
    }
    hop = NextHop(NextHopSettings(**fixed | settings))
    try:
        yield hop
    finally:
        await hop.close()
        for writer in sink.writers:
            writer.transport.abort()
        if sink.tasks:
            await asyncio.wait(sink.tasks, timeout=2)
        server.close()
        await server.wait_closed()


async def outcome(hop: NextHop, message: bytes = MESSAGE) -> NextHopError | None:
    async with asyncio.timeout(10):
        try:
            await hop.deliver(RETURN_PATH, SEEKER, message)
        except NextHopError as error:
            return error
    return None


def facts(error: NextHopError | None) -> tuple[object, ...]:
    return ("delivered",) if error is None else (type(error), error.code, error.enhanced, error.cause)


async def test_envelope_and_content_go_out_exactly() -> None:
    """EHLO says the service's name; SIZE is declared where it is offered (RFC 1870)."""
    sink = Sink()
    async with sinking(sink) as hop:
        assert await outcome(hop) is None
    assert sink.commands[:4] == [
        b"EHLO relay.test",
        b"MAIL FROM:<r-1234@relay.test> SIZE=%d" % len(MESSAGE),
        b"RCPT TO:<ann@person.test>",
        b"DATA",
    ]
    assert sink.contents == [MESSAGE + b".\r\n"]


@pytest.mark.parametrize("local", ["o'hara", "a+b=c", "first.last", "#x", "a/b", "{x}", "root"])
async def test_no_plain_mailbox_is_rewritten(local: str) -> None:
    """The library's own commands would pass it through parseaddr."""
    sink = Sink(offers=())
    async with sinking(sink) as hop:
        await hop.deliver("", Address(local, "person.test"), MESSAGE)
    assert sink.commands[1:3] == [b"MAIL FROM:<>", b"RCPT TO:<" + local.encode() + b"@person.test>"]


@pytest.mark.parametrize(
    "path", ["<>", "a@b.test> SIZE=1", "a@b.test\r\nRCPT TO:<x@y.test>", "ann", "ü@b.test"]
)
async def test_a_return_path_that_is_no_mailbox_is_never_sent(path: str) -> None:
    """And its text is in no exception."""
    sink = Sink()
    async with sinking(sink) as hop:
        with pytest.raises(ValueError, match="mailbox") as caught:
            await hop.deliver(path, SEEKER, MESSAGE)
    assert path not in str(caught.value)
    assert not sink.commands


async def test_a_large_message_goes_block_by_block() -> None:
    """One of 7 MB took 17 ms as a whole, in which nobody else was answered."""
    message = b"a line of a file\r\n.\r\n" * (BLOCK_OCTETS // 4)
    blocks = list(on_the_wire(message))
    assert max(map(len, blocks)) < 2 * BLOCK_OCTETS
    sink = Sink()
    async with sinking(sink) as hop:
        assert await outcome(hop, message) is None
    assert sink.contents == [b"".join(blocks)] == [message.replace(b"\r\n.", b"\r\n..") + b".\r\n"]


@pytest.mark.parametrize(("octets", "looks"), [(LARGE_OCTETS - 1, 0), (LARGE_OCTETS, 1)])
@pytest.mark.parametrize("is_taken", [True, False])
async def test_holes_that_a_large_message_leaves_are_looked_for(
    octets: int, looks: int, monkeypatch: pytest.MonkeyPatch, *, is_taken: bool
) -> None:
    """Whatever became of it."""
    count: list[bool] = []
    monkeypatch.setattr(Leftovers, "large_is_done", lambda _: count.append(True))
    sink = Sink(greeting=b"220 sink\r\n" if is_taken else b"421 later\r\n", offers=(b"SIZE 9000000",))
    async with sinking(sink) as hop:
        assert (await outcome(hop, (b"a line\r\n" * LARGE_OCTETS)[:octets]) is None) == is_taken
    assert len(count) == looks


@given(
    st.lists(st.sampled_from([b"a", b".", b"\r", b"\n", b"\0", b"\r\n"]), max_size=24).map(b"".join),
    st.integers(min_value=1, max_value=8),
)
def test_where_blocks_are_cut_makes_no_difference(message: bytes, block_octets: int) -> None:
    whole = b"".join(on_the_wire(message))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(content, "BLOCK_OCTETS", block_octets)
        assert b"".join(on_the_wire(message)) == whole


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (b"", b".\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nMAIL FROM:<x>\r\n", b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"),
        (b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n\0.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\0\n.\n\rb\r\n", b"a\r\n..\r\n\r\nb\r\n.\r\n"),
        (b"..\r\n..", b"...\r\n...\r\n.\r\n"),
    ],
)
async def test_nothing_can_be_smuggled_out(message: bytes, wire: bytes) -> None:
    """No bare CR, LF or NUL on the wire, every leading dot stuffed, one transaction (RFC 5321 §4.5.2)."""
    assert b"".join(on_the_wire(message)) == wire
    sink = Sink()
    async with sinking(sink) as hop:
        assert await outcome(hop, message) is None
    assert sink.contents == [wire]
    assert not {*b"\r\n\0"} & {*bytes(sink.heard).replace(b"\r\n", b"")}


@pytest.mark.parametrize(
    ("verb", "answer", "expected"),
    [
        ("MAIL", b"550 5.7.1 no ann@person.test\r\n", (Refused, 550, "5.7.1", "mail")),
        ("RCPT", b"550 5.1.1 no ann@person.test\r\n", (Refused, 550, "5.1.1", "rcpt")),
        ("RCPT", b"550-5.1.1 no\r\n550 5.1.1 ann\r\n", (Refused, 550, "5.1.1", "rcpt")),
        ("RCPT", b"550 no such user\r\n", (Refused, 550, None, "rcpt")),
        ("RCPT", b"550 4.1.1 disagrees\r\n", (Refused, 550, None, "rcpt")),
        ("RCPT", b"550 5.1.1234 odd\r\n", (Refused, 550, None, "rcpt")),
        ("DATA", b"554 5.5.1 no\r\n", (Refused, 554, "5.5.1", "data")),
        ("dot", b"552 5.3.4 large\r\n", (Refused, 552, "5.3.4", "data")),
        ("MAIL", b"451 4.3.0 later\r\n", (Deferred, 451, "4.3.0", "mail")),
        ("RCPT", b"450 4.2.0 greylisted\r\n", (Deferred, 450, "4.2.0", "rcpt")),
        ("DATA", b"452 full\r\n", (Deferred, 452, None, "data")),
        ("dot", b"421 4.3.2 bye\r\n", (Deferred, 421, "4.3.2", "data")),
        ("greeting", b"554 5.7.1 blocked\r\n", (Deferred, 554, "5.7.1", "greeting")),
        ("greeting", b"421 4.7.0 busy\r\n", (Deferred, 421, "4.7.0", "greeting")),
        ("EHLO", b"550 5.7.1 who\r\n", (Deferred, 550, "5.7.1", "ehlo")),
        ("MAIL", b"530 5.7.0 STARTTLS first\r\n", (Deferred, 530, "5.7.0", "auth")),
        ("RCPT", b"503 5.5.1 sequence\r\n", (Deferred, 503, "5.5.1", "auth")),
        ("MAIL", b"354 what\r\n", (Deferred, None, None, "protocol")),
        ("DATA", b"250 ok\r\n", (Deferred, None, None, "protocol")),
        ("MAIL", b"hello\r\n", (Deferred, None, None, "protocol")),
        ("RCPT", b"999 5.1.1 x\r\n", (Deferred, None, None, "protocol")),
        ("RCPT", b"-50 x\r\n", (Deferred, None, None, "protocol")),
        ("RCPT", b"250-" + b"x" * 60_000 + b"\r\n", (Deferred, None, None, "protocol")),
        ("greeting", b"220-" + b"x" * 500_000, (Deferred, None, None, "protocol")),
        ("MAIL", CLOSE, (Deferred, None, None, "closed")),
        ("DATA", CLOSE, (Deferred, None, None, "closed")),
        ("dot", CLOSE, (Deferred, None, None, "ambiguous")),
        ("dot", b"what?\r\n", (Deferred, None, None, "ambiguous")),
    ],
)
@pytest.mark.parametrize("offers", [(b"SIZE 1000000",), PIPELINING])
async def test_only_a_5xx_for_this_delivery_is_final(
    verb: str, answer: bytes, expected: tuple[object, ...], offers: tuple[bytes, ...]
) -> None:
    """Codes and a constant word are kept; no text of the next hop, which can name people.

    RFC 5321 §4.3.2, RFC 2034 §4.
    """
    sink = Sink({verb: [answer]}, offers=offers)
    async with sinking(sink) as hop:
        error = await outcome(hop)
        assert facts(error) == expected
        assert "person" not in repr(error)
        assert error is not None
        assert error.__context__ is None or error.__suppress_context__
        assert await outcome(hop) is None
    assert sink.contents[-1] == MESSAGE + b".\r\n"


@pytest.mark.parametrize(
    ("verb", "cause"),
    [
        ("greeting", "connect"),
        ("EHLO", "timeout"),
        ("MAIL", "timeout"),
        ("DATA", "timeout"),
        ("dot", "ambiguous"),
    ],
)
async def test_silence_is_deferred(verb: str, cause: str) -> None:
    """Also a 354 that never comes; after the final dot nobody knows (RFC 5321 §4.5.3.2)."""
    sink = Sink({verb: [SILENT]})
    async with sinking(sink, reply_s=0.1, final_reply_s=0.1) as hop:
        assert facts(await outcome(hop)) == (Deferred, None, None, cause)


@pytest.mark.parametrize(("verb", "cause"), [("MAIL", "protocol"), ("RCPT", "protocol"), ("DATA", "timeout")])
async def test_an_answer_that_is_left_out_is_never_paired_with_the_next_command(
    verb: str, cause: str
) -> None:
    """Of three commands in one packet one is not answered: the session is over, and the message goes by another."""
    sink = Sink({verb: [SILENT]}, offers=PIPELINING)
    async with sinking(sink, reply_s=0.1) as hop:
        assert facts(await outcome(hop)) == (Deferred, None, None, cause)
        assert sink.contents == []
        assert await outcome(hop) is None
    assert sink.connections == 2


async def test_an_answer_that_nobody_asked_for_ends_a_kept_connection() -> None:
    """It would be taken for the answer to MAIL, and every later one for the one before it."""
    sink = Sink({"dot": [b"250 2.0.0 taken\r\n250 and one more\r\n"]})
    async with sinking(sink) as hop:
        assert await outcome(hop) is None
        await asyncio.sleep(0.05)
        assert await outcome(hop) is None
    assert sink.connections == 2
    assert len(sink.contents) == 2


async def test_the_envelope_leaves_in_one_packet_where_that_is_offered() -> None:
    """RFC 2920; a refused recipient ends it there, also when the next hop waits for the content all the same."""
    sink = Sink({"RCPT": [b"250 ok\r\n", b"550 5.1.1 no\r\n"]}, offers=PIPELINING)
    async with sinking(sink) as hop:
        assert await outcome(hop) is None
        assert b"MAIL FROM:<r-1234@relay.test> SIZE=29\r\nRCPT TO:<ann@person.test>\r\nDATA\r\n" in sink.heard
        assert isinstance(await outcome(hop), Refused)
        assert await outcome(hop) is None
    assert len(sink.contents) == 2
    assert sink.connections == 2


async def test_a_reply_without_end_is_given_up() -> None:
    """Continuation lines for ever: bounded in octets by the library, in time by us (RFC 5321 §4.5.3.1.5)."""

    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"220-more\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        finally:
            writer.close()

    sink = Sink()
    sink.serve = babble  # type: ignore[method-assign]
    async with sinking(sink, reply_s=0.5) as hop:
        assert isinstance(await outcome(hop), Deferred)


async def test_nobody_there_is_deferred() -> None:
    """Connection refused, and a name that does not exist."""
    settings = NextHopSettings("127.0.0.1", 9, "relay.test", tls="never", reply_s=2)
    assert facts(await outcome(NextHop(settings))) == (Deferred, None, None, "connect")


async def test_a_drop_in_the_middle_of_the_data_is_not_ambiguous() -> None:
    """The final dot had not been sent: the next attempt cannot make a second copy."""
    sink = Sink(close_in_data_after=100_000)
    async with sinking(sink) as hop:
        error = await outcome(hop, b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 200_000)
    assert facts(error) == (Deferred, None, None, "closed")


async def test_a_connection_is_kept_for_the_next_message() -> None:
    """One EHLO for all, until the count is full."""
    sink = Sink()
    async with sinking(sink, messages_per_connection=3) as hop:
        for _ in range(4):
            assert await outcome(hop) is None
    assert sink.connections == 2
    assert len(sink.contents) == 4
    assert sink.commands.count(b"QUIT") == 2


@pytest.mark.parametrize("offers", [(), PIPELINING])
async def test_a_refusal_does_not_cost_the_connection(offers: tuple[bytes, ...]) -> None:
    """RSET, and the next delivery goes on."""
    refusals = {
        "RCPT": [b"550 5.1.1 no\r\n"],
        "DATA": [b"554 5.5.1 no valid recipients\r\n"] if offers else [],
    }
    sink = Sink(refusals, offers=offers)
    async with sinking(sink) as hop:
        assert isinstance(await outcome(hop), Refused)
        assert await outcome(hop) is None
    assert sink.connections == 1
    assert b"RSET" in sink.commands


@pytest.mark.parametrize("answer", [b"421 4.7.0 one message only\r\n", CLOSE, b"garbage\r\n"])
async def test_a_kept_connection_that_has_had_its_time_is_replaced(answer: bytes) -> None:
    """Nothing of the message had been sent, so it is safe to start again at once."""
    sink = Sink({"MAIL": [b"250 ok\r\n", answer]})
    async with sinking(sink) as hop:
        assert await outcome(hop) is None
        assert await outcome(hop) is None
    assert sink.connections == 2
    assert len(sink.contents) == 2


async def test_a_connection_closed_while_idle_is_not_used() -> None:
    """The next hop went away between two messages."""
    sink = Sink()
    async with sinking(sink) as hop:
        assert await outcome(hop) is None
        for writer in sink.writers:
            writer.transport.abort()
        assert await outcome(hop) is None
    assert len(sink.contents) == 2


async def test_nothing_is_sent_twice_after_the_dot() -> None:
    """A kept connection that dies after the content is ambiguous, and the caller decides."""
    sink = Sink({"dot": [b"250 ok\r\n", CLOSE]})
    async with sinking(sink) as hop:
        assert await outcome(hop) is None
        assert facts(await outcome(hop)) == (Deferred, None, None, "ambiguous")
    assert len(sink.contents) == 2


async def test_an_idle_connection_is_closed_in_time() -> None:
    """With QUIT, after ``idle_s``."""
    sink = Sink()
    async with sinking(sink, idle_s=0.05) as hop:
        assert await outcome(hop) is None
        async with asyncio.timeout(5):
            while b"QUIT" not in sink.commands:
                await asyncio.sleep(0.01)


async def test_connections_are_limited() -> None:
    """Twenty deliveries at once use no more than ``max_connections``."""
    sink = Sink()
    async with sinking(sink, max_connections=3) as hop:
        assert await asyncio.gather(*(outcome(hop) for _ in range(20))) == [None] * 20
    assert sink.connections <= 3
    assert len(sink.contents) == 20


async def test_a_cancelled_delivery_leaves_no_connection_behind() -> None:
    """Its state is unknown, so it is cut and its slot is free again."""
    sink = Sink({"RCPT": [SILENT]})
    async with sinking(sink, max_connections=1) as hop:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await hop.deliver(RETURN_PATH, SEEKER, MESSAGE)
        assert await outcome(hop) is None
    assert sink.connections == 2


@pytest.mark.parametrize("tls", ["required", "implicit"])
async def test_tls_that_is_required_is_never_done_without(tls: str) -> None:
    """No offer, or somebody stripped it: not one octet of the message, nor of the envelope.

    RFC 3207, RFC 8314.
    """
    sink = Sink()
    async with sinking(sink, tls=tls) as hop:
        error = await outcome(hop)
    assert isinstance(error, Deferred)
    assert error.cause in {"tls", "connect"}
    assert not any(word in sink.heard for word in (b"MAIL", b"RCPT", b"ann", b"hello", b"r-1234"))


def _own_authority(folder: Path) -> str:
    return str(folder / "localhost.crt")


def _other_authority(folder: Path) -> str:
    return str(certificate(folder, "other.test")[0])


@pytest.mark.parametrize(
    ("name", "days", "authority", "delivered"),
    [
        ("localhost", 2, _own_authority, True),
        ("localhost", 2, _other_authority, False),
        ("localhost", -1, _own_authority, False),
        ("elsewhere.test", 2, lambda folder: str(folder / "elsewhere.test.crt"), False),
    ],
)
@pytest.mark.parametrize("implicit", [False, True])
async def test_a_certificate_is_verified(
    tmp_path: Path, name: str, days: int, authority: Callable[[Path], str], delivered: bool, implicit: bool
) -> None:
    """Own authority and the right name, or nothing: foreign, expired and misnamed are deferred."""
    sink = Sink(tls=server_context(tmp_path, name, days=days), implicit=implicit, offers=(b"STARTTLS",))
    tls = "implicit" if implicit else "required"
    async with sinking(sink, host="localhost", tls=tls, ca_file=authority(tmp_path)) as hop:
        error = await outcome(hop)
    assert facts(error) == (("delivered",) if delivered else (Deferred, None, None, "tls"))
    assert (b"MAIL" in sink.heard) is delivered


@pytest.mark.parametrize(("offers", "starttls"), [((b"STARTTLS",), True), ((), False)])
async def test_opportunistic_tls_takes_what_is_offered(
    tmp_path: Path, offers: tuple[bytes, ...], starttls: bool
) -> None:
    """Without verifying; in clear when nothing is offered."""
    sink = Sink(tls=server_context(tmp_path, "anyone.test"), offers=offers)
    async with sinking(sink, tls="opportunistic") as hop:
        assert await outcome(hop) is None
    assert (b"STARTTLS" in sink.commands) is starttls


async def test_a_login_that_fails_is_our_trouble() -> None:
    """535 is about our configuration: deferred, whatever the code says (RFC 4954 §6)."""
    sink = Sink({"AUTH": [b"535 5.7.8 no\r\n"] * 3}, offers=(b"AUTH PLAIN",))
    async with sinking(sink, username="u", password="p") as hop:
        assert facts(await outcome(hop)) == (Deferred, 535, "5.7.8", "auth")


async def test_a_password_is_not_said_in_clear() -> None:
    """Opportunistic and no offer: no login."""
    sink = Sink(offers=(b"AUTH PLAIN",))
    async with sinking(sink, tls="opportunistic", username="u", password="p") as hop:
        assert facts(await outcome(hop)) == (Deferred, None, None, "auth")
    assert b"AUTH" not in sink.heard
    assert "secret" not in repr(NextHopSettings("h", 25, "relay.test", username="secret", password="secret"))


async def test_an_early_refusal_is_heard() -> None:
    """552 in the middle of a large message: final, and the rest is not sent."""

    async def interrupt(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        try:
            for reply in (b"250 sink", b"250 ok", b"250 ok", b"354 go"):
                await reader.readline()
                writer.write(reply + b"\r\n")
            await reader.readexactly(100_000)
            writer.write(b"552 5.3.4 too large\r\n")
            while await reader.read(65_536):
                await asyncio.sleep(0.001)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    sink = Sink()
    sink.serve = interrupt  # type: ignore[method-assign]
    async with sinking(sink) as hop:
        error = await outcome(hop, (b"y" * 70 + b"\r\n") * 300_000)
    assert facts(error) == (Refused, 552, "5.3.4", "data")
