"""The full-text search of the directory in PostgreSQL: one ``tsvector`` for each entry, found by a GIN index.

Called by ``referral_words``. The vector is written as it is, word for word, so that no dictionary of the server has a
say. Which words of a text are meant is a weight (A for a name, B topics, C line, D places); marks have a sign before
them that no word has.

Standards: PostgreSQL, chapter 12 (full text search).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from relay.edge.store.referral_asked import All, AnyOf, But, Expression, In, Term, Where

_MAX_POSITION = 16_000
"""PostgreSQL counts to 16,383."""
_MAX_PLACES = 200
"""Places of one word that are kept; PostgreSQL takes 255."""
_MAX_WORD_CHARS = 250
"""PostgreSQL takes words of 2,046 octets."""
_MARK = "="

_WRITE = "INSERT INTO referral_words (number, words) VALUES (%s, CAST(%s AS tsvector))"
_REMOVE = "DELETE FROM referral_words WHERE number = %s"
_FROM = (
    "SELECT r.number, r.entry FROM referral_words w JOIN referrals r USING (number), CAST(%s AS tsquery) asked "
    "WHERE w.words @@ asked AND (r.verified_on IS NULL OR r.verified_on >= %s) "
    "AND (r.until_on IS NULL OR r.until_on >= %s) "
)
_NUMBERS = "SELECT number FROM referral_words WHERE words @@ CAST(%s AS tsquery) LIMIT %s"
_BEST = _FROM + "ORDER BY ts_rank('{0.125, 0.25, 0.75, 1.0}', w.words, asked) DESC, r.number LIMIT %s"
_SOME = _FROM + "LIMIT %s"
_ENTRY = (
    "SELECT r.number, r.entry FROM referrals r WHERE number = %s "
    "AND (r.verified_on IS NULL OR r.verified_on >= %s) AND (r.until_on IS NULL OR r.until_on >= %s)"
)
_AT = (
    "SELECT r.entry FROM referral_words w JOIN referrals r USING (number) "
    "WHERE w.words @@ CAST(%s AS tsquery) ORDER BY r.number LIMIT %s"
)

Row = tuple[int, str]


def write(connection: Connection, number: int, texts: Sequence[Sequence[str]], marks: Sequence[str]) -> None:
    """Make an entry findable by its words: of its name, topics, line and places."""
    places: dict[str, list[str]] = {}
    position = 0
    for weight, words in zip("ABCD", texts, strict=True):
        for word in words:
            position = min(position + 1, _MAX_POSITION)
            places.setdefault(word, []).append(f"{position}{weight}")
    vector = [f"{_quoted(word)}:{','.join(dict.fromkeys(at[:_MAX_PLACES]))}" for word, at in places.items()]
    vector += [_quoted(_MARK + mark) for mark in marks]
    connection.exec_driver_sql(_WRITE, (number, " ".join(vector)))


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


def asked(question: Expression, where: Where = Where.TEXT) -> str:
    """A question as a ``tsquery``."""
    match question:
        case All(parts):
            return f"({' & '.join(asked(part, where) for part in parts)})"
        case AnyOf(parts):
            return f"({' | '.join(asked(part, where) for part in parts)})"
        case But(wanted, unwanted):
            return f"({asked(wanted, where)} & !{asked(unwanted, where)})"
        case In(there, inner):
            return asked(inner, there)
    return _term(question, where)


def _term(term: Term, where: Where) -> str:
    if where is Where.MARKS:
        return _quoted(_MARK + term.word)
    how = ("*" if term.is_begun else "") + ("AB" if where is Where.STRONG else "")
    return f"{_quoted(term.word)}:{how}" if how else _quoted(term.word)


def _quoted(word: str) -> str:
    """A word of either language; what is longer than they take is cut, the same in both."""
    escaped = word[:_MAX_WORD_CHARS].replace("\\", "\\\\").replace("'", "''").replace("\0", "")
    return f"'{escaped}'"
