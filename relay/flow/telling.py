"""Who hears of which clock, and how: the steps of a batch become one notice for each person. Used by ``promises``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from relay.domain.assignment import Candidate, Load, Request, consider
from relay.domain.clocks import NOTHING, Rung, Step, Whom
from relay.domain.pledges import AtEnd, Pledge
from relay.domain.presence import EXCLUDED_FOR
from relay.domain.roster import Counselor
from relay.flow import letters_clock as letters_of
from relay.flow.dues import DueClock
from relay.flow.letters import Letters
from relay.flow.outcomes import Outgoing
from relay.flow.people import person_of
from relay.flow.resolve import Plan
from relay.mail.notices_clock import Waits

OFFERED_TO = 3
"""How many counselors are asked to take a conversation over: enough that one of them can, and not everybody."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What telling has done beyond the step: rungs that are done with it, and whether the counselor gives it up."""

    also: Rung = NOTHING
    excludes_until: datetime | None = None


class Telling:
    """One batch. ``tell`` takes one step after the other, ``notices`` gives what comes of all of them."""

    def __init__(
        self,
        plan: Plan,
        letters: Letters,
        loads: Mapping[str, Load],
        now: datetime,
        new_id: Callable[[], str],
    ) -> None:
        self._plan = plan
        self._letters = letters
        self._loads = loads
        self._now = now
        self._new_id = new_id
        self._reminded: dict[str, list[Waits]] = {}
        self._offered: dict[str, list[Waits]] = {}
        self._idle: list[tuple[str, str, datetime]] = []
        self._lost: list[tuple[str, str]] = []
        self._supervised: dict[str, list[Waits]] = {}
        self._operated: list[Waits] = []

    def tell(self, due: DueClock, step: Step) -> Reached:
        """Note whom this step concerns. Where nobody can be asked to take over, supervisors hear of it at once."""
        whom, reached = set(step.whom), Reached()
        if Whom.OTHERS in whom:
            others = self._others(due)
            is_given = Rung.ENDED in step.done and self._pledge(due).at_end is AtEnd.REASSIGN
            if not others:
                whom.add(Whom.SUPERVISOR)
                reached = Reached(also=Rung.SUPERVISOR)
            elif is_given and due.counselor_id is not None:
                self._lost.append((due.counselor_id, due.pseudonym))
                whom.discard(Whom.COUNSELOR)
                reached = Reached(excludes_until=self._now + EXCLUDED_FOR)
            else:
                link = letters_of.take_link(due, self._plan.service)
                for other in others:
                    self._offered.setdefault(other.counselor_id, []).append(self._waits(due, link=link))
        if Whom.COUNSELOR in whom and not self._remind(due, step):
            whom.add(Whom.SUPERVISOR)
        if Whom.SUPERVISOR in whom:
            roster = self._plan.roster
            supervisors = roster.supervisors_of(roster.queue_for(due.intake, due.queue).name)
            for each in supervisors:
                self._supervised.setdefault(each.supervisor_id, []).append(self._waits(due))
            if not supervisors:
                whom.add(Whom.OPERATOR)
        if Whom.OPERATOR in whom:
            self._operated.append(self._waits(due))
        return reached

    def _remind(self, due: DueClock, step: Step) -> bool:
        """The counselor hears of an answer that they owe, or of the end of a conversation in which nothing is said any
        more; ``False`` when there is none.
        """
        counselor = self._counselor(due)
        if counselor is None:
            return False
        if Rung.IDLE_NOTICE in step.done:
            ends_at = self._now + self._pledge(due).terms.idle_notice
            self._idle.append((counselor.counselor_id, due.pseudonym, ends_at))
        else:
            link = letters_of.write_link(due)
            self._reminded.setdefault(counselor.counselor_id, []).append(self._waits(due, link=link))
        return True

    def notices(self) -> Iterator[Outgoing]:
        """One notice for each person."""
        roster, service, now = self._plan.roster, self._plan.service, self._now
        for who, waiting in (*self._reminded.items(), *self._offered.items()):
            counselor = roster.counselor(who)
            if counselor is not None:
                about = letters_of.remind if self._reminded.get(who) is waiting else letters_of.offer
                person, by_need = person_of(counselor, ""), letters_of.by_need(waiting)
                yield about(self._letters, person, by_need, service, now, self._new_id())
        for who, pseudonym in self._lost:
            counselor = roster.counselor(who)
            if counselor is not None:
                person = person_of(counselor, "")
                yield letters_of.reassigned(self._letters, person, pseudonym, service, now, self._new_id())
        for who, pseudonym, ends_at in self._idle:
            counselor = roster.counselor(who)
            if counselor is not None:
                person = person_of(counselor, "")
                yield letters_of.idle(self._letters, person, pseudonym, ends_at, service, now, self._new_id())
        for who, waiting in self._supervised.items():
            supervisor = roster.supervisor(who)
            if supervisor is not None:
                by_need = letters_of.by_need(waiting)
                yield letters_of.supervise(self._letters, supervisor, by_need, service, now, self._new_id())
        if self._operated:
            by_need = letters_of.by_need(self._operated)
            yield letters_of.operate(self._letters, by_need, service, now, self._new_id())

    def _pledge(self, due: DueClock) -> Pledge:
        return self._plan.pledges.of(due.intake)

    def _waits(self, due: DueClock, link: str = "") -> Waits:
        counselor = self._counselor(due)
        return letters_of.waits(
            due, self._pledge(due), self._now, counselor.pseudonym if counselor else "", link
        )

    def _counselor(self, due: DueClock) -> Counselor | None:
        return self._plan.roster.counselor(due.counselor_id) if due.counselor_id else None

    def _others(self, due: DueClock) -> list[Counselor]:
        """Who could take it over now, in the order in which a new request would go to them; a few at most."""
        roster, own = self._plan.roster, {address.lower() for address in due.seeker_addresses}
        excluded = {who for who, until in due.excluded if self._now < until} | {due.counselor_id or ""}
        excluded |= {
            c.counselor_id for c in roster.counselors if any(address.key in own for address in c.addresses)
        }
        intake = roster.intake_of(due.intake)
        request = Request(
            language=due.language,
            queue=roster.queue_for(due.intake, due.queue),
            topics=(intake.topics if intake else frozenset()) | roster.topics_among(due.tags),
            excluded=frozenset(excluded),
            service_language=self._plan.service.language,
            queues={each.name: each for each in roster.queues},
        )
        candidates = [Candidate(c, self._loads.get(c.counselor_id, Load())) for c in roster.counselors]
        found: list[Counselor] = []
        while len(found) < OFFERED_TO:
            request = replace(request, excluded=request.excluded | {each.counselor_id for each in found})
            chosen = consider(candidates, request, self._now).chosen
            counselor = roster.counselor(chosen) if chosen else None
            if counselor is None:
                break
            found.append(counselor)
        return found
