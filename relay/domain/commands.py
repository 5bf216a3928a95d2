"""What a counselor may ask for by mail, as frozen values: one for each verb of ``domain.verbs``, which reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum

from relay.domain.risk import Risk


class Command:
    """What one line asks for; the base of the values below."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Help(Command):
    """``!help``"""


@dataclass(frozen=True, slots=True)
class ListCases(Command):
    """``!list``: my open conversations."""


@dataclass(frozen=True, slots=True)
class Note(Command):
    """``!note text``: for the next counselor, never for the seeker."""

    text: str


@dataclass(frozen=True, slots=True)
class Lang(Command):
    """``!lang de``: a language tag in lower case (BCP 47, language and perhaps region)."""

    language: str


@dataclass(frozen=True, slots=True)
class SetRisk(Command):
    """``!risk high|none``"""

    risk: Risk


@dataclass(frozen=True, slots=True)
class Close(Command):
    """``!close [text-id]``; ``text_id`` is empty for the usual closing words."""

    text_id: str = ""


@dataclass(frozen=True, slots=True)
class Hold(Command):
    """``!hold 3d``: the seeker is told that the next answer takes that long."""

    time: timedelta


@dataclass(frozen=True, slots=True)
class Pass(Command):
    """``!pass [reason]``: somebody else is to take this conversation; the reason is a note for whoever is next."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Take(Command):
    """``!take`` in a conversation: I have it. At the desk with a pseudonym, in lower case: I take it over."""

    pseudonym: str = ""


@dataclass(frozen=True, slots=True)
class Handover(Command):
    """``!handover NAME|any`` and a summary in the lines below, up to a blank one. ``to`` is empty for anybody."""

    to: str
    summary: str


@dataclass(frozen=True, slots=True)
class Transfer(Command):
    """``!transfer QUEUE`` and a summary in the lines below, up to a blank one: to another queue of the line."""

    queue: str
    summary: str


class Offer(Enum):
    """What ``!refer`` is to do: offer entries, show them to the counselor alone, or give a country's crisis lines."""

    INSERT = ""
    PREVIEW = "?"
    CRISIS = "!"


@dataclass(frozen=True, slots=True)
class Refer(Command):
    """``!refer lgbt youth @Leeds en 3``, ``!refer #412 #97``, ``!refer? …``, ``!refer! country GB``."""

    question: str
    offer: Offer = Offer.INSERT


@dataclass(frozen=True, slots=True)
class Broken(Command):
    """``!broken #412 reason``: an entry of the directory is wrong."""

    number: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Insert(Command):
    """``!insert sleep-tips``: a text of the operator's in place of the line."""

    text_id: str


@dataclass(frozen=True, slots=True)
class Read(Command):
    """``!read sleep``: entries of the reading list in place of the line."""

    question: str


@dataclass(frozen=True, slots=True)
class Escalate(Command):
    """``!escalate [V|O]``: to the supervisor (as without a letter) or the operator."""

    to_operator: bool = False


@dataclass(frozen=True, slots=True)
class Ask(Command):
    """``!ask text``: a question to the supervisors."""

    text: str


@dataclass(frozen=True, slots=True)
class Warn(Command):
    """``!warn``: the seeker gets the operator's warning."""


@dataclass(frozen=True, slots=True)
class Block(Command):
    """``!block [30d]``: what the seeker writes is held from now on."""

    time: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Spam(Command):
    """``!spam``: no person wrote this."""


@dataclass(frozen=True, slots=True)
class Remind(Command):
    """``!remind 2d why``"""

    time: timedelta
    why: str = ""


class Callback(Enum):
    """What a counselor says about a telephone call to the seeker."""

    YES = "yes"
    NO = "no"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class CallBack(Command):
    """``!callback [yes|no|done]``"""

    answer: Callback = Callback.YES


@dataclass(frozen=True, slots=True)
class Tag(Command):
    """``!tag sleep age:20-29``: counted for statistics, in lower case."""

    tags: tuple[str, ...]


class DutyAsk(Enum):
    """What is asked about duty."""

    ON = "on"
    OFF = "off"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Duty(Command):
    """``!duty on [until 22:00] | off [until 2026-05-04 [09:00]] | status``, by the counselor's own clock."""

    ask: DutyAsk
    until_date: date | None = None
    until_time: time | None = None
