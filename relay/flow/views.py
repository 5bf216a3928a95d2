"""What commands may see of the service beside their own conversation: frozen, looked up only for mail with commands.

Filled by ``flow.desk.lookup`` outside the worker. No address stands in any of it, and no name but pseudonyms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relay.domain.conversations import ConversationState
from relay.domain.risk import Risk
from relay.flow.parties import Person


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as the first look at a message found it; ``domain.verbs.parse`` makes a value of it again.

    ``line``: where it stands in the cleaned text; ``below``: the lines that it goes on for.
    """

    line: int
    verb: str
    words: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class CaseView:
    """One open conversation in a list: its pseudonym and its clocks. ``due_at``: when the next answer is promised."""

    pseudonym: str
    state: ConversationState
    language: str
    risk: Risk
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else on the line. ``has_room``: takes another conversation; ``is_on_duty``: now. ``capacity``: how many
    at a time.
    """

    counselor_id: str
    pseudonym: str
    languages: tuple[str, ...]
    is_on_duty: bool
    has_room: bool
    capacity: int = 0


@dataclass(frozen=True, slots=True)
class QueueView:
    """Another queue of the line. ``languages``: which those who answer it speak; ``has_somebody``: on duty now."""

    name: str
    languages: tuple[str, ...]
    has_somebody: bool


@dataclass(frozen=True, slots=True)
class DutyView:
    """A counselor's own duty: how it is now, until when, and what they asked for comes to.

    ``zone``: by whose clock it is said. ``asked_until``: when what they asked for ends; ``None``: not within a year.
    """

    is_on: bool
    changes_at: datetime | None
    zone: str
    asked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeskView:
    """What a counselor's commands may know. ``cases``: their own. ``due_at``: when an answer is owed now, or ``None``.
    ``own``: the counselor themselves. ``alias``: fresh, should the conversation get another counselor.
    ``is_takeable``: the conversation waits for somebody, or for its counselor for longer than was promised.
    ``supervisors``: those of the conversation's queue. ``duty``: their own, when they ask about it.
    ``tags``: the operator's list. ``queue``: the one that the conversation is in; ``queues``: all.
    ``invitation``: an address for two answers of the seeker, where they are asked.
    ``consent_by``: until when the seeker may answer before a hand-over, where they are asked; ``silence_hands_over``:
    what no answer means.
    """

    cases: tuple[CaseView, ...] = ()
    colleagues: tuple[Colleague, ...] = ()
    languages: tuple[str, ...] = ()
    due_at: datetime | None = None
    own: Colleague | None = None
    alias: str = ""
    is_takeable: bool = False
    supervisors: tuple[Person, ...] = ()
    duty: DutyView | None = None
    queues: tuple[QueueView, ...] = ()
    queue: str = ""
    tags: tuple[str, ...] = ()
    invitation: str = ""
    consent_by: datetime | None = None
    silence_hands_over: bool = False


@dataclass(frozen=True, slots=True)
class Insertion:
    """What stands in the seeker's copy where a command stood on ``line``, or why nothing can.

    ``told``: lines of the receipt about it. With a ``refusal`` (a sentence for the counselor, in their language)
    nothing of the mail goes out. An empty ``text`` without refusal takes the line away: a preview, for instance.
    ``given``: the referrals in it, by number, to be counted; ``is_reading``: it is something to read.
    """

    line: int
    text: str = ""
    refusal: str = ""
    told: tuple[str, ...] = ()
    given: tuple[int, ...] = ()
    is_reading: bool = False
