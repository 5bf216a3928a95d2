"""Statements to a server, sent without waiting for what came of the one before.

Used by ``lanes`` for PostgreSQL. A statement costs the server little; most of what it costs is the journey there and
back, in which two processes wake each other, and SQLAlchemy's work for it. So each is compiled once, as in ``direct``,
and run by the driver in its pipeline mode: an answer is waited for when somebody looks at it. What nobody looks at is
found out at the end, before anything is committed: whoever leaves the ``with`` without error knows that all went well.

An error is raised where it is noticed, not where it was made, so that work which goes wrong has to be done again
``is_piped=False`` to know whose fault it was. ``lanes`` does that anyway.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any, NamedTuple, Self, cast

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.sql.compiler import SQLCompiler

from relay.edge.store.direct import Answer

Parameters = Mapping[str, Any]


class _Compiled(NamedTuple):
    """The text of a statement; the values that stand in it; what is done to a value that is sent; what a row is."""

    text: str
    fixed: Mapping[str, Any]
    sent_as: tuple[tuple[str, Any], ...]
    row: Callable[..., Any]

    def values(self, parameters: Parameters) -> Parameters:
        values = {**self.fixed, **parameters}
        for name, process in self.sent_as:
            values[name] = process(values[name])
        return values


@lru_cache(maxsize=512)
def _compiled(statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> _Compiled | None:
    """Compile a statement for these names of values; ``None`` when its text depends on them."""
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=list(names)))  # type: ignore[attr-defined]
    if compiled.post_compile_params:
        return None
    fixed = {name: value for name, value in compiled.params.items() if name not in names}
    processors = compiled._bind_processors.items()  # noqa: SLF001 - there is no public name for this and the next
    columns = [str(entry.keyname) for entry in compiled._result_columns]  # noqa: SLF001
    row: Any = namedtuple("Row", columns, rename=True)  # type: ignore[misc]  # noqa: PYI024 - known only here
    sent_as = tuple((name, each) for name, each in processors if callable(each))
    return _Compiled(compiled.string, fixed, sent_as, row._make)


class Pipelined:
    """A connection of the driver, between the begin and the end of a transaction that somebody else makes.

    It has the part of ``sqlalchemy.Connection`` and its results that this package uses, and raises the same errors.
    """

    def __init__(self, connection: Connection, *, is_piped: bool) -> None:
        self._connection = connection
        self._driver = cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)
        self._is_piped = is_piped
        self._pipeline: psycopg.Pipeline | None = None
        self._way_out = ExitStack()

    def __enter__(self) -> Self:
        self._enter()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with self._errors():
            self._leave(error)
            if error is None and self._driver.info.transaction_status == TransactionStatus.INERROR:
                # A COMMIT would be answered with success now, and be a ROLLBACK.
                raise psycopg.errors.InFailedSqlTransaction

    @property
    def dialect(self) -> Dialect:
        """Which database this is."""
        return self._connection.dialect

    def execute(self, statement: Executable, parameters: Parameters | Sequence[Parameters] = ()) -> Any:
        """Run a statement, once for each when a list is given. Raises ``DBAPIError`` as SQLAlchemy does."""
        is_many = not isinstance(parameters, Mapping) and bool(parameters)
        first: Parameters = parameters[0] if is_many else parameters or {}  # type: ignore[index,assignment]
        compiled = _compiled(statement, self.dialect, tuple(first))
        if compiled is None:
            return self._the_long_way(statement, parameters)
        with self._errors():
            cursor = self._driver.cursor(row_factory=lambda _: compiled.row)
            if is_many:
                each = [compiled.values(one) for one in cast("Sequence[Parameters]", parameters)]
                cursor.executemany(compiled.text, each)
            else:
                cursor.execute(compiled.text, compiled.values(first))
        return Awaited(self, cursor)

    def exec_driver_sql(self, text: str, values: Sequence[Any] | None = None) -> Any:
        """Run a text as it is. Raises ``DBAPIError``."""
        with self._errors():
            cursor = self._driver.cursor(row_factory=tuple_row)
            cursor.execute(text, values or None)
        return Awaited(self, cursor)

    def arrived(self) -> None:
        """Wait for everything that was sent. Raises ``DBAPIError``."""
        if self._pipeline is not None:
            with self._errors():
                self._pipeline.sync()

    def _the_long_way(self, statement: Executable, parameters: Parameters | Sequence[Parameters]) -> Any:
        """As SQLAlchemy does it, which looks at each answer at once."""
        with self._errors():
            self._leave(None)
        try:
            return self._connection.execute(statement, parameters or None)
        finally:
            self._enter()

    def _enter(self) -> None:
        if self._is_piped and psycopg.Pipeline.is_supported():
            self._pipeline = self._way_out.enter_context(self._driver.pipeline())

    def _leave(self, error: BaseException | None) -> None:
        self._pipeline = None
        self._way_out.__exit__(type(error) if error else None, error, None)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """An error as SQLAlchemy raises it, without the statement and its values."""
        try:
            yield
        except psycopg.Error as error:
            is_lost = self.dialect.is_disconnect(cast("Any", error), cast("Any", self._driver), None)
            raise DBAPIError.instance(
                None, None, error, psycopg.Error, True, is_lost, dialect=self.dialect
            ) from None  # fmt: skip


class Awaited(Answer):
    """Waited for when it is looked at."""

    def __init__(self, face: Pipelined, cursor: psycopg.Cursor[Any]) -> None:
        self._face = face
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        self._face.arrived()
        count = self._cursor.rowcount
        if count < 0:  # nobody may take "not known" for "there was one"
            raise SQLAlchemyError("the driver does not know how many rows there were")
        return count

    def all(self) -> list[Any]:
        self._face.arrived()
        return self._cursor.fetchall()
