"""What a directory covers: how many entries for each country and topic, how old they are, and what is missing.

Called by ``command`` for the map; pure. Counts what may be offered today; what may not is counted apart. A topic is
one however directories write it (``referral_alike``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from relay.domain.referral_alike import alike
from relay.domain.referral_ranking import Freshness, freshness, may_be_offered
from relay.domain.referrals import PhoneKind, Reach, Referral, Status, words_of

EVERYWHERE = "*"
"""Stands for a country where an entry is for everybody."""
NOWHERE = ""
"""And where the directory does not say."""
MAX_TOPICS = 40
"""More topics than this are a taxonomy, and not what counselors ask for; the most frequent are shown."""
FEW = 3
"""So many entries fill a reply."""


@dataclass(slots=True)
class Country:
    """One country. ``topics``: entries by topic; ``ages``: by how long ago somebody looked at them."""

    code: str
    entries: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    ages: Counter[Freshness] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Coverage:
    """All of it. ``names``: how a topic is written most often."""

    today: date
    countries: dict[str, Country] = field(default_factory=dict)
    topics: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    expired: int = 0
    inactive: int = 0
    over: int = 0
    without_topic: int = 0
    unreachable: int = 0
    spellings: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def offered(self) -> int:
        """How many may be offered today."""
        return self.entries - self.expired - self.inactive - self.over

    def add(self, referral: Referral) -> None:
        """Count an entry."""
        self.entries += 1
        if not may_be_offered(referral, self.today):
            self._add_kept_back(referral)
            return
        self.sources[referral.source] += 1
        keys = {key: topic for topic in referral.topics if (key := topic_key(topic))}
        for key, topic in keys.items():
            self.topics[key] += 1
            self.spellings.setdefault(key, Counter())[topic] += 1
        self.without_topic += not keys
        voices = any(phone.kind is not PhoneKind.FAX for phone in referral.phones)
        self.unreachable += not (voices or referral.web or referral.mail)
        for code in _countries(referral):
            country = self.countries.setdefault(code, Country(code))
            country.entries += 1
            country.topics.update(keys.keys())
            country.ages[freshness(referral, self.today)] += 1
            country.languages.update(referral.languages)

    def _add_kept_back(self, referral: Referral) -> None:
        if referral.status is not Status.ACTIVE:
            self.inactive += 1
        elif freshness(referral, self.today) is Freshness.EXPIRED:
            self.expired += 1
        else:
            self.over += 1

    def shown_topics(self) -> Sequence[str]:
        """Keys of the topics that are shown, the most frequent first."""
        return [key for key, _ in self.topics.most_common(MAX_TOPICS)]

    def name(self, key: str) -> str:
        """A topic as it is written most often."""
        return self.spellings[key].most_common(1)[0][0]

    def in_order(self) -> Sequence[Country]:
        """Countries, those with the most entries first; everywhere and nowhere last."""
        last = (EVERYWHERE, NOWHERE)
        return sorted(self.countries.values(), key=lambda one: (one.code in last, -one.entries, one.code))

    def missing(self, wanted: Iterable[str], languages: Iterable[str]) -> Iterator[str]:
        """Sentences on what is not there. ``wanted``: countries of the queues, ``languages``: of the counselors."""
        everywhere = self.countries.get(EVERYWHERE)
        for code in wanted:
            country = self.countries.get(code)
            if country is None:
                also = " beside what is for everybody" if everywhere else ""
                yield f"{code}: no entry at all{also}, and an intake address is for this country."
                continue
            none = [self.name(key) for key in self.shown_topics() if not country.topics[key]]
            if none:
                yield f"{code}: nothing about {', '.join(none[:12])}{' and more' if len(none) > 12 else ''}."
            old = country.ages[Freshness.OLD] + country.ages[Freshness.UNKNOWN]
            if 2 * old > country.entries:
                yield f"{code}: {old} of {country.entries} entries were not checked within a year, as far as is known."
        spoken = {language for country in self.countries.values() for language in country.languages}
        for language in languages:
            if language.partition("-")[0] not in spoken:
                yield f"{language}: no entry says that this language is spoken there, and a counselor answers in it."
        for number, what in (
            (self.without_topic, "have no topic: only their words find them"),
            (self.unreachable, "have no number, no web and no mail address"),
            (self.expired, "were last checked over two years ago and are not offered"),
            (self.over, "have ended and are not offered"),
            (self.inactive, "are closed or inactive and are not offered"),
        ):
            if number:
                yield f"{number} of {self.entries} entries {what}."


def topic_key(topic: str) -> str:
    """One key for all spellings of a topic."""
    words = words_of(topic)
    return min(alike(words[0])) if len(words) == 1 else " ".join(words)


def _countries(referral: Referral) -> Sequence[str]:
    if referral.where.reach is Reach.WORLDWIDE:
        return (EVERYWHERE,)
    return referral.where.countries or (NOWHERE,)
