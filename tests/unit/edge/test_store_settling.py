"""Settling: all outcomes of an entry are written together, or none."""

from __future__ import annotations

import asyncio
import os

import pytest
from sqlalchemy import Connection

from relay.domain.conversations import ConversationEvent, ConversationState, Side
from relay.domain.entries import EntryEvent
from relay.edge.store import conversations, deliveries
from relay.flow.outcomes import Outcome, Settled
from relay.flow.ports import Stale, TokenMeaning
from relay.flow.values import (
    Load,
    Reason,
    Target,
    TargetKind,
    ThreadLink,
)
from tests.unit.edge.store_world import (
    HELP,
    NOW,
    World,
    later,
    new_conversation,
    notice,
    opening,
    relayed,
    token,
)

WROTE, ANSWERED = ConversationEvent.SEEKER_WROTE, ConversationEvent.COUNSELOR_WROTE


def local(alias: str) -> str:
    return alias.partition("@")[0]


async def test_a_first_message_opens_a_conversation(world: World) -> None:
    """Conversation, aliases, slot, link and delivery are there after one call."""
    new = new_conversation("ana")
    entry = await world.leased()
    (delivery,) = await world.store.settle(entry, [opening(new, relayed())], NOW)
    stored = await world.store.conversation(new.conversation_id)
    assert stored is not None
    assert (stored.state, stored.version, stored.counselor_id) == (ConversationState.ASSIGNED, 2, "ana")
    assert stored.seeker_addresses == new.seeker_addresses
    assert (stored.seeker_names, stored.pseudonym) == (new.seeker_names, new.pseudonym)
    assert (stored.seeker_alias, stored.counselor_alias) == (new.seeker_alias, new.counselor_alias)
    assert (stored.intake, stored.language, stored.opened_at) == (new.intake, "en", NOW)
    meaning = await world.store.meaning(local(new.seeker_alias).upper())
    assert meaning == TokenMeaning(TargetKind.ALIAS, new.conversation_id, Side.SEEKER)
    meaning = await world.store.meaning(local(new.counselor_alias))
    assert meaning == TokenMeaning(TargetKind.ALIAS, new.conversation_id, Side.COUNSELOR)
    assert delivery.conversation_id == new.conversation_id
    assert await world.store.loads() == {"ana": Load(1, NOW)}


async def test_a_relayed_delivery_comes_back_leased_with_a_return_path(world: World) -> None:
    """It is sent at once, so its first attempt is counted; a notice has the null reverse-path."""
    new = await world.opened()
    mail, acknowledgement = await world.wrote(new, WROTE, relayed(b"one"), notice(b"two"))
    assert (mail.message, mail.attempts, mail.fence, mail.created_at) == (b"one", 1, 1, NOW)
    assert acknowledgement.return_path == ""
    assert await world.store.knows_token(mail.return_path)
    meaning = await world.store.meaning(mail.return_path)
    assert meaning == TokenMeaning(
        TargetKind.RETURN_PATH,
        new.conversation_id,
        Side.SEEKER,
        delivery_id=mail.delivery_id,
        sent_at=NOW,
    )
    assert await world.store.lease_due(later(600), 10) == ()
    assert len(await world.store.lease_due(NOW + deliveries.LEASE, 10)) == 2


async def test_a_conversation_that_moved_on_is_stale_and_nothing_is_written(world: World) -> None:
    """A decision on an old snapshot could speak to the former counselor."""
    new = await world.opened()
    old = await world.view(new)
    await world.wrote(new, WROTE)
    entry = await world.leased()
    link = ThreadLink(Side.SEEKER, "a@x", "b@relay.test")
    outcome = Outcome(
        EntryEvent.PLANNED, outgoing=(relayed(os.urandom(900_000)),), conversation_event=WROTE, link=link
    )
    with pytest.raises(Stale):
        await world.store.settle(entry, [Settled(Target(TargetKind.ALIAS, HELP, old), outcome)], NOW)
    fresh = await world.view(new)
    assert (fresh.version, fresh.thread) == (old.version + 1, ())
    assert await world.store.next_due_at() is None
    await world.store.settle(entry, [Settled(Target(TargetKind.ALIAS, HELP, fresh), outcome)], NOW)
    assert (await world.view(new)).thread == (link,)


async def test_of_two_who_race_one_is_told_to_read_again(world: World) -> None:
    """Both read the same version; exactly one writes."""
    new = await world.opened()
    view = await world.view(new)
    leases = [await world.leased() for _ in range(2)]
    outcome = Outcome(EntryEvent.PLANNED, conversation_event=WROTE)
    target = Target(TargetKind.ALIAS, HELP, view)
    results = await asyncio.gather(
        *(world.store.settle(lease, [Settled(target, outcome)], NOW) for lease in leases),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Stale", "tuple"]
    assert (await world.view(new)).version == view.version + 1


async def test_a_record_that_was_saved_meanwhile_is_not_saved_over(world: World) -> None:
    """The version is compared once more when it is written, as two nodes on one server need it."""
    new = await world.opened()
    keyring = world.store._keyring

    def save_twice(connection: Connection) -> None:
        first, second = (
            conversations.load(connection, keyring, new.conversation_id, to_change=False) for _ in range(2)
        )
        for record in (first, second):
            assert record is not None
            record.change(acknowledged=True)
            conversations.save(connection, record, NOW)

    with pytest.raises(Stale):
        await world.store._writer.run(save_twice)
    assert not (await world.view(new)).acknowledged


async def test_a_pseudonym_is_never_used_again(world: World) -> None:
    """Also in another spelling: a counselor would take one person for another."""
    await world.opened(pseudonym="Maple Heron")
    again = new_conversation(pseudonym="maple HERON")
    entry = await world.leased()
    with pytest.raises(Stale):
        await world.store.settle(entry, [opening(again)], NOW)
    assert await world.store.conversation(again.conversation_id) is None
    assert (await world.store.loads())["ana"].open == 1
    await world.store.settle(entry, [opening(new_conversation())], NOW)


async def test_an_alias_never_stands_for_two(world: World) -> None:
    """A token that is taken is refused as a whole."""
    first = await world.opened()
    with pytest.raises(Stale):
        await world.opened(seeker_alias=first.counselor_alias)


@pytest.mark.parametrize("capacity", [0, 2])
async def test_a_counselor_gets_no_more_than_their_capacity(world: World, capacity: int) -> None:
    """The last slot may go to somebody else between choosing and writing."""
    for _ in range(capacity):
        await world.opened(capacity=capacity)
    with pytest.raises(Stale):
        await world.opened(capacity=capacity)
    loads = await world.store.loads()
    assert loads.get("ana", Load()).open == capacity


async def test_slots_follow_the_conversation(world: World) -> None:
    """Closing frees the slot; a reopened conversation takes one even when none is free."""
    new = await world.opened(capacity=1)
    await world.wrote(new, ANSWERED)
    await world.wrote(new, ConversationEvent.CLOSED)
    assert (await world.store.loads())["ana"].open == 0
    await world.opened(capacity=1)
    await world.wrote(new, WROTE)
    assert (await world.view(new)).state is ConversationState.OPEN
    assert (await world.store.loads())["ana"] == Load(2, NOW)


async def test_a_released_conversation_waits_and_its_counselors_alias_is_retired(world: World) -> None:
    """The former counselor cannot write any more; the seeker's next message finds nobody and waits."""
    new = await world.opened()
    await world.wrote(new, ConversationEvent.RELEASED)
    view = await world.view(new)
    assert (view.state, view.counselor_id) == (ConversationState.HANDOVER, None)
    assert not await world.store.knows_token(local(new.seeker_alias))
    meaning = await world.store.meaning(local(new.seeker_alias))
    assert meaning is not None
    assert meaning.is_retired
    assert await world.store.knows_token(local(new.counselor_alias))
    assert [each.conversation_id for each in await world.store.waiting(10)] == [new.conversation_id]
    assert (await world.store.loads())["ana"].open == 0


async def test_an_unknown_token_means_nothing(world: World) -> None:
    """And is not taken at RCPT."""
    assert await world.store.meaning(token()) is None
    assert not await world.store.knows_token(token())


async def test_names_links_and_acknowledgement_are_remembered(world: World) -> None:
    """Names gather without repetition; the thread keeps its order."""
    new = await world.opened()
    links = [ThreadLink(Side.SEEKER, f"{n}@x", f"{n}@relay.test") for n in range(3)]
    for number, link in enumerate(links):
        await world.wrote(
            new, WROTE, link=link, acknowledged=number == 1, seeker_names=("Sam Seeker", f"Sam {number}")
        )
    view = await world.view(new)
    assert view.seeker.names == ("Sam Seeker", "Sam 0", "Sam 1", "Sam 2")
    assert (view.thread, view.acknowledged) == (tuple(links), True)


async def test_a_long_thread_shows_its_first_and_its_newest_links(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a conversation, a snapshot stays small."""
    monkeypatch.setattr(conversations, "NEWEST_LINKS", 4)
    new = await world.opened()
    for number in range(7):
        await world.wrote(new, WROTE, link=ThreadLink(Side.SEEKER, f"{number}@x", f"{number}@relay.test"))
        shown = [link.author_id for link in (await world.view(new)).thread]
        newest = list(range(max(0, number - 3), number + 1))
        assert shown == [f"{n}@x" for n in ([0, *newest] if newest[0] else newest)]


async def test_two_targets_in_one_conversation_are_written_as_one_change(world: World) -> None:
    """Both aliases in one message: one version, both outcomes."""
    new = await world.opened()
    target = Target(TargetKind.ALIAS, HELP, await world.view(new))
    outcomes = [
        Outcome(EntryEvent.PLANNED, conversation_event=WROTE),
        Outcome(EntryEvent.STOPPED, Reason.LOOP),
    ]
    await world.store.settle(await world.leased(), [Settled(target, each) for each in outcomes], NOW)
    assert (await world.view(new)).version == target.conversation.version + 1  # type: ignore[union-attr]


async def test_a_held_request_that_opened_nothing_is_held_without_a_conversation(world: World) -> None:
    """The view of a conversation that never came into being is not looked for in the database."""
    new = await world.opened()
    view = await world.view(new)
    unborn = type(view)(os.urandom(16), ConversationState.NEW, 0, HELP.key, "en", view.seeker, is_new=True)
    target = Target(TargetKind.INTAKE, HELP, unborn, Side.SEEKER)
    entry = await world.leased()
    outcome = Outcome(EntryEvent.HELD, Reason.UNREADABLE, outgoing=(notice(),))
    (told,) = await world.store.settle(entry, [Settled(target, outcome)], NOW)
    assert told.conversation_id is None
    assert len(await world.store.held()) == 1
