"""Whether an embedded database is whole: a short look before it is worked on, the whole look beside the work.

The whole look (``PRAGMA quick_check``) reads every page: a second of processor time for half a gigabyte, and as long as
the disk takes. Who needs help must not wait for that, so that before the daemon takes mail

* SQLite itself refuses a file that is shorter than its head says;
* a database of up to ``AT_ONCE_OCTETS`` is looked at as a whole, of a larger one as much as ``SHORT_S`` allows;
* one in which damage was found before is looked at as a whole, however long it takes.

What that left out is done by ``Wholeness`` at once, beside the mail, on a connection that only reads. When it finds
damage, a file beside the database says so from then on, and nothing is written any more: the daemon ends, and the next
start looks at all and refuses. A server (PostgreSQL) looks after its own.

While it lasts, the WAL cannot be cut off, and who waits for that keeps the writer waiting. So who has to cut it off
(``away``) makes it let go within milliseconds, and it begins anew afterwards; it begins anew after a kill, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store import files

AT_ONCE_OCTETS: Final = 64 << 20
"""A tenth of a second of processor time, and less than a second of a slow disk."""

SHORT_S: Final = 0.5

NICE: Final = 10
"""Mail comes first where there is not enough processor time."""

_LET_GO_S: Final = 0.005
_WHOLE: Final = "PRAGMA quick_check(1)"
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR})


class State(Enum):
    """What is known of a database."""

    WHOLE = "whole"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


def short_look(connection: Connection) -> State:
    """What can be seen at once. Raises ``SQLAlchemyError`` like any statement."""
    database = _file_of(connection)
    is_suspect = _note_of(database).exists()
    if is_suspect or _octets(connection) <= AT_ONCE_OCTETS:
        found = whole_look(connection)
        if is_suspect and found is State.WHOLE:
            _note_of(database).unlink(missing_ok=True)  # put back, or mended
        return found
    with _limited(_driver(connection), SHORT_S):
        try:
            return whole_look(connection)
        except SQLAlchemyError as error:
            if _code(getattr(error, "orig", None)) == sqlite3.SQLITE_INTERRUPT:
                return State.UNKNOWN
            raise


def whole_look(connection: Connection) -> State:
    """Look at every page. Raises ``SQLAlchemyError`` like any statement."""
    return State.WHOLE if connection.exec_driver_sql(_WHOLE).scalar() == "ok" else State.DAMAGED


class Wholeness:
    """The look beside the work. ``is_known``: there is nothing left to be looked at; ``give_up`` is called when the
    database is found to be damaged, and nothing may be written from then on.
    """

    def __init__(self, reader: Engine, give_up: Callable[[], None], *, is_known: bool) -> None:
        self.is_known = is_known
        self._reader = reader
        self._give_up = give_up
        self._state = threading.Lock()
        self._unwanted = 0
        self._driver: sqlite3.Connection | None = None
        self._is_out = threading.Event()
        self._is_out.set()

    async def look(self) -> State:
        """Look at all of it, unless that is done; ``UNKNOWN``: it was in somebody's way, and is to be tried again."""
        if self.is_known:
            return State.WHOLE
        with contextlib.closing(_Beside()) as thread:
            found = await asyncio.get_running_loop().run_in_executor(thread.pool, self._look)
        if found is State.DAMAGED:
            note = _note_of(Path(str(self._reader.url.database)))
            with contextlib.suppress(OSError):
                note.touch(mode=files.FILE_MODE)
            self._give_up()
        self.is_known = found is State.WHOLE
        return found

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Within this nobody looks; a look that goes on is broken off. For threads, not for the event loop."""
        with self._state:
            self._unwanted += 1
        try:
            self._let_go()
            yield
        finally:
            with self._state:
                self._unwanted -= 1

    async def close(self) -> None:
        """Let go, for good."""
        with self._state:
            self._unwanted += 1
        await asyncio.to_thread(self._let_go)

    def _let_go(self) -> None:
        while not self._is_out.wait(_LET_GO_S):
            with self._state:
                if self._driver is not None:
                    self._driver.interrupt()

    def _look(self) -> State:
        try:
            with contextlib.closing(self._reader.raw_connection()) as raw:
                driver = cast("sqlite3.Connection", raw.dbapi_connection)
                if not self._begins(driver):
                    return State.UNKNOWN
                try:
                    (said,) = driver.execute(_WHOLE).fetchone()
                    return State.WHOLE if said == "ok" else State.DAMAGED
                finally:
                    with self._state:
                        self._driver = None
                    self._is_out.set()
        except (sqlite3.Error, SQLAlchemyError) as error:
            cause = error if isinstance(error, sqlite3.Error) else getattr(error, "orig", None)
            return State.DAMAGED if _code(cause) in _DAMAGED else State.UNKNOWN

    def _begins(self, driver: sqlite3.Connection) -> bool:
        with self._state:
            if self._unwanted:
                return False
            self._driver = driver
            self._is_out.clear()
            return True


class _Beside:
    """A thread of its own that steps back for the others; where the service may not say so, it is like them."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1, "store-look", _step_back)

    def close(self) -> None:
        self.pool.shutdown(wait=False)


def _step_back() -> None:
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


@contextlib.contextmanager
def _limited(driver: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Break off what is done within this after so long; nothing that comes later is broken off."""
    is_done = threading.Event()

    def watch() -> None:
        wait_s = seconds
        while not is_done.wait(wait_s):
            driver.interrupt()  # again and again: before a statement begins it has no effect
            wait_s = _LET_GO_S

    watching = threading.Thread(target=watch, name="store-limit", daemon=True)
    watching.start()
    try:
        yield
    finally:
        is_done.set()
        watching.join()


def _octets(connection: Connection) -> int:
    pages, size = (
        connection.exec_driver_sql(f"PRAGMA {each}").scalar() for each in ("page_count", "page_size")
    )
    return int(pages or 0) * int(size or 0)


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)


def _file_of(connection: Connection) -> Path:
    return Path(str(connection.engine.url.database))


def _note_of(database: Path) -> Path:
    """What says that it was found to be damaged."""
    return database.with_name(f"{database.name}.damaged")


def _code(error: Any) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None
