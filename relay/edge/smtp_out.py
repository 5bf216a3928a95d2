"""Delivery to the next hop over SMTP with aiosmtplib. Called by ``flow.deliver`` through ``NextHop.deliver``.

Promises:

- A message is ``Refused`` only by a 5xx that answers MAIL, RCPT, DATA or the final dot of this
  delivery. Everything else is ``Deferred``: what the next hop says to our connection, greeting, TLS or login
  is our configuration's trouble, not the message's.
- No word or address of a reply is kept: code, enhanced code and a constant cause, nothing more.
- ``required`` and ``implicit`` send not one octet of envelope or content before a verified TLS.
- Envelope and content go out exactly as given, except that line ends become CRLF, NUL goes and dots are
  stuffed. MAIL and RCPT do not pass through the library's ``mail`` and ``rcpt``, which rewrite addresses.
- A delivery is tried a second time here only when a kept connection failed before any content was sent.

Connections are kept and used again. The library pairs one reply with one command at a time, so nothing is
pipelined. A cause is the step that failed (``connect greeting ehlo tls auth mail rcpt data``), or
``timeout``, ``closed``, ``protocol`` (no reply that SMTP knows), or ``ambiguous``: the final dot was sent
and no answer came, so the message may have arrived.

Standards: RFC 5321 §4.5.2 (transparency), §4.5.3.2 (timeouts); RFC 3207 (STARTTLS); RFC 1870 (SIZE).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar, cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from relay.domain.addresses import Address
from relay.errors import Deferred, NextHopError, Refused

_BLOCK_OCTETS: Final = 64 * 1024
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_OURS_TO_MEND: Final = frozenset({503, 530, 534, 535, 538})
"""Answers about our session, not the message: out of sequence, STARTTLS or login wanted (RFC 4954 §6)."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class NextHopSettings:
    """Where mail goes. ``tls``: ``opportunistic`` encrypts without verifying when STARTTLS is offered;
    ``required`` and ``implicit`` verify against ``ca_file`` (PEM), or the system's authorities without one.

    ``local_hostname`` is the name in EHLO, the service's domain. A password goes over TLS only, except
    with ``tls = "never"``, which says that the operator knows the way to be private.
    """

    host: str
    port: int
    local_hostname: str
    tls: Literal["never", "opportunistic", "required", "implicit"] = "required"
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    max_connections: int = 4
    messages_per_connection: int = 100  # Postfix reuses by time, Exim 500 times, providers often allow 100
    idle_s: float = 30.0
    reply_s: float = 60.0
    block_s: float = 180.0  # RFC 5321 §4.5.3.2.5
    final_reply_s: float = 600.0  # RFC 5321 §4.5.3.2.6: giving up earlier makes duplicates


class NextHop:
    """The one MTA we submit to."""

    def __init__(self, settings: NextHopSettings) -> None:
        """Raises ``OSError`` or ``ssl.SSLError`` when ``ca_file`` cannot be used."""
        self._settings = settings
        self._tls = _tls_context(settings)
        self._slots = asyncio.Semaphore(settings.max_connections)
        self._kept: list[tuple[_Connection, asyncio.TimerHandle]] = []
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False

    async def deliver(self, return_path: str, recipient: Address, message: bytes) -> None:
        """Hand over one message. ``return_path`` is one of our addresses, or ``""`` for the null one.

        Raises:
            Deferred: try again later.
            Refused: never try again.
            ValueError: ``return_path`` is not a plain mailbox.
        """
        sender = Address.parse(return_path).reveal() if return_path else ""
        envelope = (f"FROM:<{sender}>".encode(), f"TO:<{recipient.reveal()}>".encode())
        content = on_the_wire(message)
        async with self._slots:
            kept = self._take_kept()
            if kept is not None:
                try:
                    await self._deliver_over(kept, envelope, content)
                except NextHopError as error:
                    if kept.content_begun or not _is_stale(error):
                        raise
                else:
                    return
            await self._deliver_over(await self._connect(), envelope, content)

    async def close(self) -> None:
        """Say QUIT on all kept connections; those in use end with their delivery."""
        self._closed = True
        while (connection := self._take_kept()) is not None:
            self._part_from(connection)
        if self._farewells:
            await asyncio.wait(self._farewells)

    async def _deliver_over(
        self, connection: _Connection, envelope: tuple[bytes, bytes], content: bytes
    ) -> None:
        try:
            await connection.deliver(envelope, content)
        except NextHopError as error:
            if error.cause != "protocol" and error.code != 421 and await connection.recovers():
                self._keep(connection)
            else:
                connection.cut()
            raise
        except BaseException:
            connection.cut()
            raise
        self._keep(connection)

    async def _connect(self) -> _Connection:
        connection = _Connection(self._settings, self._tls)
        try:
            await connection.open()
        except BaseException:
            connection.cut()
            raise
        return connection

    def _take_kept(self) -> _Connection | None:
        while self._kept:
            connection, timer = self._kept.pop()
            timer.cancel()
            if connection.is_open:
                return connection
            connection.cut()
        return None

    def _keep(self, connection: _Connection) -> None:
        if self._closed or connection.delivered >= self._settings.messages_per_connection:
            self._part_from(connection)
            return
        timer = asyncio.get_running_loop().call_later(self._settings.idle_s, self._retire, connection)
        self._kept.append((connection, timer))

    def _retire(self, connection: _Connection) -> None:
        self._kept = [pair for pair in self._kept if pair[0] is not connection]
        self._part_from(connection)

    def _part_from(self, connection: _Connection) -> None:
        task = asyncio.get_running_loop().create_task(connection.quit())
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


class _Connection:
    """One SMTP session with the next hop, used by one delivery at a time."""

    def __init__(self, settings: NextHopSettings, tls: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._tls = tls
        self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.local_hostname,
            timeout=settings.reply_s,
            use_tls=settings.tls == "implicit",
            start_tls=False,  # done here, so that each mode does what it says
            tls_context=tls if settings.tls == "implicit" else None,
        )
        self._writer: asyncio.StreamWriter | None = None
        self.delivered = 0
        self.content_begun = False

    @property
    def is_open(self) -> bool:
        return self._client.is_connected

    async def open(self) -> None:
        """Connect, greet, encrypt, log in. Raises ``Deferred`` only."""
        settings = self._settings
        await _deferring("greeting", self._client.connect())
        await _deferring("ehlo", self._client.ehlo())
        secure = settings.tls == "implicit"
        offered = self._client.supports_extension("starttls")
        if settings.tls == "required" or (settings.tls == "opportunistic" and offered):
            await _deferring("tls", self._client.starttls(tls_context=self._tls))
            await _deferring("ehlo", self._client.ehlo())
            secure = True
        if settings.username is not None:
            if not secure and settings.tls != "never":
                raise Deferred(None, None, "auth")
            await _deferring("auth", self._client.login(settings.username, settings.password or ""))

    async def deliver(self, envelope: tuple[bytes, bytes], content: bytes) -> None:
        """One transaction. Raises ``Deferred`` or ``Refused``."""
        self.content_begun = False
        size = b" SIZE=%d" % len(content) if self._client.supports_extension("size") else b""
        await self._command("mail", 2, b"MAIL", envelope[0] + size)
        await self._command("rcpt", 2, b"RCPT", envelope[1])
        await self._command("data", 3, b"DATA")
        self.content_begun = True
        await self._send(content)
        self.delivered += 1

    async def _command(self, cause: str, expected: int, *words: bytes) -> None:
        """Send a command and judge the reply by the first digit of its code (RFC 5321 §4.3.2)."""
        _judge(await _deferring(cause, self._client.execute_command(*words)), cause, expected)

    async def _send(self, content: bytes) -> None:
        """Send the content, wait for the verdict. One that comes early ends the sending, and the session."""
        protocol = self._client.protocol
        transport = self._client.transport
        if protocol is None or transport is None:
            raise Deferred(None, None, "closed")
        writer = self._writer_to(transport, protocol)
        verdict = asyncio.ensure_future(protocol.read_response())
        verdict.add_done_callback(lambda done: done.cancelled() or done.exception())  # it may go unread
        dot_sent = False
        try:
            await asyncio.sleep(
                0
            )  # let it listen before the first octet leaves: what comes unasked is dropped
            for start in range(0, len(content), _BLOCK_OCTETS):
                if verdict.done():
                    break
                dot_sent = start + _BLOCK_OCTETS >= len(content)
                writer.write(content[start : start + _BLOCK_OCTETS])
                async with asyncio.timeout(self._settings.block_s):
                    with contextlib.suppress(ConnectionError):  # the verdict knows why
                        await writer.drain()
            async with asyncio.timeout(self._settings.final_reply_s):
                reply = await verdict
        except (OSError, aiosmtplib.SMTPException) as error:
            self.cut()
            raise Deferred(None, None, "ambiguous" if dot_sent else _cause_of(error, "data")) from None
        finally:
            verdict.cancel()
        if not dot_sent:
            self.cut()
        _judge(reply, "data", 2 if dot_sent else 0)

    def _writer_to(self, transport: asyncio.BaseTransport, protocol: SMTPProtocol) -> asyncio.StreamWriter:
        """A writer that waits when the next hop reads slowly; the library would buffer the whole message."""
        if self._writer is None:
            loop = asyncio.get_running_loop()
            self._writer = asyncio.StreamWriter(transport, protocol, None, loop)  # type: ignore[arg-type]
        return self._writer

    async def recovers(self) -> bool:
        """After a refusal: reset the session, tell whether it can be used again."""
        if self.is_open:
            with contextlib.suppress(NextHopError):
                await self._command("rset", 2, b"RSET")
                return True
        return False

    async def quit(self) -> None:
        """Take leave; the answer does not matter."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit(timeout=5)
        self.cut()

    def cut(self) -> None:
        """Close without a word."""
        if self._client.transport is not None:
            cast("asyncio.Transport", self._client.transport).abort()
        self._client.close()


def on_the_wire(message: bytes) -> bytes:
    """The octets after 354: CRLF line ends only, no NUL, dots stuffed, the end of data (RFC 5321 §4.5.2)."""
    text = message.replace(b"\0", b"")
    pairs = text.count(b"\r\n")
    if text.count(b"\r") != pairs or text.count(b"\n") != pairs:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if text and not text.endswith(b"\r\n"):
        text += b"\r\n"
    if text.startswith(b"."):
        text = b"." + text
    return text.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _tls_context(settings: NextHopSettings) -> ssl.SSLContext | None:
    if settings.tls == "never":
        return None
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _deferring(cause: str, step: Coroutine[Any, Any, _T]) -> _T:
    """Await a step of the library; whatever fails in it is ``Deferred`` and says no more than the cause."""
    try:
        return await step
    except aiosmtplib.SMTPResponseException as error:
        usable = 200 <= error.code <= 599
        code = error.code if usable else None
        raise Deferred(code, _enhanced(error.code, error.message), cause if usable else "protocol") from None
    except (aiosmtplib.SMTPException, OSError, EOFError, ValueError) as error:
        raise Deferred(None, None, _cause_of(error, cause)) from None


def _cause_of(error: Exception, cause: str) -> str:
    """A constant word for what went wrong; ``cause`` is the step in which it did."""
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError) or cause == "tls":
        return "tls"
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return "connect"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, OSError):
        return "connect" if cause == "greeting" else "closed"
    return cause


def _judge(reply: aiosmtplib.SMTPResponse, cause: str, expected: int) -> None:
    """Raise what a reply means; ``expected`` is the first digit of success."""
    code, first = reply.code, reply.code // 100
    if first == expected:
        return
    enhanced = _enhanced(code, reply.message)
    if first == 5 and code < 600 and code not in _OURS_TO_MEND:
        raise Refused(code, enhanced, cause)
    if first == 4 or code in _OURS_TO_MEND:
        raise Deferred(code, enhanced, "auth" if code in _OURS_TO_MEND else cause)
    raise Deferred(None, None, "protocol")


def _enhanced(code: int, text: str) -> str | None:
    """The enhanced code at the start of a reply, when it is one and agrees with the code (RFC 2034 §4)."""
    match = _ENHANCED.match(text)
    return match[1] if match is not None and match[1].startswith(str(code)[:1]) else None


def _is_stale(error: NextHopError) -> bool:
    """Tell whether a kept connection had simply had its time: gone, silent, or 421."""
    return error.cause in {"closed", "timeout", "protocol"} or error.code == 421
