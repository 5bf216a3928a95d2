"""Data keys in SQLite: written over where they lie, so that no copy of one that went is in any file, and none is lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from relay.edge.store import conversations, erasing
from relay.edge.store.keys import Keyring, load_master_key
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, World, new_conversation

pytestmark = only_sqlite

OCTETS = 62
"""Of a wrapped key: version, nonce, 32 octets, tag."""

Keys = dict[bytes, bytes]


def opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA secure_delete=ON")
    database.execute("PRAGMA synchronous=OFF")  # nobody pulls the plug
    return database


def keys_in(database: sqlite3.Connection) -> Keys:
    return {
        bytes(owner): bytes(key) for owner, key in database.execute("SELECT owner_id, wrapped FROM data_keys")
    }


def found(keys: Iterable[bytes], files: dict[str, bytes]) -> list[bytes]:
    """Which of these keys stand anywhere, at whatever octet: each of them is as long as the others."""
    wanted = set(keys)
    assert {len(key) for key in wanted} <= {OCTETS}
    seen = set()
    for content in files.values():
        # Every octet begins a key if its first eight octets do; few do by chance.
        heads = {key[:8] for key in wanted}
        view = memoryview(content)
        seen |= {
            key
            for at in range(len(content) - OCTETS + 1)
            if content[at : at + 8] in heads and (key := bytes(view[at : at + OCTETS])) in wanted
        }
    return sorted(seen)


def churn(database: sqlite3.Connection, chance: random.Random, rounds: int) -> tuple[Keys, list[bytes]]:
    """Keys that come and go as on a line: of messages fast, of conversations slowly; what is alive, and what went."""
    alive: dict[str, Keys] = {"entry": {}, "delivery": {}, "conversation": {}}
    gone = []
    for _ in range(rounds):
        database.execute("BEGIN IMMEDIATE")
        for kind, come, go in (("entry", 100, 95), ("delivery", 100, 95), ("conversation", 100, 60)):
            for _ in range(come):
                owner, key = chance.randbytes(16), chance.randbytes(OCTETS)
                database.execute("INSERT INTO data_keys VALUES (?, ?, ?)", (kind, owner, key))
                alive[kind][owner] = key
            for owner in chance.sample(sorted(alive[kind]), go):
                database.execute("DELETE FROM data_keys WHERE owner = ? AND owner_id = ?", (kind, owner))
                gone.append(alive[kind].pop(owner))
        database.execute("COMMIT")
    return {owner: key for each in alive.values() for owner, key in each.items()}, gone


async def test_no_key_that_went_is_anywhere_and_no_other_is_lost(world: World) -> None:
    """Ten thousand keys of a growing line; only the WAL is cut off, nothing is written anew."""
    with closing(opened(world.database)) as database:
        alive, gone = churn(database, random.Random(7), 40)
        assert keys_in(database) == alive
    assert len(gone) == 10_000
    assert await world.store.forgetting.scrub()
    assert found(gone, world.files()) == []
    assert len(found(alive.values(), world.files())) == len(alive), "the search finds what is there"


async def test_in_a_table_some_could_be_read(tmp_path: Path) -> None:
    """Why there are slots: the same in a plain table, with zeros written over what is deleted."""
    left = 0
    for seed in range(4):
        path = tmp_path / f"plain{seed}.db"
        with closing(opened(path)) as database:
            database.execute(
                "CREATE TABLE data_keys (owner TEXT, owner_id BLOB, wrapped BLOB, PRIMARY KEY (owner, owner_id))"
            )
            _, gone = churn(database, random.Random(seed), 60)
        left += len(found(gone, {"plain": path.read_bytes()}))
    assert left > 0


async def test_a_slot_is_used_again_so_that_the_table_does_not_grow(world: World) -> None:
    """There are as many as there were keys at the same time."""
    with closing(opened(world.database)) as database:
        churn(database, random.Random(1), 5)
        for _ in range(3):
            database.execute("DELETE FROM data_keys")
            assert keys_in(database) == {}
            before = database.execute("SELECT count(*) FROM key_slots").fetchone()
            for kind in ("entry", "delivery", "conversation"):
                database.executemany(
                    "INSERT INTO data_keys VALUES (?, ?, ?)",
                    [(kind, os.urandom(16), os.urandom(OCTETS)) for _ in range(100)],
                )
            assert len(keys_in(database)) == 300
            assert database.execute("SELECT count(*) FROM key_slots").fetchone() == before


async def test_an_owner_has_one_key(world: World) -> None:
    """As the primary key of the table has it."""
    with closing(opened(world.database)) as database:
        row = ("entry", bytes(16), os.urandom(OCTETS))
        database.execute("INSERT INTO data_keys VALUES (?, ?, ?)", row)
        database.execute("DELETE FROM data_keys WHERE owner_id = ?", (bytes(16),))
        database.execute("INSERT INTO data_keys VALUES (?, ?, ?)", row)
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("INSERT INTO data_keys VALUES (?, ?, ?)", row)
        database.execute("UPDATE data_keys SET wrapped = ?", (bytes(OCTETS),))
        assert keys_in(database) == {bytes(16): bytes(OCTETS)}


KILLED = """
import os, random, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.unit.edge.test_store_key_slots import churn, opened
database, chance = opened(Path({path!r})), random.Random({seed})
print("begun", flush=True)
while True:
    _, gone = churn(database, chance, 1)
    print("\\n".join(each.hex() for each in gone), flush=True)
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_killed_while_keys_come_and_go(world: World, seed: int) -> None:
    """After the next start none that had gone can be read."""
    await world.store.close()
    root = str(Path(__file__).resolve().parents[3])
    code = KILLED.format(root=root, path=str(world.database), seed=seed)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        lines = [process.stdout.readline().strip() for _ in range(250 * (5 + seed))]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().split()[:-1]
    gone = [bytes.fromhex(each) for each in lines]
    assert len(gone) >= 250 * 5
    world.open()
    assert found(gone, world.files()) == []


async def test_who_is_forgotten_among_many_leaves_no_key(world: World) -> None:
    """A thousand conversations, every third forgotten by the store's own way, half of them after a restart."""
    keyring = Keyring(load_master_key(world.key_file))
    made = [new_conversation() for _ in range(1000)]

    def make(connection: object) -> None:
        for new in made:
            conversations.create(connection, keyring, new, NOW)  # type: ignore[arg-type]

    await world.store._writer.run(make)
    keys = dict(world.run("SELECT owner_id, wrapped FROM data_keys"))
    gone = []
    for number, new in enumerate(made[::3]):
        if number == 150:
            await world.store.close()
            world.open()
        assert await world.store._writer.run(lambda c, new=new: _forget(c, keyring, new.conversation_id))
        gone.append(keys.pop(new.conversation_id))
    assert await world.store.forgetting.scrub()
    assert found(gone, world.files()) == []
    assert dict(world.run("SELECT owner_id, wrapped FROM data_keys")) == keys


def _forget(connection: object, keyring: Keyring, conversation_id: bytes) -> bool:
    return erasing.erase_by_id(connection, keyring, conversation_id, NOW)  # type: ignore[arg-type]
