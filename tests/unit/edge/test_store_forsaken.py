"""Leases of ours that nobody here works on end before their time; those of others, and what is held, do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relay.edge.store.forsaken import FORSAKEN_AFTER
from tests.unit.edge.store_world import NOW, World, later, relayed

AFTER = NOW + FORSAKEN_AFTER + FORSAKEN_AFTER / 2


async def test_an_entry_that_nobody_works_on_is_free_and_one_that_somebody_has_is_not(world: World) -> None:
    """The answer to the lease was lost: in two minutes its time would be over, too."""
    lost, held = await world.leased(), await world.leased()
    await world.store.forsaken.free_entries({held.entry_id}, AFTER)
    assert await world.store.received(NOW, 10) == (lost.entry_id,)
    again = await world.lease(lost.entry_id)
    assert (again.fence, again.attempts) == (2, 2)


async def test_what_was_leased_a_moment_ago_is_on_its_way_to_whoever_asked(world: World) -> None:
    """Between the commit and the caller there is a thread."""
    await world.leased()
    new = await world.opened()
    await world.wrote(new, None, relayed())
    just_before = NOW + FORSAKEN_AFTER / 2
    await world.store.forsaken.free_entries(set(), just_before)
    await world.store.forsaken.free_deliveries(set(), just_before)
    assert await world.store.received(NOW, 10) == ()
    assert await world.store.lease_due(later(30), 10) == ()


async def test_a_delivery_of_which_nobody_here_knows_is_sent_at_once(world: World) -> None:
    """The settling was committed, and the answer lost: eleven minutes would be long."""
    new = await world.opened()
    (lost,) = await world.wrote(new, None, relayed())
    (held,) = await world.wrote(new, None, relayed())
    other_fence = (lost.delivery_id, lost.fence + 1)
    await world.store.forsaken.free_deliveries({(held.delivery_id, held.fence), other_fence}, AFTER)
    assert await world.store.lease_due(AFTER, 10) == (replace(lost, attempts=2, fence=2),)


@pytest.mark.postgresql
async def test_leases_of_another_node_are_its_own(tmp_path: Path) -> None:
    """Only it knows what it works on."""
    from relay.edge.store import open_store
    from tests.support.postgresql import running

    url = running().url_of(tmp_path)
    worlds = []
    for _ in range(2):
        worlds.append(World(Path("unused")))
        worlds[-1].store = open_store(url, tmp_path / "state" / "key", clock=lambda: NOW)
    entry = await worlds[0].leased()
    (sending,) = await worlds[0].wrote(await worlds[0].opened(), None, relayed())
    await worlds[1].store.forsaken.free_entries(set(), AFTER)
    await worlds[1].store.forsaken.free_deliveries(set(), AFTER)
    assert await worlds[1].store.received(NOW, 10) == ()
    assert await worlds[1].store.lease_due(AFTER, 10) == ()
    await worlds[0].store.forsaken.free_entries(set(), AFTER)
    await worlds[0].store.forsaken.free_deliveries(set(), AFTER)
    assert await worlds[1].store.received(NOW, 10) == (entry.entry_id,)
    assert [one.delivery_id for one in await worlds[1].store.lease_due(AFTER, 10)] == [sending.delivery_id]
    for world in worlds:
        await world.store.close()
