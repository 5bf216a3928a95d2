"""What has had its time goes by itself, to the minute, after a long stop as well; and what is under way stays."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.closing import Closing
from relay.domain.conversations import ConversationEvent
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.domain.overrides import Override
from relay.domain.retention import USUAL, Retention
from relay.edge.store import purging
from relay.flow.effects import Closed
from relay.flow.outcomes import Face, KeptNotice, NewConversation, Outgoing, OutgoingKind
from relay.flow.values import Envelope, Reason
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, SEEKER, World, later, notice, relayed

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PERIODS = Retention(
    grace=5 * DAY, owed=2 * DAY, held=11 * DAY, closed=17 * DAY, traces=23 * DAY, blocks=29 * DAY
)
"""Each another, so that none can be taken for one of the others."""


async def swept(world: World, at: datetime, kept: Retention = PERIODS) -> Mapping[str, int]:
    return {kind: count for kind, count in (await world.store.sweep(at, kept)).items() if count}


async def goes_at(world: World, kind: str, at: datetime, kept: Retention = PERIODS) -> None:
    """Not a minute before."""
    assert (await world.store.sweep(at - MINUTE, kept))[kind] == 0
    assert (await world.store.sweep(at + MINUTE, kept))[kind] == 1
    assert (await world.store.sweep(at + MINUTE, kept))[kind] == 0


async def closed(world: World, event: ConversationEvent = ConversationEvent.CLOSED) -> NewConversation:
    """A conversation that was had and has ended, all its mail delivered."""
    new = await world.opened()
    if event is ConversationEvent.CLOSED:
        await world.wrote(new, None, effects=(Closed(Closing.DONE),))
    else:
        await world.wrote(new, event)
    return new


@pytest.mark.parametrize("event", [ConversationEvent.CLOSED, ConversationEvent.BLOCKED])
async def test_a_conversation_that_has_ended_is_forgotten_in_time(
    world: World, event: ConversationEvent
) -> None:
    """As with FORGET ME: no row of it stays, and its aliases are as if they had never been."""
    other = await world.opened()
    new = await closed(world, event)
    await goes_at(world, "conversations", NOW + PERIODS.closed)
    assert await world.store.conversation(new.conversation_id) is None
    assert not await world.store.knows_token(new.seeker_alias.partition("@")[0])
    assert await world.store.conversation(other.conversation_id) is not None


async def test_one_that_was_written_to_again_begins_its_time_anew(world: World) -> None:
    """It is open again, and stays as long as it is."""
    new = await closed(world)
    await world.wrote(new, ConversationEvent.SEEKER_WROTE)
    assert "conversations" not in await swept(world, NOW + 10 * PERIODS.closed)
    assert await world.store.conversation(new.conversation_id) is not None


async def test_what_is_under_way_keeps_its_conversation(world: World) -> None:
    """A held letter, one that was not read yet, a message that has not been delivered: each until it is done with."""
    at = NOW + PERIODS.closed + DAY
    held, unsent, unread = [await closed(world) for _ in range(3)]
    await world.wrote(held, None, outcome=EntryEvent.HELD, reason=Reason.LEAK)
    (sending,) = await world.wrote(unsent, None, notice(), outcome=EntryEvent.STOPPED)
    await world.wrote(unread, None, outcome=EntryEvent.NOBODY_ON_DUTY)
    kept = replace(PERIODS, held=100 * DAY)
    assert "conversations" not in await swept(world, at, kept)
    await world.store.record(sending, DeliveryEvent.ACCEPTED, at)
    assert (await swept(world, at, kept))["conversations"] == 1
    ended = await swept(world, at, PERIODS)
    assert ended["held"] == ended["conversations"] == 1
    assert await world.store.conversation(unread.conversation_id) is not None


async def test_held_mail_waits_for_a_person_as_long_as_the_operator_says(world: World) -> None:
    """Then its content goes, with its data key; its trace stays as that of any other."""
    entry = await world.leased(b"x" * 600_000)
    await world.store.hold(entry, Reason.POISON, NOW)
    await goes_at(world, "held", NOW + PERIODS.held)
    assert await world.store.held() == ()
    assert not await world.store.release(entry.entry_id, confirmed=True)
    assert world.run("SELECT count(*) FROM chunks") == [(0,)]
    assert world.run("SELECT count(*) FROM data_keys") == [(0,)]
    assert world.run("SELECT state, envelope, body FROM entries") == [("stopped", None, None)]
    await goes_at(world, "entries", NOW + PERIODS.held + MINUTE + PERIODS.traces)


async def test_what_waits_for_a_counselor_waits_for_ever(world: World) -> None:
    """That nobody is on duty is no reason to forget somebody (P8)."""
    new = await world.opened(None)
    await world.wrote(new, None, outcome=EntryEvent.NOBODY_ON_DUTY)
    unrouted = await world.accept()
    assert set(await swept(world, NOW + 10_000 * DAY)) <= {"repetitions", "duty"}
    assert unrouted in await world.store.received(NOW, 10)
    assert len(await world.store.waiting(10)) == 1


async def test_a_delivery_that_does_not_open_is_given_up_in_time(world: World) -> None:
    """Nobody could ever send it."""
    new = await world.opened()
    await world.wrote(new, None, relayed(b"x" * 600_000))
    world.run("UPDATE deliveries SET address = ?", (bytes(60),))
    assert await world.store.lease_due(NOW + DAY, 10) == ()
    assert await world.store.held_deliveries() == 1
    await goes_at(world, "held_deliveries", NOW + PERIODS.held)
    assert await world.store.held_deliveries() == 0
    assert world.run("SELECT count(*) FROM chunks") == [(0,)]


async def test_a_notice_that_nobody_could_be_sent_is_given_up_in_time(world: World) -> None:
    """One of a conversation and one of none, with its own key."""
    new = await world.opened()
    for about in (new.conversation_id, None):
        one = Outgoing(OutgoingKind.NOTICE, Face.COUNSELOR, "ana.ruiz@home.test", b"x")
        await world.store.kept_notices.keep(KeptNotice(one, "ana", about), NOW)
    assert "kept_notices" not in await swept(world, NOW + PERIODS.held - MINUTE)
    assert (await swept(world, NOW + PERIODS.held + MINUTE))["kept_notices"] == 2
    assert world.run("SELECT count(*) FROM data_keys WHERE owner = 'notice'") == [(0,)]


async def test_traces_and_blocks_have_their_time(world: World) -> None:
    """A block of a year ends when the operator's bound is reached."""
    new = await world.opened()
    (sent,) = await world.wrote(new, None, relayed())
    await world.store.record(sent, DeliveryEvent.ACCEPTED, NOW)
    await world.store.block(SEEKER, NOW, NOW + 366 * DAY)
    await goes_at(world, "deliveries", NOW + PERIODS.traces)
    await goes_at(world, "blocks", NOW + PERIODS.blocks)
    assert await world.store.blocks(NOW) == ()


async def test_words_go_a_grace_after_they_were_delivered(world: World) -> None:
    """And that much later while nobody has answered them (``test_store_clocks`` has who answers)."""
    new = await world.opened()
    (sent,) = await world.wrote(new, ConversationEvent.SEEKER_WROTE, relayed(), outcome=EntryEvent.PASSED_ON)
    await world.store.record(sent, DeliveryEvent.ACCEPTED, NOW)
    await goes_at(world, "unanswered", NOW + PERIODS.grace + PERIODS.owed)


async def test_counselors_who_are_no_longer_there_are_forgotten(world: World) -> None:
    """Who has nothing open, and not before; what they said of their duty goes at once."""
    new = await world.opened("ana")
    await world.opened("ben")
    for who in ("ana", "eve"):
        await world.store.duties.override(who, Override(True, NOW, later(86_400)))
    assert (await world.store.sweep(NOW, USUAL, ["ana", "ben", "eve"]))["counselors"] == 0
    assert (await world.store.sweep(NOW, USUAL, ["ben"]))["counselors"] == 2
    assert set(await world.store.loads()) == {"ana", "ben"}
    await world.wrote(new, None, effects=(Closed(Closing.DONE),))
    assert (await world.store.sweep(NOW, USUAL, ["ben"]))["counselors"] == 1
    assert set(await world.store.loads()) == {"ben"}
    assert await world.store.duties.overrides(NOW) == {}


async def test_after_a_long_stop_mail_is_taken_between_the_steps(world: World) -> None:
    """Sixty conversations that are overdue: no step does more than its bound."""
    assert purging.STEP < 30
    for _ in range(60):
        await closed(world)
    sweep = asyncio.create_task(world.store.sweep(NOW + 400 * DAY))
    await asyncio.sleep(0)
    came = await world.accept()  # queued behind the first step, and done before the last
    took_part = not sweep.done()
    counts = await sweep
    assert took_part
    assert counts["conversations"] == 60
    assert counts["entries"] == 120
    assert await world.store.lease_entry(came, NOW) is not None


async def test_what_went_is_counted_when_the_sweep_is_interrupted(world: World) -> None:
    """A daemon that stops meanwhile says what it forgot: no row is left to tell it from."""
    for _ in range(60):
        await closed(world)
    counts: Counter[str] = Counter()
    sweep = asyncio.create_task(world.store.sweep(NOW + 400 * DAY, USUAL, None, counts))
    while not counts["entries"]:
        await asyncio.sleep(0)
    sweep.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweep
    left = await world.store.sweep(NOW + 400 * DAY)
    assert counts["entries"] + left["entries"] == 120
    assert counts["conversations"] + left["conversations"] == 60
    assert left["conversations"] > 0


@only_sqlite
async def test_after_a_sweep_no_key_of_what_went_is_in_any_file(world: World) -> None:
    """Whoever has the master key finds neither key nor content: not in the database, its free pages or the WAL."""
    keys: dict[bytes, bytes] = {}
    for number in range(30):
        new = await closed(world)
        envelope = Envelope(ReversePath(SEEKER), (OurAddress.parse(new.counselor_alias),))
        parked = await world.lease(await world.accept(b"words %d" % number, envelope=envelope))
        await world.store.hold(parked, Reason.POISON, NOW)
        keys |= dict(world.run("SELECT owner_id, wrapped FROM data_keys"))
    counts = await swept(world, NOW + 400 * DAY)
    assert counts["conversations"] == counts["held"] == 30
    assert await world.store.forgetting.scrub()
    files = world.files()
    assert len(keys) >= 60
    assert [who for who, key in keys.items() if any(key in content for content in files.values())] == []
