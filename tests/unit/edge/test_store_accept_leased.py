"""An entry whose routing begins at once is stored with its first lease."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from relay.edge.store.entries import LEASE
from relay.flow.values import LeasedEntry
from tests.unit.edge.store_world import NOW, World, later, new_entry

BODY = b"Subject: hello\r\n\r\nHelp.\r\n"


async def accepted(world: World) -> LeasedEntry:
    """Accept one message leased; the lease that its router holds."""
    entry_id = os.urandom(16)
    body = world.store.new_body(entry_id)
    await body.write(BODY)
    entry = replace(new_entry(entry_id, len(BODY)), is_leased=True)
    assert await world.store.accept(entry, body)
    return LeasedEntry(entry_id, entry.envelope, NOW, len(BODY), attempts=1, fence=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "state")
    world.open_fresh()
    return world


async def test_nobody_else_works_on_it_until_the_lease_ends(world: World) -> None:
    """What its router has in memory is not routed a second time; what a dead router had is not lost."""
    lease = await accepted(world)
    assert await world.store.received(NOW, 10) == ()
    assert await world.store.lease_entry(lease.entry_id, NOW) is None
    late = LEASE.total_seconds() + 1
    assert await world.store.received(later(late), 10) == (lease.entry_id,)
    again = await world.store.lease_entry(lease.entry_id, later(late))
    assert again is not None
    assert (again.attempts, again.fence) == (2, 2)
    await world.store.close()


async def test_the_lease_that_acceptance_took_is_the_one_that_writes(world: World) -> None:
    """Attempt and fence are those that the router was told, so that it can give the entry back."""
    lease = await accepted(world)
    await world.store.give_back(lease)
    assert await world.store.received(NOW, 10) == (lease.entry_id,)
    again = await world.store.lease_entry(lease.entry_id, NOW)
    assert again is not None
    assert again.attempts == lease.attempts + 1
    await world.store.close()


async def test_leased_and_other_messages_can_be_accepted_together(world: World) -> None:
    """A burst is one statement, whatever each of its messages needs."""
    leases = await asyncio.gather(
        *(accepted(world) for _ in range(3)), world.accept(BODY), world.accept(BODY)
    )
    ids = {each if isinstance(each, bytes) else each.entry_id for each in leases}
    assert len(ids) == 5
    assert len(await world.store.received(NOW, 10)) == 2
    await world.store.close()
