"""Notices that could not be encrypted: tried again until they can leave. Nothing of them ever leaves in clear.

Looks at start, when the configuration was read again, and every ten minutes. Whoever runs the line was told when a
notice was kept; here is only patience.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from relay.errors import RelayError
from relay.flow.ciphers import CipherTrouble
from relay.flow.outcomes import KeptNotice, LeasedDelivery
from relay.flow.ports import Clock, Stale
from relay.flow.sealer import Reader, Sealer
from relay.log import Event, say

LOOK_EVERY_S: Final = 600.0
AT_ONCE: Final = 2_000
"""A few kilobytes each; as many as a line of many counselors may write in a week without its engine."""


class KeptStore(Protocol):
    """The part of the store that keeps them."""

    async def waiting(self, limit: int) -> tuple[KeptNotice, ...]: ...


class Queue(Protocol):
    """The part of the store that takes what leaves."""

    async def queue_notice(
        self, notice: LeasedDelivery, now: datetime, instead_of: bytes | None = None
    ) -> LeasedDelivery: ...


class Keeper:
    """``deliver``: sends what has been written."""

    def __init__(
        self,
        store: KeptStore,
        queue: Queue,
        sealer: Sealer,
        deliver: Callable[[LeasedDelivery], None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._queue = queue
        self._sealer = sealer
        self._deliver = deliver
        self._clock = clock
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Look now."""
        self._poked.set()

    async def run(self) -> None:
        """Try for ever; cancel to stop."""
        while True:
            self._poked.clear()
            try:
                await self.look()
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="kept", error_class=type(trouble).__name__)
            await self._clock.wait(self._poked, LOOK_EVERY_S)

    async def look(self) -> None:
        """Let go whatever can be encrypted now."""
        for one in await self._store.waiting(AT_ONCE):
            try:
                sealed = await self._sealer.sealed(one.notice, Reader(one.counselor_id, one.conversation_id))
            except CipherTrouble as trouble:
                say(Event.CIPHER_FAILED, cause=trouble.reason)
                if trouble.is_ours:
                    return
                continue
            if sealed is one.notice:
                continue  # its reader has no key any more, or is not on the line: a promise not to send it in clear
            now = self._clock.now()
            notice = LeasedDelivery.of(sealed, now, one.conversation_id)
            try:
                self._deliver(await self._queue.queue_notice(notice, now, one.notice_id))
            except Stale:
                continue
