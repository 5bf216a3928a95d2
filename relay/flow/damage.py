"""Rows that do not open: changed, exchanged, put back from before, or of a failing disk. The operator gets a mail.

The store tells of each by the name of its table (``Found``, made before the store is opened); it holds or passes over
what belongs to it by itself. One mail at once, and for a day none, of whichever of several nodes: what is found
meanwhile is in the next one, in counts. That one was sent is remembered where automatic answers are, so that a daemon
that starts again and again sends no more. A mail that could not be stored is tried again (P3).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Final, Protocol

from relay.errors import RelayError
from relay.flow.letters import OPERATOR_LANGUAGE
from relay.flow.office import Office
from relay.flow.outcomes import LeasedDelivery
from relay.flow.ports import Stale
from relay.flow.queueing import Notices
from relay.log import Event, say
from relay.mail import notices_damage

AGAIN_S: Final = 60.0
"""After trouble with the store."""
DAY: Final = timedelta(days=1)
ABOUT: Final = "rows that do not open"
"""What is remembered of having told; no address is like it."""


class Found:
    """What does not open, by table, since it was told last."""

    def __init__(self) -> None:
        self.tables: Counter[str] = Counter()
        self.grown = asyncio.Event()

    def add(self, table: str) -> None:
        """One more; on the event loop."""
        say(Event.STORE_FAILED, cause="unreadable")
        self.tables[table] += 1
        self.grown.set()


class Told(Notices, Protocol):
    """The part of the store that notices go to."""

    async def was_told(self, address: str, now: datetime, times: int = 1) -> bool: ...


class DamageReports:
    """``deliver`` is given every notice that was stored."""

    def __init__(
        self,
        found: Found,
        notices: Told,
        office: Office,
    ) -> None:
        self._office = office
        self._found = found
        self._notices = notices

    async def run(self) -> None:
        """Go on until cancelled."""
        never = asyncio.Event()
        while True:
            await self._found.grown.wait()
            try:
                await self.tell()
                wait_s = DAY.total_seconds()
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="damage", error_class=type(trouble).__name__)
                wait_s = AGAIN_S
            await self._office.clock.wait(never, wait_s)

    async def tell(self) -> None:
        """Tell what was found, unless something was told today. Raises ``StoreTrouble``."""
        now, service = self._office.clock.now(), self._office.service
        if await self._notices.was_told(ABOUT, now):
            return
        told = self._found.tables.copy()
        text = notices_damage.unreadable(self._office.letters.texts, OPERATOR_LANGUAGE, told)
        new_id = self._office.new_id()
        notice = LeasedDelivery.of(self._office.letters.to_operator(text, service, now, new_id), now, None)
        try:
            self._office.deliver(await self._notices.queue_notice(notice, now, tells=ABOUT, once_in=DAY))
        except Stale:
            return  # another node tells at this moment; what was found here is in the next one
        self._found.tables -= told
        if not self._found.tables:
            self._found.grown.clear()
