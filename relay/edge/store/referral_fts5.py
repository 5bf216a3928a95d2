"""The full-text search of the directory in SQLite: one row of FTS5 for each entry, its row id the entry's number.

Marks stand in a column of their own.

Standards: FTS5 of SQLite (query syntax, bm25).
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.edge.store.referral_asked import All, AnyOf, But, Expression, In, Where
from relay.edge.store.referral_search import Search

_FROM = (
    "SELECT r.number, r.entry FROM referral_words CROSS JOIN referrals r ON r.number = referral_words.rowid "
    "WHERE referral_words MATCH ? AND (r.verified_on IS NULL OR r.verified_on >= ?) "
    "AND (r.until_on IS NULL OR r.until_on >= ?) "
)
_COLUMNS = {Where.STRONG: "{name topics}", Where.TEXT: "{name topics line places}", Where.MARKS: "{marks}"}


def _indexed(texts: Sequence[Sequence[str]], marks: Sequence[str]) -> tuple[str, ...]:
    """A text for each column."""
    return (*(" ".join(words) for words in texts), " ".join(marks))


def _asked(question: Expression) -> str:
    """A question in FTS5's words."""
    match question:
        case All(parts):
            return f"({' AND '.join(map(_asked, parts))})"
        case AnyOf(parts):
            return f"({' OR '.join(map(_asked, parts))})"
        case But(wanted, unwanted):
            return f"({_asked(wanted)} NOT {_asked(unwanted)})"
        case In(where, inner):
            return f"{_COLUMNS[where]} : ({_asked(inner)})"
    return f'"{question.word}" *' if question.is_begun else f'"{question.word}"'


FTS5 = Search(
    insert="INSERT INTO referral_words (rowid, name, topics, line, places, marks) VALUES (?, ?, ?, ?, ?, ?)",
    delete="DELETE FROM referral_words WHERE rowid = ?",
    find="SELECT rowid FROM referral_words WHERE referral_words MATCH ? LIMIT ?",
    fetch=(
        "SELECT number, entry FROM referrals r WHERE number = ? "
        "AND (r.verified_on IS NULL OR r.verified_on >= ?) AND (r.until_on IS NULL OR r.until_on >= ?)"
    ),
    best_first=_FROM + "AND rank MATCH 'bm25(8.0, 6.0, 2.0, 1.0, 0.0)' ORDER BY rank LIMIT ?",
    in_any_order=_FROM + "LIMIT ?",
    of_any_age=(
        "SELECT r.entry FROM referral_words CROSS JOIN referrals r ON r.number = referral_words.rowid "
        "WHERE referral_words MATCH ? LIMIT ?"
    ),
    indexed=_indexed,
    asked=_asked,
)
