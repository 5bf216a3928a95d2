"""Reading lists: short texts of the service's own, and pointers to good ones, that counselors put into a reply.

Read by ``mail.reading_files``; chosen by a name (``!insert sleep-tips``) or by topics (``!read grief de``). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from relay.domain.referral_alike import alike
from relay.domain.referral_ranking import matches
from relay.domain.referrals import words_of

CHECKED_WITHIN = timedelta(days=365)
MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One text. ``about``: what is in it, in a line; ``link``: where it stands when it is not ours."""

    name: str
    language: str
    title: str
    topics: tuple[str, ...]
    checked: date
    text: str = ""
    about: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """All of them."""

    readings: tuple[Reading, ...] = ()

    def languages(self) -> frozenset[str]:
        """Those that there is anything in."""
        return frozenset(each.language for each in self.readings)

    def named(self, name: str, language: str) -> Reading | None:
        """The one of this name in this language (``de-at``, then ``de``); another language is no answer."""
        tags = (language, language.partition("-")[0])
        return next((r for tag in tags for r in self.readings if (r.name, r.language) == (name, tag)), None)

    def others(self, name: str) -> tuple[str, ...]:
        """In which languages there is one of this name."""
        return tuple(sorted(each.language for each in self.readings if each.name == name))

    def about(self, words: Sequence[str], language: str) -> tuple[Reading, ...]:
        """Those in this language that answer to all words, best first: by topic before by title, then the freshest."""
        primary = language.partition("-")[0]
        found = []
        for reading in self.readings:
            if reading.language.partition("-")[0] != primary:
                continue
            topics = _vocabulary(reading.topics)
            rest = _vocabulary((reading.name, reading.title, reading.about))
            if words and all(_has(topics, word) or _has(rest, word) for word in words):
                by_topic = sum(_has(topics, word) for word in words)
                found.append((-by_topic, -reading.checked.toordinal(), reading.name, reading))
        return tuple(reading for *_, reading in sorted(found, key=lambda each: each[:3]))

    def old(self, today: date) -> tuple[Reading, ...]:
        """Those that nobody has looked at for a year."""
        return tuple(each for each in self.readings if today - each.checked > CHECKED_WITHIN)


EMPTY_SHELF = Shelf()


def _vocabulary(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in words_of(text))


def _has(vocabulary: frozenset[str], word: str) -> bool:
    return all(any(matches(vocabulary, each) for each in alike(part)) for part in words_of(word))
