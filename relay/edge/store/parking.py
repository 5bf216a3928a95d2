"""What waits for a person's decision and has waited too long: its content is forgotten, its trace stays a while.

Called by ``sweeping``. Somebody was told when it was held (P3); how long they have is the operator's choice. What waits
for a counselor to be on duty is not held, and waits for as long as that takes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from relay.domain.deliveries import DeliveryEvent, DeliveryState, advance
from relay.domain.retention import Retention
from relay.edge.store import answers, bodies
from relay.edge.store import kept_notices as notices
from relay.edge.store.datakeys import Owner
from relay.edge.store.tables import DELIVERY_IS_HELD, ENTRY_IS_HELD, deliveries, entries, to_micros
from relay.edge.store.tables_keys import kept_notices as kept_table

STEP = 500
"""Rows in one transaction: a few milliseconds of the writing lane."""

_HELD = (
    select(entries.c.entry_id)
    .where(ENTRY_IS_HELD, entries.c.settled_at <= bindparam("before"))
    .limit(bindparam("at_most"))
)
_HELD_DELIVERIES = (
    select(deliveries.c.delivery_id, deliveries.c.chunk_count)
    .where(DELIVERY_IS_HELD, deliveries.c.created_at <= bindparam("before"))
    .limit(bindparam("at_most"))
)
_CANCEL: dict[str, Any] = {
    "state": advance(DeliveryState.HELD, DeliveryEvent.CANCELLED).value,
    "ended_at": bindparam("now"),
    "address": None,
    "body": None,
}
_CANCEL_DELIVERY = (
    update(deliveries).where(deliveries.c.delivery_id == bindparam("this"), DELIVERY_IS_HELD).values(_CANCEL)
)
_KEPT = (
    select(kept_table.c.notice_id)
    .where(kept_table.c.since <= bindparam("before"))
    .limit(bindparam("at_most"))
)


def held_entries(connection: Connection, now: datetime, kept: Retention) -> int:
    """Held messages that nobody has let go."""
    found = list(connection.execute(_HELD, _too_old(now, kept)).scalars())
    for entry_id in found:
        answers.drop(connection, entry_id, now)
    return len(found)


def held_deliveries(connection: Connection, now: datetime, kept: Retention) -> int:
    """Deliveries that did not open, and that nobody has put right."""
    found = connection.execute(_HELD_DELIVERIES, _too_old(now, kept)).all()
    for row in found:
        connection.execute(_CANCEL_DELIVERY, {"this": row.delivery_id, "now": to_micros(now)})
        bodies.forget(connection, Owner.DELIVERY, row.delivery_id, row.chunk_count)
    return len(found)


def kept_notices(connection: Connection, now: datetime, kept: Retention) -> int:
    """Notices that could not be encrypted to their reader in all that time."""
    found = list(connection.execute(_KEPT, _too_old(now, kept)).scalars())
    for notice_id in found:
        notices.let_go(connection, notice_id)
    return len(found)


def _too_old(now: datetime, kept: Retention) -> dict[str, int]:
    return {"before": to_micros(now - kept.held), "at_most": STEP}
