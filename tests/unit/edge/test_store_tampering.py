"""Somebody writes into the database: values that were changed, exchanged or put back, rows and whole files of the day before.

Every sealed column of the schema is tried, as the inventory names it; a column that is added later is tried by itself.
"""

from __future__ import annotations

import random
import shutil
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from relay.domain.conversations import ConversationEvent
from relay.edge.store import disclosing
from relay.edge.store.inventory import INVENTORY
from relay.edge.store.keys import Keyring, load_master_key
from relay.edge.store.tables import metadata
from relay.errors import CipherError, ConfigError
from relay.flow.values import Reason
from tests.support import storage
from tests.unit.edge.store_guarded import Guarded
from tests.unit.edge.store_lived import everything
from tests.unit.edge.store_world import NOW, World, later, relayed

SEALED = sorted(
    (table.name, name)
    for table in metadata.sorted_tables
    for name, field in INVENTORY[table.name].fields.items()
    if field.held.is_sealed
)


def with_value(row: Any, name: str, value: bytes) -> Any:
    return type("Row", (), {**row._asdict(), name: value})


async def test_no_changed_and_no_exchanged_value_opens_in_any_sealed_column(world: World) -> None:
    """Each octet counts, and each value opens in its own row alone; exchanged with any other of its column it does not."""
    await everything(world)
    keyring, source = Keyring(load_master_key(world.key_file)), random.Random(1)

    def look(connection: Connection) -> tuple[dict[str, int], list[str]]:
        tried, opened = {}, []
        for table, name in SEALED:
            held = INVENTORY[table].fields[name].held
            rows = [
                row
                for row in connection.execute(select(metadata.tables[table])).all()
                if getattr(row, name) is not None
            ]
            changed = []
            for row in rows[:20]:
                value = getattr(row, name)
                for place in (0, 1, 2, len(value) - 1, source.randrange(len(value))):
                    flipped = bytes([value[place] ^ (1 << source.randrange(8))])
                    changed.append(with_value(row, name, value[:place] + flipped + value[place + 1 :]))
                changed += [with_value(row, name, value[:-1]), with_value(row, name, b"")]
            for one, other in permutations(rows[:20], 2):
                changed.append(with_value(one, name, getattr(other, name)))
            tried[f"{table}.{name}"] = len(changed)
            for each in changed:
                try:
                    disclosing.opened(connection, keyring, table, name, each, held)
                except CipherError:
                    continue
                opened.append(f"{table}.{name}")
        return tried, opened

    tried, opened = await world.store._reader.run(look)
    assert opened == []
    assert set(tried) == {f"{table}.{name}" for table, name in SEALED}
    assert all(tried.values()), "nothing was sealed in a column, so nothing was tried"


async def test_nobody_lets_a_held_message_go_by_writing_into_its_row(world: World) -> None:
    """A supervisor's word and an author's confirmation are bound to the envelope; with a forged one it is held, and told."""
    for forged in ("approved", "confirmed"):
        entry = await world.leased()
        await world.store.hold(entry, Reason.REVIEW, NOW)
        forge = f"UPDATE entries SET {forged} = ?, state = 'received' WHERE entry_id = ?"
        world.run(forge, (True, entry.entry_id))
        assert await world.store.lease_entry(entry.entry_id, later(9)) is None
        ((state,),) = world.run("SELECT state FROM entries WHERE entry_id = ?", (entry.entry_id,))
        assert state == "held"
        assert world.told.pop() == "entries"
        assert await world.store.release(entry.entry_id, confirmed=False)
        again = await world.store.lease_entry(entry.entry_id, later(99))
        assert again is None or not (again.confirmed or again.approved), "releasing it makes it no truer"
    world.told.clear()
    entry = await world.leased()
    await world.store.hold(entry, Reason.REVIEW, NOW)
    assert await world.store.release(entry.entry_id, confirmed=True)
    released = await world.lease(entry.entry_id, later(9))
    assert (released.confirmed, released.approved) == (True, False)
    await world.store.hold(released, Reason.REVIEW, NOW)
    assert await world.store.release(entry.entry_id, confirmed=False)
    assert not (await world.lease(entry.entry_id, later(99))).confirmed


async def test_a_whole_row_that_was_put_back_is_parked_and_told_and_others_go_on(guarded: Guarded) -> None:
    """Its state of an hour ago opens by itself; only the copy knows that there was a later one."""
    victim, other = await guarded.opened(), await guarded.opened(pseudonym="Maple 2")
    before = guarded.rows("conversations")
    for each in (victim, other):
        await guarded.wrote(each, ConversationEvent.COUNSELOR_WROTE, relayed())
    assert await guarded.renew()
    guarded.put_back_conversation(before, victim.conversation_id)
    assert await guarded.store.conversation(victim.conversation_id, with_thread=False) is not None
    assert await guarded.renew()
    assert guarded.told == ["conversations"]
    with pytest.raises(CipherError):
        await guarded.store.conversation(victim.conversation_id)
    assert await guarded.store.conversation(other.conversation_id) is not None
    assert await guarded.renew()
    assert guarded.told == ["conversations"], "it is told once"


@storage.only_sqlite
async def test_a_whole_database_that_was_put_back_is_not_opened(guarded: Guarded, tmp_path: Path) -> None:
    """Yesterday's file, with everybody in it who was forgotten today."""
    await guarded.opened()
    await guarded.store.close()
    shutil.copytree(guarded.folder, tmp_path / "yesterday")
    guarded.open_guarded()
    assert await guarded.renew()
    await guarded.store.close()
    shutil.copyfile(tmp_path / "yesterday" / "relay.db", guarded.database)
    with pytest.raises(ConfigError, match="older than the copy of its keys"):
        guarded.open_guarded()


@storage.only_sqlite
async def test_a_copy_of_another_database_or_key_is_never_written_over(
    guarded: Guarded, tmp_path: Path
) -> None:
    """A new machine that is started before it was restored must not destroy what it would be restored from."""
    kept = guarded.copy.read_bytes()
    new = Guarded(tmp_path / "new" / "state")
    new.copy.parent.mkdir(parents=True)
    shutil.copyfile(guarded.copy, new.copy)
    with pytest.raises(ConfigError, match="belong to another master key"):
        new.open_guarded()
    shutil.copyfile(guarded.key_file, new.key_file)
    (new.folder / "relay.db").unlink()
    with pytest.raises(ConfigError, match="belong to another database"):
        new.open_guarded()
    assert new.copy.read_bytes() == kept
    new.copy.write_bytes(b"my shopping list\n")
    with pytest.raises(ConfigError, match="no copy of data keys"):
        new.open_guarded()
    guarded.told.clear()


async def test_what_was_forgotten_is_in_no_octet_of_the_copy_or_of_the_file_before_it(
    guarded: Guarded,
) -> None:
    """The former file is overwritten as long as somebody holds it open, and nothing of the key is in the new one."""
    new = await guarded.opened()
    assert await guarded.renew()
    ((wrapped,),) = guarded.run("SELECT wrapped FROM data_keys WHERE owner_id = ?", (new.conversation_id,))
    assert wrapped in guarded.copy.read_bytes()
    with guarded.copy.open("rb") as former:
        await guarded.store.forgetting.erase(new.conversation_id, NOW)
        assert set(former.read()) <= {0}
    assert wrapped not in guarded.copy.read_bytes()
    assert guarded.copy.stat().st_mode & 0o777 == 0o600


async def test_a_copy_that_cannot_be_written_is_known_to_be_stale(guarded: Guarded) -> None:
    """The daemon tries again until it works; nothing else waits for it."""
    new = await guarded.opened()
    shutil.rmtree(guarded.copy.parent)
    await guarded.store.forgetting.erase(new.conversation_id, NOW)
    assert guarded.store.key_copy is not None
    assert guarded.store.key_copy.is_stale
    guarded.copy.parent.mkdir()
    assert await guarded.renew()
    assert not guarded.store.key_copy.is_stale
