"""What people are told by itself, written with what it tells of: sealed before the transaction, in the store with it.

Called by ``clockwork``, ``casebook``, ``timers`` and ``SqlStore``. What cannot be encrypted to its reader is kept in
the same transaction, so that whoever gives up and decides anew has kept nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from relay.edge.store import deliveries, kept_notices
from relay.edge.store import told as told_today
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.settling import Sealed
from relay.flow.outcomes import KeptNotice, LeasedDelivery, Outgoing, Told
from relay.flow.ports import Stale

Seal = Callable[[Outgoing, bytes | None, datetime], Awaitable[Sealed]]
"""Makes a delivery of a notice, its body ready to be written."""


async def tell(
    writer: Lane,
    keyring: Keyring,
    seal: Seal,
    told: Sequence[Told],
    now: datetime,
    write: Callable[[Connection], None],
    conversation_id: bytes | None = None,
) -> tuple[LeasedDelivery, ...]:
    """Write something and all that it tells; what is to be sent comes back. When ``write`` raises, all is given up."""
    sealed: list[Sealed] = []

    def work(connection: Connection) -> None:
        write(connection)
        for new in sealed:
            deliveries.insert_leased(connection, keyring, new.delivery, new.body, new.origin)
        for one in told:
            if isinstance(one, KeptNotice):
                kept_notices.keep(connection, keyring, one, now)

    try:
        for one in told:
            if isinstance(one, Outgoing):
                sealed.append(await seal(one, conversation_id, now))  # noqa: PERF401 (given up below)
        await writer.run(work)
    except Exception:
        for each in sealed:
            each.body.abandon()
        raise
    return tuple(each.delivery for each in sealed)


def queue(
    keyring: Keyring,
    sealed: Sealed,
    now: datetime,
    instead_of: bytes | None,
    tells: str,
    once_in: timedelta | None,
    connection: Connection,
) -> None:
    """Write one notice, and that it was told (``SqlStore.queue_notice``). Raises ``Stale``, and nothing is written."""
    if instead_of is not None and not kept_notices.let_go(connection, instead_of):
        raise Stale("a notice has left already")
    deliveries.insert_leased(connection, keyring, sealed.delivery, sealed.body)
    if tells and once_in is not None:
        told_today.once(connection, keyring, tells, now, once_in)
    elif tells:
        told_today.remember(connection, keyring, tells, now)
