"""What is told at an instant, once: a counselor's own reminder, a supervisor's digest, a reply that nobody reads.

Sleeps until the next is due, and at most a minute, so that a clock of the machine that jumps is noticed. A timer and
what it tells are written in one transaction. A digest that was missed, by a stop or a jump of the clock, is sent once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relay.domain.roster import Supervisor
from relay.domain.rota import Rota
from relay.errors import RelayError
from relay.flow import letters_clock, reviews
from relay.flow.dues import DueClock
from relay.flow.holding import watch_answer
from relay.flow.office import Office
from relay.flow.outcomes import LeasedDelivery, Told
from relay.flow.people import person_of, supervisor_person
from relay.flow.ports import Stale
from relay.flow.readers import reader_of
from relay.flow.reviews import Waiting
from relay.log import Event, say

BATCH = 50
LOOK_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer that this node looks at."""

    timer_id: bytes
    fence: int


@dataclass(frozen=True, slots=True)
class DueReminder(DueTimer):
    """Words of a counselor to whoever is responsible now; to themselves when nobody is (``seeker_alias`` is empty)."""

    text: str
    pseudonym: str
    counselor_id: str
    seeker_alias: str
    conversation_id: bytes = b""

    def __repr__(self) -> str:
        return "DueReminder(<redacted>)"


@dataclass(frozen=True, slots=True)
class DueDigest(DueTimer):
    """A supervisor's digest."""

    supervisor_id: str


@dataclass(frozen=True, slots=True)
class DueReview(DueTimer):
    """A reply that waits for a supervisor."""

    waiting: Waiting
    conversation_id: bytes = b""


class Timed(Protocol):
    """The timers of a store; each method is one transaction. Any may raise ``StoreTrouble``."""

    async def lease_due(self, now: datetime, limit: int) -> tuple[DueTimer, ...]: ...

    async def next_due_at(self) -> datetime | None: ...

    async def record(
        self,
        due: DueTimer,
        notices: Sequence[Told],
        now: datetime,
        again_at: datetime | None = None,
        answers: Sequence[str] = (),
    ) -> tuple[LeasedDelivery, ...]:
        """End a timer, or set it again, with what it tells. ``answers``: by what a reply under review is found, too;
        its timer goes on to the next step. Raises ``Stale``, and writes nothing.
        """

    async def agree(self, digests: Mapping[str, datetime], now: datetime) -> None:
        """Who wants digests, by id, and when the next is due; one that is due already stays due."""


class OpenClocks(Protocol):
    """All clocks, for a digest."""

    async def all(self) -> tuple[DueClock, ...]: ...


class Timers:
    """``deliver`` is given what is to be sent now."""

    def __init__(
        self,
        timed: Timed,
        clocks: OpenClocks,
        office: Office,
    ) -> None:
        self._office = office
        self._timed = timed
        self._clocks = clocks
        self._agreed: dict[str, Rota] | None = None

    async def run(self) -> None:
        """Watch for ever; cancel to stop."""
        never = asyncio.Event()
        while True:
            wait_s = LOOK_AGAIN_S
            try:
                await self.look()
                next_at = await self._timed.next_due_at()
                if next_at is not None:
                    wait_s = min(
                        max((next_at - self._office.clock.now()).total_seconds(), 0.05), LOOK_AGAIN_S
                    )
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="timers", error_class=type(trouble).__name__)
            await self._office.clock.wait(never, wait_s)

    async def look(self) -> int:
        """Do what is due now; returns how many timers were. Raises ``StoreTrouble``."""
        await self._agree()
        count = 0
        while leased := await self._timed.lease_due(self._office.clock.now(), BATCH):
            count += len(leased)
            for due in leased:
                try:
                    await self._act(due)
                except Stale:
                    continue
        return count

    async def _agree(self) -> None:
        digests = {s.supervisor_id: s.digest for s in self._office.plan().roster.supervisors}
        if digests == self._agreed:
            return
        now = self._office.clock.now()
        due = {who: at for who, digest in digests.items() if (at := digest.next_change(now)) is not None}
        await self._timed.agree(due, now)
        self._agreed = digests

    async def _act(self, due: DueTimer) -> None:
        now = self._office.clock.now()
        notices: Sequence[Told] = ()
        again_at = None
        if isinstance(due, DueReminder):
            notices = await self._reminder(due, now)
        elif isinstance(due, DueDigest):
            supervisor = self._office.plan().roster.supervisor(due.supervisor_id)
            again_at = supervisor.digest.next_change(now) if supervisor else None
            if supervisor is not None and again_at is not None:
                notices = await self._digest(supervisor, now)
        elif isinstance(due, DueReview):
            await self._review(due, now)
            return
        for delivery in await self._timed.record(due, notices, now, again_at):
            self._office.deliver(delivery)
        kind = "digest" if isinstance(due, DueDigest) else "reminder"
        say(Event.CLOCK_STEPPED, kind=kind)

    async def _review(self, due: DueReview, now: datetime) -> None:
        """The next step of a reply that nobody has read, unless these are quiet hours."""
        plan, one, new_id = self._office.plan(), due.waiting, self._office.new_id()
        later = reviews.put_off(one, plan, now)
        if later is not None:
            await self._timed.record(due, (), now, later)
            return
        notices: list[Told] = []
        for each in reviews.told(one, plan, self._office.letters, now, new_id):
            found = reader_of(each, plan.roster)
            if self._office.poster is None or found is None:
                notices.append(each)
            else:
                notices += await self._office.poster.to_colleague(each, *found, now, due.conversation_id)
        again_at = reviews.next_at(one, plan, now)
        for delivery in await self._timed.record(due, notices, now, again_at, (watch_answer(new_id),)):
            self._office.deliver(delivery)
        say(Event.CLOCK_STEPPED, kind="review")

    async def _digest(self, supervisor: Supervisor, now: datetime) -> Sequence[Told]:
        """To the supervisor, encrypted where they have a key."""
        open_now = await self._clocks.all()
        notice = letters_clock.digest(
            self._office.letters, supervisor, open_now, self._office.plan(), now, self._office.new_id()
        )
        if self._office.poster is None:
            return (notice,)
        person = supervisor_person(supervisor)
        return await self._office.poster.to_colleague(notice, supervisor.supervisor_id, person, now)

    async def _reminder(self, due: DueReminder, now: datetime) -> Sequence[Told]:
        """To the counselor, encrypted where they have a key. Somebody who has left hears nothing any more."""
        plan = self._office.plan()
        counselor = plan.roster.counselor(due.counselor_id)
        if counselor is None:
            return ()
        person = person_of(counselor, "")
        notice = letters_clock.own_reminder(self._office.letters, person, due.pseudonym, due.text, due.seeker_alias,
                                            plan.service, now, self._office.new_id())  # fmt: skip
        if self._office.poster is None:
            return (notice,)
        about = due.conversation_id
        return await self._office.poster.to_colleague(notice, counselor.counselor_id, person, now, about)
