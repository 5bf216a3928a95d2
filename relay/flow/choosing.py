"""The roster as it is now, and who of it is to answer: the configuration, with what the store knows of duty.

Called by ``flow.resolve`` for a new request, for one that waits, and for what a seeker writes to a pool. Decisions are
``domain.assignment``'s; here is only gathered what they are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from relay.domain import assignment
from relay.domain.roster import Continuity, Counselor, Queue, Roster
from relay.flow.duties import Duties
from relay.flow.ports import Clock
from relay.flow.values import Load

UNLIMITED = 2**31 - 1


class Books(Protocol):
    """The part of the store that says what counselors carry, and what they said of their duty."""

    async def loads(self) -> Mapping[str, Load]: ...

    @property
    def duties(self) -> Duties: ...


class Chooser:
    """Finds counselors. ``roster``: that of the configuration; ``language``: the service's own."""

    def __init__(
        self, store: Books, roster: Callable[[], Roster], language: Callable[[], str], clock: Clock
    ) -> None:
        self._store = store
        self._roster = roster
        self._language = language
        self._clock = clock

    async def roster(self) -> Roster:
        """Everybody, with what they have said by mail of their own duty, read anew."""
        return self._roster().with_overrides(await self._store.duties.overrides(self._clock.now()))

    async def choose(
        self,
        intake: str,
        language: str,
        seeker_addresses: Sequence[str],
        excluded_until: Sequence[tuple[str, datetime]],
        tags: Sequence[str] = (),
        moved_to: str = "",
    ) -> Counselor | None:
        """Who is to answer a request now; never somebody who would read their own mail."""
        roster = await self.roster()
        choice = await self.consider(
            roster, intake, language, seeker_addresses, excluded_until, tags, moved_to
        )
        return roster.counselor(choice.chosen) if choice.chosen else None

    async def consider(
        self,
        roster: Roster,
        intake: str,
        language: str,
        seeker_addresses: Sequence[str],
        excluded_until: Sequence[tuple[str, datetime]],
        tags: Sequence[str] = (),
        moved_to: str = "",
    ) -> assignment.Choice:
        """The same with the reasons. ``intake``: where it came in; ``tags``: what it turned out to be about;
        ``moved_to``: the queue that it was moved to, with topics of its own.
        """
        now = self._clock.now()
        loads = await self._store.loads()
        own = {address.lower() for address in seeker_addresses}
        excluded = frozenset(
            c.counselor_id for c in roster.counselors if any(address.key in own for address in c.addresses)
        )
        excluded |= {counselor_id for counselor_id, until in excluded_until if now < until}
        queue = roster.queue_for(intake, moved_to)
        at = roster.intake_of(intake) if queue.name == roster.queue_of(intake).name else None
        is_sticky = queue.continuity is Continuity.STICKY
        request = assignment.Request(
            language=language,
            queue=queue,
            topics=(at.topics if at else frozenset()) | roster.topics_among(tags),
            excluded=excluded,
            usual=await self._store.duties.known_to(seeker_addresses, now) if is_sticky else "",
            service_language=self._language(),
            queues={each.name: each for each in roster.queues},
        )
        candidates = [
            assignment.Candidate(c, loads.get(c.counselor_id, assignment.Load())) for c in roster.counselors
        ]
        return assignment.consider(candidates, request, now)

    async def is_ready(self, counselor_id: str) -> bool:
        """Whether somebody is on duty now and takes another conversation."""
        counselor = (await self.roster()).counselor(counselor_id)
        if counselor is None:
            return False
        load = (await self._store.loads()).get(counselor_id, assignment.Load())
        return assignment.Candidate(counselor, load).is_free(self._clock.now())

    async def has_left(self, intake: str, counselor_id: str, moved_to: str = "") -> bool:
        """Whether a conversation of a pool must find another reader, because its counselor is not there now."""
        queue = self._roster().queue_for(intake, moved_to)
        if queue.continuity is not Continuity.POOL:
            return False
        now = self._clock.now()
        counselor = (await self.roster()).counselor(counselor_id)
        load = (await self._store.loads()).get(counselor_id, assignment.Load())
        return counselor is None or load.is_away(now) or not queue.rota_of(counselor).on_duty(now)


def slots(counselor: Counselor) -> int:
    """The limit that the store counts by; who takes nobody new has none for those who know them."""
    return counselor.capacity or UNLIMITED


def next_on_duty(roster: Roster, queue: Queue, after: datetime) -> tuple[datetime | None, str]:
    """When somebody comes on duty next for a queue, and the zone to say it in.

    The zone is the one that all sources share. Where counselors sit in several, naming one would tell
    a seeker where the next of them lives, so UTC is said.
    """
    named = (
        shift for c in roster.counselors for shift in c.rota.shifts if shift.days and not shift.is_always
    )
    zones = {shift.zone.key for shift in named}
    zones |= {c.zone.key for c in roster.counselors if c.rota.calendar}
    zone = zones.pop() if len(zones) == 1 else "UTC"
    return assignment.next_start(roster.counselors, after, queue), zone
