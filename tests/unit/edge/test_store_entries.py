"""Leases, fences, holding and releasing: an entry is worked on by one, counted, and never lost."""

from __future__ import annotations

import asyncio

import pytest

from relay.domain.entries import EntryEvent
from relay.edge.store import entries
from relay.errors import CipherError, StateError
from relay.flow.outcomes import Change, Outcome, Settled
from relay.flow.ports import Stale
from relay.flow.values import Reason, Target, TargetKind
from tests.unit.edge.store_world import HELP, NOW, World, later


def settled(event: EntryEvent, reason: Reason | None = None, *changes: Change) -> Settled:
    return Settled(Target(TargetKind.OPERATOR, HELP), Outcome(event, reason, changes=changes))


async def test_only_one_of_many_gets_an_entry(world: World) -> None:
    """Two workers on one message would send two answers."""
    entry_id = await world.accept()
    leases = await asyncio.gather(*(world.store.lease_entry(entry_id, NOW) for _ in range(8)))
    assert sum(lease is not None for lease in leases) == 1
    assert await world.store.received(NOW, 10) == ()


async def test_a_lease_that_ran_out_is_given_anew_with_a_higher_fence(world: World) -> None:
    """The attempt is counted before the work, and who was too slow writes nothing."""
    slow = await world.leased()
    after = NOW + entries.LEASE
    assert await world.store.received(after, 10) == (slow.entry_id,)
    quick = await world.lease(slow.entry_id, after)
    assert (quick.attempts, quick.fence) == (2, 2)
    with pytest.raises(Stale):
        await world.store.settle(slow, [settled(EntryEvent.PLANNED)], after)
    with pytest.raises(Stale):
        await world.store.hold(slow, Reason.POISON, after)
    await world.store.give_back(slow)
    assert await world.store.received(after, 10) == ()
    await world.store.settle(quick, [settled(EntryEvent.PLANNED)], after)


async def test_an_entry_given_back_is_free_at_once_and_its_attempt_stays_counted(world: World) -> None:
    """A poison message must not get endless attempts by being given back."""
    entry = await world.leased()
    await world.store.give_back(entry)
    with pytest.raises(Stale):
        await world.store.settle(entry, [settled(EntryEvent.PLANNED)], NOW)
    assert (await world.lease(entry.entry_id)).attempts == 2


async def test_received_entries_come_oldest_first_and_no_more_than_asked(world: World) -> None:
    """After an outage the one who waited longest is first."""
    ids = [await world.accept(received_at=later(second)) for second in (3, 1, 2)]
    assert await world.store.received(later(10), 2) == (ids[1], ids[2])


@pytest.mark.parametrize("size", [7, 700_000])
@pytest.mark.parametrize("event", [EntryEvent.PLANNED, EntryEvent.STOPPED])
async def test_an_entry_that_is_over_forgets_its_content(world: World, event: EntryEvent, size: int) -> None:
    """What was passed on or answered is not kept: neither body nor envelope nor the key that opens them."""
    entry = await world.leased(b"x" * size)
    await world.store.settle(entry, [settled(event)], NOW)
    with pytest.raises(CipherError):
        await world.store.read_body(entry.entry_id)
    left = await world.store._reader.run(
        lambda c: [c.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar() for t in ("data_keys", "chunks")]
    )
    assert left == [0, 0]
    assert await world.store._reader.run(
        lambda c: tuple(c.exec_driver_sql("SELECT envelope, body FROM entries").one())
    ) == (None, None)
    assert await world.store.lease_entry(entry.entry_id, later(9999)) is None


async def test_a_held_entry_is_shown_kept_and_released_with_fresh_attempts(world: World) -> None:
    """Whoever released it has looked at it: it is tried anew, and the worker knows it was confirmed."""
    entry = await world.leased(b"call me")
    change = Change("contact", "body", 2)
    await world.store.settle(entry, [settled(EntryEvent.HELD, Reason.CONTACT_DETAILS, change)], NOW)
    (held,) = await world.store.held()
    assert (held.entry_id, held.reason, held.received_at) == (entry.entry_id, "contact_details", NOW)
    assert (held.size_bytes, held.changes) == (7, (change,))
    assert await world.store.release(entry.entry_id, confirmed=True)
    assert not await world.store.release(entry.entry_id, confirmed=True)
    again = await world.lease(entry.entry_id)
    assert (again.confirmed, again.attempts, again.fence) == (True, 1, 2)
    assert await world.store.read_body(entry.entry_id) == b"call me"
    assert await world.store.held() == ()


async def test_a_poison_entry_is_held(world: World) -> None:
    """It is parked where a person sees it, and the queue goes on."""
    entry = await world.leased()
    await world.store.hold(entry, Reason.POISON, NOW)
    assert [each.reason for each in await world.store.held()] == ["poison"]
    assert await world.store.received(later(9999), 10) == ()


async def test_the_target_that_still_needs_the_content_decides(world: World) -> None:
    """Several targets: waiting before held before routed before stopped."""
    order = [EntryEvent.HELD, EntryEvent.PLANNED, EntryEvent.STOPPED]
    ids: list[bytes] = []
    for weight, event in enumerate(order):
        entry = await world.leased()
        ids.append(entry.entry_id)
        reason = Reason.STRANGER if event is EntryEvent.HELD else None
        others = [settled(other) for other in reversed(order[weight:]) if other is not event]
        await world.store.settle(entry, [*others, settled(event, reason)], NOW)
    states = dict(world.run("SELECT entry_id, state FROM entries"))
    assert [states[entry_id] for entry_id in ids] == ["held", "routed", "stopped"]
    assert [each.reason for each in await world.store.held()] == ["stranger"]


@pytest.mark.parametrize("event", [EntryEvent.ASSIGNED, EntryEvent.RELEASED])
async def test_an_event_that_the_table_does_not_know_changes_nothing(world: World, event: EntryEvent) -> None:
    """An illegal event raises; the entry can still be settled."""
    entry = await world.leased()
    with pytest.raises(StateError):
        await world.store.settle(entry, [settled(event)], NOW)
    with pytest.raises(StateError):
        await world.store.settle(entry, [], NOW)
    await world.store.settle(entry, [settled(EntryEvent.PLANNED)], NOW)


async def test_traces_are_swept_when_they_have_had_their_time(world: World) -> None:
    """Two weeks after its end nothing of an entry is left, and repetitions are forgotten after their window."""
    kept = await world.accept()
    await world.store.settle(await world.leased(), [settled(EntryEvent.PLANNED)], NOW)
    early = await world.store.sweep(later(13 * 86400))
    assert (early["entries"], early["repetitions"]) == (0, 2)
    late = await world.store.sweep(later(15 * 86400))
    assert late["entries"] == 1
    assert await world.store.received(later(15 * 86400), 10) == (kept,)
