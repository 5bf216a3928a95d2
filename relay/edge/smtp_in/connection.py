"""One SMTP connection below its commands: transport, TLS, clocks, lines, the end. ``session`` builds on it.

aiosmtpd runs the command loop, dispatches to ``smtp_*`` and upgrades to TLS. Its reading, its clock and its
way of ending are replaced; what it does otherwise, and why that will not do, stands at each override.

Promises: constant replies only; only whole, clean, known command lines reach the dispatch; a half-close
does not stop what is in work; no connection outlives its limits, whatever its client does or omits.
On failure: 451 and an empty transaction; nothing of the exception is told or logged.

Standards: RFC 5321 §2.3.8 (lines), §4.5.3.2 (timeouts); RFC 3207 §4.2 (nothing survives STARTTLS).
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any, ClassVar, Final, NoReturn, Protocol, cast

from aiosmtpd.smtp import SMTP

from relay.edge.smtp_in import Door, OnEvent, replies
from relay.edge.smtp_in.grammar import MAX_COMMAND_OCTETS
from relay.edge.smtp_in.limits import Crowd, client_of, is_trusted
from relay.edge.smtp_in.settings import ListenerSettings
from relay.edge.smtp_in.wire import EndOfStreamError, NotSmtpError, Wire
from relay.errors import OUR_FAULT, Reply

_FOREIGN_PROTOCOLS: Final = frozenset(
    b"CONNECT DELETE GET HEAD OPTIONS PATCH POST PRI PROXY PUT TRACE".split()  # HTTP and PROXY protocol
)
VERBS: Final = ("DATA", "EHLO", "HELO", "MAIL", "NOOP", "QUIT", "RCPT", "RSET", "STARTTLS")


def mute_library() -> None:
    """Silence aiosmtpd's loggers for good: they print addresses, peers and lines of messages."""
    for name in ("mail.log", "mail.debug"):
        logger = logging.getLogger(name)
        logger.disabled = True
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
        logger.handlers[:] = [logging.NullHandler()]


mute_library()


class House(Protocol):
    """What all sessions share; ``listener`` is it."""

    door: Door
    settings: ListenerSettings
    crowd: Crowd
    on_event: OnEvent

    def arrived(self, session: Connection) -> None: ...
    def left(self, session: Connection) -> None: ...
    def make_room(self, *, trusted: bool) -> bool:
        """When all places are taken, end the session that has longest brought no message nearer."""

    def commit(self, work: Coroutine[Any, Any, Reply]) -> asyncio.Task[Reply]:
        """Run a commit in a task that only the end of the program waits for."""


class _Nobody:
    """A handler without hooks; aiosmtpd looks through every member of it for each new connection, as of ``None``."""

    def __dir__(self) -> list[str]:
        return []


_NOBODY = _Nobody()


class Connection(SMTP):
    """One connection, from the greeting to the last reply; ``smtp_*`` are the subclass's."""

    command_size_limit = MAX_COMMAND_OCTETS
    verbs: ClassVar[tuple[str, ...]] = VERBS

    def __init__(self, house: House, loop: asyncio.AbstractEventLoop) -> None:
        # A dictionary of the class in aiosmtpd: each connection clears it for all others.
        self.command_size_limits = defaultdict(lambda: MAX_COMMAND_OCTETS)
        settings = house.settings
        super().__init__(
            _NOBODY,
            data_size_limit=settings.max_message_bytes,
            enable_SMTPUTF8=True,  # only lets octets above 127 reach our grammar; it is not offered
            hostname=settings.domain,
            ident="ESMTP",
            tls_context=settings.tls_context,
            timeout=settings.limits.command_s,
            loop=loop,
        )
        self._house = house
        self._limits = settings.limits
        self._wire = _CommandWire(self, loop)
        self._client = client_of(None)
        self.trusted = False
        self.useful_at = loop.time()
        """When the client last brought a message nearer; infinity while it waits for us, minus infinity for one that
        gave way lately and has brought nothing since."""
        self._entered = False
        self._has_place = False
        self._handshaking = False
        self._secure = False
        self._idle = False
        self._closing_down = False
        self._leaving = False
        self._junk_commands = 0

    def __dir__(self) -> list[str]:
        """Name the commands and no more: aiosmtpd looks through every member of each new connection."""
        return [f"smtp_{verb}" for verb in self.verbs]

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin anew under TLS, where nothing said before counts (RFC 3207 §4.2)."""
        self._start_over()
        if self._handshaking:
            self._secure = True
            super().connection_made(transport)
            self._restart_clock(self._limits.command_s)
            return
        self._client = client_of(transport.get_extra_info("peername"))
        self.trusted = is_trusted(self._client, self._house.settings.trusted_hosts)
        if not self._enter():
            self._house.on_event("connection.refused")
            _turn_away(cast("asyncio.Transport", transport))
            return
        self._entered = self._has_place = True
        self._wire.attach(cast("asyncio.Transport", transport))
        super().connection_made(transport)
        self._house.arrived(self)
        self._house.on_event("connection.opened")

    def _enter(self) -> bool:
        """Take a place; one that is made free when there is none."""
        crowd = self._house.crowd
        is_known_idler = not self.trusted and crowd.gave_way(self._client, self.loop.time())
        if is_known_idler:
            self.useful_at = -math.inf
        if crowd.enter(self._client, trusted=self.trusted):
            return True
        may_ask = self.trusted or (crowd.has_share(self._client) and not is_known_idler)
        return (
            may_ask
            and self._house.make_room(trusted=self.trusted)
            and crowd.enter(self._client, trusted=self.trusted)
        )

    def connection_lost(self, error: Exception | None) -> None:
        self._wire.feed_eof()
        if self._entered:
            self._entered = False
            self._vacate()
            super().connection_lost(error)

    def _vacate(self) -> None:
        if self._has_place:
            self._has_place = False
            self._house.crowd.leave(self._client, trusted=self.trusted)
            self._house.left(self)

    def give_way(self) -> None:
        """Leave the place to somebody else at once: 421, and cut off soon, read or not."""
        self._house.on_event("session.gave_way")
        self._house.crowd.note_gave_way(self._client, self.loop.time())
        self._dismiss(replies.TOO_BUSY)
        self.loop.call_later(self._limits.linger_s, self.abort)
        self._vacate()

    def data_received(self, data: bytes) -> None:
        self._wire.feed(data)

    def eof_received(self) -> bool:
        """Go on answering what was sent before a half-close; aiosmtpd would cancel the message in work."""
        self._wire.feed_eof()
        return not self._secure

    def _cb_client_connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = self._wire  # type: ignore[assignment]  # all the library asks of it is there
        self._writer = writer

    async def _handle_client(self) -> None:
        """Run aiosmtpd's loop; it ends with a ``ConnectionError`` that is nobody's business."""
        try:
            await super()._handle_client()
        except ConnectionError:
            pass
        finally:
            self._close()
            if self._handshaking and not self._secure:
                self.connection_lost(None)  # asyncio tells nobody when a connection ends within its handshake

    async def handle_exception(self, error: Exception) -> str:  # noqa: ARG002 - nothing of it is told
        """Answer our own trouble: aiosmtpd would say 500, the exception's text, and keep the envelope."""
        self._forget_transaction()
        self._house.on_event("session.faulted")
        return str(OUR_FAULT)

    def _start_over(self) -> None:
        """Forget everything the client has said so far, its greeting too."""

    def _forget_transaction(self) -> None:
        """Forget what was said since MAIL."""

    # Clocks and the end

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Start the clock once. aiosmtpd restarts it at every known command, we at every useful one."""
        if self._timeout_handle is None:
            super()._reset_timeout(duration)

    def _restart_clock(self, seconds: float) -> None:
        super()._reset_timeout(seconds)

    def _be_useful(self) -> None:
        """Note that the client has brought a message nearer, and give it the time for its next command."""
        self.useful_at = self.loop.time()
        self._restart_clock(self._limits.command_s)

    def _timeout_cb(self) -> None:
        self._house.on_event("session.timed_out")
        self._dismiss(replies.TIMED_OUT)

    def _dismiss(self, reply: Reply) -> None:
        """End the connection from outside of its task."""
        transport = self._open_transport()
        if transport is None or self._leaving:
            return
        self._leaving = True
        if self._handshaking and not self._secure:
            self.abort()
            return
        transport.write(replies.octets(reply))
        self._close()

    def _close(self) -> None:
        """Close; cut the connection when the client does not even read our last words or close its TLS."""
        transport = self._open_transport()
        if transport is not None:
            transport.close()
            if self._handshaking or transport.get_write_buffer_size():
                self.loop.call_later(self._limits.linger_s, self.abort)

    def close_down(self) -> None:
        """Say 421 now when the client is between commands, otherwise after the one in work."""
        self._closing_down = True
        if self._idle:
            self._dismiss(replies.CLOSING_DOWN)

    def abort(self) -> None:
        """Cut the connection without a word."""
        transport = self._original_transport or self.transport
        if transport is not None:
            cast("asyncio.Transport", transport).abort()

    def _open_transport(self) -> asyncio.Transport | None:
        return cast("asyncio.Transport | None", self.transport)

    async def _say(self, reply: Reply) -> None:
        await self.push(str(reply))

    async def _say_goodbye(self, reply: Reply) -> NoReturn:
        """Reply and close, leaving the client time to read it: closing over unread input would destroy it."""
        self._leaving = True
        transport = self._open_transport()
        if transport is not None:
            transport.write(replies.octets(reply))
            if transport.can_write_eof():
                transport.write_eof()
                await self._wire.run_dry(self._limits.linger_s)
        raise EndOfStreamError

    # Commands

    async def next_command(self) -> bytes:
        """Return the next line that is a command we have; answer everything else here.

        aiosmtpd would take bare LF as a line end, keep CR and NUL in arguments, echo unknown verbs.
        """
        while True:
            if self._closing_down:
                await self._say_goodbye(replies.CLOSING_DOWN)
            self._idle = True
            try:
                line = await self._wire.line(MAX_COMMAND_OCTETS)
            except NotSmtpError:
                await self._refuse_protocol()
            finally:
                self._idle = False
            if line is None:
                await self._junk(replies.LINE_TOO_LONG)
                continue
            command = line[:-2]
            if line[-2:] != b"\r\n" or b"\r" in command or b"\0" in command:
                await self._junk(replies.BAD_LINE)
                continue
            verb = command.partition(b" ")[0].upper()
            if verb.decode("ascii", "replace") in self.verbs:
                return line
            if verb in _FOREIGN_PROTOCOLS:
                await self._refuse_protocol()
            await self._junk(replies.NOT_IMPLEMENTED)

    async def _refuse_protocol(self) -> NoReturn:
        self._house.on_event("session.not_smtp")
        await self._say_goodbye(replies.NOT_SMTP)

    async def _junk(self, reply: Reply) -> None:
        """Answer a command that brings no message nearer; too many of them end the connection."""
        self._junk_commands += 1
        if self._junk_commands > self._limits.junk_commands:
            self._house.on_event("session.junk")
            await self._say_goodbye(replies.TOO_MUCH_JUNK)
        await self._say(reply)


class _CommandWire(Wire):
    """The wire as aiosmtpd's command loop sees it: a reader of lines."""

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._connection = connection

    async def readuntil(self) -> bytes:
        return await self._connection.next_command()


def _turn_away(transport: asyncio.Transport) -> None:
    transport.set_protocol(asyncio.Protocol())
    transport.write(replies.octets(replies.TOO_BUSY))
    transport.close()
