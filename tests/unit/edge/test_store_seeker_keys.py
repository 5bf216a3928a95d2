"""A seeker's key in the store: found, changed, forgotten with its conversation; who writes to the disk turns nothing off."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from relay.domain.conversations import Side
from relay.domain.entries import EntryEvent
from relay.domain.seeker_keys import NO_KEY, KeyStanding, Offer, SeekerKey
from relay.edge.store import datakeys
from relay.edge.store.datakeys import Owner
from relay.errors import CipherError
from relay.flow.outcomes import KeptNotice, NewConversation, Outcome, Settled
from relay.flow.values import Reason, Target, TargetKind
from tests.unit.edge.store_world import HELP, NOW, World, later, new_conversation, notice, opening
from tests.unit.edge.test_store_secrets import found

FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"


async def wrote(world: World, new: NewConversation, key: SeekerKey) -> None:
    """A message that left this key behind."""
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.SEEKER)
    settled = Settled(target, Outcome(EntryEvent.STOPPED, Reason.KEY), key=key)
    await world.store.settle(await world.leased(), [settled], NOW)


async def test_a_key_is_there_as_it_was_written_and_its_standing_beside(world: World) -> None:
    """Offered, in force, changed: and the conversation itself says which."""
    new = await world.opened()
    keys = world.store.seeker_keys
    assert await keys.of(new.conversation_id) == NO_KEY
    offered = SeekerKey(offer=Offer(b"cert", FINGERPRINT, ("KEY-A", "KEY-B"), later(60)), letters=(NOW,))
    for key in (offered, SeekerKey(b"cert", FINGERPRINT), replace(offered, certificate=b"old"), NO_KEY):
        await wrote(world, new, key)
        assert await keys.of(new.conversation_id) == key
        stored = await world.store.conversation(new.conversation_id)
        assert stored is not None
        assert stored.key_standing is key.standing
    assert await keys.listed() == ()


async def test_a_decision_on_an_older_key_is_made_anew(world: World) -> None:
    """Whoever has read the conversation before a key came into force writes nothing in clear after it."""
    from relay.flow.ports import Stale

    new = await world.opened()
    before = await world.view(new)
    await wrote(world, new, SeekerKey(b"cert", FINGERPRINT))
    target = Target(TargetKind.ALIAS, HELP, before, Side.COUNSELOR)
    with pytest.raises(Stale):
        await world.store.settle(
            await world.leased(), [Settled(target, Outcome(EntryEvent.PLANNED, outgoing=(notice(),)))], NOW
        )


async def test_whoever_begins_anew_has_the_same_key_there_and_each_ends_by_itself(world: World) -> None:
    """Copied in the transaction that opens the new conversation, sealed with that one's own data key."""
    old = await world.opened()
    key = SeekerKey(b"cert", FINGERPRINT)
    await wrote(world, old, key)
    new = new_conversation(renews=old.conversation_id, key_standing=KeyStanding.IN_FORCE)
    await world.store.settle(await world.leased(), [opening(new)], NOW)
    assert await world.store.seeker_keys.of(new.conversation_id) == key
    await wrote(world, new, NO_KEY)
    assert await world.store.seeker_keys.of(old.conversation_id) == key


async def test_who_begins_anew_with_a_key_that_is_gone_meanwhile_is_decided_anew(world: World) -> None:
    """Letters were encrypted to it: nothing is opened without it, and nothing with one that came between."""
    from relay.flow.ports import Stale

    old = await world.opened()
    for standing, renews in (
        (KeyStanding.IN_FORCE, old.conversation_id),
        (KeyStanding.IN_FORCE, os.urandom(16)),
    ):
        new = new_conversation(renews=renews, key_standing=standing)
        with pytest.raises(Stale):
            await world.store.settle(await world.leased(), [opening(new)], NOW)
        assert await world.store.conversation(new.conversation_id) is None


@pytest.mark.parametrize("attack", ["taken away", "put back", "another's"])
async def test_who_writes_to_the_disk_does_not_turn_encryption_off(attack: str, world: World) -> None:
    """The row is gone, is the one of before, or is somebody else's: an error, and never clear text."""
    new, other = await world.opened(), await world.opened()
    await wrote(world, other, SeekerKey(b"other", FINGERPRINT))
    await wrote(world, new, NO_KEY)
    select = "SELECT sealed FROM seeker_keys WHERE conversation_id = ?"
    ((old,),) = world.run(select, (new.conversation_id,))
    ((others,),) = world.run(select, (other.conversation_id,))
    await wrote(world, new, SeekerKey(b"cert", FINGERPRINT))
    assert (await world.store.seeker_keys.of(new.conversation_id)).is_in_force
    if attack == "taken away":
        world.run("DELETE FROM seeker_keys WHERE conversation_id = ?", (new.conversation_id,))
    else:
        row = old if attack == "put back" else others
        world.run("UPDATE seeker_keys SET sealed = ? WHERE conversation_id = ?", (row, new.conversation_id))
    with pytest.raises(CipherError):
        await world.store.seeker_keys.of(new.conversation_id)


async def test_nothing_of_a_key_is_in_clear_and_nothing_stays_when_its_conversation_is_forgotten(
    world: World,
) -> None:
    """Canaries in certificate, fingerprint and codes; with the data key gone, no copy of the row opens."""
    canaries = [f"canary{os.urandom(6).hex()}" for _ in range(4)]
    certificate, fingerprint, word, words = canaries
    new = await world.opened()
    key = SeekerKey(
        certificate.encode(), fingerprint, Offer(certificate.encode(), fingerprint, (word,), later(60)), word
    )
    await wrote(world, new, key)
    kept = KeptNotice(notice(words.encode()), conversation_id=new.conversation_id)
    await world.store.kept_notices.keep(kept, NOW)
    assert found(world.files(), canaries) == set()
    assert len(await world.store.kept_notices.waiting(10)) == 1

    writer = world.store._writer
    await writer.run(lambda c: datakeys.destroy(c, Owner.CONVERSATION, [new.conversation_id]))
    with pytest.raises(CipherError):
        await world.store.seeker_keys.of(new.conversation_id)
    assert await world.store.kept_notices.waiting(10) == ()
    assert await world.store.seeker_keys.listed() == ()


async def test_dropping_is_by_the_whole_pseudonym_and_of_one(world: World) -> None:
    """As an operator types it."""
    one, two = await world.opened(pseudonym="Maple Heron"), await world.opened(pseudonym="Maple Heron 2")
    for new in (one, two):
        await wrote(world, new, SeekerKey(b"cert", FINGERPRINT))
    keys = world.store.seeker_keys
    assert await keys.listed() == (
        ("Maple Heron", KeyStanding.IN_FORCE),
        ("Maple Heron 2", KeyStanding.IN_FORCE),
    )
    assert not await keys.drop("Maple", NOW)
    assert await keys.drop(" maple  HERON ", NOW)
    assert [name for name, _ in await keys.listed()] == ["Maple Heron 2"]
    assert await keys.of(one.conversation_id) == NO_KEY


async def test_a_kept_notice_leaves_once(world: World) -> None:
    """With the delivery that it becomes, or not at all."""
    from relay.flow.outcomes import LeasedDelivery
    from relay.flow.ports import Stale

    await world.store.kept_notices.keep(KeptNotice(notice(b"Words"), "ana"), NOW)
    (kept,) = await world.store.kept_notices.waiting(10)
    assert (kept.notice, kept.counselor_id) == (notice(b"Words"), "ana")
    leaving = LeasedDelivery.of(replace(kept.notice, message=b"sealed"), NOW)
    await world.store.queue_notice(leaving, NOW, kept.notice_id, tells="ana@home.test")
    assert await world.store.was_told("ana@home.test", NOW)
    assert await world.store.kept_notices.waiting(10) == ()
    with pytest.raises(Stale):
        await world.store.queue_notice(leaving, NOW, kept.notice_id, tells="kim@mail.test")
    assert not await world.store.was_told("kim@mail.test", NOW)


async def test_a_kept_notice_does_not_outlive_the_key_of_its_conversation(world: World) -> None:
    """Whatever copies of the row there are; one about nobody has a key of its own, gone with it."""
    new = await world.opened()
    for conversation_id in (new.conversation_id, None):
        await world.store.kept_notices.keep(KeptNotice(notice(b"Words"), "ana", conversation_id), NOW)
    assert len(await world.store.kept_notices.waiting(10)) == 2
    await world.store._writer.run(lambda c: datakeys.destroy(c, Owner.CONVERSATION, [new.conversation_id]))
    (left,) = await world.store.kept_notices.waiting(10)
    assert left.conversation_id is None
    assert "kept_notices" in world.told
