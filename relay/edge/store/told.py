"""Whom we have sent an automatic answer today: blind indexes with an end.

Called by ``settling``, in the transaction that writes the answer, and by ``SqlStore``. Two machines that answer each
other stop here (RFC 3834 §2), whatever their mail looks like.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.tables import to_micros, told

ONCE_IN = timedelta(days=1)

_DELETE = delete(told).where(told.c.person == bindparam("who"))
_INSERT = insert(told)
_FIND = select(told.c.until).where(told.c.person == bindparam("who"))


def remember(connection: Connection, keyring: Keyring, address: str, now: datetime) -> None:
    """Somebody at this address is answered now."""
    who = keyring.index(Purpose.TOLD, address.lower())
    connection.execute(_DELETE, {"who": who})
    connection.execute(_INSERT, {"person": who, "until": to_micros(now + ONCE_IN)})


def was_told(connection: Connection, keyring: Keyring, address: str, now: datetime) -> bool:
    """Tell whether they have been answered within ``ONCE_IN``."""
    until = connection.execute(_FIND, {"who": keyring.index(Purpose.TOLD, address.lower())}).scalar()
    return until is not None and until > to_micros(now)
