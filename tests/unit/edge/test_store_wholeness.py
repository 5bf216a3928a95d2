"""A damaged database is not worked on for long, and nobody waits until a large one is looked at as a whole (SQLite)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from relay.edge.store import look, wholeness
from relay.edge.store.wholeness import State
from relay.errors import ConfigError
from relay.flow.ports import StoreTrouble
from tests.support.storage import only_sqlite
from tests.unit.edge.store_world import World

pytestmark = only_sqlite

FOR_HOURS = "SELECT 'ok' FROM (SELECT count(*) FROM chunks a, chunks b, chunks c, chunks d)"


@pytest.fixture
async def large(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Closed, 30 MB, and of those that are not looked at as a whole before the start."""
    await world.store.close()
    with closing(sqlite3.connect(world.database)) as database:
        database.execute(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000) "
            "INSERT INTO chunks SELECT 'entry', randomblob(16), 0, randomblob(3000) FROM n"
        )
        database.commit()
    monkeypatch.setattr(wholeness, "AT_ONCE_OCTETS", 1 << 20)
    monkeypatch.setattr(wholeness, "SHORT_S", 0.0)
    return world


def start(world: World) -> None:
    """Open it; the short look does not come to the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wholeness, "_WHOLE", FOR_HOURS)
        world.open()
    assert not world.store.wholeness.is_known


def damage(world: World, at: int) -> bytes:
    """Octets of a disk that fails, in one page; what the file was."""
    content = world.database.read_bytes()
    world.database.write_bytes(content[:at] + b"\xff" * 64 + content[at + 64 :])
    return content


def last_page(world: World) -> int:
    return world.database.stat().st_size - 4096


async def test_a_small_one_is_known_at_the_start(world: World) -> None:
    """And is not looked at again."""
    assert world.store.wholeness.is_known
    assert await world.store.wholeness.look() is State.WHOLE


async def test_a_large_one_takes_mail_before_it_was_looked_at(large: World) -> None:
    """The rest is looked at beside the mail, once."""
    start(large)
    await large.accept()
    assert await large.store.wholeness.look() is State.WHOLE
    assert large.store.wholeness.is_known
    assert large.told == []
    await large.accept()


async def test_damage_that_is_found_later_stops_everything_and_is_remembered(large: World) -> None:
    """Nothing is written from then on; no start gets past it until the file is another one."""
    whole = damage(large, last_page(large))
    start(large)
    await large.accept()
    assert await large.store.wholeness.look() is State.DAMAGED
    assert large.told == ["fatal"]
    with pytest.raises(StoreTrouble, match="cannot be trusted"):
        await large.accept()
    await large.store.close()
    for exclusive in (True, False):
        with pytest.raises(ConfigError, match="damaged"):
            large.open(exclusive=exclusive)
    large.database.write_bytes(whole)
    large.open()
    assert large.store.wholeness.is_known
    await large.accept()
    await large.store.close()
    start(large)


@pytest.mark.parametrize("pages", [1, 5000])
async def test_a_large_one_that_was_not_copied_to_its_end_is_refused(large: World, pages: int) -> None:
    """Before anything is taken, however large it is."""
    content = large.database.read_bytes()
    large.database.write_bytes(content[: -4096 * pages])
    with pytest.raises(ConfigError, match="damaged"):
        large.open()


async def test_a_large_one_with_damage_everywhere_is_refused(large: World) -> None:
    """What the short look sees first is as bad as the rest."""
    content = bytearray(large.database.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 64] = b"\xff" * 64
    large.database.write_bytes(content)
    with pytest.raises(ConfigError, match="damaged"):
        large.open()


async def test_an_upgrade_and_a_check_look_at_all_of_it(large: World) -> None:
    """Nobody waits for these at night."""
    damage(large, last_page(large))
    with pytest.raises(ConfigError, match="damaged"):
        look(large.url, large.key_file)
    large.run("UPDATE alembic_version SET version_num = '0022'")
    with pytest.raises(ConfigError, match="damaged"):
        large.open()


async def test_who_cuts_off_the_wal_does_not_wait_for_a_look(
    large: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is forgotten is forgotten within seconds; the look lets go and is begun anew."""
    start(large)
    monkeypatch.setattr(wholeness, "_WHOLE", FOR_HOURS)
    looking = asyncio.create_task(large.store.wholeness.look())
    while large.store.wholeness._is_out.is_set():
        await asyncio.sleep(0.001)
    await large.accept()
    began = time.monotonic()
    assert await large.store.forgetting.scrub()
    assert time.monotonic() - began < 4, "not until the database has waited as long as it may"
    assert await looking is State.UNKNOWN
    assert large.database.with_name("relay.db-wal").stat().st_size == 0
    monkeypatch.undo()
    assert await large.store.wholeness.look() is State.WHOLE


async def test_nobody_looks_while_the_wal_is_cut_off(large: World) -> None:
    """A look that began at that moment would be in the way."""
    start(large)
    with large.store.wholeness.away():
        assert await large.store.wholeness.look() is State.UNKNOWN
    assert await large.store.wholeness.look() is State.WHOLE


async def test_closing_does_not_wait_for_a_look(large: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop takes half a minute at most."""
    start(large)
    monkeypatch.setattr(wholeness, "_WHOLE", FOR_HOURS)
    looking = asyncio.create_task(large.store.wholeness.look())
    while large.store.wholeness._is_out.is_set():
        await asyncio.sleep(0.001)
    await asyncio.wait_for(large.store.close(), 20)
    assert await looking is State.UNKNOWN


async def test_a_command_does_not_hold_up_the_daemon_nor_wait_for_it(world: World) -> None:
    """It reads, and nothing else, until it knows that the database is right."""
    with closing(sqlite3.connect(world.database, isolation_level=None)) as daemon:
        daemon.execute("BEGIN IMMEDIATE")
        other = World(world.folder)
        began = time.monotonic()
        other.open(exclusive=False)
        assert time.monotonic() - began < 4
        daemon.execute("ROLLBACK")
    await other.store.close()
