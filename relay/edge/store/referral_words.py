"""Finding referrals by words and places with SQLite's full-text search: what goes into it, and what is asked of it.

Called by ``referrals``. The words of an entry are folded before they go in (``words_of``), so that no tokenizer decides
what is alike. What is no word of a text but a fact that a search asks for (reach, place, region, country, language,
topic, cost) goes in as a mark: one made-up word each, in a column of its own. So every question is one look-up
of words that SQLite intersects, however many entries there are.

Only what may be offered is in here; what is too old or over is left out by the dates beside it. On PostgreSQL
the same words belong into a ``tsvector``; nothing outside this file knows the difference.

Standards: FTS5 of SQLite (query syntax, bm25).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import cast

from sqlalchemy import Connection

from relay.domain.referral_alike import alike
from relay.domain.referral_ranking import NOT_OFFERED_AFTER, PREFIX_CHARS, Wanted
from relay.domain.referrals import Cost, Reach, Referral, Status, place_key, words_of
from relay.edge.store.direct import Direct

PER_LOOK = 150
"""Candidates of one look-up, best by words: what ``ranked`` then weighs."""
PER_STRICT_LOOK = 600
"""Where ``ranked`` will leave many out (age, opening hours)."""
ENOUGH = 10
"""With fewer whose name or topics answer, their descriptions are looked at; with fewer that answer to all words, those
that answer to some."""
WEIGHED_AT_MOST = 10_000
"""Of more than this SQLite is not asked for the best by words: it would take longer than a person notices, and a word
that so many have tells nothing."""
_PLACES_SEEN = 30
"""Entries of a place that say in which region and country it lies."""

_WRITE = "INSERT INTO referral_words (rowid, name, topics, line, places, marks) VALUES (?, ?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM referral_words WHERE rowid = ?"
_FROM = (
    "SELECT r.number, r.entry FROM referral_words CROSS JOIN referrals r ON r.number = referral_words.rowid "
    "WHERE referral_words MATCH ? AND (r.verified_on IS NULL OR r.verified_on >= ?) "
    "AND (r.until_on IS NULL OR r.until_on >= ?) "
)
_NUMBERS = "SELECT rowid FROM referral_words WHERE referral_words MATCH ? LIMIT ?"
_BEST = _FROM + "AND rank MATCH 'bm25(8.0, 6.0, 2.0, 1.0, 0.0)' ORDER BY rank LIMIT ?"
_ANY = _FROM + "LIMIT ?"
_ENTRY = (
    "SELECT number, entry FROM referrals r WHERE number = ? "
    "AND (r.verified_on IS NULL OR r.verified_on >= ?) AND (r.until_on IS NULL OR r.until_on >= ?)"
)
_AT = (
    "SELECT r.number, r.entry FROM referral_words CROSS JOIN referrals r ON r.number = referral_words.rowid "
    "WHERE referral_words MATCH ? LIMIT ?"
)

_STRONG = "name topics"
_ALL = "name topics line places"
_EVERY = "every"
_NO_COUNTRY = "innone"
_PAID = f'"cost{Cost.PAID.value}"'


def write(connection: Connection, number: int, referral: Referral, *, is_new: bool) -> None:
    """Make an entry findable, or not any more when it may not be offered."""
    driver = _driver(connection)
    if not is_new:
        driver.exec_driver_sql(_REMOVE, (number,))
    if referral.status is not Status.ACTIVE:
        return
    where = referral.where
    texts = (
        referral.name,
        " ".join(referral.topics),
        f"{referral.description or referral.line} {referral.organization}",
        " ".join((*where.places, *where.regions)),
    )
    folded = [" ".join(words_of(text)) for text in texts]
    driver.exec_driver_sql(_WRITE, (number, *folded, " ".join(_marks(referral))))


def remove(connection: Connection, number: int) -> None:
    """Take an entry out."""
    _driver(connection).exec_driver_sql(_REMOVE, (number,))


def of_place(connection: Connection, key: str) -> list[str]:
    """Some entries of a place or region, as they are stored."""
    question = _in_marks(f'"at{key}" OR "of{key}"')
    rows = _driver(connection).exec_driver_sql(_AT, (question, _PLACES_SEEN))
    return [entry for _, entry in rows]


def looked_up(connection: Connection, wanted: Wanted, today: date) -> dict[int, str]:
    """Candidates for a question, by number, as they are stored."""
    found: dict[int, str] = {}
    look = _Look(_driver(connection), wanted, today)
    spoken = _any_of(f"speaks{'x'.join(words_of(language))}" for language in wanted.languages)
    for words in _words(wanted):
        for tier in _tiers(wanted) or [f'"{_EVERY}"']:
            rows = look.rows(words, tier)
            found.update(rows)
            if spoken and len(rows) >= look.limit:  # some were left out: not those in the language
                found.update(look.rows(words, f"({tier}) AND ({spoken})"))
        if len(found) >= ENOUGH:
            break
    return found


class _Look:
    """One look-up after the other for the same question."""

    def __init__(self, driver: Direct, wanted: Wanted, today: date) -> None:
        self._driver = driver
        self._dates = ((today - NOT_OFFERED_AFTER).toordinal(), today.toordinal())
        self._conditions = "".join(f" AND {each}" for each in _conditions(wanted))
        self._but = f" NOT {_in_marks(_PAID)}" if wanted.is_free else ""
        is_strict = wanted.age is not None or wanted.open_at is not None
        self.limit = PER_STRICT_LOOK if is_strict else PER_LOOK

    def rows(self, words: Sequence[str], tier: str) -> list[tuple[int, str]]:
        """Entries of a nearness: those that say it in their names, and when these are few those that say it at all."""
        marks = f"({_in_marks(f'({tier}){self._conditions}')}{self._but})"
        rows: list[tuple[int, str]] = []
        for each in words:
            rows = self._found(f"{each} AND {marks}" if each else marks, is_weighed=bool(each))
            if len(rows) >= ENOUGH:
                break
        return rows

    def _found(self, question: str, *, is_weighed: bool) -> list[tuple[int, str]]:
        """As many as may be, the best by words where they can be told apart in time."""
        run = self._driver.exec_driver_sql
        numbers = run(_NUMBERS, (question, WEIGHED_AT_MOST + 1)).all()
        if len(numbers) <= self.limit:
            entries = (run(_ENTRY, (number, *self._dates)).first() for (number,) in numbers)
            return [row for row in entries if row is not None]
        can_weigh = is_weighed and len(numbers) <= WEIGHED_AT_MOST
        return run(_BEST if can_weigh else _ANY, (question, *self._dates, self.limit)).all()


def _driver(connection: Connection) -> Direct:
    return cast("Direct", connection)


def _marks(referral: Referral) -> Iterator[str]:
    where = referral.where
    yield _EVERY
    yield f"reach{where.reach.value}"
    if where.is_online or where.reach is Reach.WORLDWIDE:
        yield "online"
    if referral.cost is not Cost.UNKNOWN:
        yield f"cost{referral.cost.value}"
    yield from {f"at{key}" for name in where.places if (key := place_key(name))}
    yield from {f"of{key}" for name in where.regions if (key := place_key(name))}
    yield from {f"in{country.casefold()}" for country in where.countries} or {_NO_COUNTRY}
    yield from {f"speaks{language}" for language in referral.languages}
    yield from {f"topic{key}" for topic in referral.topics if (key := place_key(topic))}


def _words(wanted: Wanted) -> Iterator[Sequence[str]]:
    """What the words are looked up as: all of them and, where that is not enough, any; each first as it stands in names
    and topics, then as the beginning of any word anywhere.
    """
    words = list(dict.fromkeys(part for word in wanted.words for part in words_of(word)))
    if not words:
        if wanted.place or wanted.countries or any(_conditions(wanted)) or wanted.is_free:
            yield [""]
        return
    exact = [_any_of(alike(word)) for word in words]
    begun = [" OR ".join(map(_begun, alike(word))) for word in words]
    for joined in ("AND", "OR") if len(words) > 1 else ("AND",):
        yield [_in_words(_STRONG, exact, joined), _in_words(_ALL, begun, joined)]


def _in_words(columns: str, terms: Sequence[str], joined: str) -> str:
    return f"{{{columns}}} : ({f' {joined} '.join(f'({term})' for term in terms)})"


def _tiers(wanted: Wanted) -> list[str]:
    """One look-up for each nearness, so that many far ones cannot crowd out a near one."""
    countries = _any_of(f"in{country.casefold()}" for country in wanted.countries)
    if not wanted.place:
        return [countries, '"reachworldwide"'] if countries else []
    here = place_key(wanted.place)
    regions = [key for name in wanted.regions if (key := place_key(name)) and key != here]
    region = [f'("of{key}" AND "reachregion") OR "at{key}"' for key in regions]
    national = f'"reachnational" AND ({countries} OR "{_NO_COUNTRY}")' if countries else '"reachnational"'
    return [f'"at{here}"', " OR ".join([f'"of{here}"', *region]), national, '"reachworldwide"']


def _conditions(wanted: Wanted) -> Iterator[str]:
    if wanted.is_online:
        yield '"online"'
    for topic in wanted.topics:
        yield f'"topic{place_key(topic)}"'


def _begun(word: str) -> str:
    return f'"{word}" *' if len(word) >= PREFIX_CHARS else f'"{word}"'


def _any_of(marks: Iterable[str]) -> str:
    return " OR ".join(f'"{each}"' for each in dict.fromkeys(marks) if each.isalnum())


def _in_marks(expression: str) -> str:
    return f"{{marks}} : ({expression})"
