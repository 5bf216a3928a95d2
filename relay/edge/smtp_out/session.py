"""One SMTP session with the next hop, used by one delivery at a time.

aiosmtplib connects, greets, encrypts and logs in. Then the session is ours: the library pairs one reply
with one command, and passes addresses through ``parseaddr``. Where PIPELINING is offered, MAIL, RCPT and DATA
leave in one packet (RFC 2920 §3.1), so that a delivery waits twice for the next hop, not four times.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import Final, cast

import aiosmtplib

from relay.edge.smtp_out.content import BLOCK_OCTETS, END_OF_DATA, on_the_wire
from relay.edge.smtp_out.replies import Replies
from relay.edge.smtp_out.settings import NextHopSettings
from relay.edge.smtp_out.verdicts import Reply, cause_of, deferring, judge
from relay.errors import Deferred, NextHopError

_FAREWELL_S: Final = 5.0

Step = tuple[str, int, bytes]
"""A command, the first digit of its success, and the cause when it is not: the step of that name."""


class Session:
    """Opened once, then ``deliver`` after ``deliver``; after an error that says more, ``recovers`` tells."""

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
        self._replies: Replies | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._pipelining = self._says_size = False
        self.delivered = 0
        self.content_begun = False

    @property
    def is_open(self) -> bool:
        """Neither side has closed, and nothing has come unasked."""
        replies, writer = self._replies, self._writer
        return (
            replies is not None
            and writer is not None
            and not writer.is_closing()
            and not replies.at_eof()
            and replies.is_empty
        )

    async def open(self) -> None:
        """Connect, greet, encrypt, log in. Raises ``Deferred`` only."""
        settings = self._settings
        await deferring("greeting", self._client.connect())
        await deferring("ehlo", self._client.ehlo())
        secure = settings.tls == "implicit"
        offered = self._client.supports_extension("starttls")
        if settings.tls == "required" or (settings.tls == "opportunistic" and offered):
            await deferring("tls", self._client.starttls(tls_context=self._tls))
            await deferring("ehlo", self._client.ehlo())
            secure = True
        if settings.username is not None:
            if not secure and settings.tls != "never":
                raise Deferred(None, None, "auth")
            await deferring("auth", self._client.login(settings.username, settings.password or ""))
        self._take_over()

    def _take_over(self) -> None:
        """Read and write ourselves from here on."""
        transport = self._client.transport
        if transport is None or transport.is_closing():
            raise Deferred(None, None, "closed")
        loop = asyncio.get_running_loop()
        self._replies = Replies(loop)
        protocol = asyncio.StreamReaderProtocol(self._replies, loop=loop)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        self._writer = asyncio.StreamWriter(
            cast("asyncio.WriteTransport", transport), protocol, self._replies, loop
        )
        self._pipelining = self._client.supports_extension("pipelining")
        self._says_size = self._client.supports_extension("size")

    async def deliver(self, envelope: tuple[bytes, bytes], message: bytes) -> None:
        """One transaction. Raises ``Deferred`` or ``Refused``."""
        self.content_begun = False
        size = b" SIZE=%d" % len(message) if self._says_size else b""  # without stuffed dots (RFC 1870 §5)
        steps: tuple[Step, ...] = (
            ("mail", 2, b"MAIL " + envelope[0] + size),
            ("rcpt", 2, b"RCPT " + envelope[1]),
            ("data", 3, b"DATA"),
        )
        for together in (steps,) if self._pipelining else zip(steps, strict=True):
            await self._command(together)
        self.content_begun = True
        await self._send(message)
        self.delivered += 1

    async def _command(self, steps: Sequence[Step]) -> None:
        """Send commands in one packet and hear all their replies; the first that is no success is raised."""
        trouble: NextHopError | None = None
        waits_for_content = False
        self._write(b"".join(command + b"\r\n" for _, _, command in steps))
        for cause, expected, _ in steps:
            try:
                reply = await self._heard(cause, self._settings.reply_s)
                waits_for_content = reply.code == 354
                judge(reply, cause, expected)
            except NextHopError as error:
                trouble = trouble or error
                if (
                    error.code is None
                ):  # answers are outstanding, or are none: the next would be paired wrongly
                    self.cut()
                    break
        if trouble is not None:
            if waits_for_content:  # for a message that nobody is to get
                self.cut()
            raise trouble

    async def _heard(self, cause: str, within_s: float) -> Reply:
        assert self._replies is not None
        try:
            async with asyncio.timeout(within_s):
                return await self._replies.next()
        except (OSError, EOFError) as error:
            raise Deferred(None, None, cause_of(error, cause)) from None

    def _write(self, octets: bytes) -> None:
        assert self._writer is not None
        self._writer.write(octets)

    async def _send(self, message: bytes) -> None:
        """Send the content, wait for the verdict. One that comes early ends the sending, and the session."""
        assert self._writer is not None
        settings = self._settings
        if len(message) <= BLOCK_OCTETS:
            await self._send_at_once(b"".join(on_the_wire(message)))
            return
        verdict = asyncio.ensure_future(self._heard("data", settings.final_reply_s + settings.block_s))
        verdict.add_done_callback(lambda done: done.cancelled() or done.exception())  # it may go unread
        dot_sent = False
        try:
            for block in on_the_wire(message):
                if verdict.done():
                    break
                dot_sent = block is END_OF_DATA
                self._write(block)
                await asyncio.sleep(0)  # a next hop that takes all at once must keep nobody else waiting
                async with asyncio.timeout(settings.block_s):
                    with contextlib.suppress(ConnectionError):  # the verdict knows why
                        await self._writer.drain()
            async with asyncio.timeout(settings.final_reply_s):
                reply = await verdict
        except (OSError, Deferred) as error:
            self.cut()
            cause = error.cause if isinstance(error, Deferred) else cause_of(error, "data")
            raise Deferred(None, None, "ambiguous" if dot_sent else cause) from None
        finally:
            verdict.cancel()
        if not dot_sent:
            self.cut()
        judge(reply, "data", 2 if dot_sent else 0)

    async def _send_at_once(self, content: bytes) -> None:
        """The same for content that is written in one piece: nothing is left to be cut short by an early verdict."""
        self._write(content)
        try:
            reply = await self._heard("data", self._settings.final_reply_s)
        except Deferred:
            self.cut()
            raise Deferred(None, None, "ambiguous") from None
        judge(reply, "data", 2)

    async def recovers(self) -> bool:
        """After a refusal: reset the session, tell whether it can be used again."""
        if self.is_open:
            with contextlib.suppress(NextHopError):
                await self._command((("rset", 2, b"RSET"),))
                return True
        return False

    async def quit(self) -> None:
        """Take leave; the answer does not matter."""
        if self.is_open:
            self._write(b"QUIT\r\n")
            with contextlib.suppress(NextHopError):
                await self._heard("quit", _FAREWELL_S)
        self.cut()

    def cut(self) -> None:
        """Close without a word."""
        if self._client.transport is not None:
            cast("asyncio.Transport", self._client.transport).abort()
        self._client.close()
