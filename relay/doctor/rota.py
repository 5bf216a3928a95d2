"""The rota: whether somebody is there for every queue in the next two weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.domain.coverage import coverage, longest, queues_in_use

AHEAD = timedelta(days=14)
LONGEST = timedelta(hours=24)
"""Most helplines promise an answer within a day or two."""


@dataclass(frozen=True, slots=True)
class Queue:
    """``gaps``: when nobody is there, in order."""

    name: str
    gaps: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """``never``: ids of counselors who are not on duty once."""

    begin: datetime
    end: datetime
    queues: tuple[Queue, ...]
    never: tuple[str, ...] = ()


async def look(around: Around) -> list[Finding]:
    """Unfold the rota."""
    begin = around.now.replace(second=0, microsecond=0)
    end = begin + AHEAD
    queues = [
        Queue(q.name, tuple(coverage(around.roster, q, begin, end).gaps))
        for q in queues_in_use(around.roster)
    ]
    never = [c.counselor_id for c in around.roster.counselors
             if not c.rota.on_duty(around.now) and c.rota.next_start(around.now) is None]  # fmt: skip
    return list(judge(Facts(begin, end, tuple(queues), tuple(never))))


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing while no queue is alone for a day."""
    remedy = "ask who can take a shift, and write it into counselors.toml or a calendar; 'relay rota' draws every gap"
    for queue in facts.queues:
        gap = longest(queue.gaps)  # type: ignore[arg-type]  # stretches in order are all that it reads
        if gap is None:
            continue
        if gap == (facts.begin, facts.end):
            yield critical(
                f"nobody is on duty for the queue {queue.name} in the next two weeks",
                "whoever writes waits for all that time",
                remedy,
            )
        elif gap[1] - gap[0] >= LONGEST:
            hours = int((gap[1] - gap[0]) / timedelta(hours=1))
            since, until = (f"{at:%a %d %b %H:%M}" for at in gap)
            yield warning(
                f"nobody is on duty for the queue {queue.name} for {hours} hours, from {since} to {until} UTC",
                "whoever writes then waits so long",
                remedy,
            )
    for who in facts.never:
        yield warning(
            f"counselor {who} is never on duty",
            "nobody new is given to them",
            f"give them a shift, or take them out with 'relay counselor leave {who}'",
        )
