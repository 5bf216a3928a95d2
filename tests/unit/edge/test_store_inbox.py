"""Accepted means stored: envelope, content and what recognises a repetition are one commit."""

from __future__ import annotations

import asyncio
import os
import tracemalloc

import pytest
from sqlalchemy import func, select

from relay.domain.addresses import OurAddress, ReversePath
from relay.edge.store import sweeping
from relay.edge.store.bodies import CHUNK_OCTETS
from relay.edge.store.tables import chunks, data_keys, unclaimed
from relay.errors import StateError
from relay.flow.values import Envelope
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, World, later, new_entry

LARGE = CHUNK_OCTETS * 3 + 17


async def count(world: World, table: object) -> int:
    statement = select(func.count()).select_from(table)  # type: ignore[arg-type]
    return await world.store._reader.run(lambda c: int(c.execute(statement).scalar_one()))


async def test_what_was_accepted_comes_back_as_it_was(world: World) -> None:
    """Envelope, instant, size and content survive; nobody holds the entry yet."""
    envelope = Envelope(ReversePath("O'Hara+x@Private.Example"), (OurAddress("help", "relay.test"),) * 2)
    body = bytes(range(256)) * 9
    entry_id = await world.accept(body, envelope=envelope)
    assert await world.store.received(NOW, 10) == (entry_id,)
    leased = await world.lease(entry_id)
    assert leased.envelope == envelope
    assert (leased.received_at, leased.size_bytes, leased.attempts, leased.fence) == (NOW, len(body), 1, 1)
    assert await world.store.read_body(entry_id) == body


@pytest.mark.parametrize("size", [0, 1, CHUNK_OCTETS, CHUNK_OCTETS + 1, 2 * CHUNK_OCTETS, LARGE])
async def test_bodies_of_every_size_survive(world: World, size: int) -> None:
    """A chunk more or less must not lose or add an octet."""
    body = os.urandom(size)
    entry_id = await world.accept(body)
    assert await world.store.read_body(entry_id) == body
    assert await count(world, unclaimed) == 0


async def test_how_large_an_entry_is_can_be_seen_without_a_lease(world: World) -> None:
    """Whoever only looks counts no attempt."""
    entry_id = await world.accept(b"x" * 300_000)
    assert await world.store.size_of(entry_id) == 300_000
    assert await world.store.size_of(os.urandom(16)) is None
    lease = await world.store.lease_entry(entry_id, NOW)
    assert lease is not None
    assert lease.attempts == 1


async def test_the_null_reverse_path_stays_null(world: World) -> None:
    """A bounce must not become an answer to somebody (RFC 5321 §4.5.5)."""
    entry_id = await world.accept(envelope=Envelope(ReversePath(""), (OurAddress("help", "relay.test"),)))
    assert (await world.lease(entry_id)).envelope.reverse_path.is_null


async def test_a_repeated_message_is_taken_once_within_its_window(world: World) -> None:
    """A sender that missed our 250 sends again; after the window an equal message is a new cry for help."""
    store = world.store
    results = []
    for at in (NOW, later(3599), later(3600), later(3601)):
        entry_id = os.urandom(16)
        writer = store.new_body(entry_id)
        await writer.write(b"Help.\r\n")
        entry = new_entry(
            entry_id,
            dedupe="same",
            received_at=at,
            dedupe_until=max(later(3600), later(7200) if at >= later(3600) else NOW),
        )
        results.append(await store.accept(entry, writer))
    assert results == [True, False, True, False]
    assert len(await store.received(later(9999), 10)) == 2


async def test_copies_that_come_at_the_same_time_are_taken_once(world: World) -> None:
    """Both connections of an impatient sender may reach the same commit."""
    store = world.store

    async def accept(body: bytes) -> bool:
        entry_id = os.urandom(16)
        writer = store.new_body(entry_id)
        await writer.write(body)
        return await store.accept(new_entry(entry_id, dedupe="same"), writer)

    assert sum(await asyncio.gather(*(accept(b"x") for _ in range(20)))) == 1
    assert sum(await asyncio.gather(*(accept(os.urandom(LARGE)) for _ in range(3)))) == 0
    assert await count(world, chunks) == 0
    assert await count(world, data_keys) == 1


async def test_an_abandoned_large_body_leaves_nothing(world: World) -> None:
    """A client that hangs up in the middle of DATA leaves no chunk, no key and no entry."""
    writer = world.store.new_body(os.urandom(16))
    await writer.write(os.urandom(LARGE))
    assert await count(world, chunks) == 3
    writer.abandon()
    await world.accept()
    assert await count(world, chunks) == 0
    assert await count(world, unclaimed) == 0
    assert len(await world.store.received(NOW, 10)) == 1


async def test_abandoning_after_acceptance_takes_nothing_back(world: World) -> None:
    """A client that is cut off after the commit must not undo it."""
    entry_id = os.urandom(16)
    body = os.urandom(LARGE)
    writer = world.store.new_body(entry_id)
    await writer.write(body)
    assert await world.store.accept(new_entry(entry_id, LARGE), writer)
    writer.abandon()
    await world.accept()
    assert await world.store.read_body(entry_id) == body


@only_sqlite
async def test_a_reception_cut_off_by_a_crash_is_swept(world: World) -> None:
    """Chunks that nobody claims are forgotten, at the next start at once, else after hours."""
    for _ in range(2):
        writer = world.store.new_body(os.urandom(16))
        await writer.write(os.urandom(LARGE))
    young = await world.store.sweep(NOW)
    assert young["unclaimed"] == 0
    old = await world.store.sweep(NOW + sweeping.UNCLAIMED_FOR + (later(1) - NOW))
    assert old["unclaimed"] == 2
    writer = world.store.new_body(os.urandom(16))
    await writer.write(os.urandom(LARGE))
    await world.store.close()
    world.open()
    assert await count(world, chunks) == 0
    assert await count(world, data_keys) == 0


async def test_a_body_goes_only_with_its_own_entry(world: World) -> None:
    """Two receptions must not swap their content."""
    writer = world.store.new_body(os.urandom(16))
    with pytest.raises(StateError):
        await world.store.accept(new_entry(os.urandom(16)), writer)
    writer.finish()
    with pytest.raises(StateError):
        await writer.write(b"late")


async def test_one_bad_reception_does_not_spoil_those_beside_it(world: World) -> None:
    """Fifty accepts share a commit; the one whose id is taken fails alone."""
    store = world.store
    taken = await world.accept()
    ids = [os.urandom(16) for _ in range(49)] + [taken]

    async def accept(entry_id: bytes, number: int) -> bool:
        writer = store.new_body(entry_id)
        await writer.write(b"x")
        return await store.accept(new_entry(entry_id, dedupe=f"other {number}"), writer)

    results = await asyncio.gather(*(accept(each, n) for n, each in enumerate(ids)), return_exceptions=True)
    assert results[:49] == [True] * 49
    assert isinstance(results[49], Exception)
    assert len(await store.received(NOW, 100)) == 50


async def test_a_large_body_streams_through_little_memory(world: World) -> None:
    """20 MB arrive in pieces; the memory for them is that of a few chunks, whatever the size."""
    entry_id = os.urandom(16)
    writer = world.store.new_body(entry_id)
    piece = os.urandom(64 * 1024)
    await writer.write(piece * 9)
    tracemalloc.start()
    try:
        for _ in range(311):
            await writer.write(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * CHUNK_OCTETS  # the buffer, its sealed copies, and what the driver binds
    assert await world.store.accept(new_entry(entry_id, 320 * len(piece)), writer)
    assert await world.store.read_body(entry_id) == piece * 320
