"""A database from a backup and the copy of the data keys, or none at all.

Called by ``relay restore``. The backup's rows are written into a new database of the backup's own schema, which is then
brought up to date; the copy brings the data keys as they are now. What has no data key in it is taken away: it was
forgotten, delivered or done with since the backup was made. So every erasure since is repeated without a list of who
asked for it, and nothing that was sent since is sent again. Keys without a row are of what came after the backup and is
lost; they are counted, so that somebody knows.

Nothing takes the place of anything before all was read and found whole (``copies``). Failures are ``ConfigError`` with
a sentence, and change nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Engine, MetaData, delete, insert, inspect
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store import (
    adopting,
    dumping,
    files,
    key_copy,
    key_versions,
    postgresql,
    referrals,
    schema,
)
from relay.edge.store.copies import NotWholeError, frames
from relay.edge.store.engines import checkpoint, database_file, make_engine, mute_libraries, parse_url
from relay.edge.store.files import Lock
from relay.edge.store.key_versions import Masters
from relay.edge.store.keys import Keyring, Version, check_value
from relay.edge.store.micros import from_micros
from relay.edge.store.pruning import Pruned, count_slots, prune
from relay.edge.store.tables import metadata
from relay.errors import ConfigError

_SERVER = "the database of storage.url"
_BESIDE = ("referral_words", "alembic_version")
"""Tables of a server that SQLAlchemy does not know."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it: of when the backup and the copy of the keys are, and what is there now."""

    made_at: datetime
    keys_at: datetime
    pruned: Pruned


@dataclass(frozen=True, slots=True)
class Source:
    """A backup, decrypted, and the copy of the data keys; ``accepts_old_keys``: also one from before the backup."""

    backup: BinaryIO
    keys: Path
    accepts_old_keys: bool = False


def restore(url: str, masters: Masters, source: Source, *, replaces: bool) -> Restored:
    """Make the database at ``url`` anew. ``replaces``: although there is one. Raises ``ConfigError``."""
    mute_libraries()
    parsed = parse_url(url)
    database = database_file(parsed)
    if database is None:
        return _into_server(make_engine(parsed, writes=True), masters, source, replaces=replaces)
    files.prepare_folder(database.parent)
    lock = Lock(database)
    beside = database.with_name(f"{database.name}.restoring")
    try:
        if not files.is_new(database) and not replaces:
            problem = f"{database}: there is a database; add --replace if it is to go for good"
            raise ConfigError((problem,))
        _remove(beside)
        files.prepare_database(beside)
        engine = make_engine(parsed.set(database=str(beside)), writes=True)
        try:
            with _sentences(), engine.begin() as connection:
                restored = _Restoring(connection, masters, source).run()
            if not checkpoint(engine):
                raise ConfigError(
                    (f"{beside}: the restored database could not be finished; look at the disk",)
                )
        finally:
            engine.dispose()
        _take_place(beside, database)
        return restored
    finally:
        _remove(beside)
        lock.release()


def _into_server(engine: Engine, masters: Masters, source: Source, *, replaces: bool) -> Restored:
    """Into a database of a server, in one transaction; what is there of ours goes in the same."""
    try:
        with _sentences(), engine.begin() as connection:
            postgresql.prepare_to_migrate(connection)
            if not schema.is_empty(connection):
                if not replaces:
                    raise ConfigError(
                        (f"{_SERVER}: there is a database; add --replace if it is to go for good",)
                    )
                if postgresql.others(connection):
                    raise ConfigError(
                        (
                            f"{_SERVER}: nodes are connected; stop all of them, then restore. Nothing was changed.",
                        )
                    )
                _clear(connection)
            return _Restoring(connection, masters, source).run()
    finally:
        engine.dispose()


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """What can go wrong with what is read, in words."""
    said = {
        "short": "it ends too soon; it was not written or not copied whole",
        "seal": "it was changed, or made with another master key",
        "form": "it is not what relay writes",
    }
    try:
        yield
    except NotWholeError as error:
        problem = "The backup, or the copy of the data keys, cannot be used"
        raise ConfigError((f"{problem}: {said[error.reason]}. Nothing was changed.",)) from None
    except (SQLAlchemyError, KeyError, TypeError, ValueError, IndexError):
        problem = (
            "The backup cannot be used: its rows do not fit into the tables of its time. Nothing was changed."
        )
        raise ConfigError((problem,)) from None


def _clear(connection: Connection) -> None:
    """Take away all that a migration ever made; what else somebody keeps in the database stays."""
    there = set(inspect(connection).get_table_names())
    ours = [name for name in (*metadata.tables, *_BESIDE) if name in there]
    connection.exec_driver_sql(f"DROP TABLE {', '.join(ours)} CASCADE")
    connection.exec_driver_sql("DROP FUNCTION IF EXISTS relay_ring, relay_now")


def _take_place(beside: Path, database: Path) -> None:
    """The new file for the old one; what SQLite kept beside the old one goes first, for it belongs to nothing then."""
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    beside.replace(database)
    folder = os.open(database.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(database: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


_BY_INDEX = frozenset({"told", "acquaintances", "signatures"})
"""What is found by a blind index and nothing else; of another master key it would find nothing."""


class _Restoring:
    """One restoration, within a transaction on a database without tables."""

    def __init__(self, connection: Connection, masters: Masters, source: Source) -> None:
        self._connection = connection
        self._masters = {
            check_value(each): each for each in (masters.master, masters.former) if each is not None
        }
        self._macs = [Keyring(each).copies[0] for each in self._masters.values()]
        self._source = source

    def run(self) -> Restored:
        head = self._load_backup()
        keys = self._load_keys(head)
        schema.upgrade(self._connection)
        of_then = Keyring(self._masters[head["check"]], head["number"])
        adopting.adopt(self._connection, of_then, head["revision"], from_micros(keys["made_at"]))
        self._finish_meta(head, keys)
        pruned = prune(self._connection)
        former = None
        if keys["number"] != head["number"]:
            former = Version(self._masters[head["check"]], head["number"])
        count_slots(self._connection, Keyring(self._masters[keys["check"]], keys["number"], former))
        if self._connection.dialect.name == "sqlite":
            referrals.index_again(self._connection)
        return Restored(from_micros(head["made_at"]), from_micros(keys["made_at"]), pruned)

    def _load_backup(self) -> dict[str, Any]:
        values = frames(dumping.KIND, self._source.backup, self._macs)
        head: dict[str, Any] = next(values, {})
        if head["check"] not in self._masters:
            made = f"{from_micros(head['made_at']):%Y-%m-%d}"
            problem = (
                f"This backup of {made} was made with another master key. Name the key file of that time as "
                "storage.former_master_key_file, or as storage.master_key_file if it still holds. Nothing was changed."
            )
            raise ConfigError((problem,))
        schema.upgrade(self._connection, schema.known(head["revision"]))
        self._write(values, frozenset())
        return head

    def _load_keys(self, backup: dict[str, Any]) -> dict[str, Any]:
        path = self._source.keys
        head = key_copy.ours(path, list(self._masters), backup["database"] or _any_database(path))
        if head is None:
            problem = f"{path}: there is no copy of the data keys; without it nothing in a backup can be read"
            raise ConfigError((problem,))
        if head["generation"] < backup["generation"] and not self._source.accepts_old_keys:
            at, made = from_micros(head["made_at"]), from_micros(backup["made_at"])
            problem = (
                f"{path}: this copy of the data keys is of {at:%Y-%m-%d %H:%M} UTC, older than the backup of "
                f"{made:%Y-%m-%d %H:%M}: what came in between would be lost, and who was forgotten in between would be "
                "back. Find the newest copy; if there is none, add --old-keys. Nothing was changed."
            )
            raise ConfigError((problem,))
        if head["number"] < backup["number"]:
            raise ConfigError(
                (f"{path}: this copy is of before the last change of the master key, the backup is not",)
            )
        schema.upgrade(self._connection, max(schema.known(head["revision"]), backup["revision"]))
        with path.open("rb") as stream:
            values = frames(key_copy.KIND, stream, self._macs)
            next(values, None)
            self._write(values, frozenset() if head["number"] == backup["number"] else _BY_INDEX)
        return head

    def _write(self, values: Iterator[Any], left_out: frozenset[str]) -> None:
        """Rows into the tables that they name, as these are now."""
        there = MetaData()
        there.reflect(self._connection, views=True)  # data keys may be a view
        statement, names = None, []
        for kind, *said in values:
            if kind == "table":
                name, names = said
                statement = None if name in left_out else insert(there.tables[name])
                if name == "meta":
                    self._connection.execute(delete(there.tables[name]))
            elif kind == "rows" and statement is not None:
                rows = [dict(zip(names, row, strict=True)) for row in said[0]]
                self._connection.execute(statement, rows)
            elif kind == "versions":
                statement = None

    def _finish_meta(self, head: dict[str, Any], keys: dict[str, Any]) -> None:
        write = key_versions.write
        write(self._connection, dumping.DATABASE, keys["database"])
        generation = keys["generation"].to_bytes(8, "big")
        write(self._connection, dumping.GENERATION, generation)
        own = Keyring(self._masters[keys["check"]], keys["number"])
        write(self._connection, dumping.RESTORED, dumping.restored_at(own, generation))
        if keys["number"] != head["number"]:
            key_versions.plan_next(self._connection, keys["number"])


def _any_database(path: Path) -> bytes | None:
    """A backup from before there was a copy does not say which database it is of."""
    try:
        with path.open("rb") as stream:
            head = key_copy.heading_in(stream)
    except OSError:
        return None
    return head["database"] if head else None
