"""The octets that one client sent and we have not used yet. The session reads commands and DATA from it.

It stands where aiosmtpd has an ``asyncio.StreamReader``: that one finds lines only up to its buffer
limit and copies DATA line by line, here blocks are handed on as they came. The transport is paused while more
than ``HIGH_WATER_OCTETS`` wait, so one connection holds at most that plus one read of the event loop
(256 KiB), whatever is sent.
"""

from __future__ import annotations

import asyncio
import contextlib

from relay.errors import RelayError

HIGH_WATER_OCTETS = 64 * 1024
BLOCK_OCTETS = 64 * 1024

_LF = 0x0A
_LINE_START = frozenset(b"\r\n") | frozenset(range(0x20, 0x7F))


class EndOfStreamError(ConnectionResetError):
    """The client will send no more. aiosmtpd's command loop ends on a ``ConnectionResetError``."""


class NotSmtpError(RelayError):
    """The first octet of a line belongs to no command: a TLS hello, a binary protocol."""


class Wire:
    """A bounded buffer between ``data_received`` and one reading task."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        # After STARTTLS aiosmtpd exchanges the first and clears the second, by these names.
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._paused = False

    def attach(self, transport: asyncio.Transport) -> None:
        """Name the transport that is paused when the reader is slower than the client."""
        self._transport = transport

    def feed(self, octets: bytes) -> None:
        """Take what the transport received."""
        self._buffer += octets
        if len(self._buffer) > HIGH_WATER_OCTETS and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def feed_eof(self) -> None:
        """Note that nothing more will come; what is buffered can still be read."""
        self._ended = True
        self._wake()

    def __len__(self) -> int:
        return len(self._buffer)

    async def line(self, limit_octets: int) -> bytes | None:
        """Return the next line with its LF; ``None`` for a line over the limit, which is skipped.

        Raises:
            EndOfStreamError: no complete line will come.
            NotSmtpError: the line starts with a control octet or with one above 127.
        """
        skipping = False
        searched = 0
        while (end := self._buffer.find(_LF, searched)) < 0:
            if self._buffer and not skipping and self._buffer[0] not in _LINE_START:
                raise NotSmtpError
            searched = len(self._buffer)
            if searched > limit_octets:
                skipping = True
                self._drop(searched)
                searched = 0
            await self._more()
        line = bytes(self._buffer[: end + 1])
        self._drop(end + 1)
        if skipping or len(line) > limit_octets:
            return None
        if line[0] not in _LINE_START:
            raise NotSmtpError
        return line

    async def block(self) -> bytes:
        """Return what is there: 1 to ``BLOCK_OCTETS`` octets. Raises ``EndOfStreamError``."""
        while not self._buffer:
            await self._more()
        octets = bytes(self._buffer[:BLOCK_OCTETS])
        self._drop(len(octets))
        return octets

    def put_back(self, octets: bytes) -> None:
        """Return octets that belong to the next command (RFC 2920)."""
        self._buffer[:0] = octets

    def discard(self) -> None:
        """Forget what is buffered (RFC 3207 §4.2: nothing sent before TLS counts after it)."""
        self._drop(len(self._buffer))

    async def run_dry(self, limit_s: float) -> None:
        """Read and discard until the client closes, at most ``limit_s`` seconds."""
        with contextlib.suppress(TimeoutError, EndOfStreamError):
            async with asyncio.timeout(limit_s):
                while True:
                    self.discard()
                    await self._more()

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        if self._paused and len(self._buffer) <= HIGH_WATER_OCTETS and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    async def _more(self) -> None:
        if self._ended:
            raise EndOfStreamError
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
