"""What a seeker wrote is kept until it is answered, goes to the next counselor when it must, and then is gone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from relay.domain.bounces import Fact
from relay.domain.conversations import ConversationEvent, ConversationState, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.domain.presence import Presence
from relay.domain.retention import USUAL
from relay.edge.store.handing_back import ANSWERED_AFTER
from relay.edge.store.told import ONCE_IN
from relay.flow.effects import HandedOver
from relay.flow.outcomes import (
    Face,
    LeasedDelivery,
    NewConversation,
    Outcome,
    Outgoing,
    OutgoingKind,
    Settled,
)
from relay.flow.ports import Stale
from relay.flow.values import LeasedEntry, Reason, Target, TargetKind
from tests.unit.edge.store_world import HELP, NOW, World, later, notice, relayed, token

WROTE = ConversationEvent.SEEKER_WROTE
LARGE = b"Subject: large\r\n\r\n" + b"x" * 300_000


async def passed_on(
    world: World, new: NewConversation, body: bytes = b"Help.\r\n", *, is_taken: bool = True
) -> LeasedDelivery:
    """A seeker's message that was relayed to their counselor, and taken."""
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.SEEKER)
    outgoing = replace(relayed(), alias=new.seeker_alias)
    outcome = Outcome(EntryEvent.PASSED_ON, outgoing=(outgoing,), conversation_event=WROTE)
    (delivery,) = await world.store.settle(await world.leased(body), [Settled(target, outcome)], NOW)
    if is_taken:
        await world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW)
    return delivery


def rows(world: World, query: str) -> list[tuple[object, ...]]:
    return world.run(query)


async def test_what_cannot_be_delivered_goes_back_with_its_words_once(world: World) -> None:
    """The conversation waits, without its counselor, whose alias is over; a second time nothing happens."""
    new = await world.opened()
    delivery = await passed_on(world, new, LARGE)
    meaning = await world.store.meaning(delivery.return_path)
    assert meaning is not None
    assert (meaning.has_words, meaning.is_retired) == (True, False)
    until = later(3600)
    told = Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, "operator@ops.example", b"x")
    assert len(await world.store.hand_back(delivery, NOW, [told], Presence("ana", until), until)) == 1
    stored = await world.store.conversation(new.conversation_id)
    assert stored is not None
    assert (stored.state, stored.counselor_id, stored.excluded) == (
        ConversationState.HANDOVER,
        None,
        (("ana", until),),
    )
    assert (await world.store.loads())["ana"].is_away(NOW)
    with pytest.raises(Stale):
        await world.store.hand_back(delivery, NOW, [told], None, until)
    assert rows(world, "SELECT count(*) FROM deliveries WHERE kind = 'notice'") == [(1,)]
    (waiting,) = await world.store.waiting(10)
    (entry_id,) = await world.store.assign(waiting, "ben", 3, "m4xqk7ztw2hvb9c3rdpf@relay.test", NOW)
    assert await world.store.read_body(entry_id) == LARGE


async def test_an_answer_lets_go_what_was_passed_on_some_time_before(world: World) -> None:
    """Content, envelope and data key; what is younger stays, for a report may still come."""
    new = await world.opened()
    await passed_on(world, new, LARGE)
    await world.wrote(new, ConversationEvent.COUNSELOR_WROTE)
    assert ("kept",) in rows(world, "SELECT state FROM entries")
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.COUNSELOR)
    outcome = Outcome(EntryEvent.PLANNED, conversation_event=ConversationEvent.COUNSELOR_WROTE)
    await world.store.settle(await world.leased(), [Settled(target, outcome)], NOW + ANSWERED_AFTER)
    assert set(rows(world, "SELECT state FROM entries")) == {("routed",)}
    assert rows(world, "SELECT count(*) FROM entries WHERE body IS NOT NULL OR envelope IS NOT NULL") == [
        (0,)
    ]
    assert rows(world, "SELECT count(*) FROM chunks") == [(0,)]
    assert rows(world, "SELECT count(*) FROM data_keys WHERE owner = 'entry'") == [(0,)]


@pytest.mark.parametrize("is_taken", [True, False])
async def test_an_answer_is_none_to_what_its_author_has_not_got(world: World, is_taken: bool) -> None:
    """Their mail server puts a letter off for days, they answer another and give the conversation away, and then
    the letter is refused: its words are with whoever is next, and nobody needs to be told.
    """
    new = await world.opened()
    delivery = await passed_on(world, new, LARGE, is_taken=is_taken)
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.COUNSELOR)
    outcome = Outcome(EntryEvent.PLANNED, conversation_event=ConversationEvent.COUNSELOR_WROTE)
    evening = NOW + 2 * ANSWERED_AFTER
    await world.store.settle(await world.leased(), [Settled(target, outcome)], evening)
    meaning = await world.store.meaning(delivery.return_path)
    assert meaning is not None
    assert meaning.has_words is not is_taken
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.COUNSELOR)
    moved = Outcome(EntryEvent.STOPPED, effects=(HandedOver(evening + timedelta(days=7)),))
    await world.store.settle(await world.leased(), [Settled(target, moved)], evening)
    if not is_taken:
        told = Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, "operator@ops.example", b"x")
        with pytest.raises(Stale):
            await world.store.hand_back(delivery, evening, [told], None, evening)
    (waiting,) = await world.store.waiting(10)
    given = await world.store.assign(waiting, "ben", 3, "m4xqk7ztw2hvb9c3rdpf@relay.test", evening)
    assert [await world.store.read_body(each) for each in given] == ([] if is_taken else [LARGE])


async def test_what_nobody_answers_is_let_go_a_grace_after_it_was_delivered(world: World) -> None:
    """Not while it still waits to be delivered; a report that comes later finds no words."""
    new = await world.opened()
    delivery = await passed_on(world, new, is_taken=False)
    day = timedelta(days=1)
    await world.store.sweep(NOW + 3 * day)
    assert ("kept",) in rows(world, "SELECT state FROM entries")
    await world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW + 3 * day)
    await world.store.sweep(NOW + 4 * day - timedelta(minutes=1))
    assert ("kept",) in rows(world, "SELECT state FROM entries")
    await world.store.sweep(NOW + 4 * day)
    assert ("kept",) in rows(world, "SELECT state FROM entries"), "an answer is still owed"
    await world.store.sweep(NOW + USUAL.grace + USUAL.owed)
    assert ("kept",) not in rows(world, "SELECT state FROM entries")
    meaning = await world.store.meaning(delivery.return_path)
    assert meaning is not None
    assert (meaning.has_words, meaning.is_retired) == (False, False)


async def test_a_final_report_is_known_once_and_a_later_delay_does_not_take_it_back(world: World) -> None:
    """Reports come in any order."""
    new = await world.opened()
    delivery = await passed_on(world, new)
    for fact, is_retired in ((Fact.DELAYED, False), (Fact.FULL, True), (Fact.DELAYED, True)):
        meaning = await world.store.meaning(delivery.return_path)
        assert meaning is not None
        target = Target(
            TargetKind.RETURN_PATH,
            HELP,
            await world.view(new),
            Side.COUNSELOR,
            delivery_id=meaning.delivery_id,
        )
        outcome = Outcome(EntryEvent.STOPPED, Reason.BOUNCE, fact=fact)
        await world.store.settle(await world.leased(), [Settled(target, outcome)], NOW)
        meaning = await world.store.meaning(delivery.return_path)
        assert meaning is not None
        assert meaning.is_retired is is_retired
    assert rows(world, "SELECT state, fact FROM deliveries WHERE return_path IS NOT NULL") == [
        ("bounced", "full")
    ]


async def reported(
    world: World, new: NewConversation, delivery: LeasedDelivery, side: Side
) -> tuple[LeasedEntry, Settled]:
    """A report that somebody is told of, decided by what the store says now."""
    meaning = await world.store.meaning(delivery.return_path)
    assert meaning is not None
    target = Target(
        TargetKind.RETURN_PATH, HELP, await world.view(new), side, delivery_id=meaning.delivery_id
    )
    told = Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, "operator@ops.example", b"x")
    outcome = Outcome(EntryEvent.STOPPED, Reason.BOUNCE, outgoing=(told,), fact=Fact.UNKNOWN)
    return await world.leased(), Settled(target, outcome)


@pytest.mark.parametrize("side", list(Side))
async def test_of_reports_that_were_decided_at_once_one_is_told(world: World, side: Side) -> None:
    """Twice of the same letter; the second is decided anew, and nothing of it is written before."""
    new = await world.opened()
    delivery = await passed_on(world, new)
    entry, settled = await reported(world, new, delivery, side)
    other, again = await reported(world, new, delivery, side)
    assert await world.store.settle(entry, [settled], NOW)
    with pytest.raises(Stale):
        await world.store.settle(other, [again], NOW)
    assert rows(world, "SELECT count(*) FROM deliveries WHERE kind = 'notice'") == [(1,)]
    quiet = replace(again, outcome=replace(again.outcome, outgoing=()))
    assert await world.store.settle(other, [quiet], NOW) == ()


async def test_a_report_of_a_letter_whose_alias_was_retired_meanwhile_is_told_nobody(world: World) -> None:
    """Read before the conversation was given to Ben, and settled after he has it: it says nothing of him."""
    new = await world.opened()
    first, second = [await passed_on(world, new) for _ in range(2)]
    entry, settled = await reported(world, new, first, Side.COUNSELOR)
    released = replace(settled.outcome, conversation_event=ConversationEvent.RELEASED)
    other, again = await reported(world, new, second, Side.COUNSELOR)
    await world.store.settle(entry, [replace(settled, outcome=released)], NOW)
    (waiting,) = await world.store.waiting(9)
    await world.store.assign(waiting, "ben", 9, f"{token()}@relay.test", NOW)
    again = replace(
        again,
        target=replace(again.target, conversation=await world.view(new)),
        outcome=replace(again.outcome, conversation_event=ConversationEvent.RELEASED),
    )
    with pytest.raises(Stale):
        await world.store.settle(other, [again], NOW)
    assert (await world.view(new)).counselor_id == "ben"
    assert rows(world, "SELECT count(*) FROM deliveries WHERE kind = 'notice'") == [(1,)]


async def test_two_nodes_that_settle_reports_at_the_same_moment_tell_one(world: World) -> None:
    """Both at once, not one after the other; the row of the letter lets one through."""
    new = await world.opened()
    beside = World(world.folder, told=world.told)
    beside.open(exclusive=False)
    try:
        for _ in range(5):
            delivery = await passed_on(world, new)
            entry, settled = await reported(world, new, delivery, Side.SEEKER)
            other, again = await reported(world, new, delivery, Side.SEEKER)
            found = await asyncio.gather(
                world.store.settle(entry, [settled], NOW),
                beside.store.settle(other, [again], NOW),
                return_exceptions=True,
            )
            assert {type(each) for each in found} == {tuple, Stale}
    finally:
        await beside.store.close()
    assert rows(world, "SELECT count(*) FROM deliveries WHERE kind = 'notice'") == [(5,)]


async def test_two_letters_that_the_next_hop_refuses_at_once_are_told_once(world: World) -> None:
    """Refused at two nodes; one hands the conversation back and tells, the other finds it gone and tells nobody."""
    beside = World(world.folder, told=world.told)
    beside.open(exclusive=False)
    told = Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, "operator@ops.example", b"x")
    try:
        for number in range(5):
            new = await world.opened(pseudonym=f"Maple {number}")
            first, second = [await passed_on(world, new, is_taken=False) for _ in range(2)]
            found = await asyncio.gather(
                world.store.hand_back(first, NOW, [told], None, later(60)),
                beside.store.hand_back(second, NOW, [told], None, later(60)),
                return_exceptions=True,
            )
            assert {type(each) for each in found} == {tuple, Stale}
    finally:
        await beside.store.close()
    assert rows(world, "SELECT count(*) FROM deliveries WHERE kind = 'notice'") == [(5,)]


async def test_what_is_told_once_is_told_by_one_of_two_nodes(world: World) -> None:
    """Both have looked before either has told; when its time is over it is told again, once."""
    beside = World(world.folder, told=world.told)
    beside.open(exclusive=False)
    letter = Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, "operator@ops.example", b"x")
    day = timedelta(days=1)
    try:
        for count, at in enumerate((NOW, NOW + day, NOW + 2 * day), 1):
            found = await asyncio.gather(
                *(
                    store.queue_notice(LeasedDelivery.of(letter, at), at, tells="a key", once_in=day)
                    for store in (world.store, beside.store, world.store)
                ),
                return_exceptions=True,
            )
            assert sorted(type(each).__name__ for each in found) == ["LeasedDelivery", "Stale", "Stale"]
            assert rows(world, "SELECT count(*) FROM deliveries WHERE kind = 'notice'") == [(count,)]
            late = at + day - timedelta(seconds=1)
            again = LeasedDelivery.of(letter, late)
            with pytest.raises(Stale):
                await beside.store.queue_notice(again, late, tells="A key", once_in=day)
    finally:
        await beside.store.close()


async def test_a_counselor_who_is_away_is_back_when_they_write(world: World) -> None:
    """And a shorter absence does not shorten a longer one."""
    new = await world.opened()
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.COUNSELOR)
    for until, expected in ((later(600), later(600)), (later(60), later(600)), (None, None)):
        outcome = Outcome(EntryEvent.STOPPED, Reason.AUTO_REPLY, presence=Presence("ana", until))
        await world.store.settle(await world.leased(), [Settled(target, outcome)], NOW)
        assert (await world.store.loads())["ana"].away_until == expected


async def test_who_was_answered_is_known_for_a_day_and_by_nobody_else(world: World) -> None:
    """A blind index with an end, written with the answer itself."""
    new = await world.opened()
    assert not await world.store.was_told("Sam@mail.test", NOW)
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.SEEKER)
    answer = replace(notice(recipient="sam@mail.test"), kind=OutgoingKind.NOTICE, reader=Face.SEEKER)
    settled = Settled(target, Outcome(EntryEvent.HELD, Reason.ENCRYPTED, outgoing=(answer,)))
    await world.store.settle(await world.leased(), [settled], NOW)
    assert await world.store.was_told("Sam@mail.test", NOW)
    assert not await world.store.was_told("sam@mail.test", NOW + ONCE_IN)
    assert not any(b"sam@mail.test" in content for content in world.files().values())
    await world.store.sweep(NOW + ONCE_IN)
    assert rows(world, "SELECT count(*) FROM told") == [(0,)]
