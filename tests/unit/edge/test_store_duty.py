"""Who waits, and what happens when somebody becomes responsible."""

from __future__ import annotations

import asyncio

import pytest

from relay.domain.conversations import ConversationEvent, ConversationState
from relay.domain.entries import EntryEvent
from relay.flow.ports import Stale
from relay.flow.values import Load
from tests.unit.edge.store_world import (
    NOW,
    World,
    later,
    new_conversation,
    opening,
    token,
)


async def test_a_request_with_nobody_on_duty_waits_with_its_content(world: World) -> None:
    """It is found again by the conversation, and nobody works on it meanwhile."""
    new = new_conversation(None)
    entry = await world.leased(b"Please help")
    await world.store.settle(entry, [opening(new)], NOW)
    (waiting,) = await world.store.waiting(10)
    assert (waiting.conversation_id, waiting.intake, waiting.language) == (
        new.conversation_id,
        new.intake,
        "en",
    )
    assert (waiting.waiting_since, waiting.seeker_addresses) == (NOW, new.seeker_addresses)
    assert await world.store.received(later(9999), 10) == ()
    assert await world.store.read_body(entry.entry_id) == b"Please help"


async def test_assigning_frees_everything_that_waited(world: World) -> None:
    """All messages of the seeker are routed again, oldest first, with fresh attempts."""
    new = new_conversation(None)
    first = await world.leased(b"one")
    await world.store.settle(first, [opening(new)], NOW)
    await world.wrote(new, ConversationEvent.SEEKER_WROTE, outcome=EntryEvent.NOBODY_ON_DUTY)
    (waiting,) = await world.store.waiting(10)
    alias = f"{token()}@relay.test"
    freed = await world.store.assign(waiting, "ben", 3, alias, later(60))
    assert len(freed) == 2
    assert freed[0] == first.entry_id
    assert set(await world.store.received(later(60), 10)) == set(freed)
    again = await world.lease(first.entry_id, later(60))
    assert (again.conversation_id, again.attempts) == (new.conversation_id, 1)
    view = await world.view(new)
    assert (view.state, view.counselor_id) == (ConversationState.ASSIGNED, "ben")
    assert view.seeker.alias == alias
    assert await world.store.loads() == {"ben": Load(1, later(60))}
    assert await world.store.waiting(10) == ()
    assert await world.store.knows_token(alias.partition("@")[0])
    assert not await world.store.knows_token(new.seeker_alias.partition("@")[0])


async def test_of_two_who_assign_one_wins(world: World) -> None:
    """Exactly one counselor is responsible, and only that one has a slot less."""
    new = await world.opened(None)
    (waiting,) = await world.store.waiting(10)
    results = await asyncio.gather(
        *(world.store.assign(waiting, who, 3, token(), NOW) for who in ("ana", "ben")), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Stale", "tuple"]
    assert sum(load.open for load in (await world.store.loads()).values()) == 1
    assert (await world.view(new)).counselor_id in {"ana", "ben"}


async def test_a_conversation_that_got_another_message_meanwhile_is_read_again_first(world: World) -> None:
    """It still waits, but whoever chose did so on an older picture of it."""
    new = await world.opened(None)
    (before,) = await world.store.waiting(10)
    await world.wrote(new, ConversationEvent.SEEKER_WROTE, outcome=EntryEvent.NOBODY_ON_DUTY)
    with pytest.raises(Stale):
        await world.store.assign(before, "ana", 3, token(), NOW)
    (after,) = await world.store.waiting(10)
    assert len(await world.store.assign(after, "ana", 3, token(), NOW)) == 2


async def test_a_full_counselor_is_not_assigned(world: World) -> None:
    """The request goes on waiting."""
    await world.opened("ana", capacity=1)
    await world.opened(None)
    (waiting,) = await world.store.waiting(10)
    with pytest.raises(Stale):
        await world.store.assign(waiting, "ana", 1, token(), NOW)
    assert len(await world.store.waiting(10)) == 1


async def test_a_conversation_that_has_somebody_is_not_assigned_again(world: World) -> None:
    """Not even with the right version."""
    await world.opened(None)
    (waiting,) = await world.store.waiting(10)
    await world.store.assign(waiting, "ana", 3, token(), NOW)
    current = type(waiting)(waiting.conversation_id, waiting.version + 1, waiting.intake, "en", NOW, ())
    with pytest.raises(Stale):
        await world.store.assign(current, "ben", 3, token(), NOW)


async def test_the_longest_waiting_come_first(world: World) -> None:
    """And no more than asked for."""
    made = []
    for second in (30, 10, 20):
        new = new_conversation(None)
        await world.store.settle(await world.leased(), [opening(new)], later(second))
        made.append(new.conversation_id)
    assert [each.conversation_id for each in await world.store.waiting(2)] == [made[1], made[2]]
