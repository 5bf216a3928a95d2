"""Blocked senders in the store: found by whom they write as, listed without being named, over by themselves."""

from __future__ import annotations

import pytest

from tests.unit.edge.store_world import NOW, World, later

DAY = 86_400.0


@pytest.mark.parametrize(
    "written", ["troll@mail.test", "TROLL@Mail.Test", "troll+2@mail.test", "troll+a+b@mail.test"]
)
async def test_a_block_is_found_however_the_address_is_written(world: World, written: str) -> None:
    """Case and what stands behind a plus are everybody's own to change."""
    await world.store.block("troll+1@mail.test", NOW, later(DAY))
    found = await world.store.blocked({"nobody@mail.test", written}, NOW)
    assert found is not None
    assert (found.since, found.until, found.is_told) == (NOW, later(DAY), False)


@pytest.mark.parametrize(
    "other", ["trol@mail.test", "troll@mail2.test", "rtroll@mail.test", "troll", "", "@mail.test"]
)
async def test_nobody_else_is_blocked(world: World, other: str) -> None:
    """One mailbox, not its domain or its neighbours."""
    await world.store.block("troll@mail.test", NOW, later(DAY))
    assert await world.store.blocked({other}, NOW) is None
    assert await world.store.blocked(set(), NOW) is None


async def test_a_block_ends_by_itself_and_its_row_goes(world: World) -> None:
    """In force up to its last moment; swept when it is over, and not before."""
    await world.store.block("troll@mail.test", NOW, later(DAY))
    assert await world.store.blocked({"troll@mail.test"}, later(DAY - 1)) is not None
    assert await world.store.blocked({"troll@mail.test"}, later(DAY)) is None
    assert await world.store.blocks(later(DAY)) == ()
    assert (await world.store.sweep(later(DAY - 1)))["blocks"] == 0
    assert (await world.store.sweep(later(DAY)))["blocks"] == 1


async def test_a_second_block_replaces_the_first_and_the_longest_of_several_counts(world: World) -> None:
    """A message may come under two blocked names."""
    await world.store.block("troll@mail.test", NOW, later(9 * DAY))
    await world.store.block("troll@mail.test", later(1), later(DAY))
    await world.store.block("other@mail.test", NOW, later(5 * DAY))
    assert [one.until for one in await world.store.blocks(later(2))] == [later(5 * DAY), later(DAY)]
    found = await world.store.blocked({"troll@mail.test", "other@mail.test"}, later(2))
    assert found is not None
    assert found.until == later(5 * DAY)


async def test_a_block_is_ended_by_its_address_or_its_id(world: World) -> None:
    """The second for an operator who has only the list."""
    await world.store.block("troll@mail.test", NOW, later(DAY))
    assert not await world.store.unblock("other@mail.test")
    assert await world.store.unblock("Troll+x@mail.test")
    await world.store.block("troll@mail.test", NOW, later(DAY))
    (one,) = await world.store.blocks(NOW)
    assert await world.store.unblock_id(one.block_id)
    assert not await world.store.unblock_id(one.block_id)


async def test_the_operator_is_told_once_a_day(world: World) -> None:
    """The next day counts as not told."""
    await world.store.block("troll@mail.test", NOW, later(9 * DAY))
    (one,) = await world.store.blocks(NOW)
    await world.store.note_told(one, NOW)
    told = [await world.store.blocked({"troll@mail.test"}, later(at)) for at in (1, DAY - 1, DAY)]
    assert [one is not None and one.is_told for one in told] == [True, True, False]
