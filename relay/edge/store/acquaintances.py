"""Whom a seeker knows: the counselor who answered them last, found by a blind index of their address.

Called by ``conversations`` and ``duty`` when somebody becomes responsible, and by ``duties`` when a seeker opens
another conversation: with sticky continuity it goes to the same counselor. Nothing of the older conversation is in
it, and it ends by itself. Erasing a conversation has to call ``forget``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.sealing import place
from relay.edge.store.tables import acquaintances, to_micros
from relay.errors import CipherError

KEPT_FOR = timedelta(days=30)
"""How long after the last time that somebody was found for them; what helplines keep of a closed conversation."""

_DELETE = delete(acquaintances).where(acquaintances.c.seeker == bindparam("who"))
_ALL = select(acquaintances.c.seeker, acquaintances.c.sealed)
_INSERT = insert(acquaintances)
_SELECT = select(acquaintances.c.sealed).where(
    acquaintances.c.seeker == bindparam("who"), acquaintances.c.until > bindparam("now")
)


def remember(
    connection: Connection, keyring: Keyring, addresses: Collection[str], counselor_id: str, now: datetime
) -> None:
    """From now on whoever has one of these addresses knows this counselor, and no other."""
    for address in addresses:
        who = keyring.index(Purpose.ACQUAINTANCE, address)
        sealed = keyring.counselors.seal(counselor_id.encode(), place_of(who))
        connection.execute(_DELETE, {"who": who})
        connection.execute(_INSERT, {"seeker": who, "sealed": sealed, "until": to_micros(now + KEPT_FOR)})


def forget(connection: Connection, keyring: Keyring, addresses: Collection[str]) -> None:
    """Whoever has one of these addresses knows nobody any more."""
    for address in addresses:
        connection.execute(_DELETE, {"who": keyring.index(Purpose.ACQUAINTANCE, address)})


def forget_counselor(connection: Connection, keyring: Keyring, counselor_id: str) -> None:
    """Nobody knows this counselor any more."""
    for row in connection.execute(_ALL).all():
        with contextlib.suppress(CipherError):
            if keyring.counselors.open(row.sealed, place_of(row.seeker)).decode() == counselor_id:
                connection.execute(_DELETE, {"who": row.seeker})


def known_to(connection: Connection, keyring: Keyring, addresses: Collection[str], now: datetime) -> str:
    """The id of the counselor whom one of these addresses knows; empty: nobody. A row that does not open is nobody."""
    for address in addresses:
        who = keyring.index(Purpose.ACQUAINTANCE, address)
        row = connection.execute(_SELECT, {"who": who, "now": to_micros(now)}).first()
        if row is not None:
            try:
                return keyring.counselors.open(row.sealed, place_of(who)).decode()
            except CipherError:
                continue
    return ""


def place_of(who: bytes) -> bytes:
    return place("acquaintances", "sealed", who)
