"""The clock of a conversation: what was promised, what is done when the time runs out, and when. Pure values.

A clock runs while somebody owes the other side words. It starts when the oldest unanswered message of a seeker came
in, and ends with the counselor's answer. What is done on the way is a ladder of rungs, literal tables below. The
promise's time belongs to whoever is responsible in turn: who takes a conversation over late has at least a quarter
of it before anybody is told of them, while supervisor and operator count from the seeker's message, whoever had it.

A rung that was done, or passed over, is remembered by itself and never done again, whatever the machine's clock does
meanwhile: it may stand still, jump ahead or go back. When several rungs are due at once (a jump ahead, a long
stop, the end of quiet hours) the highest is done and the others count as passed; everybody whom one of them was for
is told once, how things stand now. So nobody gets a flood, and nobody who should know is left out.

In quiet hours nobody is told anything that is not about danger; what fell into them is due at their end.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, IntFlag
from types import MappingProxyType

from relay.domain.rota import HORIZON, Rota


class Awaits(Enum):
    """Whose words a conversation waits for."""

    COUNSELOR = "counselor"
    SEEKER = "seeker"


class Whom(Enum):
    """Who is told at a rung."""

    COUNSELOR = "counselor"
    OTHERS = "others"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"


class Rung(IntFlag):
    """What is done on the way, the graver the higher. A set of them is what a clock remembers."""

    HALF = 1
    THREE_QUARTERS = 2
    RISK_FIRST = 4
    ENDED = 8
    RISK_SECOND = 16
    SUPERVISOR = 32
    RISK_THIRD = 64
    OPERATOR = 128
    IDLE_NOTICE = 256
    IDLE_END = 512


NOTHING = Rung(0)

OF_A_TURN = Rung.HALF | Rung.THREE_QUARTERS | Rung.ENDED | Rung.RISK_FIRST
"""Rungs that begin anew when somebody else becomes responsible: whoever is it now has not been told."""

OF_RISK = Rung.RISK_FIRST | Rung.RISK_SECOND | Rung.RISK_THIRD
"""Rungs that begin anew when a conversation is flagged (again)."""

SHORTEST_TURN = 0.25
"""Share of the promise that somebody has who takes over when it is nearly, or already, broken."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a queue promises. ``interval``: between one rung and the next once the promise is broken.

    ``risk``: from the message, or the flag if that came later. ``idle``: after how long without a word from the seeker
    a conversation ends, and ``idle_notice`` how long before that the counselor hears of it; ``None``: never.
    """

    first: timedelta = timedelta(hours=24)
    later: timedelta = timedelta(hours=48)
    interval: timedelta = timedelta(hours=2)
    risk: tuple[timedelta, timedelta, timedelta] = (
        timedelta(minutes=60),
        timedelta(minutes=90),
        timedelta(minutes=120),
    )
    idle: timedelta | None = None
    idle_notice: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one conversation.

    ``since``: when the oldest unanswered message came in, or the counselor's last words when the seeker's are awaited.
    ``turn_at``: since when whoever is responsible is it, or nobody. ``is_held``: somebody is. ``is_first``: no answer
    was ever given. ``risk_at``: since when somebody may be in danger.
    """

    since: datetime
    turn_at: datetime
    awaits: Awaits = Awaits.COUNSELOR
    is_held: bool = True
    is_first: bool = True
    risk_at: datetime | None = None
    done: Rung = NOTHING


Quiet = Mapping[Whom, Rota]
"""When whom of them is to be left alone; who is not in it, never."""
NEVER_QUIET: Quiet = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done now: the highest rung that is due, those that it passes over, and whom to tell, each once."""

    rung: Rung
    passed: Rung
    whom: tuple[Whom, ...]

    @property
    def done(self) -> Rung:
        """What a clock is to remember of it."""
        return self.rung | self.passed


_C, _O, _S, _M = Whom.COUNSELOR, Whom.OTHERS, Whom.SUPERVISOR, Whom.OPERATOR

HELD: Mapping[Rung, tuple[Whom, ...]] = MappingProxyType(
    {
        Rung.HALF: (_C,),
        Rung.THREE_QUARTERS: (_C,),
        Rung.RISK_FIRST: (_C,),
        Rung.ENDED: (_O,),
        Rung.RISK_SECOND: (_O, _S),
        Rung.SUPERVISOR: (_S,),
        Rung.RISK_THIRD: (_M,),
        Rung.OPERATOR: (_M,),
    }
)
"""Whom each rung is for while a counselor is responsible."""

WAITING: Mapping[Rung, tuple[Whom, ...]] = MappingProxyType(
    {
        Rung.HALF: (_S,),
        Rung.THREE_QUARTERS: (_S,),
        Rung.RISK_FIRST: (_S,),
        Rung.ENDED: (_S,),
        Rung.RISK_SECOND: (_S,),
        Rung.SUPERVISOR: (_M,),
        Rung.RISK_THIRD: (_M,),
    }
)
"""The same while nobody is: those who can find somebody hear of it, before the promise is broken."""

IDLE: Mapping[Rung, tuple[Whom, ...]] = MappingProxyType({Rung.IDLE_NOTICE: (_C,), Rung.IDLE_END: ()})
"""The same while the seeker's words are awaited. What the end means is the desk's."""


def promise(clock: Clock, terms: Terms) -> timedelta:
    """How long after the seeker's message an answer is promised."""
    return terms.first if clock.is_first else terms.later


def answer_due(clock: Clock, terms: Terms) -> datetime | None:
    """By when an answer is owed, for receipts and lists; ``None`` when none is."""
    if clock.awaits is not Awaits.COUNSELOR:
        return None
    due = clock.since + promise(clock, terms)
    return due if clock.risk_at is None else min(due, max(clock.since, clock.risk_at) + terms.risk[0])


def turned(clock: Clock, now: datetime, *, is_held: bool) -> Clock:
    """The same clock when somebody else, or nobody any more, is responsible."""
    return replace(clock, turn_at=now, is_held=is_held, done=clock.done & ~OF_A_TURN)


def flagged(clock: Clock, risk_at: datetime | None) -> Clock:
    """The same clock when somebody may be in danger since then, or is not any more."""
    return replace(clock, risk_at=risk_at, done=clock.done & ~OF_RISK)


def after(clock: Clock, done: Step, now: datetime) -> Clock:
    """The same clock once a step is done."""
    turn_at = now if Rung.IDLE_NOTICE in done.done else clock.turn_at
    return replace(clock, turn_at=turn_at, done=clock.done | done.done)


def instants(clock: Clock, terms: Terms) -> dict[Rung, datetime]:
    """When each rung of this clock's ladder is due, quiet hours aside, done or not."""
    if clock.awaits is Awaits.SEEKER:
        return _idle(clock, terms)
    promised = promise(clock, terms)
    broken = clock.since + promised
    turn_ends = max(broken, clock.turn_at + promised * SHORTEST_TURN)
    turn = turn_ends - clock.turn_at
    due = {
        Rung.HALF: clock.turn_at + turn * 0.5,
        Rung.THREE_QUARTERS: clock.turn_at + turn * 0.75,
        Rung.ENDED: turn_ends,
        Rung.SUPERVISOR: broken + terms.interval,
        Rung.OPERATOR: broken + 2 * terms.interval,
    }
    if clock.risk_at is not None:
        began = max(clock.since, clock.risk_at)
        due[Rung.RISK_FIRST] = max(began, clock.turn_at) + terms.risk[0]
        due[Rung.RISK_SECOND] = began + terms.risk[1]
        due[Rung.RISK_THIRD] = began + terms.risk[2]
    return {rung: at for rung, at in due.items() if rung in _ladder(clock)}


def step(clock: Clock, terms: Terms, now: datetime, quiet: Quiet = NEVER_QUIET) -> Step | None:
    """What is due at ``now`` (aware); ``None`` when nothing is."""
    ladder = _ladder(clock)
    due = sorted(
        rung for rung, at in _left(clock, terms) if at <= now and _quiet(clock, rung, now, quiet) is None
    )
    if not due:
        return None
    told = dict.fromkeys(whom for rung in due for whom in ladder[rung])
    passed = functools.reduce(operator.or_, due[:-1], NOTHING)
    return Step(due[-1], passed, tuple(told))


def look_at(clock: Clock, terms: Terms, now: datetime, quiet: Quiet = NEVER_QUIET) -> datetime | None:
    """When the next step is due, in the past when one is due now; ``None`` when the ladder is at its end."""
    return min(
        (
            at if (rota := _quiet(clock, rung, max(at, now), quiet)) is None else _end(rota, max(at, now))
            for rung, at in _left(clock, terms)
        ),
        default=None,
    )


def _idle(clock: Clock, terms: Terms) -> dict[Rung, datetime]:
    """The end comes a whole notice after the notice was given, however late that was."""
    if terms.idle is None:
        return {}
    end = clock.since + terms.idle
    notice_at = max(clock.since, end - terms.idle_notice)
    if Rung.IDLE_NOTICE not in clock.done:
        return {Rung.IDLE_NOTICE: notice_at}
    return {Rung.IDLE_NOTICE: notice_at, Rung.IDLE_END: max(end, clock.turn_at + terms.idle_notice)}


def _left(clock: Clock, terms: Terms) -> list[tuple[Rung, datetime]]:
    return [(rung, at) for rung, at in instants(clock, terms).items() if rung not in clock.done]


def _ladder(clock: Clock) -> Mapping[Rung, tuple[Whom, ...]]:
    if clock.awaits is Awaits.SEEKER:
        return IDLE
    return HELD if clock.is_held else WAITING


def _quiet(clock: Clock, rung: Rung, at: datetime, quiet: Quiet) -> Rota | None:
    """The quiet hours that keep this rung from being done at that instant; danger knows none."""
    if clock.risk_at is not None:
        return None
    rotas = (quiet[whom] for whom in _ladder(clock)[rung] if whom in quiet)
    return next((rota for rota in rotas if rota.on_duty(at)), None)


def _end(rota: Rota, at: datetime) -> datetime:
    """When quiet hours end that are kept at ``at``; far away when never."""
    return rota.next_change(at) or at + HORIZON
