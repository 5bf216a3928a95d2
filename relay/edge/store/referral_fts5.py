"""The full-text search of the directory in SQLite: one row of FTS5 for each entry, its row id the entry's number.

Called by ``referral_words``. Marks stand in a column of their own.

Standards: FTS5 of SQLite (query syntax, bm25).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from relay.edge.store.referral_asked import All, AnyOf, But, Expression, In, Where

_WRITE = "INSERT INTO referral_words (rowid, name, topics, line, places, marks) VALUES (?, ?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM referral_words WHERE rowid = ?"
_FROM = (
    "SELECT r.number, r.entry FROM referral_words CROSS JOIN referrals r ON r.number = referral_words.rowid "
    "WHERE referral_words MATCH ? AND (r.verified_on IS NULL OR r.verified_on >= ?) "
    "AND (r.until_on IS NULL OR r.until_on >= ?) "
)
_NUMBERS = "SELECT rowid FROM referral_words WHERE referral_words MATCH ? LIMIT ?"
_BEST = _FROM + "AND rank MATCH 'bm25(8.0, 6.0, 2.0, 1.0, 0.0)' ORDER BY rank LIMIT ?"
_SOME = _FROM + "LIMIT ?"
_ENTRY = (
    "SELECT number, entry FROM referrals r WHERE number = ? "
    "AND (r.verified_on IS NULL OR r.verified_on >= ?) AND (r.until_on IS NULL OR r.until_on >= ?)"
)
_AT = (
    "SELECT r.entry FROM referral_words CROSS JOIN referrals r ON r.number = referral_words.rowid "
    "WHERE referral_words MATCH ? LIMIT ?"
)
_COLUMNS = {Where.STRONG: "{name topics}", Where.TEXT: "{name topics line places}", Where.MARKS: "{marks}"}

Row = tuple[int, str]


def write(connection: Connection, number: int, texts: Sequence[Sequence[str]], marks: Sequence[str]) -> None:
    """Make an entry findable by its words: of its name, topics, line and places."""
    folded = [" ".join(words) for words in texts]
    connection.exec_driver_sql(_WRITE, (number, *folded, " ".join(marks)))


def remove(connection: Connection, number: int) -> None:
    """Take an entry out."""
    connection.exec_driver_sql(_REMOVE, (number,))


def numbers(connection: Connection, question: Expression, at_most: int) -> list[int]:
    """Numbers of entries that answer, in no order."""
    return [number for (number,) in connection.exec_driver_sql(_NUMBERS, (asked(question), at_most))]


def entry(connection: Connection, number: int, dates: tuple[int, int]) -> Row | None:
    """One entry, unless it is too old or over (days as ordinals)."""
    return connection.exec_driver_sql(_ENTRY, (number, *dates)).first()


def best(connection: Connection, question: Expression, dates: tuple[int, int], at_most: int) -> list[Row]:
    """The best by their words."""
    return connection.exec_driver_sql(_BEST, (asked(question), *dates, at_most)).all()  # type: ignore[return-value]


def some(connection: Connection, question: Expression, dates: tuple[int, int], at_most: int) -> list[Row]:
    """Any that answer."""
    return connection.exec_driver_sql(_SOME, (asked(question), *dates, at_most)).all()  # type: ignore[return-value]


def at(connection: Connection, question: Expression, at_most: int) -> list[str]:
    """Entries that answer, whatever their age."""
    return [text for (text,) in connection.exec_driver_sql(_AT, (asked(question), at_most))]


def asked(question: Expression) -> str:
    """A question in FTS5's words."""
    match question:
        case All(parts):
            return f"({' AND '.join(map(asked, parts))})"
        case AnyOf(parts):
            return f"({' OR '.join(map(asked, parts))})"
        case But(wanted, unwanted):
            return f"({asked(wanted)} NOT {asked(unwanted)})"
        case In(where, inner):
            return f"{_COLUMNS[where]} : ({asked(inner)})"
    return f'"{question.word}" *' if question.is_begun else f'"{question.word}"'
