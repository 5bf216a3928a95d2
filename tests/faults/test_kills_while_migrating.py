"""SIGKILL at random times while the tables of an older version are brought up to date (F26), with others writing.

From every older schema, each killed so often that the points lie all over the migration: afterwards every row is there
and opens, those of the writers, too. And a daemon on a database of an older version, killed while it starts and while
mail comes: nothing that was answered with 250 is lost.

The suite takes three schemas, small and killed three times; ``make test-rotation`` all of them with a hundred thousand
rows, fifty times each (``RELAY_MIGRATION_KILLS``). The figures stand at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from relay.edge.store.datakeys import Owner, mint
from relay.edge.store.engines import make_engine
from relay.edge.store.keys import Keyring, load_master_key
from tests.faults.test_kills_under_load import drained
from tests.faults.test_kills_while_keys_change import killed_starting
from tests.support import databases, old_schema, remains, storage
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, RELAY_TOML, Ledger, Load
from tests.unit.edge.store_lived import everything
from tests.unit.edge.store_world import World

KILLS = int(os.environ.get("RELAY_MIGRATION_KILLS", "3"))
IS_FULL = "RELAY_MIGRATION_KILLS" in os.environ
ROWS = 100_000 if IS_FULL else 2_000
OLDER = old_schema.revisions()[:-1]
SCHEMAS = OLDER if IS_FULL else [OLDER[0], OLDER[len(OLDER) // 2], OLDER[-1]]
DAEMON_KILLS = 50 if IS_FULL else 2
NEWEST_THAT_LOSES_NOTHING = "0017"
"""What came after it is no part of what a letter needs, so that the ledger must come out as ever."""
DIES_STARTING_S = (0.3, 3.0)
DIES_STARTED_S = (0.0, 0.7)
CATCHES_UP_EVERY = 8
"""So often a daemon lives until nothing is left: what was begun in forty lives too short to end it is held, and rightly."""
DONE_S = 120.0
LEASE_S = 150.0
"""A version so old did not write down whose a lease is: on a server it ends by itself, after two minutes, and a look."""

_process = multiprocessing.get_context("forkserver")
_process.set_forkserver_preload(["tests.support.old_schema"])


class Writers:
    """An older version that still works on the database: one row after the other, each committed."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self.acknowledged: list[bytes] = []
        self._engine = make_engine(make_url(url), writes=True)
        self._keyring = keyring
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Writers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._engine.dispose()

    def _write(self) -> None:
        while not self._ends.is_set():
            name = os.urandom(16)
            _, row = mint(self._keyring, Owner.NOTICE, name)
            with contextlib.suppress(
                DBAPIError
            ):  # it could not be written now, and nobody was told that it was
                with self._engine.begin() as connection:
                    connection.execute(
                        text("INSERT INTO data_keys VALUES (:owner, :owner_id, :wrapped)"), row
                    )
                self.acknowledged.append(name)
            time.sleep(0.002)


class Migrating:
    """A process that brings a database up to date; ``kill`` it, or let it come to its end."""

    def __init__(self, url: str, key: Path) -> None:
        self._heard, said = _process.Pipe(duplex=False)
        self._process = _process.Process(target=old_schema.migrate, args=(url, key, said))
        self._process.start()
        said.close()
        assert self._heard.poll(DONE_S)
        assert self._heard.recv() == "begun"

    def kill(self, after_s: float) -> bool:
        """Let it go on so long, then end it; ``False``: it was done before."""
        is_done = self._heard.poll(after_s)
        self._process.kill()
        self._process.join()
        return not (is_done and self._heard.recv() == "done")

    def finish(self) -> float:
        """How long it took, in seconds."""
        began = time.monotonic()
        assert self._heard.poll(DONE_S), "the migration does not come to its end"
        assert self._heard.recv() == "done"
        self._process.join()
        return time.monotonic() - began


class Old:
    """A database in which everything has happened, with many rows, and what older versions would have of it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.key = world.key_file
        self.keyring = Keyring(load_master_key(world.key_file))
        self._url = str(make_url(world.url))
        self._folder = folder

    def fill(self, count: int) -> None:
        """Rows of the tables that grow: what was seen, data keys, traces of what is done with."""
        ids = [os.urandom(16) for _ in range(count // 4)]
        keys = [mint(self.keyring, Owner.NOTICE, each)[1] for each in ids]
        engine = make_engine(make_url(self._url), writes=True)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO data_keys VALUES (:owner, :owner_id, :wrapped)"), keys)
            rows = [{"id": each} for each in ids]
            connection.execute(text("INSERT INTO seen VALUES (:id, 4102444800000000)"), rows)
            connection.execute(
                text("INSERT INTO entries (entry_id, state, received_at, size_bytes, attempts, fence, settled_at, "
                     "confirmed, chunk_count) VALUES (:id, 'routed', 1, 2, 3, 4, 5, false, 0)"), rows)  # fmt: skip
            connection.execute(
                text("INSERT INTO deliveries (delivery_id, kind, reader, state, attempts, fence, created_at, ended_at, "
                     "size_bytes, chunk_count) VALUES (:id, 'relayed', 'seeker', 'delivered', 1, 1, 1, 2, 3, 0)"), rows)  # fmt: skip
        engine.dispose()

    def put_back(self, revision: str) -> str:
        return databases.put_back(self._url, revision, self._folder / f"{revision}.db")

    def copy(self, url: str) -> str:
        return databases.copy(url, self._folder / f"{os.urandom(6).hex()}.db")


@pytest.fixture
async def old(tmp_path: Path) -> Old:
    world = World(tmp_path / "state")
    world.open_fresh()
    await everything(world)
    await world.store.close()
    made = Old(world, tmp_path)
    await asyncio.to_thread(made.fill, ROWS)
    return made


@contextlib.contextmanager
def looking_at(url: str) -> Iterator[Engine]:
    engine = make_engine(make_url(url), writes=False)
    try:
        yield engine
    finally:
        engine.dispose()


async def test_a_migration_that_is_killed_anywhere_loses_no_row(
    old: Old, record_property: Callable[[str, object], None]
) -> None:
    """The next start begins anew, and what was written before, beside and between is there and opens."""
    seed = random.randrange(1 << 32)
    source, killed, rounds, beside, longest_s = random.Random(seed), 0, 0, 0, 0.0
    for revision in SCHEMAS:
        of_then = old.put_back(revision)
        with looking_at(of_then) as engine:
            columns = old_schema.columns_of(engine)
            before = old_schema.sums(engine, columns)
        whole_s, left = _whole(old, of_then), KILLS
        longest_s = max(longest_s, whole_s)
        while left > 0:
            rounds += 1
            url = old.copy(of_then)
            with Writers(url, old.keyring) as writers:
                while left > 0 and Migrating(url, old.key).kill(source.uniform(0, whole_s)):
                    left, killed = left - 1, killed + 1
                Migrating(url, old.key).finish()
            beside += len(writers.acknowledged)
            assert_whole(url, old, columns, before, writers.acknowledged)
            databases.drop(url)
        databases.drop(of_then)
    assert killed == KILLS * len(SCHEMAS)
    assert beside > 0
    record_property(
        "table",
        f"Migrations under kills ({storage.KIND})\nseed {seed}, schemas {len(SCHEMAS)}, rows {ROWS}, kills {killed}, "
        f"databases {rounds}, rows written beside {beside}, longest migration {longest_s:.2f} s, lost 0, unreadable 0",
    )


def _whole(old: Old, of_then: str) -> float:
    """How long a migration takes that nobody disturbs, in seconds."""
    url = old.copy(of_then)
    took_s = Migrating(url, old.key).finish()
    databases.drop(url)
    return took_s


def assert_whole(
    url: str,
    old: Old,
    columns: old_schema.Columns,
    before: dict[str, tuple[int, str]],
    beside: list[bytes],
) -> None:
    """It is of today; what was there is as it was; every data key that was acknowledged is there; all opens."""
    with looking_at(url) as engine:
        after = old_schema.sums(engine, {name: each for name, each in columns.items() if name != "data_keys"})
        assert after == {name: each for name, each in before.items() if name != "data_keys"}
        with engine.connect() as connection:
            (revision,) = connection.execute(text("SELECT version_num FROM alembic_version")).one()
            keys = {bytes(each) for (each,) in connection.execute(text("SELECT owner_id FROM data_keys"))}
        assert revision == old_schema.revisions()[-1]
        assert set(beside) <= keys
        assert len(keys) >= before["data_keys"][0]
        assert old_schema.unreadable(engine, old.keyring) == []


async def test_a_daemon_that_is_killed_while_it_brings_its_database_up_to_date_loses_no_letter(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Again and again the database is of an older version, with letters under way; it dies starting, or under load."""
    seed = random.randrange(1 << 32)
    source, ledger, put_back = random.Random(seed), Ledger(), 0
    folder = tmp_path / "line"
    async with Daemon(folder, RELAY_TOML, ALWAYS) as daemon:
        load = Load(daemon, ledger, source)
        pairs = [await load.pair(f"seeker.{number}@mail.test") for number in "ab"]
        load.start(pairs, writers=3, pause_s=0.1)
        await asyncio.sleep(0.5)
        for number in range(DAEMON_KILLS):
            load.hold()
            if number % CATCHES_UP_EVERY == CATCHES_UP_EVERY - 1:
                await drained(daemon, ledger, LEASE_S)
            await daemon.kill()
            if number % 2 == 0:
                put_back += 1
                await asyncio.to_thread(put_back_in_place, folder, NEWEST_THAT_LOSES_NOTHING)
                await killed_starting(daemon, source.uniform(*DIES_STARTING_S))
            await daemon.start()
            load.go_on()
            await asyncio.sleep(source.uniform(*DIES_STARTED_S))
        await load.finish()
        await drained(daemon, ledger, LEASE_S)
        assert await daemon.stop() == 0
        account = ledger.account(daemon.sink.captured)
        record_property(
            "table",
            f"A daemon on older databases under kills ({storage.KIND})\nseed {seed}, databases put back {put_back}, "
            f"kills {DAEMON_KILLS + put_back}, acknowledged {account.acknowledged}, lost {len(account.lost)}, "
            f"copies too many {account.copies_too_many}",
        )
        account.assert_whole(copies_at_most=(DAEMON_KILLS + put_back) * 4)
        assert remains.letters_counted(folder) == account.acknowledged
        remains.assert_sound(folder)
        assert not [line for line in daemon.log if line.event == "store.failed"]
        assert daemon.other_output == []


def put_back_in_place(folder: Path, revision: str) -> None:
    """The daemon's own database, as an older version would have it."""
    url = str(make_url(storage.url(folder, str(remains.database(folder)))))
    beside = folder / "old.db"
    databases.replace(url, databases.put_back(url, revision, beside))
