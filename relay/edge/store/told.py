"""Whom we have sent an automatic answer today, and how often: blind indexes with an end.

Called by ``settling``, in the transaction that writes the answer, and by ``SqlStore``. Two machines that answer each
other stop here (RFC 3834 §2), whatever their mail looks like.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.tables import to_micros, told

ONCE_IN = timedelta(days=1)

_AGAIN = (
    update(told)
    .where(told.c.person == bindparam("who"), told.c.until > bindparam("now"))
    .values(times=told.c.times + 1)
)
_DELETE = delete(told).where(told.c.person == bindparam("who"))
_INSERT = insert(told)
_FIND = select(told.c.until, told.c.times).where(told.c.person == bindparam("who"))


def remember(connection: Connection, keyring: Keyring, address: str, now: datetime) -> None:
    """Somebody at this address is answered now. The day counts from the first answer."""
    who = keyring.index(Purpose.TOLD, address.lower())
    if not connection.execute(_AGAIN, {"who": who, "now": to_micros(now)}).rowcount:
        connection.execute(_DELETE, {"who": who})
        connection.execute(_INSERT, {"person": who, "until": to_micros(now + ONCE_IN), "times": 1})


def was_told(connection: Connection, keyring: Keyring, address: str, now: datetime, times: int = 1) -> bool:
    """Tell whether they have been answered ``times`` times, or more, within ``ONCE_IN``."""
    row = connection.execute(_FIND, {"who": keyring.index(Purpose.TOLD, address.lower())}).first()
    return row is not None and row.until > to_micros(now) and row.times >= times
