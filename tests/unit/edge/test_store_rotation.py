"""A new master key: everything that was found is found, everything that was read is read, and only with the new one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary

from relay.domain.conversations import ConversationEvent, Side
from relay.domain.overrides import Override
from relay.edge.store import open_store, rotation
from relay.edge.store.keys import Keyring, Purpose, create_master_key, load_master_key
from relay.edge.store.tables import metadata
from relay.errors import ConfigError
from relay.flow.effects import Noted, Reviewed
from relay.flow.ports import Stale
from relay.flow.service_keys import ServiceKey
from relay.flow.timers import DueDigest
from relay.flow.values import ThreadLink
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, SEEKER, World, later, new_entry, notice, relayed, token

WROTE = ConversationEvent.SEEKER_WROTE
BLOCKED = "troll@mail.test"

NOT_INDEXES = {
    "id": {
        "answers.entry_id", "aliases.conversation_id", "chunks.owner_id", "clocks.conversation_id",
        "conversations.conversation_id", "data_keys.owner_id", "deliveries.conversation_id", "deliveries.delivery_id",
        "deliveries.entry_id", "entries.conversation_id", "entries.entry_id", "kept_notices.conversation_id",
        "kept_notices.notice_id", "notes.conversation_id", "openpgp_keys.key_id", "reveals.reveal_id", "seeker_keys.conversation_id",
        "thread_links.conversation_id", "timers.conversation_id", "unclaimed.owner_id",
    },
    "of a data key": {
        "chunks.sealed", "conversations.sealed", "deliveries.address", "deliveries.body", "entries.body",
        "entries.changes", "entries.envelope", "kept_notices.sealed", "notes.sealed", "reveals.sealed", "seeker_keys.sealed",
        "thread_links.sealed",
    },
    "wrapped anew in steps": {"data_keys.wrapped", "openpgp_keys.sealed"},
    "bound to an index, or of a data key": {"timers.sealed", "timers.timer_id"},
    "sealed anew with what they are of": {"seals.row_id", "seals.sealed"},
    "of the key versions": {"meta.value"},
    "public": {"referrals.digest"},
}  # fmt: skip
"""Why a column of octets has no blind index in it."""


class Keys(World):
    """A store whose master key is changed."""

    @property
    def new_key(self) -> Path:
        return self.folder / "new.key"

    def open_with(self, key: Path, former: Path | None = None, *, exclusive: bool = True) -> None:
        self.store = open_store(
            self.url,
            key,
            former_master_key_file=former,
            exclusive=exclusive,
            clock=lambda: NOW,
            unreadable=self.told.append,
        )

    def octets(self, statement: str) -> list[bytes]:
        return [row[0] for row in self.run(statement)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Keys]:
    made = Keys(tmp_path / "state")
    made.open_fresh()
    create_master_key(made.new_key)
    yield made
    await made.store.close()


def test_every_column_of_octets_is_keyed_anew_or_known_to_need_nothing() -> None:
    """A table that is added later must say what becomes of its columns when the master key is changed."""
    keyed = {f"{table.name}.{name}" for table, columns, _ in rotation.INDEXES for name in columns}
    bound = {f"{table.name}.sealed" for table, _, bound in rotation.INDEXES if bound}
    known = keyed | bound | set().union(*NOT_INDEXES.values())
    there = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert there - known == set(), "say in rotation.INDEXES or here what it is"
    assert known - there == set()


async def test_after_the_change_everything_is_found_and_read_with_the_new_key_alone(world: Keys) -> None:
    """Aliases, return-paths, slots, blocks, repeated messages, answers: each is looked up by a blind index."""
    link = ThreadLink(Side.SEEKER, "theirs@mua.test", "ours@relay.test")
    new = await world.opened()
    first, _ = await world.wrote(new, WROTE, relayed(b"x" * 600_000), notice(), link=link)
    await world.wrote(new, None, effects=(Noted("a note", "Robin"),))
    await world.store.block(BLOCKED, NOW, later(86_400))
    key = ServiceKey(os.urandom(16), "help@relay.test", "F" * 40, b"secret", NOW, later(86_400))
    await world.store.service_keys.add(key)
    await world.store.service_keys.retire(key.key_id, later(5))
    await world.wrote(new, None, effects=(Reviewed(),))
    repeated = await world.accept(dedupe="the same letter")
    before = await world.store.conversation(new.conversation_id)
    await world.store.close()

    world.open_with(world.new_key, world.key_file)
    assert not await world.store.rotation.is_finished()
    assert await world.store.rotation.left() > 4
    await whole(world, new.seeker_alias, new.counselor_alias, first.return_path)
    assert await world.store.rotation.run(lambda _: None)
    assert await world.store.rotation.is_finished()
    assert await world.store.rotation.left() == 0
    await world.store.close()

    world.open_with(world.new_key)
    await whole(world, new.seeker_alias, new.counselor_alias, first.return_path)
    assert await world.store.conversation(new.conversation_id) == before
    assert await world.store.blocked([BLOCKED], NOW) is not None
    assert [(each.secret, each.retired_at) for each in await world.store.service_keys.listed()] == [
        (b"secret", later(5))
    ]
    load = (await world.store.loads())["ana"]
    assert (load.open, load.reviewed) == (1, 1)
    assert world.told == [], "what is sealed of rows in clear fits them still"
    assert await world.store.read_body(repeated)
    copy_id = os.urandom(16)
    copy = world.store.new_body(copy_id)
    await copy.write(b"x")
    assert not await world.store.accept(new_entry(copy_id, dedupe="the same letter"), copy)
    later_one = await world.opened(pseudonym="Maple Heron 2")
    assert (await world.store.loads())["ana"].open == 2
    assert await world.store.conversation(later_one.conversation_id) is not None
    assert world.told == []


async def whole(world: Keys, seeker_alias: str, counselor_alias: str, return_path: str) -> None:
    for each in (seeker_alias, counselor_alias, return_path):
        name = each.partition("@")[0]
        assert await world.store.knows_token(name)
        assert await world.store.meaning(name) is not None
    assert not await world.store.knows_token(token())


async def test_a_pseudonym_of_somebody_who_was_forgotten_is_not_given_again(world: Keys) -> None:
    """Nobody knows it any more, and its index is keyed anew all the same."""
    new = await world.opened(pseudonym="Maple Heron")
    await world.store.forgetting.erase(new.conversation_id, NOW)
    await world.store.close()
    world.open_with(world.new_key, world.key_file)
    await world.store.rotation.run(lambda _: None)
    with pytest.raises(Stale):
        await world.opened(pseudonym="maple heron")


@only_sqlite
async def test_no_index_and_no_wrapped_key_of_the_former_master_key_is_left_in_any_file(world: Keys) -> None:
    """Whoever has the old key, and takes the disk afterwards, can open nothing and test no guess."""
    new = await world.opened()
    await world.store.block(BLOCKED, NOW, later(86_400))
    old = Keyring(load_master_key(world.key_file))
    was = world.octets("SELECT wrapped FROM data_keys") + world.octets("SELECT token FROM aliases")
    guesses = [old.index(Purpose.BLOCK, BLOCKED), old.index(Purpose.COUNSELOR, "ana"), *was]
    assert all(any(each in content for content in world.files().values()) for each in was)
    await world.store.close()
    world.open_with(world.new_key, world.key_file)
    await world.store.rotation.run(lambda _: None)
    await world.store.close()
    assert await found_in_files(world, guesses) == 0
    world.open_with(world.new_key)
    assert await world.store.knows_token(new.seeker_alias.partition("@")[0])


async def found_in_files(world: Keys, octets: list[bytes]) -> int:
    files = {name: content for name, content in world.files().items() if name != world.new_key.name}
    return sum(any(each in content for content in files.values()) for each in octets)


async def test_the_key_can_be_changed_again_and_again(world: Keys) -> None:
    """Each index is keyed by all keys so far; each sealed value by the newest."""
    new = await world.opened()
    last = world.key_file
    for number in range(4):
        await world.store.close()
        key = world.folder / f"{number}.key"
        create_master_key(key)
        world.open_with(key, last)
        await world.opened(pseudonym=f"Maple {number}")
        await world.store.rotation.run(lambda _: None)
        last = key
    await world.store.close()
    world.open_with(last)
    assert await world.store.knows_token(new.counselor_alias.partition("@")[0])
    assert (await world.store.loads())["ana"].open == 5
    assert {each[1] for each in world.octets("SELECT wrapped FROM data_keys")} == {5}


async def test_what_is_written_meanwhile_is_under_the_new_key_and_what_was_is_read(world: Keys) -> None:
    """The second part may take hours; the line does not wait for it."""
    old = await world.opened(counselor_id=None)
    await world.store.close()
    world.open_with(world.new_key, world.key_file)
    await world.opened()
    assert len(await world.store.waiting(10)) == 1
    assert {each[1] for each in world.octets("SELECT wrapped FROM data_keys")} == {1, 2}
    assert await world.store.conversation(old.conversation_id) is not None
    await world.store.rotation.run(lambda _: None)
    assert {each[1] for each in world.octets("SELECT wrapped FROM data_keys")} == {2}


async def test_half_a_change_wants_both_keys_and_says_so(world: Keys) -> None:
    """With the new key alone nothing starts, and with the old one neither."""
    await world.opened()
    await world.store.close()
    world.open_with(world.new_key, world.key_file)
    await world.store.close()
    with pytest.raises(ConfigError, match="is not finished, and some rows still need the one before"):
        world.open_with(world.new_key)
    with pytest.raises(ConfigError, match="another master key"):
        world.open_with(world.key_file)
    other = world.folder / "other.key"
    create_master_key(other)
    with pytest.raises(ConfigError, match="is not finished"):
        world.open_with(world.new_key, other)
    with pytest.raises(ConfigError, match="another master key"):
        world.open_with(other, world.new_key.with_name("other.key"))
    world.open_with(world.new_key, world.key_file)


async def test_a_command_beside_the_daemon_does_not_begin_a_change(world: Keys) -> None:
    """A daemon that knows only the old key would find nothing any more."""
    with pytest.raises(ConfigError, match="still belongs to the former master key; restart the daemon"):
        open_store(
            world.url, world.new_key,
            former_master_key_file=world.key_file, exclusive=False,
        )  # fmt: skip


async def test_a_row_that_does_not_open_stays_so_and_holds_nothing_up(world: Keys) -> None:
    """It is told of, as always, and all others go on."""
    bad, good = await world.opened(), await world.opened(pseudonym="Maple 2")
    await world.store.close()
    world.run("UPDATE data_keys SET wrapped = ? WHERE owner_id = ?", (bytes(60), bad.conversation_id))
    world.open_with(world.new_key, world.key_file)
    await world.store.rotation.run(lambda _: None)
    assert world.told == ["data_keys"]
    assert await world.store.knows_token(bad.seeker_alias.partition("@")[0])
    assert await world.store.conversation(good.conversation_id) is not None


async def test_a_changed_chain_of_index_keys_refuses_to_start(world: Keys) -> None:
    """It is what everything is found by."""
    await world.store.close()
    world.open_with(world.new_key, world.key_file)
    await world.store.close()
    world.run("UPDATE meta SET value = ? WHERE name = 'key_chain'", (bytes(200),))
    with pytest.raises(ConfigError, match="was changed by somebody"):
        world.open_with(world.new_key, world.key_file)
    world.told.append("refused")


async def test_what_is_known_of_counselors_and_seekers_follows(world: Keys) -> None:
    """Who is off duty stays off, and whoever writes anew gets to the counselor they know."""
    await world.opened()
    said = Override(on=False, since=NOW, until=later(3600))
    await world.store.duties.override("ana", said)
    await world.store.timers.agree({"supervisor": later(60)}, NOW)
    await world.store.close()
    world.open_with(world.new_key, world.key_file)
    assert await world.store.duties.known_to([SEEKER], NOW) == "ana"
    assert await world.store.duties.overrides(NOW) == {"ana": said}
    await world.store.timers.agree({"supervisor": later(90)}, NOW)
    (due,) = await world.store.timers.lease_due(later(100), 10)
    assert isinstance(due, DueDigest)
    assert due.supervisor_id == "supervisor"
    assert world.told == []
