"""Finding referrals by words and places with the database's full-text search: what goes in, and what is asked of it.

Called by ``referrals``. The words of an entry are folded before they go in (``words_of``), so that no tokenizer decides
what is alike. What is no word of a text but a fact that a search asks for (reach, place, region, country, language,
topic, cost) goes in as a mark: one made-up word each, apart from the others. So every question is one look-up
of words that the database intersects, however many entries there are.

Only what may be offered is in here; what is too old or over is left out by the dates beside it. How a question is put
to SQLite says ``referral_fts5``, how to PostgreSQL ``referral_tsvector``; nothing outside knows the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import Connection

from relay.domain.referral_alike import alike
from relay.domain.referral_ranking import NOT_OFFERED_AFTER, PREFIX_CHARS, Wanted
from relay.domain.referrals import Cost, Reach, Referral, Status, place_key, words_of
from relay.edge.store.referral_asked import All, AnyOf, But, Expression, In, Term, Where
from relay.edge.store.referral_fts5 import FTS5
from relay.edge.store.referral_search import Row, Search
from relay.edge.store.referral_tsvector import TSVECTOR

PER_LOOK = 150
"""Candidates of one look-up, best by words: what ``ranked`` then weighs."""
PER_STRICT_LOOK = 600
"""Where ``ranked`` will leave many out (age, opening hours)."""
ENOUGH = 10
"""With fewer whose name or topics answer, their descriptions are looked at; with fewer that answer to all words, those
that answer to some."""
WEIGHED_AT_MOST = 10_000
"""Of more than this the best by words are not asked for: it would take longer than a person notices, and a word that so
many have tells nothing."""
_PLACES_SEEN = 30
"""Entries of a place that say in which region and country it lies."""

_EVERY = "every"
_NO_COUNTRY = "innone"
_PAID = In(Where.MARKS, Term(f"cost{Cost.PAID.value}"))


def write(connection: Connection, number: int, referral: Referral, *, is_new: bool) -> None:
    """Make an entry findable, or not any more when it may not be offered."""
    search = _search(connection)
    if not is_new:
        search.remove(connection, number)
    if referral.status is not Status.ACTIVE:
        return
    where = referral.where
    texts = (
        referral.name,
        " ".join(referral.topics),
        f"{referral.description or referral.line} {referral.organization}",
        " ".join((*where.places, *where.regions)),
    )
    search.write(connection, number, [words_of(text) for text in texts], list(_marks(referral)))


def remove(connection: Connection, number: int) -> None:
    """Take an entry out."""
    _search(connection).remove(connection, number)


def of_place(connection: Connection, key: str) -> list[str]:
    """Some entries of a place or region, as they are stored."""
    question = In(Where.MARKS, AnyOf((Term(f"at{key}"), Term(f"of{key}"))))
    return _search(connection).at(connection, question, _PLACES_SEEN)


def looked_up(connection: Connection, wanted: Wanted, today: date) -> dict[int, str]:
    """Candidates for a question, by number, as they are stored."""
    found: dict[int, str] = {}
    look = _Look(connection, wanted, today)
    spoken = _any_of(f"speaks{'x'.join(words_of(language))}" for language in wanted.languages)
    for words in _words(wanted):
        for tier in _tiers(wanted) or [Term(_EVERY)]:
            rows = look.rows(words, tier)
            found.update(rows)
            if spoken and len(rows) >= look.limit:  # some were left out: not those in the language
                found.update(look.rows(words, All((tier, spoken))))
        if len(found) >= ENOUGH:
            break
    return found


class _Look:
    """One look-up after the other for the same question."""

    def __init__(self, connection: Connection, wanted: Wanted, today: date) -> None:
        self._connection = connection
        self._search = _search(connection)
        self._dates = ((today - NOT_OFFERED_AFTER).toordinal(), today.toordinal())
        self._conditions = tuple(_conditions(wanted))
        self._is_free = wanted.is_free
        is_strict = wanted.age is not None or wanted.open_at is not None
        self.limit = PER_STRICT_LOOK if is_strict else PER_LOOK

    def rows(self, words: Sequence[Expression | None], tier: Expression) -> list[Row]:
        """Entries of a nearness: those that say it in their names, and when these are few those that say it at all."""
        marks: Expression = In(Where.MARKS, All((tier, *self._conditions)))
        if self._is_free:
            marks = But(marks, _PAID)
        rows: list[Row] = []
        for each in words:
            rows = self._found(marks if each is None else All((each, marks)), is_weighed=each is not None)
            if len(rows) >= ENOUGH:
                break
        return rows

    def _found(self, question: Expression, *, is_weighed: bool) -> list[Row]:
        """As many as may be, the best by words where they can be told apart in time."""
        search, connection = self._search, self._connection
        numbers = search.numbers(connection, question, WEIGHED_AT_MOST + 1)
        if len(numbers) <= self.limit:
            entries = (search.entry(connection, number, self._dates) for number in numbers)
            return [row for row in entries if row is not None]
        can_weigh = is_weighed and len(numbers) <= WEIGHED_AT_MOST
        look = search.best if can_weigh else search.some
        return look(connection, question, self._dates, self.limit)


def _search(connection: Connection) -> Search:
    """How this database is asked."""
    return TSVECTOR if connection.dialect.name == "postgresql" else FTS5


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


def _words(wanted: Wanted) -> Iterator[Sequence[Expression | None]]:
    """What the words are looked up as: all of them and, where that is not enough, any; each first as it stands in names
    and topics, then as the beginning of any word anywhere.
    """
    words = list(dict.fromkeys(part for word in wanted.words for part in words_of(word)))
    if not words:
        if wanted.place or wanted.countries or any(_conditions(wanted)) or wanted.is_free:
            yield [None]
        return
    exact = tuple(AnyOf(tuple(map(Term, alike(word)))) for word in words)
    begun = tuple(
        AnyOf(tuple(Term(each, len(each) >= PREFIX_CHARS) for each in alike(word))) for word in words
    )
    for joined in (All, AnyOf) if len(words) > 1 else (All,):
        yield [In(Where.STRONG, joined(exact)), In(Where.TEXT, joined(begun))]


def _tiers(wanted: Wanted) -> list[Expression]:
    """One look-up for each nearness, so that many far ones cannot crowd out a near one."""
    countries = _any_of(f"in{country.casefold()}" for country in wanted.countries)
    worldwide, national = Term("reachworldwide"), Term("reachnational")
    if not wanted.place:
        return [countries, worldwide] if countries else []
    here = place_key(wanted.place)
    regions = [key for name in wanted.regions if (key := place_key(name)) and key != here]
    region = [AnyOf((All((Term(f"of{key}"), Term("reachregion"))), Term(f"at{key}"))) for key in regions]
    in_country = All((national, AnyOf((countries, Term(_NO_COUNTRY))))) if countries else national
    return [Term(f"at{here}"), AnyOf((Term(f"of{here}"), *region)), in_country, worldwide]


def _conditions(wanted: Wanted) -> Iterator[Expression]:
    if wanted.is_online:
        yield Term("online")
    for topic in wanted.topics:
        yield Term(f"topic{place_key(topic)}")


def _any_of(marks: Iterable[str]) -> Expression | None:
    terms = tuple(Term(each) for each in dict.fromkeys(marks) if each.isalnum())
    return AnyOf(terms) if terms else None
