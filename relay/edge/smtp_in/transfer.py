"""The data of one message on its way from the wire to an ``Intake``. Used by ``session`` after 354.

Promises: memory is that of one chunk; no client holds the session longer than ``Limits`` says, and only
time spent waiting for the client counts; content that is refused is still read, so that the client can
hear why, but not without end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from relay.edge.smtp_in import Intake, replies
from relay.edge.smtp_in.data import DataDecoder
from relay.edge.smtp_in.settings import ListenerSettings
from relay.edge.smtp_in.wire import Wire
from relay.errors import TOO_LARGE, RelayError, Reply

CHUNK_OCTETS: Final = 64 * 1024
"""``Intake.write`` is called when so much content has gathered."""
_DRAIN_FACTOR: Final = 2
"""Refused data is read until this multiple of the size limit: a client that means well stops earlier."""


class UnbearableError(RelayError):
    """The client gets ``reply`` and the connection ends."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class RestartClock(Protocol):
    """Gives the client so many seconds for the next block; ``useful``: so far it has kept its pace."""

    def __call__(self, seconds: float, *, useful: bool) -> None: ...


class Transfer:
    """Receives one message. ``last_chunk`` is what has not been written yet when the data has ended."""

    def __init__(
        self,
        wire: Wire,
        intake: Intake,
        settings: ListenerSettings,
        now_s: Callable[[], float],
        restart_clock: RestartClock,
    ) -> None:
        self._wire = wire
        self._intake = intake
        self._max_octets = settings.max_message_bytes
        self._limits = settings.limits
        self._now_s = now_s
        self._restart_clock = restart_clock
        self._decoder = DataDecoder()
        self._waited_s = 0.0
        self._gathered: list[bytes] = []
        self._gathered_octets = 0
        self.content_octets = 0

    @property
    def last_chunk(self) -> bytes:
        return b"".join(self._gathered)

    async def run(self) -> Reply | None:
        """Read to the end of the data. ``None``: all is well; otherwise the reply that refuses the message.

        Raises:
            UnbearableError: the client is too slow, or goes on far beyond the limit.
            EndOfStreamError: it went away.
        """
        refusal: Reply | None = None
        while not self._decoder.ended:
            content = self._decoder.feed(await self._block())
            if refusal is not None:
                if self._decoder.received_octets > _DRAIN_FACTOR * self._max_octets:
                    raise UnbearableError(refusal)
                continue
            self.content_octets += len(content)
            if self.content_octets > self._max_octets:
                refusal = TOO_LARGE
                self._gathered.clear()
                continue
            self._gathered.append(content)
            self._gathered_octets += len(content)
            if self._gathered_octets >= CHUNK_OCTETS and not self._decoder.ended:
                refusal = await self._write()
        self._wire.put_back(self._decoder.rest)
        return refusal

    async def _write(self) -> Reply | None:
        chunk = self.last_chunk
        self._gathered.clear()
        self._gathered_octets = 0
        try:
            await self._intake.write(chunk)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told to come again
            return replies.reply_to(error)
        return None

    async def _block(self) -> bytes:
        """Wait for the next octets within the limits of time (RFC 5321 §4.5.3.2.5)."""
        if len(self._wire):
            return await self._wire.block()
        limits = self._limits
        began_s = self._now_s()
        has_pace = self._decoder.received_octets >= limits.data_octets_per_s * self._waited_s
        self._restart_clock(
            min(limits.data_block_s, max(limits.data_total_s - self._waited_s, 0.0)), useful=has_pace
        )
        block = await self._wire.block()
        self._waited_s += self._now_s() - began_s
        too_slow = self._decoder.received_octets + len(block) < limits.data_octets_per_s * self._waited_s
        if too_slow and self._waited_s > limits.data_grace_s:
            raise UnbearableError(replies.TOO_SLOW)
        return block


async def finish(intake: Intake, last_chunk: bytes) -> Reply:
    """Hand over the last chunk and commit. Runs in a task of its own and never raises an ``Exception``."""
    try:
        if last_chunk:
            await intake.write(last_chunk)
    except Exception as error:  # noqa: BLE001 - the client is told to come again, nothing else
        intake.abandon()
        return replies.reply_to(error)
    try:
        return await intake.commit()
    except Exception as error:  # noqa: BLE001 - as above
        return replies.reply_to(error)
