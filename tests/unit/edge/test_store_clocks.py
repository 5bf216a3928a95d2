"""Clocks in the store: started and stopped with what does so, leased, and recorded together with their notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relay.domain import clocks
from relay.domain.clocks import Awaits, Clock, Rung
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.domain.retention import USUAL
from relay.edge.store import clocks as rows
from relay.flow.dues import Done, DueClock
from relay.flow.outcomes import NewConversation, Outcome, Settled
from relay.flow.ports import Stale
from relay.flow.values import Target, TargetKind, ThreadLink
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import HELP, NOW, World, later, new_conversation, notice, opening, relayed

SEEKER_WROTE, COUNSELOR_WROTE = ConversationEvent.SEEKER_WROTE, ConversationEvent.COUNSELOR_WROTE
HOUR = 3600
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
SOME = 3


async def asked(world: World, counselor_id: str | None = "ana") -> NewConversation:
    """A request that was taken up, whose clock is looked at in an hour."""
    new = new_conversation(counselor_id)
    made = opening(new)
    outcome = Outcome(made.outcome.event, conversation_event=SEEKER_WROTE)
    settled = Settled(made.target, outcome, made.opens, look_at=later(HOUR))
    await world.store.settle(await world.leased(), [settled], NOW)
    return new


async def wrote(
    world: World,
    new: NewConversation,
    event: ConversationEvent,
    at: datetime,
    look_at: datetime | None = None,
) -> None:
    side = Side.COUNSELOR if event is COUNSELOR_WROTE else Side.SEEKER
    link = ThreadLink(side, "", f"<{at.timestamp()}@relay.test>")
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), side)
    decided = Outcome(EntryEvent.PLANNED, conversation_event=event, link=link)
    await world.store.settle(await world.leased(), [Settled(target, decided, look_at=look_at)], at)


async def clock_of(world: World, new: NewConversation) -> Clock | None:
    return await world.store.clocks.clock_of(new.conversation_id)


async def due(world: World, at: datetime) -> DueClock:
    (one,) = await world.store.clocks.lease_due(at, 10)
    return one


def done(one: DueClock, rung: Rung, look_at: datetime | None = None) -> Done:
    after = clocks.after(one.clock, clocks.Step(rung, Rung(0), ()), NOW)
    return Done(one, after, look_at)


async def test_a_request_starts_a_clock_and_a_second_message_leaves_it_as_it_is(world: World) -> None:
    """The oldest unanswered message counts."""
    new = await asked(world)
    first = await clock_of(world, new)
    assert first == Clock(NOW, NOW, Awaits.COUNSELOR, is_held=True, is_first=True)
    await wrote(world, new, SEEKER_WROTE, later(60), later(2 * HOUR))
    assert await clock_of(world, new) == first
    assert await world.store.clocks.next_look_at() == later(HOUR)


async def test_an_answer_stops_it_and_the_next_message_starts_it_anew(world: World) -> None:
    """With the promise for later answers."""
    new = await asked(world)
    await wrote(world, new, COUNSELOR_WROTE, later(60))
    answered = await clock_of(world, new)
    assert answered is not None
    assert answered.awaits is Awaits.SEEKER
    assert await world.store.clocks.next_look_at() is None
    assert await world.store.clocks.lease_due(later(10**6), 10) == ()
    await wrote(world, new, SEEKER_WROTE, later(120), later(5 * HOUR))
    again = await clock_of(world, new)
    assert again is not None
    assert (again.awaits, again.is_first, again.done) == (Awaits.COUNSELOR, False, Rung(0))
    assert again.turn_at == later(120)
    assert await world.store.clocks.next_look_at() == later(5 * HOUR)


async def test_a_step_and_its_notice_are_written_together_or_not_at_all(world: World) -> None:
    """An answer that comes between looking and writing: nothing is sent, and nothing remembered."""
    new = await asked(world)
    one = await due(world, later(HOUR))
    await wrote(world, new, COUNSELOR_WROTE, later(HOUR + 1))
    with pytest.raises(Stale):
        await world.store.clocks.record([done(one, Rung.HALF)], [notice()], later(HOUR + 2))
    assert await world.store.lease_due(later(10 * HOUR), 10) == ()
    await wrote(world, new, SEEKER_WROTE, later(2 * HOUR), later(3 * HOUR))
    one = await due(world, later(3 * HOUR))
    (sent,) = await world.store.clocks.record([done(one, Rung.HALF)], [notice()], later(3 * HOUR))
    assert sent.message == notice().message
    clock = await clock_of(world, new)
    assert clock is not None
    assert clock.done == Rung.HALF
    with pytest.raises(Stale):
        await world.store.clocks.record([done(one, Rung.HALF)], [notice()], later(3 * HOUR))


async def test_when_one_of_a_batch_has_changed_nothing_of_it_is_written(world: World) -> None:
    """Whoever looked does each by itself then."""
    first, second = await asked(world), await asked(world)
    leased = await world.store.clocks.lease_due(later(HOUR), 10)
    assert {each.conversation_id for each in leased} == {first.conversation_id, second.conversation_id}
    await wrote(world, second, COUNSELOR_WROTE, later(HOUR + 1))
    with pytest.raises(Stale):
        await world.store.clocks.record(
            [done(each, Rung.HALF) for each in leased], [notice()], later(HOUR + 2)
        )
    clock = await clock_of(world, first)
    assert clock is not None
    assert clock.done == Rung(0)


async def test_a_lease_keeps_others_away_until_it_ends(world: World) -> None:
    """And whoever was too slow writes nothing."""
    await asked(world)
    slow = await due(world, later(HOUR))
    assert await world.store.clocks.lease_due(later(HOUR + 1), 10) == ()
    assert await world.store.clocks.next_look_at() == later(HOUR + 120)
    quick = await due(world, later(HOUR + 121))
    with pytest.raises(Stale):
        await world.store.clocks.record([done(slow, Rung.HALF)], [notice()], later(HOUR + 122))
    await world.store.clocks.record([done(quick, Rung.HALF)], [notice()], later(HOUR + 122))


@only_sqlite
async def test_what_a_dead_process_had_leased_is_looked_at_at_the_start(world: World) -> None:
    """Not only when its lease would have ended."""
    await asked(world)
    await due(world, later(HOUR))
    await world.store.close()
    world.open()
    assert await world.store.clocks.next_look_at() == AT_ONCE
    assert len(await world.store.clocks.lease_due(NOW, 10)) == 1


async def test_who_becomes_responsible_has_a_turn_of_their_own(world: World) -> None:
    """Reminders begin anew, supervisor and operator do not."""
    new = await asked(world, None)
    one = await due(world, later(HOUR))
    await world.store.clocks.record([done(one, Rung.HALF | Rung.ENDED | Rung.SUPERVISOR)], [], later(HOUR))
    (waiting,) = await world.store.waiting(10)
    await world.store.assign(waiting, "ana", 3, "bbbbbbbbbbbbbbbbbbbb@relay.test", later(2 * HOUR))
    clock = await clock_of(world, new)
    assert clock == Clock(NOW, later(2 * HOUR), done=Rung.SUPERVISOR)
    assert await world.store.clocks.next_look_at() == AT_ONCE


async def test_a_conversation_that_is_taken_from_its_counselor_waits_with_its_words(world: World) -> None:
    """In the same transaction; somebody else has taken it meanwhile: nothing happens."""
    new = await asked(world)
    one = await due(world, later(HOUR))
    given_up = Done(
        one, clocks.after(one.clock, clocks.Step(Rung.ENDED, Rung(0), ()), NOW), None, later(99 * HOUR)
    )
    await world.store.clocks.record([given_up], [notice()], later(HOUR))
    (waiting,) = await world.store.waiting(10)
    assert waiting.conversation_id == new.conversation_id
    assert waiting.excluded == (("ana", later(99 * HOUR)),)
    clock = await clock_of(world, new)
    assert clock == Clock(NOW, later(HOUR), is_held=False)
    with pytest.raises(Stale):
        await world.store.clocks.record([given_up], [notice()], later(HOUR))


async def test_a_flag_a_hold_and_an_end_do_to_a_clock_what_they_should(world: World) -> None:
    """The flag begins danger's ladder, a hold puts the answer off, an end stops the clock."""
    new = await asked(world)
    run, of = world.store._writer.run, new.conversation_id
    await run(lambda c: rows.flag(c, of, later(60), is_risk=True))
    clock = await clock_of(world, new)
    assert clock is not None
    assert clock.risk_at == later(60)
    assert await world.store.clocks.next_look_at() == AT_ONCE
    await run(lambda c: rows.hold(c, of, later(72 * HOUR)))
    clock = await clock_of(world, new)
    assert clock == Clock(later(72 * HOUR), later(72 * HOUR), is_first=False, risk_at=later(60))
    await wrote(world, new, SEEKER_WROTE, later(120), later(HOUR))
    assert await clock_of(world, new) == clock
    assert await world.store.clocks.next_look_at() == later(72 * HOUR)
    await run(lambda c: rows.flag(c, of, later(120), is_risk=False))
    await run(lambda c: rows.follow(c, of, ConversationEvent.CLOSED, later(130)))
    assert await clock_of(world, new) is None
    await run(lambda c: rows.hold(c, of, later(72 * HOUR)))
    assert await clock_of(world, new) is not None


async def agree(world: World, terms: bytes) -> int:
    """Until all are looked at; in how many steps."""
    steps, last = 0, await world.store.clocks.agree(terms, b"", SOME)
    while last is not None:
        steps, last = steps + 1, await world.store.clocks.agree(terms, last, SOME)
    return steps


async def test_terms_that_have_changed_are_looked_at_once(world: World) -> None:
    """Only who looks at a clock knows what was promised."""
    await asked(world)
    assert await agree(world, b"a" * 16) == 1
    assert await world.store.clocks.next_look_at() == AT_ONCE
    one = await due(world, later(1))
    await world.store.clocks.record([Done(one, one.clock, later(HOUR))], [], later(1))
    assert await agree(world, b"a" * 16) == 0
    assert await world.store.clocks.next_look_at() == later(HOUR)
    assert await agree(world, b"b" * 16) == 1
    assert await world.store.clocks.next_look_at() == AT_ONCE


async def test_a_step_looks_at_no_more_than_it_is_allowed(world: World) -> None:
    """A promise is changed; with a million conversations that is a million clocks."""
    for _ in range(2 * SOME + 1):
        await asked(world)
    last = await world.store.clocks.agree(b"a" * 16, b"", SOME)
    assert last
    assert len(await world.store.clocks.lease_due(NOW, 100)) == SOME
    assert await agree(world, b"a" * 16) == 3, "it begins with the first again"
    assert len(await world.store.clocks.lease_due(NOW, 100)) == SOME + 1, "but for those that are leased"


@pytest.mark.parametrize("steps", [1, 2])
async def test_a_change_of_the_terms_that_was_cut_off_is_done_anew(world: World, steps: int) -> None:
    """Killed after some of the clocks, or before the terms were noted: at the next start all are looked at."""
    for _ in range(2 * SOME):
        await asked(world)
    last: bytes | None = b""
    for _ in range(steps):
        assert last is not None
        last = await world.store.clocks.agree(b"a" * 16, last, SOME)
    await world.store.close()
    assert world.run("SELECT count(*) FROM meta WHERE name = 'clock_terms'") == [(0,)]
    world.open()
    await agree(world, b"a" * 16)
    assert len(await world.store.clocks.lease_due(NOW, 100)) == 2 * SOME
    assert world.run("SELECT count(*) FROM meta WHERE name = 'clock_terms'") == [(1,)]


async def test_a_conversation_that_does_not_open_holds_up_no_other(world: World) -> None:
    """It is told, and left alone."""
    first, second = await asked(world), await asked(world)
    world.run(
        "UPDATE conversations SET sealed = ? WHERE conversation_id = ?", (bytes(80), first.conversation_id)
    )
    one = await due(world, later(HOUR))
    assert one.conversation_id == second.conversation_id
    assert world.told == ["clocks"]
    assert await world.store.clocks.lease_due(later(10 * HOUR), 10) != ()


async def test_words_stay_while_an_answer_is_seen_to(world: World) -> None:
    """However long the promise; but not for ever, when nobody ever answers."""
    new = await asked(world)
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.SEEKER)
    passed = Outcome(EntryEvent.PASSED_ON, outgoing=(relayed(),), conversation_event=SEEKER_WROTE)
    (sent,) = await world.store.settle(await world.leased(), [Settled(target, passed)], NOW)
    await world.store.record(sent, DeliveryEvent.ACCEPTED, NOW)
    far = NOW + USUAL.grace + USUAL.owed
    assert (await world.store.sweep(far - timedelta(minutes=1)))["unanswered"] == 0
    assert (await world.store.sweep(far + timedelta(minutes=1)))["unanswered"] == 1
