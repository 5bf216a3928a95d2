"""Deliveries that are not to arrive any more: their message is forgotten, and whoever is sending one can write nothing.

Called by ``seeker_effects``, ``leaving`` and ``forgetting``. What the next hop has taken already is gone; a delivery
that waits in the memory of the courier is stopped by the look that it takes before each attempt
(``forgetting.clearance``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, select, update

from relay.domain.deliveries import DeliveryState
from relay.edge.store import bodies
from relay.edge.store.datakeys import Owner
from relay.edge.store.tables import deliveries, to_micros
from relay.flow.outcomes import Face, LeasedDelivery

_NOT_OVER = deliveries.c.ended_at.is_(None)
_PENDING = select(deliveries.c.delivery_id).where(
    deliveries.c.conversation_id == bindparam("of_conversation"),
    deliveries.c.reader == bindparam("its_reader"),
    _NOT_OVER,
)
_OVER: dict[str, Any] = {
    "state": DeliveryState.CANCELLED.value,
    "ended_at": bindparam("now"),
    "due_at": None,
    "lease_until": None,
    "address": None,
    "body": None,
}
_THIS = update(deliveries).where(deliveries.c.delivery_id == bindparam("this"), _NOT_OVER)
_CANCEL = _THIS.values(_OVER).returning(deliveries.c.chunk_count)
_CANCEL_MINE = (
    _THIS.where(deliveries.c.state == DeliveryState.ACTIVE.value, deliveries.c.fence == bindparam("held_by"))
    .values(_OVER)
    .returning(deliveries.c.chunk_count)
)


def cancel(connection: Connection, delivery: LeasedDelivery, now: datetime) -> bool:
    """End a delivery for whoever holds it; ``False`` and nothing done when it has ended, or somebody else holds it now.

    The fence decides: who has waited past their lease would otherwise end what another is about to send (P3).
    """
    values = {"this": delivery.delivery_id, "now": to_micros(now), "held_by": delivery.fence}
    return _ended(connection, _CANCEL_MINE, values)


def _ended(connection: Connection, statement: Executable, values: dict[str, Any]) -> bool:
    row = connection.execute(statement, values).first()
    if row is not None:
        bodies.forget(connection, Owner.DELIVERY, values["this"], row.chunk_count)
    return row is not None


def cancel_to(connection: Connection, conversation_id: bytes, reader: Face, now: datetime) -> None:
    """End everything of a conversation that is still on its way to one side."""
    values = {"of_conversation": conversation_id, "its_reader": reader.value}
    pending = connection.execute(_PENDING, values).all()
    for row in pending:
        _ended(connection, _CANCEL, {"this": bytes(row.delivery_id), "now": to_micros(now)})
