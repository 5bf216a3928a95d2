"""The part of the daemon that has a large database looked at as a whole, once after each start, beside the mail.

What is looked at before the start, and what happens when damage is found, says ``relay.edge.store.wholeness``.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from relay.edge.store.wholeness import State
from relay.flow.ports import Clock
from relay.log import Event, say

AGAIN_S = 5.0
"""After a look that was in somebody's way."""


class Pages(Protocol):
    """The part of the store that looks. ``is_known``: there is nothing left to be looked at."""

    is_known: bool

    async def look(self) -> State: ...


class Looking:
    """Looks until all was seen, and then rests."""

    def __init__(self, pages: Pages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock

    async def run(self) -> None:
        """Do it, then wait to be cancelled like every part."""
        never = asyncio.Event()
        if not self._pages.is_known:
            began = time.monotonic()
            while (found := await self._pages.look()) is State.UNKNOWN:
                await self._clock.wait(never, AGAIN_S)
            took_s = round(time.monotonic() - began)
            say(Event.STORE_LOOKED_OVER if found is State.WHOLE else Event.STORE_DAMAGED, delay_s=took_s)
        await never.wait()
