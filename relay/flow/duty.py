"""The clock of the helpline: requests that wait are assigned when somebody comes on duty.

Runs once at start (so that a restart in the middle of a night loses nobody), whenever the rota changes,
and whenever it is poked. It sleeps until the next change and at most a minute, so that a clock that
jumps is noticed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from relay.domain.retention import Retention
from relay.domain.roster import Roster
from relay.errors import RelayError
from relay.flow.ports import Clock
from relay.flow.route import Router
from relay.log import Event, say

LOOK_AGAIN_S = 60.0
SWEEP_EVERY = timedelta(hours=1)


class Sweeper(Protocol):
    """The store's broom."""

    async def sweep(
        self, now: datetime, kept: Retention, staff: Collection[str] | None, counts: Counter[str]
    ) -> object: ...


class Duty:
    """Watches the rota and the broom. ``brief``: tells new counselors what those before them noted."""

    def __init__(
        self,
        router: Router,
        roster: Callable[[], Awaitable[Roster]],
        sweeper: Sweeper,
        clock: Clock,
        kept: Callable[[], Retention],
        brief: Callable[[], Awaitable[int]] | None = None,
    ) -> None:
        self._brief = brief
        self._kept = kept
        self._router = router
        self._roster = roster
        self._sweeper = sweeper
        self._clock = clock
        self._poked = asyncio.Event()
        self._swept_at: datetime | None = None

    def poke(self) -> None:
        """Look again now: somebody waits, a slot is free, or the configuration is new."""
        self._poked.set()

    async def run(self) -> None:
        """Watch for ever; cancel to stop."""
        while True:
            self._poked.clear()
            now = self._clock.now()
            change_s = LOOK_AGAIN_S
            try:
                roster = await self._roster()
                change_s = self._seconds_to_change(roster, now)
                await self._router.assign_waiting()
                if self._brief is not None:
                    await self._brief()
                if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
                    self._swept_at = now
                    await self._sweep(roster, now)
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="duty", error_class=type(trouble).__name__)
            # The change may have come meanwhile: the broom can take its time.
            wait_s = change_s - (self._clock.now() - now).total_seconds()
            await self._clock.wait(self._poked, min(max(wait_s, 0.0), LOOK_AGAIN_S))

    async def _sweep(self, roster: Roster, now: datetime) -> None:
        """Forget what has had its time, and say how much of what, also when it was interrupted."""
        staff = frozenset(each.counselor_id for each in roster.counselors)
        counts: Counter[str] = Counter()
        try:
            await self._sweeper.sweep(now, self._kept(), staff, counts)
        finally:
            for kind, count in (+counts).items():
                say(Event.STORE_SWEPT, kind=kind, count=count)

    def _seconds_to_change(self, roster: Roster, now: datetime) -> float:
        changes = [change for c in roster.counselors if (change := c.rota.next_change(now)) is not None]
        if not changes:
            return LOOK_AGAIN_S
        return min(max((min(changes) - now).total_seconds(), 0.05), LOOK_AGAIN_S)
