"""When somebody is there for a queue, and when nobody is: for pictures, warnings and simulations. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from relay.domain.assignment import answers
from relay.domain.roster import Counselor, Queue, Roster
from relay.domain.rota import Rota
from relay.domain.spans import NEVER, Interval, Spans


@dataclass(frozen=True, slots=True)
class Presence:
    """One counselor's duty for one queue. ``helps_out``: only by an agreement between queues, or standing in."""

    counselor_id: str
    spans: Spans
    helps_out: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """One queue between two instants. Who takes nobody new counts for nobody's coverage."""

    queue: str
    begin: datetime
    end: datetime
    people: tuple[Presence, ...]

    @property
    def covered(self) -> Spans:
        return reduce(or_, (each.spans for each in self.people), NEVER)

    @property
    def gaps(self) -> Spans:
        """When nobody is there."""
        return Spans.of([(self.begin, self.end)]) - self.covered

    def at(self, moment: datetime) -> int:
        """How many are there."""
        return sum(each.spans.covers(moment) for each in self.people)


def coverage(roster: Roster, queue: Queue, begin: datetime, end: datetime) -> Coverage:
    """Who is there for a queue between two UTC instants at whole minutes, in the order of the files."""
    people = []
    for counselor in roster.counselors:
        if counselor.capacity == 0:
            continue
        if answers(counselor, queue):
            people.append(Presence(counselor.counselor_id, queue.rota_of(counselor).spans(begin, end)))
        elif helps := _helps(counselor, roster, queue, begin, end):
            people.append(Presence(counselor.counselor_id, helps, helps_out=True))
    return Coverage(queue.name, begin, end, tuple(people))


def _helps(counselor: Counselor, roster: Roster, queue: Queue, begin: datetime, end: datetime) -> Spans:
    """When somebody of another queue is there for this one."""
    found = NEVER
    if counselor.counselor_id == queue.fallback:
        found |= queue.rota_of(counselor).spans(begin, end)
    for agreed in queue.overflow:
        other = roster.queue(agreed.to)
        if answers(counselor, other):
            found |= other.rota_of(counselor).spans(begin, end) & Rota(agreed.when).spans(begin, end)
    return found


def queues_in_use(roster: Roster) -> Iterator[Queue]:
    """Every queue that requests come to, in the order of the intake addresses."""
    for name in dict.fromkeys(intake.queue for intake in roster.intakes):
        yield roster.queue(name)


def longest(gaps: Spans) -> Interval | None:
    """The longest of some stretches, the first of several."""
    return max(gaps, key=lambda span: span[1] - span[0], default=None)
