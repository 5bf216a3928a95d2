"""Deliveries: leased with a fence, recorded once, forgotten at the end."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.edge.store import deliveries
from relay.errors import StateError
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, SEEKER, World, later, notice, relayed

NOTICE = LeasedDelivery(
    b"", OutgoingKind.NOTICE, Face.OPERATOR, SEEKER, "", b"Something waits.\r\n", 0, NOW, 0
)


async def relay_one(world: World, message: bytes = b"Hello.\r\n") -> LeasedDelivery:
    new = await world.opened()
    (delivery,) = await world.wrote(new, None, relayed(message))
    return delivery


async def rows(world: World, what: str) -> list[Any]:
    return await world.store._reader.run(lambda c: [tuple(row) for row in c.exec_driver_sql(what)])


async def test_a_notice_is_queued_leased_and_keeps_its_octets(world: World) -> None:
    """Whoever queues a notice sends it at once; a crash leaves it to the next lease."""
    queued = await world.store.queue_notice(NOTICE, NOW)
    assert queued == replace(NOTICE, delivery_id=queued.delivery_id, attempts=1, fence=1)
    assert len(queued.delivery_id) == 16
    assert await world.store.next_due_at() == NOW + deliveries.LEASE
    (again,) = await world.store.lease_due(NOW + deliveries.LEASE, 10)
    assert again == replace(queued, attempts=2, fence=2)


async def test_what_waited_in_memory_gets_a_new_lease_before_it_is_sent(world: World) -> None:
    """An attempt that begins with the old one would be taken up by another while it is on its way."""
    delivery = await relay_one(world)
    clearance = world.store.forgetting.clearance
    soon, late = NOW + deliveries.LEASE / deliveries.SPARE, NOW + deliveries.LEASE - timedelta(seconds=1)
    assert await clearance(delivery, soon) == soon
    assert await world.store.next_due_at() == NOW + deliveries.LEASE
    assert await clearance(delivery, late) == late
    assert await world.store.next_due_at() == late + deliveries.LEASE
    assert await world.store.lease_due(NOW + deliveries.LEASE, 10) == ()
    assert await world.store.record(delivery, DeliveryEvent.ACCEPTED, late)


async def test_what_is_leased_by_another_gets_no_new_lease(world: World) -> None:
    """Its lease is over, and somebody has it: whoever had it before leaves it alone."""
    delivery = await relay_one(world)
    over = NOW + deliveries.LEASE
    (again,) = await world.store.lease_due(over, 10)
    assert await world.store.forgetting.clearance(delivery, over) is None
    assert await world.store.forgetting.clearance(again, over) == over


async def test_what_waits_for_a_safe_hour_is_not_leased_before(world: World) -> None:
    """Ten hours ahead on purpose: nothing failed. What failed is never put off that long: the clock was set back."""
    put_off = await relay_one(world)
    assert await world.store.record(put_off, DeliveryEvent.NOT_NOW, NOW, due_at=later(36_000))
    assert await world.store.lease_due(NOW, 10) == ()
    assert await world.store.lease_due(later(35_999), 10) == ()
    (leased,) = await world.store.lease_due(later(36_000), 10)
    await world.store.record(
        leased, DeliveryEvent.NOT_NOW, later(36_000), due_at=later(36_600), cause="closed"
    )
    assert [one.delivery_id for one in await world.store.lease_due(NOW, 10)] == [put_off.delivery_id]


async def test_a_deferred_delivery_is_leased_again_when_it_is_due_with_the_same_octets(world: World) -> None:
    """Every attempt sends the same bytes under the same return-path."""
    message = os.urandom(700_000)
    delivery = await relay_one(world, message)
    assert await world.store.record(delivery, DeliveryEvent.NOT_NOW, NOW, due_at=later(30), code=451)
    assert await world.store.next_due_at() == later(30)
    assert await world.store.lease_due(later(29), 10) == ()
    (again,) = await world.store.lease_due(later(30), 10)
    assert again == replace(delivery, attempts=2, fence=2)
    assert await rows(world, "SELECT last_code FROM deliveries") == [(451,)]


@pytest.mark.parametrize("size", [7, 700_000])
@pytest.mark.parametrize("event", [DeliveryEvent.ACCEPTED, DeliveryEvent.REFUSED, DeliveryEvent.TOO_OLD])
async def test_an_end_forgets_the_message_but_not_the_return_path(
    world: World, event: DeliveryEvent, size: int
) -> None:
    """A late bounce is still recognised, for two weeks; the key to the content is gone at once, and soon all of it."""
    delivery = await relay_one(world, os.urandom(size))
    assert await world.store.record(delivery, event, NOW, code=250)
    assert await rows(world, "SELECT address, body FROM deliveries") == [(None, None)]
    assert await rows(world, "SELECT count(*) FROM data_keys WHERE owner = 'delivery'") == [(0,)]
    async with asyncio.timeout(10):
        while await rows(world, "SELECT count(*) FROM chunks") != [(0,)]:
            await asyncio.sleep(0.005)
    assert await world.store.knows_token(delivery.return_path)
    assert (await world.store.sweep(later(13 * 86400)))["deliveries"] == 0
    assert (await world.store.sweep(later(15 * 86400)))["deliveries"] == 1
    assert not await world.store.knows_token(delivery.return_path)


async def test_what_was_recorded_is_not_recorded_again(world: World) -> None:
    """Only the holder of the newest lease writes, and once."""
    slow = await relay_one(world)
    (quick,) = await world.store.lease_due(NOW + deliveries.LEASE, 10)
    assert not await world.store.record(slow, DeliveryEvent.ACCEPTED, NOW)
    assert await world.store.record(quick, DeliveryEvent.ACCEPTED, NOW)
    assert not await world.store.record(quick, DeliveryEvent.REFUSED, NOW)
    assert await rows(world, "SELECT state FROM deliveries") == [("delivered",)]


async def test_an_event_that_the_table_does_not_know_changes_nothing(world: World) -> None:
    """An active delivery is not released."""
    delivery = await relay_one(world)
    with pytest.raises(StateError):
        await world.store.record(delivery, DeliveryEvent.RELEASED, NOW)
    assert await rows(world, "SELECT state FROM deliveries") == [("active",)]


async def test_due_deliveries_go_to_one_of_those_who_ask(world: World) -> None:
    """Two senders never hold the same delivery; the longest due is first."""
    for second in range(6):
        queued = await world.store.queue_notice(NOTICE, NOW)
        await world.store.record(queued, DeliveryEvent.NOT_NOW, NOW, due_at=later(6 - second))
    batches = await asyncio.gather(*(world.store.lease_due(later(60), 2) for _ in range(4)))
    ids = [delivery.delivery_id for batch in batches for delivery in batch]
    assert sorted(len(batch) for batch in batches) == [0, 2, 2, 2]
    assert len(set(ids)) == 6
    assert ids[0] == queued.delivery_id


async def test_one_lease_hands_out_a_bounded_number_of_octets(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many large messages that are due together must not fill the memory; one is always given."""
    monkeypatch.setattr(deliveries, "MAX_LEASED_OCTETS", 100)
    for size in (500, 60, 30, 30):
        await world.store.queue_notice(replace(NOTICE, message=b"x" * size), NOW)
    at = NOW + deliveries.LEASE
    sizes = []
    while leased := await world.store.lease_due(at, 10):
        sizes.append(sorted(len(each.message) for each in leased))
    assert sorted(size for batch in sizes for size in batch) == [30, 30, 60, 500]
    assert all(sum(batch) <= 100 or len(batch) == 1 for batch in sizes)


@only_sqlite
async def test_a_restart_frees_what_a_dead_process_was_sending(world: World) -> None:
    """The only node does not wait eleven minutes for itself."""
    delivery = await relay_one(world)
    entry = await world.leased()
    await world.store.close()
    world.open()
    (again,) = await world.store.lease_due(NOW, 10)
    assert again == replace(delivery, attempts=2, fence=2)
    assert await world.store.received(NOW, 10) == (entry.entry_id,)
    assert not await world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW)


async def test_a_delivery_that_nobody_may_judge_waits_for_a_person(world: World) -> None:
    """Held from the lease, with its message: it is not leased again, and can be let go."""
    new = await world.opened()
    (sent,) = await world.wrote(new, None, notice(), outcome=EntryEvent.STOPPED)
    assert await world.store.record(sent, DeliveryEvent.HELD, NOW, cause="unreadable")
    assert await world.store.lease_due(later(86_400), 10) == ()
    assert await world.store.held_deliveries() == 1
