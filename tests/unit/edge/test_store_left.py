"""Large bodies that have had their time: unreadable at once, gone a few chunks at a time, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from relay.domain.deliveries import DeliveryEvent
from relay.edge.store import bodies
from relay.flow.outcomes import LeasedDelivery
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, World, relayed

LARGE = 9 * bodies.CHUNK_OCTETS + 17
CHUNKS = 10
A_STEP = bodies.DROPPED_AT_ONCE


async def chunks_now(world: World) -> int:
    def count(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT count(*) FROM chunks").scalar() or 0)

    return await world.store._reader.run(count)


async def a_delivery(world: World) -> LeasedDelivery:
    (delivery,) = await world.wrote(await world.opened(), None, relayed(os.urandom(LARGE)))
    assert await chunks_now(world) == CHUNKS
    return delivery


@contextmanager
def nothing_dropped() -> Iterator[None]:
    """As when the process ends before it comes to it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bodies, "drop_left", lambda _: False)
        yield


async def until_gone(world: World) -> None:
    async with asyncio.timeout(10):
        while await chunks_now(world):
            await asyncio.sleep(0.005)


async def test_a_large_body_goes_in_small_transactions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others' mail is taken between them: 7 MB at once were 40 ms in which nobody's was."""
    left: list[int] = []
    drop = bodies.drop_left

    def watched(connection: Connection) -> bool:
        is_more = drop(connection)
        left.append(int(connection.exec_driver_sql("SELECT count(*) FROM chunks").scalar() or 0))
        return is_more

    monkeypatch.setattr(bodies, "drop_left", watched)
    delivery = await a_delivery(world)
    assert await world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW)
    await until_gone(world)
    assert left[: CHUNKS // A_STEP] == list(range(CHUNKS - A_STEP, -1, -A_STEP))
    assert world.run("SELECT count(*) FROM unclaimed") == [(0,)]


async def test_nobody_can_read_it_from_the_first_moment(world: World) -> None:
    """Its data key is destroyed in the transaction that ends it; the sweep takes what a crash leaves."""
    delivery = await a_delivery(world)
    with nothing_dropped():
        assert await world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW)
        assert world.run("SELECT count(*) FROM data_keys WHERE owner = 'delivery'") == [(0,)]
        assert await chunks_now(world) == CHUNKS
        counts = await world.store.sweep(NOW + timedelta(hours=7))
        assert counts["unclaimed"] == 0, "it is no reception that was broken off"
    await world.store.sweep(NOW)
    await until_gone(world)


async def test_what_a_crash_left_goes_with_the_first_sweep_after_it(world: World) -> None:
    delivery = await a_delivery(world)
    with nothing_dropped():
        assert await world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW)
        await world.store.close()
    world.open()
    await world.store.sweep(NOW)
    await until_gone(world)


@only_sqlite
async def test_who_is_forgotten_leaves_nothing_in_the_files(world: World) -> None:
    """The files are scrubbed once it is all deleted: a copy of the keys of yesterday opens nothing."""
    delivery = await a_delivery(world)
    assert delivery.conversation_id is not None
    with nothing_dropped():
        assert await world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW)
    (sealed,) = world.run("SELECT sealed FROM chunks WHERE number = 4")[0]
    piece = bytes(sealed)[5000:5064]
    assert any(piece in octets for octets in world.files().values())
    assert await world.store.forgetting.erase(delivery.conversation_id, NOW)
    assert not any(piece in octets for octets in world.files().values())


async def test_a_stop_waits_for_one_step_and_not_for_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep may let go of gigabytes, and a manager kills who does not stop."""
    monkeypatch.setattr(bodies, "drop_left", lambda _: True)
    world.store.forgetting.drop_left_soon()
    await asyncio.sleep(0.02)
    async with asyncio.timeout(5):
        await world.store.forgetting.close()
