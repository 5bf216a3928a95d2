"""Deliveries that wait for their time: kept like all others, sent when due, none before an earlier one."""

from __future__ import annotations

import os

from relay.domain.conversations import ConversationEvent, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.flow.outcomes import (
    LeasedDelivery,
    NewConversation,
    Outcome,
    Outgoing,
    Settled,
)
from relay.flow.values import Target, TargetKind
from tests.unit.edge.store_world import HELP, NOW, World, later, notice, relayed


async def wrote(
    world: World, new: NewConversation, wait_s: float, *outgoing: Outgoing
) -> tuple[LeasedDelivery, ...]:
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.SEEKER)
    decided = Outcome(
        EntryEvent.PLANNED, outgoing=outgoing, conversation_event=ConversationEvent.SEEKER_WROTE
    )
    settled = Settled(target, decided, leaves_at=later(wait_s))
    return await world.store.settle(await world.leased(), [settled], NOW)


async def test_what_is_relayed_waits_and_what_is_told_does_not(world: World) -> None:
    """The notice comes back to be sent now; the message is leased when it is due, as its first attempt."""
    new = await world.opened()
    message = os.urandom(700_000)
    (told,) = await wrote(world, new, 90, relayed(message), notice())
    assert told.message == notice().message
    await world.store.record(told, DeliveryEvent.ACCEPTED, NOW)
    assert await world.store.lease_due(later(89), 10) == ()
    assert await world.store.next_due_at() == later(90)
    (due,) = await world.store.lease_due(later(90), 10)
    assert (due.message, due.attempts, due.recipient) == (message, 1, "ana.ruiz@home.test")
    assert due.return_path
    assert await world.store.record(due, DeliveryEvent.ACCEPTED, later(91))


async def test_a_waiting_delivery_survives_a_restart_and_is_not_sent_early(world: World) -> None:
    """The daemon dies while it waits: the time stays the one that was drawn."""
    new = await world.opened()
    assert await wrote(world, new, 90, relayed()) == ()
    await world.store.close()
    world.open()
    assert await world.store.lease_due(later(89), 10) == ()
    (due,) = await world.store.lease_due(later(90), 10)
    assert due.message == relayed().message


async def test_a_later_message_never_overtakes_an_earlier_one_to_the_same_reader(world: World) -> None:
    """However the times were drawn, people read a conversation in its order; others do not wait for it."""
    one, other = await world.opened(), await world.opened()
    for wait_s, text in ((200, b"1"), (100, b"2"), (300, b"3"), (150, b"4")):
        await wrote(world, one, wait_s, relayed(text))
    await wrote(world, other, 120, relayed(b"elsewhere"))
    due = await world.store.lease_due(later(1000), 10)
    assert [delivery.message for delivery in due] == [b"elsewhere", b"1", b"2", b"3", b"4"]


async def test_of_two_that_are_due_at_once_the_earlier_is_leased_alone(world: World) -> None:
    """A second lies between them, so that two senders at work cannot change their order."""
    new = await world.opened()
    await wrote(world, new, 60, relayed(b"1"))
    await wrote(world, new, 60, relayed(b"2"))
    assert [one.message for one in await world.store.lease_due(later(60), 10)] == [b"1"]
    assert await world.store.next_due_at() == later(61)


async def test_what_was_deferred_holds_up_nothing(world: World) -> None:
    """A message that the next hop did not take is tried again for days; what comes after it goes."""
    new = await world.opened()
    await wrote(world, new, 10, relayed(b"1"))
    (first,) = await world.store.lease_due(later(10), 10)
    await world.store.record(first, DeliveryEvent.NOT_NOW, later(10), due_at=later(7200))
    await wrote(world, new, 20, relayed(b"2"))
    assert [one.message for one in await world.store.lease_due(later(20), 10)] == [b"2"]
