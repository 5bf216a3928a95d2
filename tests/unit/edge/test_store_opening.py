"""Opening: the store starts whole, up to date and ours alone, or says in words why it does not."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from relay.edge.store import open_store
from relay.errors import ConfigError
from relay.flow.ports import StoreTrouble
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import NOW, World

pytestmark = only_sqlite


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "deep" / "state")


async def made(world: World) -> None:
    world.open_fresh()
    await world.accept()
    await world.store.close()


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


@pytest.mark.parametrize("umask", [0o000, 0o777])
async def test_state_is_private_whatever_the_umask(world: World, umask: int) -> None:
    """Folder 0700; database, WAL, shared memory, lock and key 0600."""
    world.folder.parent.mkdir()
    before = os.umask(umask)
    try:
        world.open()
        await world.accept()
    finally:
        os.umask(before)
    assert modes(world.folder) == {
        "state": 0o700,
        "relay.db": 0o600,
        "relay.db-wal": 0o600,
        "relay.db-shm": 0o600,
        "relay.db.lock": 0o600,
        "master.key": 0o600,
    }
    await world.store.close()


async def test_a_folder_of_ours_that_others_could_read_is_closed_to_them(world: World) -> None:
    """An operator who made the folder by hand need not know about modes."""
    await made(world)
    for path in (world.folder, world.database):
        path.chmod(0o755)
    world.open()
    assert modes(world.folder)["state"] == 0o700
    assert modes(world.folder)["relay.db"] == 0o600
    await world.store.close()


async def test_a_folder_that_everybody_uses_is_refused(tmp_path: Path) -> None:
    """A temporary folder is nobody's own, and is not made ours."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(ConfigError, match="folder of its own"):
        World(shared).open()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


async def test_what_was_stored_is_there_after_a_restart(world: World) -> None:
    """The WAL is moved into the database and cut when the store closes."""
    world.open()
    entry_id = await world.accept(b"Help.\r\n")
    await world.store.close()
    assert not world.database.with_name("relay.db-wal").exists()
    world.open()
    assert await world.store.read_body(entry_id) == b"Help.\r\n"
    await world.store.close()


async def test_accepted_entries_survive_a_process_that_was_killed(world: World, tmp_path: Path) -> None:
    """The files as they lie after a commit, taken while a worker was at it, hold every accepted message."""
    world.open()
    entry_id = await world.accept(b"x" * 600_000)
    await world.lease(entry_id)
    copy = World(tmp_path / "copy")
    shutil.copytree(world.folder, copy.folder)
    await world.store.close()
    copy.open()
    assert await copy.store.received(NOW, 10) == (entry_id,)
    assert (await copy.lease(entry_id)).attempts == 2
    assert await copy.store.read_body(entry_id) == b"x" * 600_000
    await copy.store.close()


async def test_a_second_daemon_on_the_same_database_is_refused(world: World) -> None:
    """Two would void each other's leases; the first goes on, and when it ends the next may start."""
    first = world.open()
    with pytest.raises(ConfigError, match="another relay is running"):
        World(world.folder).open()
    await first.close()
    world.open()
    await world.store.close()


async def test_a_command_beside_the_daemon_works_and_voids_nothing(world: World) -> None:
    """An operator's command opens the same database without the lock."""
    world.open()
    entry = await world.leased()
    beside = World(world.folder)
    beside.open(exclusive=False)
    assert await beside.store.lease_entry(entry.entry_id, NOW) is None
    await beside.store.close()
    await world.store.give_back(entry)
    await world.store.close()


async def test_a_command_makes_no_database(world: World) -> None:
    """A typing error in the configuration must not look like an empty queue."""
    with pytest.raises(ConfigError, match="no database yet"):
        world.open(exclusive=False)
    assert not world.folder.exists()


async def test_another_master_key_is_refused(world: World) -> None:
    """And writes nothing with the wrong key."""
    await made(world)
    world.key_file.rename(world.folder / "old.key")
    other = World(world.folder.parent / "other")
    await other.open().close()
    shutil.copy(other.key_file, world.key_file)
    before = world.database.read_bytes()
    with pytest.raises(ConfigError, match="another master key"):
        world.open()
    assert world.database.read_bytes() == before


async def test_a_database_without_its_key_is_refused_and_no_key_is_made(world: World) -> None:
    """A fresh key would hide that everything in the database is lost."""
    await made(world)
    world.key_file.unlink()
    with pytest.raises(ConfigError, match="missing"):
        world.open()
    assert not world.key_file.exists()


async def test_a_database_of_a_newer_relay_is_refused(world: World) -> None:
    """We do not know what its columns mean."""
    await made(world)
    with sqlite3.connect(world.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for exclusive in (True, False):
        with pytest.raises(ConfigError, match=r"newer relay|not up to date"):
            world.open(exclusive=exclusive)


@pytest.mark.parametrize("place", ["head", "pages", "one page of content"])
async def test_a_damaged_database_is_refused(world: World, place: str) -> None:
    """In words, before a single message is taken; also when nothing that a start reads is damaged."""
    world.open()
    for _ in range(20):
        await world.accept(b"x" * 3000)
    await world.store.close()
    content = bytearray(world.database.read_bytes())
    damage = {
        "head": [0],
        "pages": range(4096, len(content), 4096),
        "one page of content": [len(content) - 4096],
    }
    for start in damage[place]:
        content[start : start + 64] = b"\xff" * 64
    world.database.write_bytes(content)
    with pytest.raises(ConfigError, match="damaged"):
        world.open()


async def test_a_refused_start_gives_the_lock_up(world: World) -> None:
    """The operator mends the cause and starts again, in the same process if need be."""
    await made(world)
    content = world.key_file.read_bytes()
    world.key_file.write_bytes(b"nonsense")
    with pytest.raises(ConfigError):
        world.open()
    world.key_file.write_bytes(content)
    world.open()
    await world.store.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:canary@h/d", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_we_cannot_use_is_refused_without_being_quoted(tmp_path: Path, url: str) -> None:
    """It may hold a password."""
    with pytest.raises(ConfigError) as caught:
        open_store(url, tmp_path / "master.key")
    assert "canary" not in str(caught.value)


async def test_after_closing_everything_is_trouble(world: World) -> None:
    """And closing twice does no harm."""
    await made(world)
    with pytest.raises(StoreTrouble):
        await world.store.received(NOW, 1)
    await world.store.close()


async def test_no_library_logs_anything(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """SQLAlchemy at DEBUG would print statements with what they carry (P7)."""
    caplog.set_level(logging.DEBUG)
    await made(world)
    assert [
        record for record in caplog.records if record.name.startswith(("sqlalchemy", "alembic", "psycopg"))
    ] == []
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "alembic.runtime.migration"):
        assert not logging.getLogger(name).isEnabledFor(logging.CRITICAL)
