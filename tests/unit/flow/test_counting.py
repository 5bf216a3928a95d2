"""Duty is counted as the rota stands at the time, never afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relay.domain.addresses import CounselorAddress
from relay.domain.overrides import Override
from relay.domain.roster import Counselor, Roster
from relay.domain.rota import Rota
from relay.domain.statistics import Words, months_between
from relay.flow.counting import Counting, Stretch, stretch_of

NOON = datetime(2030, 3, 4, 12, 0, tzinfo=UTC)


def counselor(name: str, *shifts: str) -> Counselor:
    return Counselor(name, name.title(), "", CounselorAddress(name, "home.test"), Rota.parse(shifts))


ROSTER = Roster((counselor("ana", "daily 12:00-14:00"), counselor("ben", "daily 13:30-18:00")), ())


@pytest.mark.parametrize(
    ("since", "hours", "minutes", "offered", "covered"),
    [
        (NOON, 1, 60, 60, 60),
        (NOON + timedelta(hours=1), 1, 60, 90, 60),
        (NOON - timedelta(hours=1), 2, 120, 60, 60),
        (NOON + timedelta(hours=8), 3, 180, 0, 0),
        (NOON, 7, 0, 0, 0),
        (NOON, -1, 0, 0, 0),
    ],
)
def test_minutes_of_all_and_minutes_with_anybody(
    since: datetime, hours: int, minutes: int, offered: int, covered: int
) -> None:
    """Two at a time are two hours offered and one covered; a stretch that is too long, or goes back, is none."""
    found = stretch_of(ROSTER, since, since + timedelta(hours=hours))
    assert (found.minutes, found.offered, found.covered) == (minutes, offered, covered)


class Store:
    """What the store would have counted."""

    def __init__(self) -> None:
        self.mark: bytes | None = None
        self.stretches: list[Stretch] = []
        self.closed: list[datetime] = []

    async def counted_until(self) -> bytes | None:
        return self.mark

    async def count_duty(self, stretch: Stretch, seen: bytes | None) -> bool:
        assert seen == self.mark
        self.mark = stretch.mark
        self.stretches.append(stretch)
        return True

    async def look(self, now: datetime) -> None:
        del now

    async def close(self, now: datetime, words: Words, smallest: int) -> tuple[int, ...]:
        del words, smallest
        self.closed.append(now)
        return ()


async def test_a_rota_that_changes_later_changes_nothing() -> None:
    """What was counted stays; what somebody says of their duty counts from when they say it."""
    roster = ROSTER

    async def now_in_force() -> Roster:
        return roster

    store = Store()
    counting = Counting(store, now_in_force, None, lambda: (Words(("en",)), 5))  # type: ignore[arg-type]
    for hour in range(3):
        await counting.count(NOON + timedelta(hours=hour, seconds=20))
    first = list(store.stretches)
    said = Override(on=False, since=NOON + timedelta(hours=2), until=NOON + timedelta(hours=9))
    ana, ben = roster.counselors
    roster = replace(roster, counselors=(ana, replace(ben, rota=replace(ben.rota, override=said))))
    await counting.count(NOON + timedelta(hours=3))
    assert store.stretches[: len(first)] == first
    assert [each.offered for each in store.stretches] == [0, 60, 90, 0]


async def test_a_restart_goes_on_where_it_stopped_and_a_long_stop_counts_for_nothing() -> None:
    async def now_in_force() -> Roster:
        return ROSTER

    store = Store()
    for hours in (0, 0.5, 1, 30):
        counting = Counting(store, now_in_force, None, lambda: (Words(("en",)), 5))  # type: ignore[arg-type]
        await counting.count(NOON + timedelta(hours=hours))
    assert [each.minutes for each in store.stretches] == [0, 30, 30, 0]


def test_months_follow_each_other() -> None:
    assert months_between(202611, 202702) == (202611, 202612, 202701, 202702)
    assert months_between(202612, 202612) == (202612,)
