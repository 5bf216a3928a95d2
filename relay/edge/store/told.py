"""Whom we have sent an automatic answer today, and how often: blind indexes with an end.

Called by ``settling``, in the transaction that writes the answer, and by ``SqlStore``. Two machines that answer each
other stop here (RFC 3834 §2), whatever their mail looks like. What the operator is told by the daemon itself, such as
that a key ends, is remembered here as well (``once``), so that one of several nodes tells it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.tables import to_micros, told
from relay.flow.ports import Stale

ONCE_IN = timedelta(days=1)

_AGAIN = (
    update(told)
    .where(told.c.person == bindparam("who"), told.c.until > bindparam("now"))
    .values(times=told.c.times + 1)
)
_DELETE = delete(told).where(told.c.person == bindparam("who"))
_DELETE_OVER = _DELETE.where(told.c.until <= bindparam("now"))
_INSERT = insert(told)
_FIND = select(told.c.until, told.c.times).where(told.c.person == bindparam("who"))


def remember(connection: Connection, keyring: Keyring, address: str, now: datetime) -> None:
    """Somebody at this address is answered now. The day counts from the first answer."""
    who = keyring.index(Purpose.TOLD, address.lower())
    if not connection.execute(_AGAIN, {"who": who, "now": to_micros(now)}).rowcount:
        connection.execute(_DELETE, {"who": who})
        connection.execute(_INSERT, {"person": who, "until": to_micros(now + ONCE_IN), "times": 1})


def once(connection: Connection, keyring: Keyring, what: str, now: datetime, span: timedelta) -> None:
    """Somebody is told something that nobody tells again for ``span``. Raises ``Stale`` when it was told already.

    Of two nodes that come at the same moment one writes the row, and the other waits for it.
    """
    who = keyring.index(Purpose.TOLD, what.lower())
    connection.execute(_DELETE_OVER, {"who": who, "now": to_micros(now)})
    row = {"person": who, "until": to_micros(now + span), "times": 1}
    if connection.execute(_FIND, {"who": who}).first() is not None:
        raise Stale("it was told already")
    try:
        connection.execute(_INSERT, row)
    except IntegrityError:
        raise Stale("another node tells it") from None


def was_told(connection: Connection, keyring: Keyring, address: str, now: datetime, times: int = 1) -> bool:
    """Tell whether they have been answered ``times`` times, or more, within ``ONCE_IN``."""
    row = connection.execute(_FIND, {"who": keyring.index(Purpose.TOLD, address.lower())}).first()
    return row is not None and row.until > to_micros(now) and row.times >= times
