"""States of a conversation: one seeker's exchange, across several counselors.

Exactly one counselor is responsible (``ASSIGNED``, ``OPEN``) or none and it is queued (``WAITING``, ``HANDOVER``). One
that has ended (``CLOSED``, ``BLOCKED``) remembers whom it goes back to, if there is anybody; else it is requested anew.
"""

from __future__ import annotations

from enum import Enum

from relay.domain.tables import Table, step


class Side(Enum):
    """Which of the two sides of a conversation: whose words, or whom an alias stands for."""

    SEEKER = "seeker"
    COUNSELOR = "counselor"

    @property
    def other(self) -> Side:
        return Side.COUNSELOR if self is Side.SEEKER else Side.SEEKER


class ConversationState(Enum):
    """Where a conversation stands."""

    NEW = "new"
    WAITING = "waiting"
    ASSIGNED = "assigned"
    OPEN = "open"
    HANDOVER = "handover"
    CLOSED = "closed"
    BLOCKED = "blocked"
    ERASED = "erased"


class ConversationEvent(Enum):
    """What can happen to a conversation."""

    REQUESTED = "requested"
    ASSIGNED = "assigned"
    COUNSELOR_WROTE = "counselor_wrote"
    SEEKER_WROTE = "seeker_wrote"
    RELEASED = "released"
    CLOSED = "closed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    ERASED = "erased"


_S, _E = ConversationState, ConversationEvent

TABLE: Table[ConversationState, ConversationEvent] = {
    _S.NEW: {_E.REQUESTED: _S.WAITING},
    _S.WAITING: {
        _E.ASSIGNED: _S.ASSIGNED,
        _E.SEEKER_WROTE: _S.WAITING,
        _E.CLOSED: _S.CLOSED,
        _E.BLOCKED: _S.BLOCKED,
        _E.ERASED: _S.ERASED,
    },
    _S.ASSIGNED: {
        _E.COUNSELOR_WROTE: _S.OPEN,
        _E.SEEKER_WROTE: _S.ASSIGNED,
        _E.RELEASED: _S.HANDOVER,
        _E.CLOSED: _S.CLOSED,
        _E.BLOCKED: _S.BLOCKED,
        _E.ERASED: _S.ERASED,
    },
    _S.OPEN: {
        _E.COUNSELOR_WROTE: _S.OPEN,
        _E.SEEKER_WROTE: _S.OPEN,
        _E.RELEASED: _S.HANDOVER,
        _E.CLOSED: _S.CLOSED,
        _E.BLOCKED: _S.BLOCKED,
        _E.ERASED: _S.ERASED,
    },
    _S.HANDOVER: {
        _E.ASSIGNED: _S.ASSIGNED,
        _E.SEEKER_WROTE: _S.HANDOVER,
        _E.CLOSED: _S.CLOSED,
        _E.BLOCKED: _S.BLOCKED,
        _E.ERASED: _S.ERASED,
    },
    _S.CLOSED: {
        _E.REQUESTED: _S.WAITING,
        _E.SEEKER_WROTE: _S.OPEN,
        _E.COUNSELOR_WROTE: _S.OPEN,
        _E.BLOCKED: _S.BLOCKED,
        _E.ERASED: _S.ERASED,
    },
    _S.BLOCKED: {_E.UNBLOCKED: _S.CLOSED, _E.ERASED: _S.ERASED},
    _S.ERASED: {},
}

HELD_BY_A_COUNSELOR = frozenset({_S.ASSIGNED, _S.OPEN})
"""States that take one of the responsible counselor's slots."""


UNDER_WAY = HELD_BY_A_COUNSELOR | {_S.WAITING, _S.HANDOVER}
"""States of a conversation that somebody answers, or will."""

OVER = frozenset({_S.CLOSED, _S.BLOCKED})
"""States of a conversation that has come to its end, and may begin again."""


def advance(state: ConversationState, event: ConversationEvent) -> ConversationState:
    """Take one step. Raises ``StateError`` and changes nothing when the table does not allow it."""
    return step(TABLE, state, event)
