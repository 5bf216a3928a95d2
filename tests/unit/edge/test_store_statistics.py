"""Months that are over: published once, and what was counted in them is gone; what the clock counts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from relay.domain.measures import Measure
from relay.domain.statistics import Month, Words
from relay.edge.store import counts, referral_counts
from relay.flow.counting import Stretch
from tests.support import storage
from tests.unit.edge.store_world import NOW, World

WORDS = Words(("en", "de"))
MARCH, APRIL = 203003, 203004
IN_APRIL = datetime(2030, 4, 2, 8, 0, tzinfo=UTC)


def rows(world: World, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in world.run(statement)]


async def count(world: World, measure: Measure, cell: str, many: int, at: datetime = NOW) -> None:
    await world.store._writer.run(lambda c: counts.add(c, measure, cell, at, many))


async def busy(world: World) -> None:
    await count(world, Measure.CONVERSATIONS, "new", 23)
    await count(world, Measure.LANGUAGES, "en", 17)
    await count(world, Measure.LANGUAGES, "de", 6)
    await count(world, Measure.RISK, "yes", 3)
    await count(world, Measure.LETTERS, "in", 61)


async def month(world: World, which: int) -> Month:
    (found,) = await world.store.statistics.months(which, which)
    return found


async def test_a_month_that_is_over_is_published_and_what_was_counted_is_gone(world: World) -> None:
    """No small count stays anywhere: neither in the table nor in the file."""
    await busy(world)
    await count(world, Measure.TOPICS, "qanarytopic", 2)
    assert await world.store.statistics.close(NOW, WORDS, 5) == ()
    assert await world.store.statistics.close(IN_APRIL, WORDS, 5) == (MARCH,)
    of = await month(world, MARCH)
    assert of.of(Measure.LANGUAGES).shown == (("en", 15), ("de", 5))
    assert of.of(Measure.LANGUAGES).total == 25
    assert of.of(Measure.LETTERS).value("in") == 60
    assert of.of(Measure.RISK).value("yes") is None
    assert rows(world, "SELECT count(*) FROM counts") == [(0,)]
    await world.store.close()
    if not storage.IS_POSTGRESQL:  # a server keeps dead rows until it clears the table
        assert not any(b"qanarytopic" in content for content in world.files().values())
    world.open()


async def test_what_is_published_never_changes(world: World) -> None:
    """Not with another threshold, not with other languages, not when something is counted late."""
    await busy(world)
    await world.store.statistics.close(IN_APRIL, WORDS, 5)
    before = await month(world, MARCH)
    await count(world, Measure.LANGUAGES, "de", 40)
    assert await world.store.statistics.close(IN_APRIL, Words(("de",)), 10) == ()
    assert await month(world, MARCH) == before
    assert rows(world, "SELECT count(*) FROM counts") == [(0,)]


async def test_months_are_closed_each_by_itself_after_a_long_stop(world: World) -> None:
    await busy(world)
    await count(world, Measure.CONVERSATIONS, "new", 9, IN_APRIL)
    later = datetime(2030, 7, 1, tzinfo=UTC)
    assert await world.store.statistics.close(later, WORDS, 5) == (MARCH, APRIL)
    assert await world.store.statistics.known() == (MARCH, APRIL)
    assert [each.month for each in await world.store.statistics.months(MARCH, 203012)] == [MARCH, APRIL]


async def test_how_often_single_referrals_were_given_is_rounded_and_few_are_dropped(world: World) -> None:
    """What 'relay referrals given' shows is by the same rules."""
    for row in ((MARCH, 1, 4), (MARCH, 2, 13), (APRIL, 1, 4)):
        world.run("INSERT INTO referral_counts VALUES (?, ?, ?)", row)
    await busy(world)
    await world.store.statistics.close(IN_APRIL, WORDS, 5)
    assert await world.store.referrals.given(MARCH) == ((2, 15),)
    assert await world.store._reader.run(lambda c: referral_counts.of_month(c, APRIL)) == ((1, 4),)


async def test_of_two_nodes_one_counts_a_stretch_of_duty(world: World) -> None:
    """Whoever moves the mark; a restart does not count it again."""
    stretch = Stretch(NOW.replace(second=0, microsecond=0), NOW + timedelta(hours=1), 60, 120, 45)
    statistics = world.store.statistics
    first = replace(stretch, minutes=0, offered=0, covered=0)
    assert await statistics.count_duty(first, await statistics.counted_until())
    assert not await statistics.count_duty(first, None)
    seen = await statistics.counted_until()
    following = replace(stretch, until=NOW + timedelta(hours=2))
    assert await statistics.count_duty(following, seen)
    assert not await statistics.count_duty(following, seen)
    assert dict(rows(world, "SELECT cell, amount FROM counts")) == {
        "offered": 120,
        "covered": 45,
        "counted": 60,
    }  # type: ignore[comparison-overlap]


async def test_open_conversations_are_counted_once_a_day(world: World) -> None:
    await world.opened()
    await world.opened()
    await world.opened(None)
    for _ in range(2):
        await world.store.statistics.look(NOW)
    await world.opened()
    await world.store.statistics.look(NOW + timedelta(hours=3))
    await world.store.statistics.look(NOW + timedelta(days=1))
    found = rows(world, "SELECT cell, amount FROM counts WHERE measure = 'open' ORDER BY cell")
    assert found == [("04 held", 2), ("04 waiting", 1), ("05 held", 3), ("05 waiting", 1)]


async def test_counting_at_the_same_time_loses_nothing(world: World) -> None:
    await asyncio.gather(*(count(world, Measure.LETTERS, "in", 1) for _ in range(40)))
    assert rows(world, "SELECT amount FROM counts") == [(40,)]
