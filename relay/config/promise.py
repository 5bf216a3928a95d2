"""The section ``[promise]``: how soon people are answered, and what happens when they are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Field, PlainValidator

from relay.config import fields
from relay.config.section import Section
from relay.domain.clocks import Terms
from relay.domain.lengths import read_length, write_length
from relay.domain.pledges import AtEnd, Pledge
from relay.domain.rota import Rota, Shift

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def _length(shortest: timedelta, longest: timedelta) -> PlainValidator:
    def read(value: Any) -> timedelta:
        if isinstance(value, timedelta):
            return value
        if not isinstance(value, str):
            raise ValueError("must be text in quotes: a length of time such as '90m', '24h' or '2d'")  # noqa: TRY004
        length = read_length(value)
        if not shortest <= length <= longest:
            raise ValueError(f"must be between {write_length(shortest)} and {write_length(longest)}")
        return length

    return PlainValidator(read)


def _not_always(shifts: tuple[Shift, ...]) -> tuple[Shift, ...]:
    if any(shift.is_always for shift in shifts):
        raise ValueError(
            "has no end: nobody would ever be told; write for example 'daily 22:00-08:00 Europe/Berlin'"
        )
    return shifts


def _rising(steps: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if any(earlier >= later for earlier, later in pairwise(steps)):
        raise ValueError("must go from a shorter to a longer time; write for example ['60m', '90m', '120m']")
    return steps


Promised = Annotated[timedelta, _length(15 * MINUTE, 30 * DAY)]
Step = Annotated[timedelta, _length(5 * MINUTE, 3 * DAY)]
QuietHours = Annotated[tuple[fields.Duty, ...], Field(max_length=100), AfterValidator(_not_always)]


class OfAQueue(Protocol):
    """What a queue may promise by itself."""

    @property
    def first_answer(self) -> timedelta | None: ...

    @property
    def later_answers(self) -> timedelta | None: ...

    @property
    def quiet_hours(self) -> tuple[Shift, ...]: ...


class PromiseSection(Section):
    """How soon people are answered. The time counts from when a seeker's message came in to the counselor's answer.

    At half and at three quarters of it the counselor is reminded; at its end others on duty are asked to take over,
    then supervisors hear of it, then you. While nobody has a request, supervisors hear of it instead of a counselor.
    """

    first_answer: Promised = Field(
        default=timedelta(hours=24),
        description="By when a first message is answered. Whoever waits for longer than 32 hours writes again less "
        "often.",
    )
    later_answers: Promised = Field(
        default=timedelta(hours=48), description="By when every later message is answered."
    )
    interval: Step = Field(
        default=timedelta(hours=2),
        description="Once it is broken: how long after others were asked a supervisor is told, and as long after that "
        "you.",
    )
    risk: Annotated[tuple[Step, ...], AfterValidator(_rising)] = Field(
        min_length=3,
        max_length=3,
        default=(60 * MINUTE, 90 * MINUTE, 120 * MINUTE),
        description="When somebody may be in danger: after how long the counselor is reminded, others and supervisors "
        "are told, you are told. No quiet hours hold this up.",
    )
    quiet_hours: QuietHours = Field(
        default=(),
        description="When nobody is reminded or told of what is not about danger, as a shift in 'duty'; it comes at "
        "their end, once.",
        examples=[["daily 22:00-08:00 Europe/Berlin"]],
    )
    at_end: Literal["offer", "reassign"] = Field(
        default="offer",
        description="At the end of the promise: 'offer', three counselors on duty are asked, and whoever is first "
        "takes over. 'reassign': it is given to one of them, and taken from whoever had it.",
    )

    @property
    def pledge(self) -> Pledge:
        """The same as a value."""
        counselor, others, operator = self.risk
        terms = Terms(self.first_answer, self.later_answers, self.interval, (counselor, others, operator))
        return Pledge(terms, Rota(self.quiet_hours), AtEnd(self.at_end))

    def pledge_of(self, queue: OfAQueue) -> Pledge:
        """The same for a queue that may have something of its own."""
        usual = self.pledge
        terms = replace(
            usual.terms,
            first=queue.first_answer or usual.terms.first,
            later=queue.later_answers or usual.terms.later,
        )
        return replace(
            usual, terms=terms, quiet=Rota(queue.quiet_hours) if queue.quiet_hours else usual.quiet
        )
