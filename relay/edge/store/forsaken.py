"""Leases that this node took, and that nobody in it works on: ended, so that whoever has time takes them up.

``Forsaken`` hangs on the store; router and courier call it whenever they look for work. Such a lease is left when a
transaction failed after the lease was taken, or when its COMMIT went through and the answer was lost on the way: then
nobody here knows what it wrote. Without this the message would wait for the end of the lease, up to eleven minutes.

Promises: what is held here is left alone, and so is what was leased a moment ago, for it may be on its way to whoever
asked. Ends nobody else's lease. Taken up twice all the same, a fence lets only one of the two write.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from relay.domain.deliveries import DeliveryEvent, DeliveryState, advance
from relay.edge.store import deliveries as of_deliveries
from relay.edge.store import inbox
from relay.edge.store.lanes import Lane
from relay.edge.store.tables import (
    DELIVERY_IS_LEASED,
    ENTRY_IS_LEASED,
    ENTRY_IS_RECEIVED,
    deliveries,
    entries,
    to_micros,
)

FORSAKEN_AFTER = timedelta(seconds=15)
"""From the commit to whoever asked it takes milliseconds; with a look every half minute all goes on within a minute."""

_ENTRIES = (
    select(entries.c.entry_id, entries.c.fence)
    .where(
        ENTRY_IS_RECEIVED,
        ENTRY_IS_LEASED,
        entries.c.node.is_not_distinct_from(bindparam("me")),
        entries.c.lease_until < bindparam("before"),
    )
    .order_by(entries.c.received_at)
)
_DELIVERIES = select(deliveries.c.delivery_id, deliveries.c.fence).where(
    DELIVERY_IS_LEASED,
    deliveries.c.node.is_not_distinct_from(bindparam("me")),
    deliveries.c.lease_until < bindparam("before"),
)
_FREE_ENTRY = (
    update(entries)
    .where(
        entries.c.entry_id == bindparam("this"),
        entries.c.fence == bindparam("its_fence"),
        ENTRY_IS_RECEIVED,
        ENTRY_IS_LEASED,
    )
    .values(lease_until=None)
)
_FREE_DELIVERY = (
    update(deliveries)
    .where(
        deliveries.c.delivery_id == bindparam("this"),
        deliveries.c.fence == bindparam("its_fence"),
        deliveries.c.state == DeliveryState.ACTIVE.value,
        DELIVERY_IS_LEASED,
    )
    .values(
        state=advance(DeliveryState.ACTIVE, DeliveryEvent.LEASE_ENDED).value,
        due_at=bindparam("due"),
        lease_until=None,
    )
)


class Forsaken:
    """``node``: whose leases these are; ``None`` for the only one."""

    def __init__(self, writer: Lane, reader: Lane, node: int | None) -> None:
        self._writer = writer
        self._reader = reader
        self._node = node

    async def free_entries(self, held: Collection[bytes], now: datetime) -> None:
        """End our leases on entries but those with these ids. Raises ``StoreTrouble``."""
        values = {"me": self._node, "before": to_micros(now + inbox.LEASE - FORSAKEN_AFTER)}
        found = await self._reader.run(lambda c: c.execute(_ENTRIES, values).all())
        left = [(entry_id, fence) for entry_id, fence in found if bytes(entry_id) not in held]
        if left:
            await self._writer.run(lambda c: _free_entries(c, left))

    async def free_deliveries(self, held: Collection[tuple[bytes, int]], now: datetime) -> None:
        """End our leases on deliveries but those of these ids with these fences. Raises ``StoreTrouble``."""
        values = {"me": self._node, "before": to_micros(now + of_deliveries.LEASE - FORSAKEN_AFTER)}
        found = await self._reader.run(lambda c: c.execute(_DELIVERIES, values).all())
        left = [(each, fence) for each, fence in found if (bytes(each), fence) not in held]
        if left:
            await self._writer.run(lambda c: _free_deliveries(c, left, now))


def _free_entries(connection: Connection, left: list[tuple[bytes, int]]) -> None:
    for entry_id, fence in left:
        connection.execute(_FREE_ENTRY, {"this": entry_id, "its_fence": fence})


def _free_deliveries(connection: Connection, left: list[tuple[bytes, int]], now: datetime) -> None:
    for delivery_id, fence in left:
        values = {"this": delivery_id, "its_fence": fence, "due": to_micros(now)}
        connection.execute(_FREE_DELIVERY, values)
