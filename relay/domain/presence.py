"""Whether a counselor can be counted on, by what their mailbox says: values and times. Pure.

A counselor whose mailbox takes nothing, or whose mail program answers that they are away, gets no new request until
they write again, at the latest until the time here has passed. What is said of one message only (refused as
unwanted, too big, or without a reason) keeps one conversation from them, for nobody who writes to us shall be able
to take counselors off duty with a text that spam filters refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.domain.bounces import Fact

_UNREACHABLE_FOR: dict[Fact, timedelta] = {
    Fact.UNKNOWN: timedelta(days=30),
    Fact.FULL: timedelta(days=1),
    Fact.UNREACHABLE: timedelta(days=1),
}
ON_LEAVE_FOR = timedelta(days=30)
"""A vacation answer says that somebody is away, and not in a way we could read until when."""

EXCLUDED_FOR = timedelta(days=1)
"""How long a conversation does not go back to somebody who did not get its last message."""


@dataclass(frozen=True, slots=True)
class Presence:
    """A counselor is away until an instant or, without one, back."""

    counselor_id: str
    away_until: datetime | None = None


def unreachable(counselor_id: str, fact: Fact, now: datetime) -> Presence | None:
    """What a final report means for whoever it is about; ``None`` when it speaks of one message only."""
    time = _UNREACHABLE_FOR.get(fact)
    return Presence(counselor_id, now + time) if time else None
