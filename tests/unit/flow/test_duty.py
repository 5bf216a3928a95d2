"""The clock of the helpline sleeps until the next change, however long it was busy before that."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay import log
from relay.domain.retention import Retention
from relay.domain.roster import Roster
from relay.flow.duty import LOOK_AGAIN_S, Duty


class World:
    """Clock, router and broom in one: the broom takes ``busy_s`` the first time, and nobody has a rota."""

    def __init__(self, busy_s: float) -> None:
        self.time = datetime(2030, 3, 4, tzinfo=UTC)
        self.busy_s = busy_s
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def wait(self, _poked: asyncio.Event, at_most_s: float) -> None:
        self.waits.append(at_most_s)
        if len(self.waits) == 2:
            raise asyncio.CancelledError
        self.time += timedelta(seconds=at_most_s)

    async def assign_waiting(self) -> int:
        return 0

    async def roster(self) -> Roster:
        return Roster((), ())

    async def sweep(self, *_: Any) -> dict[str, int]:
        self.time += timedelta(seconds=self.busy_s)
        self.busy_s = 0.0
        return {}


async def waits(busy_s: float) -> list[float]:
    world: Any = World(busy_s)
    duty = Duty(world, world.roster, world, world, Retention)
    await asyncio.gather(duty.run(), return_exceptions=True)
    return world.waits  # type: ignore[no-any-return]


async def test_what_took_long_is_not_slept_again() -> None:
    """A shift that begins while the broom is at work is looked at at once; a clock that was set back makes no long sleep."""
    assert await waits(40.0) == [LOOK_AGAIN_S - 40.0, LOOK_AGAIN_S]
    assert await waits(6 * 3600.0) == [0.0, LOOK_AGAIN_S]
    assert await waits(-3600.0) == [LOOK_AGAIN_S, LOOK_AGAIN_S]


async def test_what_went_is_said_of_a_sweep_that_was_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    """The daemon stops while the broom is at work: what it has forgotten no row can tell any more."""
    world: Any = World(0.0)

    async def sweep(_now: datetime, _kept: Retention, _staff: Collection[str], counts: Counter[str]) -> None:
        counts.update({"entries": 3, "notes": 0})
        raise asyncio.CancelledError

    world.sweep = sweep
    log.configure("info")
    await asyncio.gather(Duty(world, world.roster, world, world, Retention).run(), return_exceptions=True)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    swept = [(each["kind"], each["count"]) for each in said if each["event"] == "store.swept"]
    assert swept == [("entries", 3)]
