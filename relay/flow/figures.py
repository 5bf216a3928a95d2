"""What an operator may see of what is under way: counts, ages, states and pseudonyms, and nobody's address.

The store fills these values (``edge.store.insight``), the commands and the metrics show them. An id here is one of
ours, random, and means nothing outside the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Pile:
    """Some rows of one kind. ``word``: why they lie there, a constant word, where there is one."""

    state: str
    count: int
    oldest_at: datetime | None = None
    word: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """How much of what there is, at one instant.

    ``conversations``: those that wait for somebody and those that somebody has. ``owed``: how many conversations wait
    for a counselor's words; ``broken``: of these, how many have waited longer than was promised and somebody was told;
    ``in_danger``: how many of these are flagged.
    """

    at: datetime
    entries: tuple[Pile, ...]
    deliveries: tuple[Pile, ...]
    conversations: tuple[Pile, ...]
    owed: int
    owed_since: datetime | None
    broken: int
    in_danger: int

    def count(self, piles: tuple[Pile, ...], *states: str) -> int:
        """How many in these states together."""
        return sum(pile.count for pile in piles if pile.state in states)

    def oldest(self, piles: tuple[Pile, ...], *states: str) -> datetime | None:
        """Since when the oldest of them has been there."""
        return min(
            (pile.oldest_at for pile in piles if pile.state in states and pile.oldest_at), default=None
        )


class Thing(Enum):
    """What a row of the queue is: what came in, or one copy that goes out."""

    ENTRY = "entry"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the queue. ``since``: when it came in or was written; ``why``: a reason, or the cause of the last
    attempt's failure; ``code``: the next hop's last answer; ``fact``: what a report said of it later.

    ``kind`` and ``reader``: what a delivery is and for which side. ``pseudonym``: the seeker's of its conversation, as
    the counselor knows it; empty where it belongs to none. ``origin``: the entry that a delivery came of.
    """

    thing: Thing
    row_id: bytes
    state: str
    since: datetime
    size_bytes: int
    attempts: int
    why: str = ""
    code: int | None = None
    fact: str = ""
    kind: str = ""
    reader: str = ""
    due_at: datetime | None = None
    leased_until: datetime | None = None
    ended_at: datetime | None = None
    pseudonym: str = ""
    conversation_id: bytes | None = None
    origin: bytes | None = None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A conversation as an operator may see it. ``intake``: the public address that it came in by."""

    pseudonym: str
    state: str
    counselor_id: str | None
    intake: str
    opened_at: datetime
    waiting_since: datetime | None
    in_danger: bool


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is remembered of a look at an address: when, by which account of the machine, and why; never whose."""

    at: datetime
    account: str
    reason: str
