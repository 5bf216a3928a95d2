"""Deliveries that are not to arrive any more: their message is forgotten, and whoever is sending one can write nothing.

Called by ``seeker_effects`` and ``forgetting``. What the next hop has taken already is gone; a delivery that waits in
the memory of the courier is stopped by the look that it takes before each attempt (``forgetting.clearance``).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from relay.domain.deliveries import DeliveryState
from relay.edge.store import bodies
from relay.edge.store.datakeys import Owner
from relay.edge.store.tables import deliveries, to_micros
from relay.flow.outcomes import Face

_NOT_OVER = deliveries.c.ended_at.is_(None)
_PENDING = select(deliveries.c.delivery_id).where(
    deliveries.c.conversation_id == bindparam("of_conversation"),
    deliveries.c.reader == Face.SEEKER.value,
    _NOT_OVER,
)
_CANCEL = (
    update(deliveries)
    .where(deliveries.c.delivery_id == bindparam("this"), _NOT_OVER)
    .values(
        state=DeliveryState.CANCELLED.value,
        ended_at=bindparam("now"),
        due_at=None,
        lease_until=None,
        address=None,
        body=None,
    )
    .returning(deliveries.c.chunk_count)
)


def cancel(connection: Connection, delivery_id: bytes, now: datetime) -> None:
    """End a delivery that has not ended."""
    row = connection.execute(_CANCEL, {"this": delivery_id, "now": to_micros(now)}).first()
    if row is not None:
        bodies.forget(connection, Owner.DELIVERY, delivery_id, row.chunk_count)


def cancel_to_seeker(connection: Connection, conversation_id: bytes, now: datetime) -> None:
    """End everything that is still on its way to the seeker of a conversation."""
    pending = connection.execute(_PENDING, {"of_conversation": conversation_id}).all()
    for row in pending:
        cancel(connection, bytes(row.delivery_id), now)
