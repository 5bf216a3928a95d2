"""The timer of promises: looks at clocks that are due, and tells whoever can see to it that somebody answers.

Sleeps until the next clock is due, and at most a minute, so that a clock of the machine that jumps is noticed; nothing
is polled. What is due at the same time is told together: a person gets one notice, however many conversations it
names. A step is recorded in one transaction with its notices, so that after a crash both happened or neither. When a
clock was changed meanwhile (the counselor has just answered), nothing of it is sent.

Only who looks at a clock knows what was promised: when that has changed, all are looked at, a batch at a time with a
rest after each. With a million conversations that takes 20 minutes. Without the rest it took three, in which a letter
took three times as long and whatever was really due waited behind them (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from relay.domain import clocks
from relay.domain.assignment import Load
from relay.domain.clocks import Rung, Step
from relay.domain.pledges import Pledge, Pledges
from relay.domain.rota import Rota
from relay.errors import RelayError
from relay.flow.dues import Clocks, Done, DueClock
from relay.flow.office import Office
from relay.flow.outcomes import Outgoing, Told
from relay.flow.ports import Stale
from relay.flow.readers import reader_of
from relay.flow.resolve import Plan
from relay.flow.telling import Reached, Telling
from relay.log import Event, say

BATCH = 100
"""Clocks that are looked at together: what one notice can name, some 20 ms of the writing lane (``bench.clocks``)."""

LOOK_AGAIN_S = 60.0

TROUBLE_S = 5.0
"""After what did not work, whatever is due."""

REST_S = 0.1
"""After each batch of those that are only looked at because something else is promised: four times what it takes."""

NOTHING_MORE = Reached()


class Loads(Protocol):
    """What each counselor carries."""

    async def loads(self) -> Mapping[str, Load]: ...


class Promises:
    """``deliver`` is given what is to be sent now; ``released`` is called when a conversation lost its counselor.

    ``ended``: ends a conversation whose seeker has been silent for so long, and its clock with it.
    """

    def __init__(
        self,
        due: Clocks,
        store: Loads,
        office: Office,
        ended: Callable[[bytes], Awaitable[None]] | None = None,
    ) -> None:
        self._office = office
        self._ended = ended
        self._due = due
        self._store = store
        self._poked = asyncio.Event()
        self._next_at: datetime | None = None
        self._terms: tuple[Pledges, tuple[Rota, ...]] | None = None
        self._agreed_to: bytes | None = b""

    def poke(self) -> None:
        """Look again now: the configuration is new, or a clock has changed."""
        self._poked.set()

    def started(self, look_at: datetime | None) -> None:
        """A clock was started that is to be looked at then."""
        if look_at is not None and (self._next_at is None or look_at < self._next_at):
            self.poke()

    async def run(self) -> None:
        """Watch for ever; cancel to stop."""
        while True:
            self._poked.clear()
            try:
                await self.agree()
                while await self.look():
                    pass
                self._next_at = await self._due.next_look_at()
                seconds = self._seconds()
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="promises", error_class=type(trouble).__name__)
                seconds = TROUBLE_S
            await self._office.clock.wait(self._poked, seconds)

    async def look(self) -> int:
        """Do what is due now; returns at how many clocks it has looked. Raises ``StoreTrouble``."""
        leased = await self._due.lease_due(self._office.clock.now(), BATCH)
        try:
            await self._act(leased)
        except Stale:
            for each in leased:
                await self._act_alone(each)
        return len(leased)

    async def agree(self) -> bool:
        """Have the next batch looked at, if something else is promised than when all were looked at last.

        Whether there may be more. Raises ``StoreTrouble``.
        """
        plan = self._office.plan()
        terms = plan.pledges, tuple(each.quiet for each in plan.roster.counselors)
        if terms != self._terms:
            self._terms, self._agreed_to = terms, b""
        if self._agreed_to is not None:
            digest = hashlib.blake2s(repr(terms).encode(), digest_size=16).digest()
            self._agreed_to = await self._due.agree(digest, self._agreed_to, BATCH)
        return self._agreed_to is not None

    def _seconds(self) -> float:
        if self._agreed_to is not None:
            return REST_S
        if self._next_at is None:
            return LOOK_AGAIN_S
        return min(max((self._next_at - self._office.clock.now()).total_seconds(), 0.05), LOOK_AGAIN_S)

    async def _act_alone(self, due: DueClock) -> None:
        """One of a batch was changed meanwhile: that one is looked at again, the others are done."""
        try:
            await self._act((due,))
        except Stale:
            return

    async def _act(self, leased: Sequence[DueClock]) -> None:
        if not leased:
            return
        now, plan = self._office.clock.now(), self._office.plan()
        telling = Telling(
            plan,
            self._office.letters,
            await self._store.loads(),
            now,
            self._office.new_id,
        )
        steps = await self._without_ended([(due, _step(due, plan, now)) for due in leased])
        done = [
            _done(due, one, plan, now, telling.tell(due, one) if one else NOTHING_MORE) for due, one in steps
        ]
        notices = [each for notice in telling.notices() for each in await self._ready(notice, plan, now)]
        for delivery in await self._due.record(done, notices, now):
            self._office.deliver(delivery)
        for one in (one for _, one in steps if one is not None):
            say(Event.CLOCK_STEPPED, kind=(one.rung.name or "").lower())
        if any(each.excludes_until for each in done):
            self._office.released()

    async def _without_ended(
        self, steps: Sequence[tuple[DueClock, Step | None]]
    ) -> list[tuple[DueClock, Step | None]]:
        """End what has come to its end first: its clock goes with it, and a crash leaves the clock to be looked at."""
        left = []
        for due, one in steps:
            if one is not None and Rung.IDLE_END in one.done and self._ended is not None:
                with contextlib.suppress(Stale):
                    await self._ended(due.conversation_id)
            else:
                left.append((due, one))
        return left

    async def _ready(self, notice: Outgoing, plan: Plan, now: datetime) -> tuple[Told, ...]:
        """The same for somebody with a key; what is to leave in its place, and to be kept, when that does not work."""
        found = reader_of(notice, plan.roster)
        if self._office.poster is None or found is None:
            return (notice,)
        return await self._office.poster.to_colleague(notice, *found, now)


def _step(due: DueClock, plan: Plan, now: datetime) -> Step | None:
    pledge = plan.pledges.of(due.intake)
    return clocks.step(due.clock, pledge.terms, now, _quiet(due, plan, pledge))


def _done(due: DueClock, one: Step | None, plan: Plan, now: datetime, reached: Reached) -> Done:
    """What is recorded of one clock."""
    pledge = plan.pledges.of(due.intake)
    clock = clocks.after(due.clock, one, now) if one else due.clock
    clock = replace(clock, done=clock.done | reached.also)
    look_at = clocks.look_at(clock, pledge.terms, now, _quiet(due, plan, pledge))
    return Done(due, clock, look_at, reached.excludes_until)


def _quiet(due: DueClock, plan: Plan, pledge: Pledge) -> clocks.Quiet:
    counselor = plan.roster.counselor(due.counselor_id) if due.counselor_id else None
    return pledge.quiet_for(counselor.quiet if counselor else None)
