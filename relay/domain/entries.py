"""States of an entry: one message that we accepted and answer for until it has an end a person can see."""

from __future__ import annotations

from enum import Enum

from relay.domain.tables import Table, step

MAX_ATTEMPTS = 3
"""An entry that broke its worker this often is held and reported (poison; precedent: Mailman's MAX_BAK_COUNT)."""

MAX_LEASES = 40
"""An entry that was begun this often and came to no end is held and reported, whatever the reason. When the
daemon itself dies it has a dozen entries in its hands, and all but one are innocent: a few minutes of
restarts must not park them."""


class EntryState(Enum):
    """``RECEIVED`` is the only one that a worker takes; ``ROUTED`` and ``STOPPED`` are ends.

    ``KEPT``: passed on, and its words are kept until its reader has answered or no report can come any more.
    """

    RECEIVED = "received"
    WAITING = "waiting"
    HELD = "held"
    KEPT = "kept"
    ROUTED = "routed"
    STOPPED = "stopped"


class EntryEvent(Enum):
    """What can happen to an entry."""

    PLANNED = "planned"
    PASSED_ON = "passed_on"
    UNREAD = "unread"
    LET_GO = "let_go"
    NOBODY_ON_DUTY = "nobody_on_duty"
    ASSIGNED = "assigned"
    HELD = "held"
    RELEASED = "released"
    STOPPED = "stopped"


PASSES = frozenset({EntryEvent.PLANNED, EntryEvent.PASSED_ON})
"""What a message goes out with."""

TABLE: Table[EntryState, EntryEvent] = {
    EntryState.RECEIVED: {
        EntryEvent.PLANNED: EntryState.ROUTED,
        EntryEvent.PASSED_ON: EntryState.KEPT,
        EntryEvent.NOBODY_ON_DUTY: EntryState.WAITING,
        EntryEvent.HELD: EntryState.HELD,
        EntryEvent.STOPPED: EntryState.STOPPED,
    },
    EntryState.WAITING: {
        EntryEvent.ASSIGNED: EntryState.RECEIVED,
        EntryEvent.STOPPED: EntryState.STOPPED,
    },
    EntryState.HELD: {
        EntryEvent.RELEASED: EntryState.RECEIVED,
        EntryEvent.STOPPED: EntryState.STOPPED,
    },
    EntryState.KEPT: {
        EntryEvent.UNREAD: EntryState.WAITING,
        EntryEvent.LET_GO: EntryState.ROUTED,
    },
    EntryState.ROUTED: {},
    EntryState.STOPPED: {},
}


def advance(state: EntryState, event: EntryEvent) -> EntryState:
    """Take one step. Raises ``StateError`` and changes nothing when the table does not allow it."""
    return step(TABLE, state, event)
