"""``open_store``: from a URL and a key file to a store that is whole, up to date and ours alone.

The composition root calls it once, before processes are forked; the threads start with the first work.
Every reason to refuse is a ``ConfigError`` with a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from relay.domain.aliases import Randomness
from relay.edge.randomness import octets
from relay.edge.store import (
    adopting,
    bodies,
    clockwork,
    deliveries,
    entries,
    files,
    key_versions,
    rotation,
    schema,
    sweeping,
    upgrade_copy,
)
from relay.edge.store.engines import checkpoint, database_file, make_engine, mute_libraries, parse_url
from relay.edge.store.files import Lock
from relay.edge.store.key_copy import compared
from relay.edge.store.key_versions import Masters, RotationDueError
from relay.edge.store.keys import Keyring, create_master_key, load_master_key
from relay.edge.store.store import SqlStore
from relay.edge.store.surroundings import Surroundings
from relay.errors import ConfigError

_SERVER = "the database of storage.url"
"""What an operator knows it as; the URL itself is not shown."""

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody() -> None:
    """Nobody is told."""


def _nobody_about(_table: str) -> None:
    """Nobody is told."""


def open_store(
    url: str,
    master_key_file: Path,
    *,
    former_master_key_file: Path | None = None,
    key_copy: Path | None = None,
    exclusive: bool = True,
    randomness: Randomness = octets,
    clock: Callable[[], datetime] = _utc_now,
    fatal: Callable[[], None] = _nobody,
    unreadable: Callable[[str], None] = _nobody_about,
) -> SqlStore:
    """Open the store at ``url``; relative paths must have been resolved. Raises ``ConfigError``.

    ``exclusive``: the caller is the daemon, and of an embedded database the only one: the database is
    brought up to date (made, with its master key, when neither is there yet), a lock is taken, and
    leases that a dead process left are void. Otherwise the database must be there and up to date.
    ``former_master_key_file``: the database may belong to that one still; the daemon makes it over to the other.
    ``key_copy``, ``fatal`` and ``unreadable`` are as ``Surroundings`` says.
    """
    mute_libraries()
    parsed = parse_url(url)
    database = database_file(parsed)
    around = Surroundings(randomness, clock, fatal, unreadable, key_copy)
    if database is None:
        return _open_server(parsed, master_key_file, former_master_key_file, around, exclusive=exclusive)
    lock = _take(database, exclusive=exclusive)
    writer, reader = make_engine(parsed, writes=True), make_engine(parsed, writes=False)
    try:
        if files.is_new(database):
            _make_key(master_key_file)
        masters = _masters(master_key_file, former_master_key_file)
        files.prepare_database(database)
        if exclusive and (revision := schema.due(writer, str(database))) is not None:
            upgrade_copy.keep(database, revision)
        keyring, is_whole = _checked(writer, reader, masters, str(database), around, exclusive=exclusive)
        if exclusive:
            _take_over(writer, clock())
        return SqlStore(writer, reader, keyring, around, lock, is_whole=is_whole)
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    finally:
        for engine in (writer, reader):
            engine.dispose()  # a connection must not be carried into a forked process


def _open_server(
    url: URL, master_key_file: Path, former: Path | None, around: Surroundings, *, exclusive: bool
) -> SqlStore:
    """Open a database that other nodes may be working on at this moment: nothing of theirs is touched."""
    writer, reader = make_engine(url, writes=True), make_engine(url, writes=False)
    try:
        if exclusive and not master_key_file.exists() and schema.is_new(writer, _SERVER):
            _make_key(master_key_file)
        masters = _masters(master_key_file, former)
        keyring, _ = _checked(writer, reader, masters, _SERVER, around, exclusive=exclusive)
        node = int.from_bytes(octets(8)) >> 1 if exclusive else None
        return SqlStore(writer, reader, keyring, replace(around, node=node), None)
    finally:
        for engine in (writer, reader):
            engine.dispose()  # a connection must not be carried into a forked process


def _checked(
    writer: Engine, reader: Engine, masters: Masters, name: str, around: Surroundings, *, exclusive: bool
) -> tuple[Keyring, bool]:
    """See that the database is whole, up to date, ours and not an old one; make it over to a new master key.

    The second: whether all of it is known to be whole, or part of it is to be looked at later.
    """
    former = Keyring(masters.former) if masters.former is not None else None
    if exclusive:

        def seal(connection: Connection, revision: str) -> None:
            adopting.adopt(
                connection, key_versions.holding(connection, masters, name), revision, around.clock()
            )

        is_whole = schema.bring_up_to_date(writer, Keyring(masters.master), name, former, seal)
    else:
        schema.verify(reader, Keyring(masters.master), name, former)
        is_whole = True  # the daemon sees to it
    if exclusive and around.key_copy is not None:
        with reader.connect() as connection:
            compared(around.key_copy, masters, connection, name)
    try:
        with reader.connect() as connection:
            return key_versions.keyring(connection, masters, name), is_whole
    except RotationDueError:
        if not exclusive:
            problem = f"{name}: the database still belongs to the former master key; restart the daemon once"
            raise ConfigError((problem,)) from None
    if not is_whole:
        schema.check_all(writer, name)  # nearly all of it is written anew
    rotation.take_over(writer, reader, masters, name)
    with reader.connect() as connection:
        return key_versions.keyring(connection, masters, name), True


def look(url: str, master_key_file: Path, former_master_key_file: Path | None = None) -> None:
    """Look whether a daemon could start on the database at ``url``; change nothing.

    Raises ``ConfigError``. An embedded database that is not there yet is no problem, a server that is not, is one.
    """
    mute_libraries()
    parsed = parse_url(url)
    database = database_file(parsed)
    if database is not None and files.is_new(database):
        return
    engine = make_engine(parsed, writes=False)
    try:
        name = str(database or _SERVER)
        if database is not None or master_key_file.exists() or not schema.is_new(engine, name):
            masters = _masters(master_key_file, former_master_key_file)
            former = Keyring(masters.former) if masters.former is not None else None
            schema.look(engine, Keyring(masters.master), name, former)
    finally:
        engine.dispose()


def _take(database: Path, *, exclusive: bool) -> Lock | None:
    """See to the folder and, for the daemon, take the lock."""
    if exclusive:
        files.prepare_folder(database.parent)
        return Lock(database)
    if files.is_new(database):
        raise ConfigError((f"{database}: there is no database yet; start the daemon once",))
    return None


def _masters(master_key_file: Path, former: Path | None) -> Masters:
    return Masters(load_master_key(master_key_file), load_master_key(former) if former is not None else None)


def _make_key(master_key_file: Path) -> None:
    """Make the master key of a database that is new, when there is none yet."""
    if not master_key_file.exists():
        files.prepare_folder(master_key_file.parent)
        create_master_key(master_key_file)


def _take_over(engine: Engine, now: datetime) -> None:
    """End what a process that died had begun: its leases, receptions that nobody will finish, files to be scrubbed."""
    with engine.begin() as connection:
        entries.void_leases(connection)
        deliveries.void_leases(connection, now)
        clockwork.void_leases(connection)
        while bodies.sweep_unclaimed(connection, _END_OF_TIME, sweeping.STEP):
            pass
    checkpoint(engine)
