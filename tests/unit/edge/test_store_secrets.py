"""A stolen disk tells nothing, and who writes to it makes nobody speak to the wrong person (P5, E10)."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.edge.store.sealing import SealingKey
from relay.errors import CipherError
from relay.flow.outcomes import Change, NewConversation
from relay.flow.values import Envelope, Reason, ThreadLink
from tests.support import storage
from tests.unit.edge.store_world import NOW, World, later, notice, relayed

WROTE = ConversationEvent.SEEKER_WROTE


def canary(what: str) -> str:
    """Something that can stand in an address, and nowhere else by chance."""
    return f"canary{what}{os.urandom(4).hex()}"


def spellings(text: str) -> Iterator[bytes]:
    """The ways in which a text could lie in a file without being sealed."""
    plain = text.encode()
    for octets in {plain, plain.lower(), plain[::-1], text.encode("utf-16-le"), text.encode("utf-16-be")}:
        yield octets
        yield octets.hex().encode()
        for shift in range(3):
            yield base64.b64encode(b"." * shift + octets)[4:-4]


def found(files: dict[str, bytes], canaries: list[str]) -> set[str]:
    """Canaries that stand in any of the files in any spelling."""
    return {
        each for each in canaries for form in spellings(each) for content in files.values() if form in content
    }


async def plant(world: World) -> list[str]:
    """Go through a whole conversation with a canary in every field that could name somebody."""
    c = {
        what: canary(what)
        for what in (
            "seeker",
            "from",
            "name",
            "pseudonym",
            "alias",
            "ana",
            "ours",
            "subject",
            "body",
            "large",
            "link",
            "ourlink",
            "recipient",
            "reply",
            "change",
            "dedupe",
            "laststory",
            "newname",
            "newalias",
            "blocked",
        )
    }
    large = (c["large"] + " ").encode() * 40_000
    envelope = Envelope(ReversePath(f"{c['from']}@private.example"), (OurAddress(c["ours"], "relay.test"),))
    new = await world.opened(
        c["ana"],
        seeker_addresses=(f"{c['seeker']}@private.example",),
        seeker_names=(c["name"],),
        pseudonym=c["pseudonym"],
        seeker_alias=c["alias"],
        capacity=9,
    )
    link = ThreadLink(Side.SEEKER, f"{c['link']}@private.example", f"{c['ourlink']}@relay.test")
    await world.wrote(
        new,
        WROTE,
        relayed(large, c["recipient"] + "@home.test"),
        notice(c["reply"].encode()),
        link=link,
        seeker_names=(c["newname"],),
    )
    await world.accept(
        f"Subject: {c['subject']}\r\n\r\n{c['body']}".encode(), envelope=envelope, dedupe=c["dedupe"]
    )
    await world.accept(large)
    await world.wrote(
        new, None, outcome=EntryEvent.HELD, reason=Reason.LEAK, changes=(Change(c["change"], "x"),)
    )
    done = (await world.wrote(new, None, relayed(c["laststory"].encode())))[0]
    await world.store.record(done, DeliveryEvent.ACCEPTED, NOW)
    await world.wrote(new, ConversationEvent.RELEASED)
    await world.store.block(f"{c['blocked']}@private.example", NOW, later(86_400))
    (waiting,) = await world.store.waiting(1)
    await world.store.assign(waiting, c["ana"], 9, c["newalias"], NOW)
    return list(c.values())


async def test_nothing_of_a_person_lies_in_any_state_file(world: World) -> None:
    """Database, WAL and shared memory; while running, after a sweep, and after closing."""
    canaries = await plant(world)
    files = world.files()
    assert sum(map(len, files.values())) > 100_000
    assert found(files, canaries) == set()
    await world.store.sweep(later(86400 * 30))
    assert found(world.files(), canaries) == set()
    await world.store.close()
    assert found(world.files(), canaries) == set()


async def test_the_search_would_find_what_is_not_sealed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With sealing off, the canaries that are kept as values are all found: the test above can fail."""
    head = b"\1\1"
    monkeypatch.setattr(SealingKey, "seal", lambda self, plain, where: head + bytes(plain))
    monkeypatch.setattr(SealingKey, "open", lambda self, sealed, where: sealed[len(head) :])
    canaries = await plant(world)
    only_indexed = {each for each in canaries if each.startswith(("canarydedupe", "canaryblocked"))}
    assert found(world.files(), canaries) == set(canaries) - only_indexed


def edit(world: World, *changes: str) -> None:
    """Change the database behind the store's back; a change may be several statements."""
    for change in changes:
        world.run(change)


def swap(table: str, column: str, where: str = "true") -> str:
    """Exchange a column between the two rows."""
    return (
        f"WITH was AS MATERIALIZED (SELECT {column} AS kept FROM {table} WHERE {where}) UPDATE {table} SET {column} = "
        f"(SELECT kept FROM was WHERE kept <> {table}.{column}) WHERE {where}"
    )


def flip(table: str, column: str, where: str = "true") -> str:
    """Change the last octet of a column."""
    if storage.IS_POSTGRESQL:
        last = f"length({column}) - 1"
        return f"UPDATE {table} SET {column} = set_byte({column}, {last}, get_byte({column}, {last}) # 1) WHERE {where}"
    return (
        f"UPDATE {table} SET {column} = CAST(substr({column}, 1, length({column}) - 1) || "
        f"CASE substr({column}, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE {where}"
    )


CHANGES = [swap, flip]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("entries", "body", "true"),
        ("data_keys", "wrapped", "owner = 'entry'"),
    ],
)
async def test_a_changed_body_or_key_is_noticed(
    world: World, change: Callable[..., str], table: str, column: str, where: str
) -> None:
    """One seeker's words must not come out of another's entry."""
    ids = [await world.accept(text) for text in (b"first one", b"other one")]
    edit(world, change(table, column, where))
    for entry_id in ids:
        with pytest.raises(CipherError):
            await world.store.read_body(entry_id)


@pytest.mark.parametrize("change", CHANGES)
async def test_an_entry_whose_envelope_was_changed_is_held_and_the_queue_goes_on(
    world: World, change: Callable[..., str]
) -> None:
    """It is shown to a person, and somebody is told."""
    ids = [await world.accept() for _ in range(2)]
    edit(world, change("entries", "envelope"))
    assert [await world.store.lease_entry(each, NOW) for each in ids] == [None, None]
    assert [each.reason for each in await world.store.held()] == ["unreadable"] * 2
    assert world.told == ["entries"] * 2


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM chunks WHERE number = 1",
        "DELETE FROM chunks WHERE number = 3",
        "UPDATE chunks SET number = number + 10 WHERE number = 0",
        "UPDATE entries SET chunk_count = 3",
        ("DELETE FROM chunks WHERE number = 3", "UPDATE entries SET chunk_count = 3"),
        "UPDATE chunks SET sealed = (SELECT sealed FROM chunks WHERE number = 1) WHERE number = 0",
    ],
)
async def test_chunks_that_were_cut_or_moved_are_noticed(
    world: World, statement: str | tuple[str, ...]
) -> None:
    """A message is whole or not at all."""
    entry_id = await world.accept(b"x" * 900_000)
    edit(world, *([statement] if isinstance(statement, str) else statement))
    with pytest.raises(CipherError):
        await world.store.read_body(entry_id)


async def two_conversations(world: World) -> list[NewConversation]:
    made = [await world.opened() for _ in range(2)]
    for new in made:
        for number in range(2):
            await world.wrote(new, WROTE, link=ThreadLink(Side.SEEKER, f"{number}@x", f"{number}@relay.test"))
    return made


@pytest.mark.parametrize(
    "statement",
    [
        *(change("conversations", "sealed") for change in CHANGES),
        *(change("thread_links", "sealed", "position = 0") for change in CHANGES),
        "DELETE FROM thread_links WHERE position = 1",
        "UPDATE thread_links SET position = position + 1 WHERE position = 1",
        "UPDATE conversations SET state = 'open'",
        "UPDATE conversations SET version = version + 1",
        "UPDATE conversations SET waiting_since = 0",
        "DELETE FROM data_keys WHERE owner = 'conversation'",
    ],
)
async def test_a_changed_conversation_is_noticed(world: World, statement: str) -> None:
    """Whether a value was swapped, flipped or removed."""
    made = await two_conversations(world)
    edit(world, statement)
    for new in made:
        with pytest.raises(CipherError):
            await world.store.conversation(new.conversation_id)


async def test_an_older_state_that_was_put_back_is_noticed(world: World) -> None:
    """A former counselor must not become the current one again."""
    new = await world.opened()
    ((old,),) = world.run("SELECT sealed FROM conversations")
    await world.wrote(new, WROTE)
    world.run("UPDATE conversations SET sealed = ?", (old,))
    with pytest.raises(CipherError):
        await world.store.conversation(new.conversation_id)


@pytest.mark.parametrize("column", ["conversation_id", "sealed", "stands_for"])
async def test_an_alias_that_was_made_to_point_elsewhere_is_noticed(world: World, column: str) -> None:
    """Else one seeker's words would go to another's counselor."""
    made = [await world.opened() for _ in range(2)]
    where = "true" if column == "stands_for" else "stands_for = 'seeker'"
    change = (
        "UPDATE aliases SET stands_for = CASE stands_for WHEN 'seeker' THEN 'counselor' ELSE 'seeker' END"
        if column == "stands_for"
        else swap("aliases", column, where)
    )
    edit(world, change)
    for new in made:
        with pytest.raises(CipherError):
            await world.store.meaning(new.seeker_alias.partition("@")[0])


@pytest.mark.parametrize(
    "statement",
    [
        *(change("deliveries", column) for change in CHANGES for column in ("address", "body")),
        "UPDATE deliveries SET reader = 'seeker'",
        "UPDATE deliveries SET kind = 'notice'",
        "UPDATE deliveries SET return_path = delivery_id",
        "DELETE FROM data_keys WHERE owner = 'delivery'",
    ],
)
async def test_a_changed_delivery_is_held_and_never_sent(world: World, statement: str) -> None:
    """The others go on, and somebody is told."""
    new = await world.opened()
    await world.wrote(new, None, relayed(b"one"), relayed(b"two"))
    edit(world, statement)
    later_on = later(100_000)
    assert await world.store.lease_due(later_on, 10) == ()
    assert world.told == ["deliveries"] * 2
    assert await world.store.held_deliveries() == 2
    assert await world.store.next_due_at() is None
    queued = await world.wrote(new, None, relayed(b"three"))
    assert [each.delivery_id for each in await world.store.lease_due(later_on, 10)] == [queued[0].delivery_id]


async def test_one_unreadable_conversation_keeps_no_other_waiting(world: World) -> None:
    """Nor does a counselor's row that does not open stop requests from being assigned."""
    made = [await world.opened(None) for _ in range(2)]
    await world.opened("ana")
    world.run(
        "UPDATE conversations SET sealed = ? WHERE conversation_id = ?", (bytes(80), made[0].conversation_id)
    )
    edit(world, flip("counselors", "sealed"))
    assert [each.conversation_id for each in await world.store.waiting(10)] == [made[1].conversation_id]
    assert await world.store.loads() == {}
    assert world.told == ["conversations", "counselors"]


async def test_changes_of_a_held_entry_that_do_not_open_are_left_out(world: World) -> None:
    """A held message is always shown."""
    new = await world.opened()
    await world.wrote(new, None, outcome=EntryEvent.HELD, reason=Reason.LEAK, changes=(Change("x", "y"),))
    edit(world, flip("entries", "changes"))
    assert [(each.reason, each.changes) for each in await world.store.held()] == [("leak", ())]
