"""One database's full-text search of the directory: its statements, what it is given and what it is asked.

Made by ``referral_fts5`` for SQLite and by ``referral_tsvector`` for PostgreSQL; called by ``referral_words``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from relay.edge.store.referral_asked import Expression

Row = tuple[int, str]
"""An entry's number, and the entry as it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Statements take what stands behind them, in this order. ``dates``: days as ordinals, before the first of which
    an entry was verified too long ago, and before the second of which it was over.
    """

    insert: str
    """A number and what ``indexed`` gives."""
    delete: str
    """A number."""
    find: str
    """A question and a limit."""
    fetch: str
    """A number and dates."""
    best_first: str
    """A question, dates and a limit."""
    in_any_order: str
    """A question, dates and a limit."""
    of_any_age: str
    """A question and a limit."""
    indexed: Callable[[Sequence[Sequence[str]], Sequence[str]], tuple[str, ...]]
    """Folded words of an entry's name, topics, line and places, and its marks, in this database's form."""
    asked: Callable[[Expression], str]
    """A question in this database's words."""

    def write(
        self, connection: Connection, number: int, texts: Sequence[Sequence[str]], marks: Sequence[str]
    ) -> None:
        """Make an entry findable."""
        connection.exec_driver_sql(self.insert, (number, *self.indexed(texts, marks)))

    def remove(self, connection: Connection, number: int) -> None:
        """Take an entry out."""
        connection.exec_driver_sql(self.delete, (number,))

    def numbers(self, connection: Connection, question: Expression, at_most: int) -> list[int]:
        """Numbers of entries that answer, in no order."""
        return [number for (number,) in self._rows(connection, self.find, self.asked(question), at_most)]

    def entry(self, connection: Connection, number: int, dates: tuple[int, int]) -> Row | None:
        """One entry, unless it is too old or over."""
        return next(iter(self._rows(connection, self.fetch, number, *dates)), None)

    def best(
        self, connection: Connection, question: Expression, dates: tuple[int, int], at_most: int
    ) -> list[Row]:
        """The best by their words."""
        return self._rows(connection, self.best_first, self.asked(question), *dates, at_most)

    def some(
        self, connection: Connection, question: Expression, dates: tuple[int, int], at_most: int
    ) -> list[Row]:
        """Any that answer."""
        return self._rows(connection, self.in_any_order, self.asked(question), *dates, at_most)

    def at(self, connection: Connection, question: Expression, at_most: int) -> list[str]:
        """Entries that answer, whatever their age."""
        return [text for (text,) in self._rows(connection, self.of_any_age, self.asked(question), at_most)]

    @staticmethod
    def _rows(connection: Connection, statement: str, *values: str | int) -> list[Any]:
        return [tuple(row) for row in connection.exec_driver_sql(statement, values)]
