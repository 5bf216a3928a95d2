"""Months of a made-up helpline for tests: what its seekers do, what is counted of that, what is published."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from relay.domain.measures import COUNTED, COVERED, OFFERED, YES, Measure, length_of
from relay.domain.statistics import Counts, Month, Words, publish
from relay.report.contents import Contents

LANGUAGES = ("en", "de", "es", "fr", "ar")
QUEUES = ("general", "grief", "youth")
TOPICS = ("grief", "sleep", "family", "work")
ANSWERED = ("quarter", "half", "kept", "double", "later", "never")
ENDED = ("done", "referred", "silent", "stopped", "forgotten", "blocked", "spam")
WORDS = Words(LANGUAGES, QUEUES)


@dataclass(frozen=True)
class Talk:
    """What one conversation adds to a month."""

    is_new: bool = True
    language: str = "en"
    queue: str = "general"
    letters: int = 1
    answers: int = 1
    answered: str = "half"
    ended: str = ""
    topics: tuple[str, ...] = ()
    is_risk: bool = False
    is_referred: bool = False
    has_read: bool = False
    moved: str = ""
    is_called: bool = False
    is_late: bool = False
    open_days: tuple[int, int] = (1, 1)
    is_waiting: bool = False


Seeker = tuple[Talk, ...]


def counted(seekers: Iterable[Seeker]) -> Counts:
    """What the store counts of them, by the rules of ``edge.store.tally``."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)

    def count(measure: Measure, cell: str, more: int = 1) -> None:
        counts[measure.value][cell] += more

    for talk in (talk for seeker in seekers for talk in seeker):
        count(Measure.CONVERSATIONS, "new" if talk.is_new else "continued")
        count(Measure.LETTERS, "in", talk.letters)
        count(Measure.LETTERS, "out", talk.answers)
        if talk.is_new:
            count(Measure.LANGUAGES, talk.language)
            count(Measure.QUEUES, talk.queue)
            count(Measure.FIRST_ANSWERS, talk.answered)
        if talk.ended:
            count(Measure.ENDINGS, talk.ended)
            count(Measure.LENGTHS, length_of(talk.letters))
        for topic in talk.topics:
            count(Measure.TOPICS, topic)
        for measure, cell, is_so in (
            (Measure.RISK, YES, talk.is_risk),
            (Measure.HELP, "referral", talk.is_referred),
            (Measure.HELP, "reading", talk.has_read),
            (Measure.CALLS, YES, talk.is_called),
            (Measure.LATE_ANSWERS, YES, talk.is_late),
            (Measure.MOVED, talk.moved, bool(talk.moved)),
        ):
            if is_so:
                count(measure, cell)
        first, last = talk.open_days
        for day in range(first, last + 1):
            count(Measure.OPEN, f"{day:02} {'waiting' if talk.is_waiting else 'held'}")
    return counts


def busy(size: int, seed: int) -> list[Seeker]:
    """A month of so many seekers, as they may come to a helpline."""
    chance = random.Random(seed)

    def talk() -> Talk:
        first = chance.randrange(1, 28)
        letters = chance.choices((1, 2, 5, 13), (39, 35, 20, 6))[0]
        return Talk(
            is_new=chance.random() < 0.8,
            language=chance.choices(LANGUAGES, (60, 25, 8, 5, 2))[0],
            queue=chance.choices(QUEUES, (75, 20, 5))[0],
            letters=letters,
            answers=max(1, letters - chance.randrange(2)),
            answered=chance.choices(ANSWERED, (50, 25, 15, 6, 3, 1))[0],
            ended=chance.choices(("", *ENDED), (30, 40, 8, 15, 3, 2, 1, 1))[0],
            topics=tuple(topic for topic in TOPICS if chance.random() < 0.2),
            is_risk=chance.random() < 0.12,
            is_referred=chance.random() < 0.3,
            has_read=chance.random() < 0.2,
            moved=chance.choices(("", "counselor", "seeker", "relay"), (80, 12, 3, 5))[0],
            is_called=chance.random() < 0.03,
            is_late=chance.random() < 0.08,
            open_days=(first, min(31, first + chance.randrange(1, 12))),
            is_waiting=chance.random() < 0.25,
        )

    return [tuple(talk() for _ in range(chance.choices((1, 2), (90, 10))[0])) for _ in range(size)]


def published(month: int, seekers: Iterable[Seeker], smallest: int = 5) -> Month:
    """What is kept of that month, with duty as of a small team."""
    duty = {OFFERED: 912 * 60 + 20, COVERED: 590 * 60, COUNTED: 744 * 60}
    return publish(month, {**counted(seekers), Measure.DUTY.value: duty}, WORDS, smallest)


def contents(*months: int, size: int = 120, service: str = "Example Peer Support") -> Contents:
    """A report of these months."""
    return Contents(
        service, tuple(published(month, busy(size + 7 * n, month)) for n, month in enumerate(months)), months
    )
