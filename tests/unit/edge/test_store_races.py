"""Whatever is under way while somebody is forgotten: it brings nothing of them back, and it does no harm to others."""

from __future__ import annotations

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.bounces import Fact
from relay.domain.closing import Closing
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.domain.overrides import Override
from relay.errors import CipherError, RelayError
from relay.flow.effects import Closed, Noted
from relay.flow.outcomes import Face, KeptNotice, LeasedDelivery, Outcome, Outgoing, OutgoingKind, Settled
from relay.flow.ports import Stale
from relay.flow.timers import DueReminder
from relay.flow.values import Envelope, Reason, Target, TargetKind
from tests.unit.edge.store_lived import WROTE, everything, live, relayed_to
from tests.unit.edge.store_world import NOW, SEEKER, World, later, notice, relayed, token

OF_SOMEBODY = ("conversations", "aliases", "thread_links", "notes", "clocks", "seeker_keys", "timers", "kept_notices",
               "entries", "chunks", "answers", "deliveries", "data_keys", "signatures", "acquaintances", "told")  # fmt: skip


def left(world: World) -> dict[str, int]:
    """Rows of each table that could be somebody's."""
    return {name: world.run(f"SELECT count(*) FROM {name}")[0][0] for name in OF_SOMEBODY}


async def forget(world: World, conversation_id: bytes) -> None:
    assert await world.store.forgetting.erase(conversation_id, NOW)


async def test_everything_that_a_conversation_can_have_goes_table_by_table(world: World) -> None:
    """The same rows as before it began, in every table, but for what is listed to stay."""
    before = left(world)
    life = await live(world)
    after = left(world)
    assert [name for name in OF_SOMEBODY if after[name] == before[name]] == [], "nothing of it was in these"
    await forget(world, life.new.conversation_id)
    assert left(world) == before | {"told": 1}  # somebody else's address, who was told for it


async def test_others_lose_nothing(world: World) -> None:
    """Everything of everybody else is there as before."""
    await everything(world)
    before = left(world)
    life = await live(world, "eve")
    await forget(world, life.new.conversation_id)
    assert left(world) == before | {"told": before["told"] + 1}


async def test_a_message_that_is_with_a_worker_comes_to_nothing(world: World) -> None:
    """Leased, read, answered, and then there is nobody any more: nothing is written, no key, no body, no delivery."""
    new = await world.opened()
    envelope = Envelope(ReversePath(SEEKER), (OurAddress.parse(new.counselor_alias),))
    entry = await world.lease(await world.accept(b"words", envelope=envelope))
    view = await world.view(new)
    await forget(world, new.conversation_id)
    target = Target(TargetKind.ALIAS, envelope.forward_paths[0], view)
    decided = Outcome(EntryEvent.PASSED_ON, outgoing=(relayed(b"x" * 600_000),), conversation_event=WROTE)
    with pytest.raises(Stale):
        await world.store.settle(entry, [Settled(target, decided)], NOW)
    with pytest.raises(CipherError):
        await world.store.read_body(entry.entry_id)
    await world.store.give_back(entry)
    assert await world.store.lease_entry(entry.entry_id, later(9000)) is None
    await world.store.sweep(later(7 * 3600))  # the body of the delivery that was given up
    assert set(left(world).values()) == {0}


async def test_a_delivery_that_is_under_way_is_not_written_of_any_more(world: World) -> None:
    """The next hop may have it; what came of it is nobody's, and its report is understood by nobody."""
    new = await world.opened()
    (sending,) = await world.wrote(new, WROTE, relayed(), outcome=EntryEvent.PASSED_ON)
    await forget(world, new.conversation_id)
    assert await world.store.forgetting.clearance(sending, NOW) is None
    for event in (DeliveryEvent.ACCEPTED, DeliveryEvent.NOT_NOW, DeliveryEvent.REFUSED):
        assert not await world.store.record(sending, event, NOW, code=451, fact=Fact.FULL)
    assert not await world.store.forgetting.cancel(sending, NOW)
    assert await world.store.meaning(sending.return_path) is None
    assert not await world.store.knows_token(sending.return_path)
    assert await world.store.lease_due(later(100_000), 10) == ()
    assert set(left(world).values()) == {0}


async def test_a_letter_that_waits_and_one_that_is_held_are_gone(world: World) -> None:
    """Nobody can let them go, and nobody is given them."""
    new = await world.opened(None)
    await world.wrote(new, WROTE, outcome=EntryEvent.NOBODY_ON_DUTY)
    (waiting,) = await world.store.waiting(9)
    envelope = Envelope(ReversePath(SEEKER), (OurAddress.parse(new.counselor_alias),))
    held = await world.lease(await world.accept(b"held", envelope=envelope))
    await world.store.hold(held, Reason.POISON, NOW)
    await forget(world, new.conversation_id)
    with pytest.raises(Stale):
        await world.store.assign(waiting, "ana", 9, f"{token()}@relay.test", NOW)
    assert not await world.store.release(held.entry_id, confirmed=True)
    assert await world.store.waiting(9) == ()
    assert await world.store.received(later(9000), 9) == ()
    assert set(left(world).values()) == {0}


async def test_what_others_were_about_to_write_for_it_is_refused(world: World) -> None:
    """A notice, a note, a kept notice, the end of a conversation: each was decided on what is no more."""
    new = await world.opened()
    view = await world.view(new)
    await forget(world, new.conversation_id)
    one = Outgoing(OutgoingKind.NOTICE, Face.COUNSELOR, "ana.ruiz@home.test", b"canary of the notice")
    with pytest.raises(RelayError):
        await world.store.queue_notice(LeasedDelivery.of(one, NOW, new.conversation_id), NOW)
    with pytest.raises(RelayError):
        await world.store.kept_notices.keep(KeptNotice(one, "ana", new.conversation_id), NOW)
    with pytest.raises(Stale):
        await world.store.casebook.close(new.conversation_id, view.version, [one], Closing.SILENT, NOW)
    with pytest.raises(Stale):
        await world.store.casebook.briefed(new.conversation_id, view.version, [one], NOW)
    target = Target(TargetKind.ALIAS, OurAddress.parse(new.seeker_alias), view)
    noted = Settled(target, Outcome(EntryEvent.PLANNED, effects=(Noted("canary of the note", "Robin"),)))
    reply = await world.leased()
    with pytest.raises(Stale):
        await world.store.settle(reply, [noted], NOW)
    await world.store.sweep(later(7 * 3600))
    rows = left(world)
    assert (
        rows.pop("entries") == rows.pop("data_keys") == 1
    )  # the counselor's own message, that is decided anew
    assert set(rows.values()) == {0}


async def test_a_reminder_that_is_on_its_way_goes_with_its_conversation(world: World) -> None:
    """Its words are about somebody: deferred at the next hop, it would wait for days after they were forgotten."""
    life = await live(world)
    (due,) = await world.store.timers.lease_due(later(86_400), 9)
    assert isinstance(due, DueReminder)
    (sent,) = await world.store.timers.record(due, [notice(life.words["reminder"].encode())], later(86_400))
    await world.store.record(sent, DeliveryEvent.NOT_NOW, later(86_400), due_at=later(90_000))
    await forget(world, life.new.conversation_id)
    assert await world.store.lease_due(later(1_000_000), 9) == ()
    assert left(world)["deliveries"] == 0


async def test_a_reminder_that_is_about_to_be_told_is_not(world: World) -> None:
    """It was leased, and then there was nobody."""
    life = await live(world)
    (due,) = await world.store.timers.lease_due(later(86_400), 9)
    await forget(world, life.new.conversation_id)
    with pytest.raises(Stale):
        await world.store.timers.record(due, [notice(life.words["reminder"].encode())], later(86_400))
    assert left(world)["deliveries"] == 0


async def test_one_that_does_not_open_any_more_is_forgotten_all_the_same(world: World) -> None:
    """Somebody changed it behind our back: it is found by its id, and its rows go."""
    life = await live(world)
    world.run("UPDATE conversations SET sealed = ?", (bytes(90),))
    found = await world.store.forgetting.find(life.new.conversation_id.hex()[:12])
    assert found == (life.new.conversation_id,)
    await forget(world, found[0])
    rows = left(world)
    assert rows.pop("acquaintances") == 1  # by the address, that nobody can read now: it ends by itself
    assert rows.pop("told") >= 1
    assert set(rows.values()) == {0}


# --- a counselor who leaves -----------------------------------------------------------------------------------


async def leave(world: World) -> tuple[int, int]:
    left = await world.store.casebook.leave("ana", NOW, later(86_400 * 365), lambda _intake, _queue: False)
    return left.open, left.held


async def test_whoever_leaves_is_sent_nothing_more_of_what_they_had(world: World) -> None:
    """What was on its way is cancelled and waits for the next one; a held reply of theirs is forgotten."""
    new = await world.opened()
    (sending,) = await world.wrote(
        new, WROTE, relayed_to("ana@home.example", "words"), outcome=EntryEvent.PASSED_ON
    )
    (to_seeker,) = await world.wrote(new, None, notice(), outcome=EntryEvent.STOPPED)
    envelope = Envelope(ReversePath("ana@home.example"), (OurAddress.parse(new.seeker_alias),))
    reply = await world.lease(await world.accept(b"reply", envelope=envelope))
    target = Target(TargetKind.ALIAS, envelope.forward_paths[0], await world.view(new))
    await world.store.settle(reply, [Settled(target, Outcome(EntryEvent.HELD, Reason.POISON))], NOW)
    await world.store.kept_notices.keep(
        KeptNotice(
            Outgoing(OutgoingKind.NOTICE, Face.COUNSELOR, "ana@home.example", b"x"),
            "ana",
            new.conversation_id,
        ),
        NOW,
    )
    await world.store.duties.override("ana", Override(True, NOW, later(86_400)))
    assert await leave(world) == (1, 1)
    assert await world.store.forgetting.clearance(sending, NOW) is None
    assert await world.store.forgetting.clearance(to_seeker, NOW) == NOW
    assert await world.store.held() == ()
    assert await world.store.kept_notices.waiting(9) == ()
    assert await world.store.duties.overrides(NOW) == {}
    assert await world.store.duties.known_to((SEEKER,), NOW) == ""
    assert not await world.store.knows_token(new.seeker_alias.partition("@")[0])
    (waiting,) = await world.store.waiting(9)
    assert len(await world.store.assign(waiting, "ben", 9, f"{token()}@relay.test", NOW)) == 1


async def test_what_has_ended_does_not_come_back_to_them(world: World) -> None:
    """Whoever writes again is heard by somebody else."""
    new = await world.opened()
    await world.wrote(new, None, effects=(Closed(Closing.DONE),))
    others = await world.opened("ben")
    await world.wrote(others, None, effects=(Closed(Closing.DONE),))
    assert await leave(world) == (0, 0)
    stored = await world.store.conversation(new.conversation_id)
    assert stored is not None
    assert stored.counselor_id is None
    kept = await world.store.conversation(others.conversation_id)
    assert kept is not None
    assert kept.counselor_id == "ben"
    assert not await world.store.knows_token(new.seeker_alias.partition("@")[0])
    assert await world.store.knows_token(new.counselor_alias.partition("@")[0])
