"""What is counted by the clock: hours of duty as the rota stands at the time, and how many conversations are open.

Everything else is counted where it happens. Once an hour a stretch of duty is added, once a day the open conversations
are, and a month that is over is published (``domain.statistics``). Duty is never computed afterwards: a rota that is
changed later changes no figure. While the daemon does not run nobody can be reached, whatever the rota says, so a
longer stop counts for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from relay.domain.roster import Roster
from relay.domain.spans import NEVER
from relay.domain.statistics import Words
from relay.errors import RelayError
from relay.flow.ports import Clock
from relay.log import Event, say

EVERY = timedelta(hours=1)
LONGEST = timedelta(hours=6)
"""A stretch that is longer was not one: the daemon, or the machine, stood still."""

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time at whole minutes, with minutes of duty in it: of all counselors, and with at least one of them.

    ``minutes`` is 0 when it does not count; ``mark`` names its end.
    """

    since: datetime
    until: datetime
    minutes: int
    offered: int
    covered: int

    @property
    def mark(self) -> bytes:
        """How its end is kept."""
        return self.until.isoformat().encode()


class Statistics(Protocol):
    """The part of the store that counts by the clock. Any method may raise ``StoreTrouble``."""

    async def counted_until(self) -> bytes | None:
        """The mark of the last stretch."""

    async def count_duty(self, stretch: Stretch, seen: bytes | None) -> bool:
        """Add a stretch and move the mark on; ``False``: it was moved since it was ``seen``."""

    async def look(self, now: datetime) -> None:
        """Count the open conversations, unless that was done today."""

    async def close(self, now: datetime, words: Words, smallest: int) -> tuple[int, ...]:
        """Publish the months that are over, and delete what was counted in them; which they were."""


class Counting:
    """``rules``: which cells are known beforehand, and the threshold, as the settings have them now."""

    def __init__(
        self,
        store: Statistics,
        roster: Callable[[], Awaitable[Roster]],
        clock: Clock,
        rules: Callable[[], tuple[Words, int]],
    ) -> None:
        self._store = store
        self._roster = roster
        self._clock = clock
        self._rules = rules
        self._never = asyncio.Event()

    async def run(self) -> None:
        """Count for ever; cancel to stop."""
        while True:
            now = self._clock.now()
            try:
                await self.count(now)
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="statistics", error_class=type(trouble).__name__)
            whole = now.replace(minute=0, second=0, microsecond=0)
            await self._clock.wait(self._never, (whole + EVERY - now).total_seconds())

    async def count(self, now: datetime) -> None:
        """Everything that is due. Raises ``StoreTrouble``."""
        until = now.astimezone(UTC).replace(second=0, microsecond=0)
        seen = await self._store.counted_until()
        since = datetime.fromisoformat(seen.decode()) if seen else until
        if seen is None or since != until:
            await self._store.count_duty(stretch_of(await self._roster(), since, until), seen)
        await self._store.look(now)
        for _ in await self._store.close(now, *self._rules()):
            say(Event.MONTH_CLOSED)


def stretch_of(roster: Roster, since: datetime, until: datetime) -> Stretch:
    """What the rota as it is now says of a stretch of time. It counts for the month in which it began."""
    if not timedelta(0) < until - since <= LONGEST:
        return Stretch(since, until, 0, 0, 0)
    on = [each.rota.spans(since, until) for each in roster.counselors]
    anybody = NEVER
    for each in on:
        anybody |= each
    offered = sum((end - begin for each in on for begin, end in each), timedelta(0))
    covered = sum((end - begin for begin, end in anybody), timedelta(0))
    return Stretch(since, until, (until - since) // _MINUTE, offered // _MINUTE, covered // _MINUTE)
