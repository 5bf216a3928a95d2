"""The full-text search of the directory in PostgreSQL: one ``tsvector`` for each entry, found by a GIN index.

The vector is written as it is, word for word, so that no dictionary of the server has a
say. Which words of a text are meant is a weight (A for a name, B topics, C line, D places); marks have a sign before
them that no word has.

Standards: PostgreSQL, chapter 12 (full text search).
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.edge.store.referral_asked import All, AnyOf, But, Expression, In, Term, Where
from relay.edge.store.referral_search import Search

_MAX_POSITION = 16_000
"""PostgreSQL counts to 16,383."""
_MAX_PLACES = 200
"""Places of one word that are kept; PostgreSQL takes 255."""
_MAX_WORD_CHARS = 250
"""PostgreSQL takes words of 2,046 octets."""
_MARK = "="

_FROM = (
    "SELECT r.number, r.entry FROM referral_words w JOIN referrals r USING (number), CAST(%s AS tsquery) asked "
    "WHERE w.words @@ asked AND (r.verified_on IS NULL OR r.verified_on >= %s) "
    "AND (r.until_on IS NULL OR r.until_on >= %s) "
)


def _indexed(texts: Sequence[Sequence[str]], marks: Sequence[str]) -> tuple[str, ...]:
    """One vector: each word with its places and weights, and the marks."""
    places: dict[str, list[str]] = {}
    position = 0
    for weight, words in zip("ABCD", texts, strict=True):
        for word in words:
            position = min(position + 1, _MAX_POSITION)
            places.setdefault(word, []).append(f"{position}{weight}")
    vector = [f"{_quoted(word)}:{','.join(dict.fromkeys(at[:_MAX_PLACES]))}" for word, at in places.items()]
    vector += [_quoted(_MARK + mark) for mark in marks]
    return (" ".join(vector),)


def _asked(question: Expression, where: Where = Where.TEXT) -> str:
    """A question as a ``tsquery``."""
    match question:
        case All(parts):
            return f"({' & '.join(_asked(part, where) for part in parts)})"
        case AnyOf(parts):
            return f"({' | '.join(_asked(part, where) for part in parts)})"
        case But(wanted, unwanted):
            return f"({_asked(wanted, where)} & !{_asked(unwanted, where)})"
        case In(there, inner):
            return _asked(inner, there)
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


TSVECTOR = Search(
    insert="INSERT INTO referral_words (number, words) VALUES (%s, CAST(%s AS tsvector))",
    delete="DELETE FROM referral_words WHERE number = %s",
    find="SELECT number FROM referral_words WHERE words @@ CAST(%s AS tsquery) LIMIT %s",
    fetch=(
        "SELECT r.number, r.entry FROM referrals r WHERE number = %s "
        "AND (r.verified_on IS NULL OR r.verified_on >= %s) AND (r.until_on IS NULL OR r.until_on >= %s)"
    ),
    best_first=_FROM + "ORDER BY ts_rank('{0.125, 0.25, 0.75, 1.0}', w.words, asked) DESC, r.number LIMIT %s",
    in_any_order=_FROM + "LIMIT %s",
    of_any_age=(
        "SELECT r.entry FROM referral_words w JOIN referrals r USING (number) "
        "WHERE w.words @@ CAST(%s AS tsquery) ORDER BY r.number LIMIT %s"
    ),
    indexed=_indexed,
    asked=_asked,
)
