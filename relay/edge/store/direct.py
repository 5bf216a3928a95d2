"""Statements of the embedded database, run on the driver's own connection.

Used by ``lanes`` for SQLite. A statement by index takes SQLite two microseconds, and SQLAlchemy twenty to prepare,
send and wrap; some twenty of them stand between a message that comes in and its copy going out. So each
statement is compiled by SQLAlchemy once, kept as text, and from then on run as it is.

``Direct`` has the part of ``sqlalchemy.Connection`` and its results that this package uses, and raises the same
errors. It knows the types that SQLite itself knows (integers, text, octets): a ``Boolean`` comes back as 0 or 1.
Statements whose text depends on their values (``IN`` with a list) go the long way.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

Parameters = Mapping[str, Any]

_DIALECT = dialect()
_NOT_GIVEN = object()


class _Prepared(NamedTuple):
    """A compiled statement: for each mark the name of its value, and the value that stands in the statement."""

    text: str
    marks: tuple[tuple[str, Any], ...]
    row: Callable[..., Any]

    def values(self, parameters: Parameters) -> list[Any]:
        return [parameters[name] if fixed is _NOT_GIVEN else fixed for name, fixed in self.marks]


@lru_cache(maxsize=512)
def _prepared(statement: Executable, names: tuple[str, ...]) -> _Prepared | None:
    """Compile a statement for these names of values; ``None`` when its text depends on them."""
    compiled = cast("SQLCompiler", statement.compile(dialect=_DIALECT, column_keys=list(names)))  # type: ignore[attr-defined]
    if compiled.post_compile_params:
        return None
    fixed = {name: value for name, value in compiled.params.items() if name not in names}
    marks = tuple((name, fixed.get(name, _NOT_GIVEN)) for name in compiled.positiontup or ())
    columns = [str(entry.keyname) for entry in compiled._result_columns]  # noqa: SLF001 - there is no public name
    row: Any = namedtuple("Row", columns, rename=True)  # type: ignore[misc]  # noqa: PYI024 - known only here
    return _Prepared(compiled.string, marks, row._make)


class Direct:
    """A connection of the driver, between the begin and the end of a transaction that somebody else makes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""
        return self._connection.dialect

    def execute(self, statement: Executable, parameters: Parameters | Sequence[Parameters] = ()) -> Any:
        """Run a statement, once for each when a list is given. Raises ``DBAPIError`` as SQLAlchemy does."""
        is_many = not isinstance(parameters, Mapping) and bool(parameters)
        first: Parameters = parameters[0] if is_many else parameters or {}  # type: ignore[index,assignment]
        prepared = _prepared(statement, tuple(first))
        if prepared is None:
            return self._connection.execute(statement, parameters or None)
        try:
            if is_many:
                rows = [prepared.values(each) for each in cast("Sequence[Parameters]", parameters)]
                return Rows(self._driver.executemany(prepared.text, rows), prepared.row)
            return Rows(self._driver.execute(prepared.text, prepared.values(first)), prepared.row)
        except sqlite3.Error as error:
            raise _translated(error) from None

    def exec_driver_sql(self, text: str, values: Sequence[Any] = ()) -> Rows:
        """Run a text as it is. Raises ``DBAPIError``."""
        try:
            return Rows(self._driver.execute(text, values), tuple)
        except sqlite3.Error as error:
            raise _translated(error) from None


class Answer:
    """What a statement gave back, names as in it: the part of SQLAlchemy's ``Result`` that this package uses."""

    def all(self) -> list[Any]:
        raise AssertionError("each database has its own")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def first(self) -> Any:
        rows = self.all()
        return rows[0] if rows else None

    def one(self) -> Any:
        row = self.first()
        if row is None:
            raise NoResultFound("a row was expected")
        return row

    def scalars(self) -> Iterator[Any]:
        return (row[0] for row in self)

    def scalar(self) -> Any:
        row = self.first()
        return None if row is None else row[0]

    def scalar_one(self) -> Any:
        return self.one()[0]


class Rows(Answer):
    """Read whole, for SQLite commits nothing half read."""

    def __init__(self, cursor: sqlite3.Cursor, row: Callable[..., Any]) -> None:
        self._cursor = cursor
        self._row = row

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    def __iter__(self) -> Iterator[Any]:
        try:
            for values in self._cursor:
                yield self._row(values)
        except sqlite3.Error as error:
            raise _translated(error) from None

    def all(self) -> list[Any]:
        return list(self)


def _translated(error: sqlite3.Error) -> BaseException:
    """The error as SQLAlchemy raises it, without the statement and its values."""
    return DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True, dialect=_DIALECT)
