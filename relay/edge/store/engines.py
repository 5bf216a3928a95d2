"""Database engines: the one place that knows SQLite from PostgreSQL, and what their errors mean to us.

Called by ``opening`` and ``lanes``. Embedded (SQLite): WAL with ``synchronous=FULL``, because NORMAL
loses acknowledged commits when the power fails; writes begin with ``BEGIN IMMEDIATE``, because a
transaction that first reads and then writes fails at once when another has written in between.
PostgreSQL is another URL and, for its password, a file; what is its own stands in ``postgresql``.

Promises: no statement, parameter or row is ever logged, by SQLAlchemy or Alembic, at any level; no
text of a driver's error leaves here, because PostgreSQL quotes values in it.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from relay.edge.store import postgresql
from relay.errors import ConfigError
from relay.flow.ports import StoreFull, StoreTrouble

BUSY_TIMEOUT_MS = 5000
"""How long a write waits for another process (a command of the operator) before it is trouble."""

WRITER_CACHE_KIB, READER_CACHE_KIB = 16 * 1024, 4 * 1024
"""Page cache of a connection: our ids are random, so that inserts touch pages all over an index. There is one writer
and there are a few readers; a daemon that has run for days has them all full, and the kernel has the rest."""

CHECKPOINT_PAGES = 16_000
"""Pages in the WAL (64 MB) before a commit moves what is left of them into the database: nearly all of them
have been moved beside the work by then (``checkpoints``)."""

WAL_LIMIT_OCTETS = 64 * 1024 * 1024
"""Size that the WAL is cut back to after a burst; a few large messages fit without growing the file."""

_MOVE = "PRAGMA wal_checkpoint(PASSIVE)"
_SQLITE_IOERR = 10
_SQLITE_CORRUPT = 11
_SQLITE_FULL = 13
_SQLITE_NOTADB = 26
_SILENT = logging.CRITICAL + 1


def mute_libraries() -> None:
    """Silence the loggers of the libraries for good: they print statements and values, and what a server said."""
    for name in ("sqlalchemy", "alembic", "psycopg"):
        logger = logging.getLogger(name)
        logger.setLevel(_SILENT)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def parse_url(url: str) -> URL:
    """Read a storage URL. Raises ``ConfigError`` without quoting it: it may hold a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(
            ("storage.url: this is not a database URL; try sqlite:///state/relay.db",)
        ) from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigError(("storage.url: only sqlite:///… and postgresql+psycopg://… are known",))
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise ConfigError(("storage.url: the database must be a file; what is only in memory would be lost",))
    return parsed


def database_file(url: URL) -> Path | None:
    """The file of an embedded database; ``None`` for a server."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def make_engine(url: URL, *, writes: bool) -> Engine:
    """Make an engine whose transactions either all write or only read. Raises ``ConfigError``."""
    try:
        if url.get_backend_name() == "postgresql":
            return postgresql.make(url, writes=writes)
        engine = create_engine(url, hide_parameters=True, echo=False)
    except (ImportError, SQLAlchemyError):
        raise ConfigError(("storage.url: the driver for this database is not installed",)) from None
    _tune_sqlite(engine, writes=writes)
    return engine


def _tune_sqlite(engine: Engine, *, writes: bool) -> None:
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def connected(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # the driver must not begin transactions of its own
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")  # nothing may lie in a temporary folder
        cursor.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KIB if writes else READER_CACHE_KIB}")
        if writes:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            cursor.execute(f"PRAGMA journal_size_limit={WAL_LIMIT_OCTETS}")
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        # On the driver: there is one for every transaction, and SQLAlchemy takes longer for it than SQLite.
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        try:
            driver.execute(begin)
        except sqlite3.Error as error:
            raise DBAPIError.instance(begin, None, error, sqlite3.Error, dialect=engine.dialect) from None


def checkpoint(engine: Engine) -> bool:
    """Move the WAL into the database file and cut it to nothing, as far as readers let it (SQLite only).

    Deleted text stays in a WAL until then. Never raises: what is left (``False``) is done the next time.
    """
    if engine.dialect.name != "sqlite":
        return True
    try:
        raw = engine.raw_connection()
        try:
            row = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.close()
    except (SQLAlchemyError, OSError, engine.dialect.loaded_dbapi.Error):
        return False
    return row is not None and row[0] == 0


def move_wal(connection: Connection) -> int:
    """Move what can be moved without waiting for anybody (SQLite only); how many pages the WAL has.

    The connection is in no transaction. Raises ``SQLAlchemyError``.
    """
    driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
    try:
        _, pages, _ = driver.execute(_MOVE).fetchone()
    except sqlite3.Error as error:
        raise DBAPIError.instance(_MOVE, None, error, sqlite3.Error, dialect=connection.dialect) from None
    return int(pages)


def drop(connection: Connection) -> None:
    """Give up a connection, whatever state it is in."""
    with contextlib.suppress(SQLAlchemyError):
        connection.invalidate()
        connection.close()


def trouble(error: SQLAlchemyError) -> StoreTrouble:
    """What a database error is to a caller; constant words only."""
    if _primary_code(error) == _SQLITE_FULL or postgresql.is_full(error):
        return StoreFull("no room on the volume")
    return StoreTrouble(f"the database could not do it ({type(error).__name__})")


def is_beyond_trust(error: SQLAlchemyError) -> bool:
    """Tell whether a failed COMMIT leaves us not knowing what is on the disk.

    After a failed fsync the kernel may have dropped the pages and report success the next time, so
    that nothing which this process does with the file can be trusted ("fsyncgate").
    """
    return isinstance(error, DBAPIError) and _primary_code(error) in {
        _SQLITE_IOERR,
        _SQLITE_CORRUPT,
        _SQLITE_NOTADB,
    }


def _primary_code(error: SQLAlchemyError) -> int | None:
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None
