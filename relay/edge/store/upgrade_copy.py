"""The copy of an embedded database that is made before it is migrated, and the way back from an upgrade.

Called by ``opening`` before ``schema`` migrates a database that is in use, and by ``relay restore`` for such a copy. A
migration is one transaction, so that one which fails leaves everything as it was; the copy is for one that went well
and was a mistake. It lies beside the database, mode 0600, named after the revision that it has, and holds no data keys
(``dumping.APART``): these stay in the database alone, so that who asks to be forgotten is forgotten in the copy, too.
There is one such copy at a time. A server (PostgreSQL) makes none: its own tools do, and the guide says how.

Failures are ``ConfigError``: without room for the copy nothing is migrated.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store import adopting, dumping, files, key_versions, referrals, schema
from relay.edge.store.dumping import APART, GENERATION, LOCAL, RESTORED
from relay.edge.store.engines import checkpoint, database_file, make_engine, parse_url
from relay.edge.store.key_versions import Masters
from relay.edge.store.keys import Keyring
from relay.edge.store.pruning import Pruned, count_slots, prune
from relay.errors import ConfigError

MAGIC: Final = b"SQLite format 3\0"
_MARK: Final = ".before-upgrade-"
_PART: Final = ".part"


def copy_of(database: Path, revision: str) -> Path:
    """Where the copy of a database with this revision is."""
    return database.with_name(f"{database.name}{_MARK}{revision}")


def keep(database: Path, revision: str) -> Path:
    """Make the copy, on the disk before this returns, and remove the one before it. Raises ``ConfigError``."""
    target = copy_of(database, revision)
    part = target.with_name(target.name + _PART)
    former = [path for path in database.parent.glob(f"{database.name}{_MARK}*") if path != target]
    try:
        _remove(part)
        _make_private(part)
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as own:
            own.execute("VACUUM INTO ?", (str(part),))
        _without_keys(part)
        _sync(part)
        part.replace(target)
        _sync(database.parent)
        for path in former:
            path.unlink(missing_ok=True)  # or it was this copy's part, which somebody was killed over
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            _remove(part)
        reason = getattr(error, "strerror", None) or "the database could not be copied"
        sentence = (
            f"{target}: the copy that is made before an upgrade cannot be written ({reason}), so nothing was upgraded; "
            "make as much room as the database takes, and start again"
        )
        raise ConfigError((sentence,)) from None
    return target


def put_back(url: str, masters: Masters, copy: Path, *, replaces: bool) -> Pruned:
    """Have the database be what the copy is, migrated anew, with the data keys that it has now. Raises ``ConfigError``.

    Who was forgotten since stays forgotten, what was delivered since is not sent again, what came since is gone.
    """
    parsed = parse_url(url)
    database = database_file(parsed)
    if database is None or files.is_new(database):
        raise ConfigError(
            ("storage.url: there is no embedded database, which alone has the data keys of this copy",)
        )
    if not replaces:
        raise ConfigError(
            (f"{database}: there is a database; add --replace if what came since the upgrade is to go",)
        )
    lock = files.Lock(database)
    part = database.with_name(database.name + _PART)
    try:
        _remove(part)
        _make_private(part)
        shutil.copyfile(copy, part)
        _with_keys(part, database)
        pruned = _renewed(parsed.set(database=str(part)), masters, str(copy))
        _sync(part)
        _remove(database)
        part.replace(database)
        _sync(database.parent)
    except (sqlite3.Error, SQLAlchemyError, OSError):
        raise ConfigError((f"{copy}: is no whole copy of this database; nothing was changed",)) from None
    finally:
        _remove(part)
        lock.release()
    return pruned


def _renewed(url: URL, masters: Masters, name: str) -> Pruned:
    """Up to date, and without what has no data key any more."""
    keyring = Keyring(masters.master)
    former = Keyring(masters.former) if masters.former is not None else None
    engine = make_engine(url, writes=True)
    try:
        schema.bring_up_to_date(engine, keyring, name, former, _sealed(masters, name))
        with engine.begin() as connection:
            pruned = prune(connection)
            own = key_versions.keyring(connection, masters, name)
            count_slots(connection, own)
            referrals.index_again(connection)
            if (generation := key_versions.read(connection, GENERATION)) is not None:
                # it fits the copy of the data keys as it is
                key_versions.write(connection, RESTORED, dumping.restored_at(own, generation))
        if not checkpoint(engine):
            raise OSError
    finally:
        engine.dispose()
    return pruned


def _sealed(masters: Masters, name: str) -> schema.Migrated:
    def seal(connection: Connection, revision: str) -> None:
        adopting.adopt(
            connection, key_versions.holding(connection, masters, name), revision, datetime.now(UTC)
        )

    return seal


def _make_private(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, files.FILE_MODE))


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _without_keys(part: Path) -> None:
    """Take out what forgetting destroys, and the pages that it was on."""
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode=OFF")
        made.execute("PRAGMA secure_delete=ON")
        for table in _apart(made):
            made.execute(f'DELETE FROM "{table}"')  # noqa: S608 - a name of ours
        made.execute("VACUUM")


def _with_keys(part: Path, database: Path) -> None:
    """Bring them back from the database. Raises ``sqlite3.Error`` where the two do not fit."""
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as made:
        made.execute("ATTACH ? AS present", (str(database),))
        made.execute("BEGIN IMMEDIATE")
        for table in _apart(made):
            columns = ", ".join(f'"{row[1]}"' for row in made.execute(f'PRAGMA main.table_info("{table}")'))
            made.execute(f'INSERT INTO main."{table}" ({columns}) SELECT {columns} FROM present."{table}"')  # noqa: S608
        for name in LOCAL:
            made.execute("DELETE FROM main.meta WHERE name = ?", (name,))
            made.execute("INSERT INTO main.meta SELECT * FROM present.meta WHERE name = ?", (name,))
        made.execute("COMMIT")
        if made.execute("PRAGMA main.quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError


def _apart(connection: sqlite3.Connection) -> list[str]:
    """Those of the tables that this revision has."""
    there = {
        row[0] for row in connection.execute("SELECT name FROM main.sqlite_master WHERE type <> 'index'")
    }
    return [str(table.name) for table in APART if table.name in there]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
