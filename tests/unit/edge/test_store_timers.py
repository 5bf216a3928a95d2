"""Timers in the store: sealed, leased, and ended together with what they tell."""

from __future__ import annotations

import pytest

from relay.edge.store import conversations, reminders
from relay.flow.outcomes import KeptNotice, NewConversation
from relay.flow.ports import Stale
from relay.flow.timers import DueDigest, DueReminder, DueTimer
from tests.unit.edge.store_world import NOW, World, later, notice


async def remind(world: World, new: NewConversation, text: str, seconds: float) -> None:
    def write(connection):  # type: ignore[no-untyped-def]
        record = conversations.load(connection, world.store._keyring, new.conversation_id, to_change=True)
        assert record is not None
        reminders.remind(connection, record, text, later(seconds))

    await world.store._writer.run(write)


async def due(world: World, seconds: float) -> DueTimer:
    (one,) = await world.store.timers.lease_due(later(seconds), 10)
    return one


async def test_a_reminder_is_due_once_and_its_words_lie_nowhere_in_clear(world: World) -> None:
    """It names whoever is responsible, and where they write."""
    new = await world.opened()
    await remind(world, new, "CANARY ask about the exam", 60)
    assert await world.store.timers.next_due_at() == later(60)
    assert await world.store.timers.lease_due(later(59), 10) == ()
    one = await due(world, 60)
    assert isinstance(one, DueReminder)
    assert (one.text, one.counselor_id, one.seeker_alias) == (
        "CANARY ask about the exam",
        "ana",
        new.seeker_alias,
    )
    assert one.pseudonym == new.pseudonym
    assert "CANARY" not in repr(one)
    assert not any(b"CANARY" in content for content in world.files().values())
    (sent,) = await world.store.timers.record(one, [notice()], later(61))
    assert sent.message == notice().message
    assert await world.store.timers.next_due_at() is None
    with pytest.raises(Stale):
        await world.store.timers.record(one, [notice()], later(61))


async def test_a_lease_keeps_others_away_and_whoever_was_too_slow_writes_nothing(world: World) -> None:
    """Two minutes; then somebody else has it."""
    await remind(world, await world.opened(), "why", 60)
    slow = await due(world, 60)
    assert await world.store.timers.lease_due(later(120), 10) == ()
    quick = await due(world, 60 + 121)
    with pytest.raises(Stale):
        await world.store.timers.record(slow, [notice()], later(182))
    assert await world.store.lease_due(later(10_000), 10) == ()
    await world.store.timers.record(quick, [notice()], later(182))


async def test_digests_are_those_that_are_wanted_now(world: World) -> None:
    """One that is due stays due, others come when they are wanted, and one that nobody wants goes."""
    timers = world.store.timers
    await timers.agree({"rowan": later(50), "rue": later(200)}, NOW)
    await timers.agree({"rowan": later(900), "rue": later(300)}, later(50))
    assert await timers.next_due_at() == later(50)
    one = await due(world, 60)
    assert isinstance(one, DueDigest)
    assert one.supervisor_id == "rowan"
    await timers.record(one, [notice()], later(60), again_at=later(500))
    assert await timers.next_due_at() == later(300)
    await timers.agree({"rowan": later(400)}, later(60))
    assert await timers.next_due_at() == later(400)
    assert not any(b"rowan" in content for content in world.files().values())


async def test_a_reminder_whose_conversation_does_not_open_is_told_and_holds_up_no_other(
    world: World,
) -> None:
    """Nobody could ever be told of it."""
    first, second = await world.opened(), await world.opened()
    await remind(world, first, "one", 10)
    await remind(world, second, "two", 20)
    world.run(
        "UPDATE conversations SET sealed = ? WHERE conversation_id = ?", (bytes(80), first.conversation_id)
    )
    one = await due(world, 30)
    assert isinstance(one, DueReminder)
    assert one.text == "two"
    assert world.told == ["timers"]
    assert await world.store.timers.next_due_at() == later(30 + 120)


async def test_forgetting_a_conversation_takes_its_reminders(world: World) -> None:
    """Its data key does anyway; the rows go, too."""
    new = await world.opened()
    await remind(world, new, "why", 10)
    await world.store._writer.run(lambda c: reminders.forget(c, new.conversation_id))
    assert await world.store.timers.next_due_at() is None
    assert later(10) > NOW


async def test_what_cannot_be_encrypted_is_kept_once_however_often_it_was_decided(world: World) -> None:
    """A record that comes too late keeps nothing; the one that counts keeps the notice with what it tells of."""
    new = await world.opened()
    await remind(world, new, "ask about the exam", 60)
    kept = KeptNotice(notice(), "ana")
    stale = await due(world, 60)
    fresh = await due(world, 60 + 121)
    with pytest.raises(Stale):
        await world.store.timers.record(stale, [kept], later(182))
    assert await world.store.kept_notices.waiting(10) == ()
    assert await world.store.timers.record(fresh, [kept], later(182)) == ()
    (waiting,) = await world.store.kept_notices.waiting(10)
    assert waiting.notice == notice()
