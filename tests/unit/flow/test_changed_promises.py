"""Something else is promised: every clock is looked at, and neither mail nor what is really due waits for all of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relay.domain.assignment import Load
from relay.domain.clocks import Clock, Terms
from relay.domain.pledges import Pledge, Pledges
from relay.domain.roster import Roster
from relay.flow.dues import Done, DueClock
from relay.flow.letters import Letters
from relay.flow.office import Office
from relay.flow.outcomes import LeasedDelivery, Told
from relay.flow.ports import StoreTrouble
from relay.flow.promises import BATCH, LOOK_AGAIN_S, REST_S, TROUBLE_S, Promises
from relay.flow.resolve import Plan
from relay.flow.values import Service
from relay.resources import folder

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LETTERS = Letters.load(folder("templates"))
PLAN = Plan(Service("Support", "relay.test", "operator@ops.test"), Roster((), ()))


class Over(Exception):
    """The test has seen enough."""


class World:
    """The store's clocks and the time. ``course``: what was done, in its order."""

    def __init__(self, count: int, rests: int) -> None:
        self.count, self.rests = count, rests
        self.course: list[str] = []
        self.waits: list[float] = []
        self.plan = PLAN
        self.noted: bytes | None = None
        self.looked: list[int] = []
        self.trouble_at: bytes | None = None
        self._due: list[int] = []

    def promises(self) -> Promises:
        return Promises(self, self, Office(LETTERS, lambda: self.plan, self, os.urandom, lambda _: None))

    async def run(self, promises: Promises | None = None) -> None:
        """Until it has rested so often."""
        with pytest.raises(Over):
            await (promises or self.promises()).run()

    def now(self) -> datetime:
        return NOW

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        self.waits.append(at_most_s)
        if len(self.waits) >= self.rests:
            raise Over

    async def loads(self) -> Mapping[str, Load]:
        return {}

    async def agree(self, terms: bytes, after: bytes, limit: int) -> bytes | None:
        if after == self.trouble_at:
            self.trouble_at = None
            raise StoreTrouble("once")
        first = int(after or b"0")
        if (not after and terms == self.noted) or first >= self.count:
            self.noted = terms
            return None
        last = min(first + limit, self.count)
        self._due += range(first, last)
        self.course.append(f"to {last}")
        return b"%d" % last

    async def lease_due(self, now: datetime, limit: int) -> tuple[DueClock, ...]:
        found, self._due = self._due[:limit], self._due[limit:]
        self.looked += found
        clock = Clock(NOW, NOW)
        return tuple(DueClock(b"%d" % each, 1, clock, "help", "en", "Maple Heron", ()) for each in found)

    async def record(
        self, done: Sequence[Done], notices: Sequence[Told], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        self.course.append(f"{len(done)} looked at")
        return ()

    async def next_look_at(self) -> datetime | None:
        return NOW + timedelta(hours=1)

    async def clock_of(self, conversation_id: bytes) -> Clock | None:
        raise AssertionError("nobody asks for it here")


async def test_each_batch_is_looked_at_and_rested_from_before_the_next() -> None:
    world = World(2 * BATCH + 1, rests=4)
    await world.run()
    assert world.course == [
        f"to {BATCH}", f"{BATCH} looked at", f"to {2 * BATCH}", f"{BATCH} looked at",
        f"to {2 * BATCH + 1}", "1 looked at",
    ]  # fmt: skip
    assert world.waits == [REST_S, REST_S, REST_S, LOOK_AGAIN_S]
    assert world.looked == list(range(2 * BATCH + 1))


async def test_what_was_agreed_to_is_not_looked_at_again() -> None:
    world = World(1, rests=2)
    await world.run()
    world.waits.clear()
    await world.run()
    assert world.looked == [0]
    assert world.waits == [LOOK_AGAIN_S, LOOK_AGAIN_S]


async def test_what_changes_again_begins_with_the_first() -> None:
    world = World(3 * BATCH, rests=1)
    promises = world.promises()
    await world.run(promises)
    first = await promises.agree()
    assert first
    world.plan = replace(PLAN, pledges=Pledges(Pledge(Terms(first=timedelta(hours=1)))))
    world.rests = 10
    await world.run(promises)
    assert world.looked[2 * BATCH :] == list(range(3 * BATCH))


async def test_trouble_costs_no_clock() -> None:
    """It goes on where it was, and does not try as often as it can."""
    world = World(3 * BATCH, rests=5)
    world.trouble_at = b"%d" % BATCH
    await world.run()
    assert world.looked == list(range(3 * BATCH))
    assert world.waits == [REST_S, TROUBLE_S, REST_S, REST_S, LOOK_AGAIN_S]
