"""What is counted for the statistics: a closed list, one row each. Pure.

A count is a name (``Measure``), a cell of it and a month. It is written when it happens, in the transaction of what
happens (``edge.store.tally``), and says nothing else: no id, no person, no time. To count something new: a member of
``Measure``, its row in ``ABOUT``, and one call of ``counts.add`` or ``counts.once`` where it happens.

The unit is the conversation: it adds at most one to a cell of a table in a month, but for ``AMOUNTS``. Which kind a
measure is decides how it is protected (``domain.disclosure``), so it must be true: cells that add up to a total that
is known from elsewhere are ``SHARES``, whatever they look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    """``SHARES``: each conversation is in one cell. ``MARKS``: in any of them or in none. ``AMOUNTS``: how much there
    was, whoever it is from. ``DAYS``: how many there were, once a day, in cells that add up. ``MINUTES``: of the rota.
    """

    SHARES = "shares"
    MARKS = "marks"
    AMOUNTS = "amounts"
    DAYS = "days"
    MINUTES = "minutes"


class Measure(Enum):
    """What is counted, by the name under which it is stored."""

    CONVERSATIONS = "conversations"
    LETTERS = "letters"
    LANGUAGES = "languages"
    QUEUES = "queues"
    TOPICS = "topics"
    FIRST_ANSWERS = "first_answers"
    LATE_ANSWERS = "late_answers"
    OPEN = "open"
    HELP = "help"
    RISK = "risk"
    MOVED = "moved"
    CALLS = "calls"
    ENDINGS = "endings"
    LENGTHS = "lengths"
    DUTY = "duty"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class About:
    """``cells``: by name, with their words, in a fixed order; none where the operator's or a counselor's words are the
    cells. ``keeper``: of ``SHARES`` and ``DAYS``, the cell that hides the others; empty where the settings say it.
    ``of_active``: marks that are shown neither for a few nor for all but a few of the conversations of the month.
    """

    kind: Kind
    title: str
    unit: str
    cells: Mapping[str, str] = field(default_factory=dict)
    keeper: str = ""
    of_active: bool = True


NEW, CONTINUED = "new", "continued"
IN, OUT = "in", "out"
NEVER = "never"
HELD, WAITING = "held", "waiting"
OFFERED, COVERED, COUNTED = "offered", "covered", "counted"
REFERRAL, READING = "referral", "reading"
BY_COUNSELOR, BY_SEEKER, BY_RELAY = "counselor", "seeker", "relay"
STOPPED, FORGOTTEN = "stopped", "forgotten"
YES = "yes"
HELPED, AGAIN = "helped", "again"

_CONVERSATIONS = "conversations"

ABOUT: Mapping[Measure, About] = MappingProxyType(
    {
        Measure.CONVERSATIONS: About(
            Kind.MARKS,
            "Conversations",
            "in which a seeker wrote",
            {NEW: "begun in this month", CONTINUED: "begun before"},
            of_active=False,
        ),
        Measure.LETTERS: About(
            Kind.AMOUNTS, "Letters", "between seekers and counselors", {IN: "from seekers", OUT: "to seekers"}
        ),
        Measure.LANGUAGES: About(Kind.SHARES, "Languages", "conversations begun"),
        Measure.QUEUES: About(Kind.SHARES, "Queues", "conversations begun"),
        Measure.TOPICS: About(Kind.MARKS, "Topics", "conversations that counselors gave this topic"),
        Measure.FIRST_ANSWERS: About(
            Kind.SHARES,
            "First answers against the promise",
            "conversations answered for the first time, or ended without an answer",
            {
                "quarter": "within a quarter of the time promised",
                "half": "within half of it",
                "kept": "within all of it",
                "double": "within twice the time",
                "later": "later",
                NEVER: "ended without an answer",
            },
            keeper="kept",
        ),
        Measure.LATE_ANSWERS: About(
            Kind.MARKS, "Later answers after the promised time", _CONVERSATIONS, {YES: "with a late answer"}
        ),
        Measure.OPEN: About(
            Kind.DAYS,
            "Open conversations, day by day",
            "conversations",
            {HELD: "with a counselor", WAITING: "waiting for one"},
            keeper=HELD,
        ),
        Measure.HELP: About(
            Kind.MARKS,
            "Pointed to other help",
            _CONVERSATIONS,
            {REFERRAL: "were given a service of the directory", READING: "were given something to read"},
        ),
        Measure.RISK: About(Kind.MARKS, "Somebody may be in danger", _CONVERSATIONS, {YES: "were marked so"}),
        Measure.MOVED: About(
            Kind.MARKS,
            "Given to another counselor",
            _CONVERSATIONS,
            {
                BY_COUNSELOR: "by a counselor",
                BY_SEEKER: "as the seeker wished",
                BY_RELAY: "by the relay: late, away or not to be reached",
            },
        ),
        Measure.CALLS: About(Kind.MARKS, "Telephone", _CONVERSATIONS, {YES: "in which a call was asked for"}),
        Measure.ENDINGS: About(
            Kind.SHARES,
            "How conversations ended",
            "conversations ended",
            {
                "done": "as both agreed",
                "referred": "with a referral",
                "silent": "the seeker had not written for long",
                STOPPED: "the seeker wanted no more mail",
                FORGOTTEN: "the seeker wanted to be forgotten",
                "blocked": "blocked",
                "spam": "spam",
            },
            keeper="done",
        ),
        Measure.LENGTHS: About(
            Kind.SHARES,
            "One contact or several",
            "conversations ended",
            {
                "one": "one letter from the seeker",
                "few": "two or three",
                "some": "four to ten",
                "many": "eleven or more",
            },
            keeper="one",
        ),
        Measure.FEEDBACK: About(
            Kind.MARKS,
            "What seekers answered at the end, by queue: did it help (1 to 5), would they write again",
            "answers",
            of_active=False,
        ),
        Measure.DUTY: About(
            Kind.MINUTES,
            "Duty",
            "hours",
            {
                OFFERED: "offered by counselors, all together",
                COVERED: "with at least one of them on duty",
                COUNTED: "in which the relay counted",
            },
        ),
    }
)

_LENGTHS = ((1, "one"), (3, "few"), (10, "some"))
_ANSWERED = ((0.25, "quarter"), (0.5, "half"), (1.0, "kept"), (2.0, "double"))


def length_of(letters: int) -> str:
    """The cell of ``LENGTHS`` for so many letters of a seeker; one that wrote none is told with one."""
    return next((cell for most, cell in _LENGTHS if letters <= most), "many")


def answered_in(share: float) -> str:
    """The cell of ``FIRST_ANSWERS`` for an answer after this share of the time that was promised."""
    return next((cell for most, cell in _ANSWERED if share <= most), "later")


def day_cell(day: int, cell: str) -> str:
    """How a cell of a day is stored: ``"07 held"``."""
    return f"{day:02} {cell}"
