"""Forgetting a conversation: nothing of it is in any file, with the master key in hand, and nothing else is touched."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.edge.store import datakeys, erasing
from relay.edge.store.datakeys import Owner
from relay.edge.store.deliveries import LEASE
from relay.edge.store.keys import Keyring, Purpose, load_master_key
from relay.edge.store.tables import conversations, metadata
from relay.errors import CipherError
from relay.flow.effects import DiscretionSet, Forgotten, MailStopped, MailWanted, Noted
from relay.flow.outcomes import Face, NewConversation, Outcome, Outgoing, OutgoingKind, Settled
from relay.flow.values import Envelope, Reason, Target, TargetKind, ThreadLink
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, SEEKER, World, later, notice, relayed
from tests.unit.edge.test_store_secrets import canary, found

WROTE = ConversationEvent.SEEKER_WROTE


def farewell(conversation: NewConversation) -> Outgoing:
    return Outgoing(
        OutgoingKind.FAREWELL, Face.SEEKER, conversation.seeker_addresses[0], b"Subject: bye\r\n\r\nbye\r\n"
    )


async def says(
    world: World, new: NewConversation, *effects: object, outgoing: tuple[Outgoing, ...] = ()
) -> None:
    """A seeker's word has had its effects."""
    target = Target(TargetKind.ALIAS, HERE, await world.view(new), Side.SEEKER)
    outcome = Outcome(EntryEvent.STOPPED, Reason.ASKED, outgoing=outgoing, effects=effects)  # type: ignore[arg-type]
    await world.store.settle(await world.leased(), [Settled(target, outcome)], NOW)


HERE = OurAddress("alias", "relay.test")


async def lived(world: World) -> tuple[NewConversation, list[str]]:
    """A conversation with a canary wherever a person could be named, and rows in every table that it can have any."""
    c = {
        what: canary(what)
        for what in ("seeker", "name", "pseudonym", "body", "large", "link", "note", "held", "alias")
    }
    address = f"{c['seeker']}@private.example"
    new = await world.opened(
        seeker_addresses=(address,), seeker_names=(c["name"],), pseudonym=f"Maple {c['pseudonym']}"
    )
    link = ThreadLink(Side.SEEKER, f"{c['link']}@mua.test", "ours@relay.test")
    await world.wrote(new, WROTE, relayed(c["body"].encode()), outcome=EntryEvent.PASSED_ON, link=link)
    await world.wrote(new, WROTE, relayed(c["large"].encode() * 60_000), notice(recipient=address))
    await world.wrote(new, None, effects=(Noted(c["note"], "Robin"),))
    envelope = Envelope(ReversePath(address), (OurAddress.parse(new.counselor_alias),))
    unread = await world.accept(c["held"].encode(), envelope=envelope)  # accepted, and not routed yet
    parked = await world.lease(await world.accept(c["held"].encode(), envelope=envelope))
    await world.store.hold(parked, Reason.POISON, NOW)  # held before anybody knew whose it is
    assert unread
    return new, [*c.values(), address]


def rows(world: World) -> dict[str, int]:
    return {
        table.name: world.run(f"SELECT count(*) FROM {table.name}")[0][0] for table in metadata.sorted_tables
    }


def wrapped_keys(world: World) -> dict[bytes, bytes]:
    return dict(world.run("SELECT owner_id, wrapped FROM data_keys"))


@only_sqlite
async def test_forget_me_leaves_nothing_in_any_file(world: World) -> None:
    """No row, no key, no canary: in the database, its free pages, the WAL, with the master key in hand."""
    other = await world.opened()
    new, canaries = await lived(world)
    keys_before = wrapped_keys(world)
    await says(world, new, Forgotten(), outgoing=(farewell(new),))
    await world.store.forgetting.scrub()
    assert await world.store.conversation(new.conversation_id) is None
    assert await world.store.conversation(other.conversation_id) is not None
    (last,) = await world.store.lease_due(later(3600), 10)
    assert last.recipient == new.seeker_addresses[0]
    assert await world.store.record(last, DeliveryEvent.ACCEPTED, later(3601))
    await world.store.forgetting.scrub()

    assert world.run("SELECT count(*) FROM deliveries WHERE kind = 'farewell'") == [(0,)]
    files = world.files()
    assert found(files, canaries) == set()
    still_there = set(wrapped_keys(world).values())
    gone = [key for key in keys_before.values() if key not in still_there]
    assert len(gone) > 5
    assert not any(key in content for key in gone for content in files.values())
    keyring = Keyring(load_master_key(world.key_file))
    for purpose in Purpose:
        for word in canaries:
            assert not any(keyring.index(purpose, word) in content for content in files.values()), purpose
    assert not any(new.conversation_id in content for content in files.values())
    with pytest.raises(CipherError):
        await world.store._reader.run(
            lambda c: datakeys.load(c, keyring, Owner.CONVERSATION, new.conversation_id)
        )


async def test_nothing_is_left_of_it_in_any_table_and_nothing_else_goes(world: World) -> None:
    """The same store without that conversation has the same rows, but for what must be remembered of anybody."""
    await world.opened()
    before = rows(world)
    new, _ = await lived(world)
    await says(world, new, Forgotten())
    after = rows(world)
    for table in (
        "pseudonyms_used",
        "seen",
        "acquaintances",
        "counts",
        "meta",
    ):  # meta: that somebody left, not who
        before.pop(table, None), after.pop(table, None)
    assert after == before


def test_every_table_that_refers_to_a_conversation_is_emptied() -> None:
    """Also one that is added later, by whomever: it is found by its foreign key, and a column of that name needs one."""
    known = {table.name for table, _ in erasing.referring()} | {"entries", "deliveries", conversations.name}
    named = {table.name for table in metadata.sorted_tables if "conversation_id" in table.columns}
    assert named <= known


@only_sqlite
async def test_keys_that_sqlite_moved_about_are_gone_all_the_same(world: World) -> None:
    """It leaves copies of moved rows behind; without the table written anew some of these could be read."""
    chance = random.Random(5)
    alive: dict[str, dict[bytes, bytes]] = {"entry": {}, "conversation": {}}
    gone: list[bytes] = []
    with closing(sqlite3.connect(world.database, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete=ON")
        for _ in range(60):
            database.execute("BEGIN")
            for kind, come, go in (("entry", 400, 380), ("conversation", 60, 20)):
                for _ in range(come):
                    owner, key = chance.randbytes(16), chance.randbytes(61)
                    database.execute("INSERT INTO data_keys VALUES (?, ?, ?)", (kind, owner, key))
                    alive[kind][owner] = key
                for owner in chance.sample(sorted(alive[kind]), go):
                    database.execute("DELETE FROM data_keys WHERE owner = ? AND owner_id = ?", (kind, owner))
                    gone.append(alive[kind].pop(owner))
            database.execute("COMMIT")
    assert await world.store.forgetting.scrub()
    files = world.files()
    assert not any(key in content for key in gone for content in files.values())
    assert wrapped_keys(world).items() >= (alive["entry"] | alive["conversation"]).items()


# --- mail that is not wanted ------------------------------------------------------------------------------


async def test_stop_cancels_what_waits_and_what_is_being_sent(world: World) -> None:
    """Queued, deferred, in somebody's hands: none of it may leave, and only the farewell is sent."""
    new = await world.opened()
    wrote = ConversationEvent.COUNSELOR_WROTE
    (sending,) = await world.wrote(new, wrote, Outgoing(OutgoingKind.RELAYED, Face.SEEKER, SEEKER, b"one"))
    (deferred,) = await world.wrote(new, wrote, Outgoing(OutgoingKind.RELAYED, Face.SEEKER, SEEKER, b"two"))
    await world.store.record(deferred, DeliveryEvent.NOT_NOW, NOW, due_at=later(60))
    assert await world.store.forgetting.clearance(sending, NOW) == NOW
    await says(world, new, MailStopped(), outgoing=(farewell(new),))
    assert await world.store.forgetting.clearance(sending, NOW) is None
    assert not await world.store.record(sending, DeliveryEvent.ACCEPTED, NOW)
    left = await world.store.lease_due(later(7200), 10)
    assert [one.kind for one in left] == [OutgoingKind.FAREWELL]
    assert await world.store.forgetting.clearance(left[0], later(7200)) == later(7200)


async def test_a_notice_that_somebody_queues_after_stop_is_not_sent(world: World) -> None:
    """A reminder, a closing text: whoever wrote it need not know of the wish."""
    new = await world.opened()
    await says(world, new, MailStopped())
    (view,) = [await world.view(new)]
    (made,) = await world.wrote(new, None, notice(), outcome=EntryEvent.STOPPED)
    assert made.conversation_id == view.conversation_id
    assert await world.store.forgetting.clearance(made, NOW) is None
    await world.store.forgetting.cancel(made, NOW)
    await says(world, new, MailWanted())
    assert await world.store.lease_due(later(7200), 10) == ()


async def test_mail_leaves_only_at_safe_hours(world: World) -> None:
    """NOW is 05:06 UTC; a window from nine to five in Berlin opens at 08:00 UTC."""
    new = await world.opened()
    await says(world, new, DiscretionSet(True, "09:00-17:00 Europe/Berlin"))
    (made,) = await world.wrote(new, None, notice(), outcome=EntryEvent.STOPPED)
    opens = await world.store.forgetting.clearance(made, NOW)
    assert opens is not None
    assert (opens.hour, opens.minute) == (8, 0)
    assert await world.store.forgetting.clearance(made, opens) == opens


async def test_an_operator_finds_a_conversation_by_pseudonym_or_id(world: World) -> None:
    """Whatever its case; what finds two finds none for the command."""
    new = await world.opened(pseudonym="Maple Heron")
    other = await world.opened(pseudonym="Linden Fox")
    find = world.store.forgetting.find
    assert await find("maple  heron") == (new.conversation_id,)
    assert await find(other.conversation_id.hex()[:12].upper()) == (other.conversation_id,)
    assert await find("Nobody Here") == ()
    assert await world.store.forgetting.erase(new.conversation_id, NOW)
    assert not await world.store.forgetting.erase(new.conversation_id, NOW)
    await asyncio.sleep(0)


async def test_who_no_longer_holds_a_delivery_cannot_end_it(world: World) -> None:
    """It waited in the courier's memory past its lease, and was leased anew: the old holder sends nothing and ends
    nothing, and the words arrive all the same.
    """
    new = await world.opened()
    (old,) = await world.wrote(new, None, relayed(b"Hello.\r\n"))
    at = NOW + LEASE
    (held,) = [one for one in await world.store.lease_due(at, 10) if one.delivery_id == old.delivery_id]
    assert await world.store.forgetting.clearance(old, at) is None
    assert not await world.store.forgetting.cancel(old, at)
    assert await world.store.forgetting.clearance(held, at) == at
    assert await world.store.record(held, DeliveryEvent.ACCEPTED, at)
