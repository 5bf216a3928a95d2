"""Rows of the database as values of a copy (``copies``), all of one moment, while others go on writing.

Called by ``key_copy`` and, as ``SqlStore.dump``, by ``relay backup``. What is in a backup and what is not:

* ``APART``: data keys, and what is found by a person's address alone. They are what forgetting destroys, so no backup
  holds them; they are kept apart, in one copy that is replaced (``key_copy``).
* everything else, sealed as it is. Without its data key nothing of it can be read, by nobody.

One transaction reads all. On SQLite it keeps deleted pages in the WAL for as long as it lasts; somebody who asks to be
forgotten must not wait for that, so whoever dumps writes to a file of this machine and nowhere slower, and gives up and
begins anew when somebody was forgotten meanwhile and it has lasted ``PATIENCE_S`` (``OverError``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store import key_versions
from relay.edge.store.copies import written
from relay.edge.store.engines import trouble
from relay.edge.store.key_versions import CHECK
from relay.edge.store.keys import Keyring
from relay.edge.store.sealing import place
from relay.edge.store.tables import acquaintances, data_keys, metadata, signatures, to_micros, told
from relay.errors import CipherError

APART: Final[tuple[Table, ...]] = (data_keys, told, acquaintances, signatures)
BATCH_OCTETS: Final = 1 << 20
_BATCH_ROWS: Final = 500
PATIENCE_S: Final = 20.0
"""Files are scrubbed again until 37 s after somebody was forgotten (``forgetting``), and a minute is promised."""

DATABASE: Final = "database_id"
GENERATION: Final = "copy_generation"
SOMEBODY_LEFT: Final = "forgotten"
"""Rows of ``meta``: which database this is; how often its data keys were copied; random octets, others after each time
that somebody was forgotten."""
RESTORED: Final = "restored"
"""A row of ``meta``: the generation of the copy that a database was made anew with; both fit together as they are. It
is sealed (``restored_at``), for whoever could write it could have old rows taken for a backup's."""
_RESTORED_PLACE = place("meta", RESTORED, b"")
LOCAL: Final = frozenset({GENERATION, SOMEBODY_LEFT, RESTORED})
"""Of one database at one time: in no copy of it."""


KIND: Final = "backup"


def restored_at(keyring: Keyring, generation: bytes) -> bytes:
    """What the row says when a database was made anew with the copy of that generation."""
    return keyring.seals.seal(generation, _RESTORED_PLACE)


def restored_with(connection: Connection, keyring: Keyring) -> int:
    """The generation that it says, 0 where there is none of ours."""
    sealed = key_versions.read(connection, RESTORED)
    try:
        return 0 if sealed is None else int.from_bytes(keyring.seals.open(sealed, _RESTORED_PLACE), "big")
    except CipherError:
        return 0


class OverError(Exception):
    """Somebody was forgotten while rows were read: what was read is to be thrown away."""


class Dump:
    """What a backup is made of."""

    def __init__(self, reader: Engine, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._keyring = keyring
        self._clock = clock

    def pieces(self) -> Iterator[bytes]:
        """The octets of a backup of this moment, to be encrypted. Raises ``OverError`` or ``StoreTrouble``."""
        return written(KIND, self._values(), self._keyring.copies[0])

    def _values(self) -> Iterator[Any]:
        try:
            with self._reader.connect() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                yield heading(connection, to_micros(self._clock()))
                moment = _Moment(key_versions.read(connection, SOMEBODY_LEFT), self._reader)
                for value in rows(connection, kept_together()):
                    moment.check()
                    yield value
        except SQLAlchemyError as error:
            raise trouble(error) from None


class _Moment:
    """Since when rows are read. ``beside``: another look at the database as it is now."""

    def __init__(self, forgotten: bytes | None, beside: Engine) -> None:
        self._beside = beside
        self._look_at = time.monotonic() + PATIENCE_S
        self._forgotten = forgotten

    def check(self) -> None:
        """Raises ``OverError`` when somebody was forgotten and has waited long enough for what is still shown."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + 1
        with self._beside.connect() as now:
            if key_versions.read(now, SOMEBODY_LEFT) != self._forgotten:
                raise OverError


def heading(connection: Connection, made_at: int) -> dict[str, Any]:
    """What a copy says of itself. ``made_at``: µs since 1970."""
    return {
        "made_at": made_at,
        "revision": MigrationContext.configure(connection).get_current_revision(),
        "check": key_versions.read(connection, CHECK),
        "number": key_versions.number_of(connection),
        "database": key_versions.read(connection, DATABASE) or b"",
        "generation": int.from_bytes(key_versions.read(connection, GENERATION) or b"", "big"),
    }


def kept_together() -> list[Table]:
    """Every table of a backup, in an order in which it can be written again."""
    return [each for each in metadata.sorted_tables if each not in APART]


def rows(connection: Connection, tables: Iterable[Table]) -> Iterator[Any]:
    """All rows of these tables: for each table its name and columns, then its rows in batches of about a megabyte."""
    for table in tables:
        names = [str(column.name) for column in table.columns]
        yield ["table", str(table.name), names]
        wanted = select(*table.columns).order_by(*table.primary_key.columns)
        if table.name == "meta":
            wanted = wanted.where(table.c.name.not_in(LOCAL))
        streamed = connection.execution_options(stream_results=True, max_row_buffer=_BATCH_ROWS)
        yield from _batches(streamed.execute(wanted))


def _batches(result: Iterable[Sequence[Any]]) -> Iterator[Any]:
    batch: list[list[Any]] = []
    octets = 0
    for row in result:
        values = [bytes(each) if isinstance(each, memoryview) else each for each in row]
        batch.append(values)
        octets += sum(len(each) if isinstance(each, bytes | str) else 8 for each in values)
        if octets >= BATCH_OCTETS or len(batch) >= _BATCH_ROWS:
            yield ["rows", batch]
            batch, octets = [], 0
    if batch:
        yield ["rows", batch]
