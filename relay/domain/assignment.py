"""Who is to answer: the choice of a counselor for a request, from values alone.

Routing calls ``choose`` for a new conversation and for one that waits; the same values always give the
same answer. Nobody is ever chosen who is off duty, excluded or has no free slot, whatever the need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from relay.domain.roster import Counselor

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """What a counselor carries now: conversations in their hands, and when they were last given one.

    ``away_until``: until then they get no new one, because nothing reaches them or because they are on leave.
    """

    open: int = 0
    last_assigned_at: datetime | None = None
    away_until: datetime | None = None

    def is_away(self, at: datetime) -> bool:
        """Whether nothing new goes to them at that instant."""
        return self.away_until is not None and at < self.away_until


@dataclass(frozen=True, slots=True)
class Candidate:
    """One counselor of the roster with what they carry."""

    counselor: Counselor
    load: Load = Load()

    def is_free(self, at: datetime) -> bool:
        """On duty, there, and with a free slot."""
        if self.load.is_away(at):
            return False
        return self.load.open < self.counselor.capacity and self.counselor.rota.on_duty(at)

    def speaks(self, language: str) -> bool:
        """Whether one of their languages is ``language``, regions aside: ``en`` is good for ``en-GB``."""
        return _primary(language) in map(_primary, self.counselor.languages)

    @property
    def turn(self) -> tuple[datetime, int, str]:
        """Sorts by whose turn it is: the longest without a new request, the fewest open, the id."""
        return (self.load.last_assigned_at or _NEVER, self.load.open, self.counselor.counselor_id)


def choose(
    candidates: Sequence[Candidate],
    language: str,
    excluded: frozenset[str],
    at: datetime,
    *,
    service_language: str = "en",
) -> str | None:
    """Give the id of the counselor whose turn it is at ``at`` (aware); ``None`` when the request must wait.

    ``candidates`` is the whole roster. Speakers of ``language`` come first. When none of them is free, a
    person in need does not wait for one: those who speak the service's own language are asked. Only when
    nobody who could be asked at another hour speaks either language, so that waiting would not help, anybody is.
    ``excluded``: ids of those who must not get it (they gave it back, or they are its author).
    """
    free = [c for c in candidates if c.counselor.counselor_id not in excluded and c.is_free(at)]
    in_language = [c for c in free if c.speaks(language)] or [c for c in free if c.speaks(service_language)]
    there = [c for c in candidates if c.counselor.counselor_id not in excluded and not c.load.is_away(at)]
    if not in_language and not any(c.speaks(language) or c.speaks(service_language) for c in there):
        in_language = free
    return min(in_language, key=lambda c: c.turn).counselor.counselor_id if in_language else None


def next_start(counselors: Iterable[Counselor], after: datetime) -> datetime | None:
    """First instant strictly after ``after`` at which any of them comes on duty, in UTC; ``None``: never."""
    return min((start for c in counselors if (start := c.rota.next_start(after)) is not None), default=None)


def _primary(language: str) -> str:
    return language.partition("-")[0].casefold()
