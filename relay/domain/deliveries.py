"""States of a delivery: one outgoing message to one recipient; and when it is tried again.

Attempts are counted before they are made, so that a crash cannot hammer the next hop; every
attempt sends the same bytes under the same Message-ID, so that a duplicate can be seen as one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from relay.domain.tables import Table, step


class DeliveryState(Enum):
    """``BOUNCED``, ``EXPIRED`` and ``CANCELLED`` are ends; so is ``DELIVERED``, unless a report comes back."""

    QUEUED = "queued"
    ACTIVE = "active"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    HELD = "held"
    CANCELLED = "cancelled"


class DeliveryEvent(Enum):
    """What can happen to a delivery."""

    LEASED = "leased"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_NOW = "not_now"
    TOO_OLD = "too_old"
    RETURNED = "returned"
    LEASE_ENDED = "lease_ended"
    HELD = "held"
    RELEASED = "released"
    CANCELLED = "cancelled"


_S, _E = DeliveryState, DeliveryEvent

TABLE: Table[DeliveryState, DeliveryEvent] = {
    _S.QUEUED: {_E.LEASED: _S.ACTIVE, _E.HELD: _S.HELD, _E.CANCELLED: _S.CANCELLED},
    _S.ACTIVE: {
        _E.ACCEPTED: _S.DELIVERED,
        _E.REFUSED: _S.BOUNCED,
        _E.NOT_NOW: _S.DEFERRED,
        _E.TOO_OLD: _S.EXPIRED,
        _E.LEASE_ENDED: _S.QUEUED,
        _E.HELD: _S.HELD,
        _E.CANCELLED: _S.CANCELLED,
    },
    _S.DEFERRED: {_E.LEASED: _S.ACTIVE, _E.HELD: _S.HELD, _E.CANCELLED: _S.CANCELLED},
    _S.HELD: {_E.RELEASED: _S.QUEUED, _E.CANCELLED: _S.CANCELLED},
    _S.DELIVERED: {_E.RETURNED: _S.BOUNCED},
    _S.BOUNCED: {},
    _S.EXPIRED: {},
    _S.CANCELLED: {},
}


def advance(state: DeliveryState, event: DeliveryEvent) -> DeliveryState:
    """Take one step. Raises ``StateError`` and changes nothing when the table does not allow it."""
    return step(TABLE, state, event)


# RFC 5321 §4.5.4.1 asks for 30 minutes between attempts toward the world and for 4 to 5 days in all.
# Our next hop is one neighbour that we share with nobody, and people in need wait: we start sooner.
RETRY_DELAYS_S = (30, 60, 120, 300, 600, 900, 1800, 3600)
RETRY_LAST_S = 2 * 3600
LIFETIME = timedelta(days=5)


def next_attempt(attempts: int, now: datetime, created_at: datetime) -> datetime | None:
    """When to try again after ``attempts`` (≥ 1) attempts; ``None`` when the lifetime has run out."""
    delay_s = RETRY_DELAYS_S[attempts - 1] if attempts <= len(RETRY_DELAYS_S) else RETRY_LAST_S
    due = now + timedelta(seconds=delay_s)
    return due if due < created_at + LIFETIME else None
