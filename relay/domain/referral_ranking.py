"""Which referrals may be offered for a question, and in which order: a pure function of entries, question and day.

The store hands in candidates; whoever shows them gets them in order with what is to be said beside each. Never
offered: what is not active, what has ended, what nobody has looked at for two years, what is for another age or
another place. Looked at more than a year ago, or nobody knows when: offered behind a fresh one, and marked.

The order: how many of the words it answers to, then place (here, region, country, anywhere), language, topic, age,
opening, cost, how fresh it is. A place is only what somebody typed; nothing is ever inferred about a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from relay.domain.referral_alike import alike
from relay.domain.referrals import Cost, Reach, Referral, Status, place_key, words_of

MARKED_AFTER = timedelta(days=365)
NOT_OFFERED_AFTER = timedelta(days=730)

PREFIX_CHARS = 3
"""A word of this length or more finds the longer ones that begin with it: ``lgbt`` finds ``LGBTQ+``."""


class Freshness(Enum):
    """How long ago somebody looked at it."""

    FRESH = "fresh"
    UNKNOWN = "unknown"
    OLD = "old"
    EXPIRED = "expired"


class Nearness(Enum):
    """How an entry lies to the place that was asked for."""

    HERE = 0
    REGION = 1
    COUNTRY = 2
    ANYWHERE = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question. ``regions`` and ``countries`` are those of the place, as far as the directory knows them."""

    words: tuple[str, ...] = ()
    place: str = ""
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    age: int | None = None
    is_free: bool = False
    is_online: bool = False
    open_at: tuple[int, int | None] | None = None
    """A day of the week (0 is Monday) and a minute of it, by the clock of the service; ``None``: some time that day."""
    count: int = 0
    """How many; 0 when the question does not say."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry that may be offered, and what a counselor should know of it."""

    referral: Referral
    nearness: Nearness | None
    freshness: Freshness
    missing: tuple[str, ...] = field(default=())
    """Words of the question that it does not answer to."""


def freshness(referral: Referral, today: date) -> Freshness:
    """How old what is known of it is."""
    if referral.verified is None:
        return Freshness.UNKNOWN
    age = today - referral.verified
    if age > NOT_OFFERED_AFTER:
        return Freshness.EXPIRED
    return Freshness.OLD if age > MARKED_AFTER else Freshness.FRESH


def may_be_offered(referral: Referral, today: date) -> bool:
    """Whatever the question: active, not over, and looked at in the last two years (or nobody knows when)."""
    if referral.status is not Status.ACTIVE or freshness(referral, today) is Freshness.EXPIRED:
        return False
    return referral.until is None or referral.until >= today


def ranked(candidates: Iterable[Referral], wanted: Wanted, today: date) -> tuple[Ranked, ...]:
    """Those that may be offered for this question, best first."""
    found = []
    is_placed = bool(wanted.place or wanted.countries)
    for referral in candidates:
        if not (may_be_offered(referral, today) and _fits(referral, wanted)):
            continue
        near = nearness(referral, wanted)
        if near is None and is_placed:
            continue
        strong, weak = _vocabulary(referral)
        missing = tuple(word for word in wanted.words if not _has(strong, word) and not _has(weak, word))
        if 2 * len(missing) > len(wanted.words):
            continue  # half a question is answered by chance, or by a place that nobody took for one
        fresh = freshness(referral, today)
        in_topics = sum(_has(strong, word) for word in wanted.words)
        key = (
            len(missing),
            near.value if near and is_placed else 0,
            _language_rank(referral, wanted),
            -in_topics,
            _age_rank(referral, wanted),
            _open_rank(referral, wanted),
            _cost_rank(referral, wanted),
            (Freshness.FRESH, Freshness.UNKNOWN, Freshness.OLD).index(fresh),
            -referral.verified.toordinal() if referral.verified else 0,
            referral.number,
        )
        found.append((key, Ranked(referral, near, fresh, missing)))
    found.sort(key=lambda pair: pair[0])
    return tuple(each for _, each in found)


def nearness(referral: Referral, wanted: Wanted) -> Nearness | None:
    """How it lies to the place that was asked for; ``None``: elsewhere, not known, or no place was asked for."""
    where = referral.where
    if where.reach is Reach.WORLDWIDE:
        return Nearness.ANYWHERE
    if wanted.countries and where.countries and not set(where.countries) & set(wanted.countries):
        return None
    if where.reach is Reach.NATIONAL:
        return Nearness.COUNTRY
    if not wanted.place:
        return Nearness.COUNTRY if wanted.countries and where.countries else None
    here = place_key(wanted.place)
    if any(place_key(name) == here for name in where.places):
        return Nearness.HERE
    regions = {place_key(name) for name in wanted.regions} | {here}
    of_region = where.reach is Reach.REGION and any(place_key(name) in regions for name in where.regions)
    if of_region or any(place_key(name) in regions for name in where.places):
        return Nearness.REGION
    if any(place_key(name) == here for name in where.regions):
        return Nearness.REGION  # somewhere in the region that was asked for by its name
    return None


def matches(vocabulary: Iterable[str], word: str) -> bool:
    """Tell whether one of these words is the one that is asked for, or begins with it."""
    if len(word) < PREFIX_CHARS:
        return word in vocabulary
    return any(each.startswith(word) for each in vocabulary)


def _has(vocabulary: frozenset[str], word: str) -> bool:
    """A word of a question may fold to several: ``mental-health``."""
    return all(any(matches(vocabulary, each) for each in alike(part)) for part in words_of(word))


def _vocabulary(referral: Referral) -> tuple[frozenset[str], frozenset[str]]:
    """The words that say what it is, and those that are merely said of it."""
    strong = words_of(" ".join((referral.name, *referral.topics)))
    where = referral.where
    said = (referral.line, referral.description, referral.organization, *where.places, *where.regions)
    weak = words_of(" ".join(said))
    return frozenset(strong), frozenset(weak)


def _fits(referral: Referral, wanted: Wanted) -> bool:
    """Whether nothing that is known of it rules it out."""
    if wanted.age is not None and not referral.ages.fits(wanted.age):
        return False
    if wanted.is_free and referral.cost is Cost.PAID:
        return False
    if wanted.is_online and not (referral.where.is_online or referral.where.reach is Reach.WORLDWIDE):
        return False
    if wanted.open_at is not None and referral.hours.is_open(*wanted.open_at) is False:
        return False
    have = {place_key(topic) for topic in referral.topics}
    return all(place_key(topic) in have for topic in wanted.topics)


def _language_rank(referral: Referral, wanted: Wanted) -> int:
    """0: one of those asked for; 1: not known; 2: only others."""
    if not wanted.languages or set(wanted.languages) & set(referral.languages):
        return 0
    return 2 if referral.languages else 1


def _age_rank(referral: Referral, wanted: Wanted) -> int:
    """Made for this age before made for everybody."""
    if wanted.age is None:
        return 0
    return 0 if referral.ages.minimum is not None or referral.ages.maximum is not None else 1


def _open_rank(referral: Referral, wanted: Wanted) -> int:
    if wanted.open_at is None:
        return 0
    return 0 if referral.hours.is_open(*wanted.open_at) else 1


def _cost_rank(referral: Referral, wanted: Wanted) -> int:
    if not wanted.is_free:
        return 0
    return (Cost.FREE, Cost.LOW, Cost.UNKNOWN, Cost.PAID).index(referral.cost)
