"""Clocks that are due, as the store hands them out, and what is done about each: the port of ``promises``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relay.domain.clocks import Clock
from relay.flow.outcomes import LeasedDelivery, Told


@dataclass(frozen=True, slots=True)
class DueClock:
    """A clock that this node looks at, with what must be known of its conversation.

    ``counselor_id`` is ``None``, and ``seeker_alias`` empty, while nobody is responsible. ``excluded``: counselors who
    are not to get it, by id, each until an instant. ``tags``: what it is about. ``queue``: that it was moved to, if it
    was.
    """

    conversation_id: bytes
    fence: int
    clock: Clock
    intake: str
    language: str
    pseudonym: str
    seeker_addresses: tuple[str, ...]
    counselor_id: str | None = None
    seeker_alias: str = ""
    excluded: tuple[tuple[str, datetime], ...] = ()
    tags: tuple[str, ...] = ()
    queue: str = ""

    def __repr__(self) -> str:
        return "DueClock(<redacted>)"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: the clock ``after`` its step, if one was due, and when it is looked at again, if ever.

    ``excludes_until``: its counselor gives it up, and does not get it back before then.
    """

    due: DueClock
    after: Clock
    look_at: datetime | None
    excludes_until: datetime | None = None


class Clocks(Protocol):
    """The clocks of a store; each method is one transaction. Any may raise ``StoreTrouble``."""

    async def lease_due(self, now: datetime, limit: int) -> tuple[DueClock, ...]:
        """Take clocks that are to be looked at now, or whose lease ran out."""

    async def next_look_at(self) -> datetime | None:
        """When the next one can be leased."""

    async def record(
        self, done: Sequence[Done], notices: Sequence[Told], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        """Write what was done, together with the notices that tell of it; these come back leased, to be sent now.

        Raises ``Stale``, and writes nothing, when one of the clocks was changed since it was leased.
        """

    async def agree(self, terms: bytes, after: bytes, limit: int) -> bytes | None:
        """Have the next clocks looked at now, unless all were looked at with these terms (their digest).

        ``after``: what came back the last time, at first nothing. ``None``: there are no more; the terms are noted.
        """

    async def clock_of(self, conversation_id: bytes) -> Clock | None:
        """The clock of a conversation, if it has one."""
