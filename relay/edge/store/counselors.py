"""What each counselor carries: one row each, the id sealed, slots counted.

Called by ``conversations`` and ``duty`` within the transaction that changes who is responsible, so that the
count is always that of the conversations in ``HELD_BY_A_COUNSELOR``. The handle that an operator chose
for a counselor identifies them: the row is found by a blind index. How many of their replies a supervisor has read is
counted in a seal (``seals``): nobody who can write to the database gets a beginner out of review. Where that does not
open, or is not there, none was read, and all of theirs are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, case, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from relay.domain.presence import Presence
from relay.edge.store import seals
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.sealing import place
from relay.edge.store.seals import BROKEN, Broken, Of
from relay.edge.store.tables import counselors, from_micros, to_micros
from relay.errors import CipherError
from relay.flow.ports import Stale
from relay.flow.values import Load

_COUNTING = 0x72656C6179000002
"""An advisory lock of ours: the octets of ``relay``, and a number."""

_UNLIMITED = 2**31 - 1
"""For a reopened conversation: it goes to its own counselor, free slot or not."""

_TAKE = (
    update(counselors)
    .where(counselors.c.counselor == bindparam("who"), counselors.c.open_count < bindparam("capacity"))
    .values(
        open_count=counselors.c.open_count + 1,
        last_assigned_at=func.coalesce(bindparam("now"), counselors.c.last_assigned_at),
    )
)
_FREE = (
    update(counselors)
    .where(counselors.c.counselor == bindparam("who"), counselors.c.open_count > 0)
    .values(open_count=counselors.c.open_count - 1)
)
_AWAY = (
    update(counselors)
    .where(counselors.c.counselor == bindparam("who"))
    .values(
        away_until=case(
            (counselors.c.away_until > bindparam("until"), counselors.c.away_until), else_=bindparam("until")
        )
    )
)
_BACK = (
    update(counselors)
    .where(counselors.c.counselor == bindparam("who"), counselors.c.away_until.is_not(None))
    .values(away_until=None)
)
_REVIEWED = (
    update(counselors)
    .where(counselors.c.counselor == bindparam("who"))
    .values(reviewed=counselors.c.reviewed + 1)
)
_EXISTS = select(counselors.c.counselor).where(counselors.c.counselor == bindparam("who"))
_INSERT = insert(counselors)
_SELECT_ALL = select(counselors)


def one_after_the_other(connection: Connection) -> None:
    """Let transactions that count slots wait for each other, from here to their end (PostgreSQL).

    Each ``UPDATE`` is right by itself, for its condition is looked at again after the wait for the row. But a commit of
    many letters counts for several counselors, and two nodes that did so in different orders would stop each other.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_COUNTING})")


def take_slot(
    connection: Connection, keyring: Keyring, counselor_id: str, now: datetime | None, *, capacity: int | None
) -> None:
    """Count one more conversation; ``now`` when it is an assignment. Raises ``Stale`` when no slot is free.

    ``capacity`` ``None`` takes a slot whether one is free or not.
    """
    one_after_the_other(connection)
    who = keyring.index(Purpose.COUNSELOR, counselor_id)
    limit = _UNLIMITED if capacity is None else capacity
    at = None if now is None else to_micros(now)
    if connection.execute(_TAKE, {"who": who, "capacity": limit, "now": at}).rowcount:
        return
    if limit < 1 or connection.execute(_EXISTS, {"who": who}).first():
        raise Stale("the counselor has no free slot")
    sealed = keyring.counselors.seal(counselor_id.encode(), place_of(who))
    try:
        connection.execute(
            _INSERT, {"counselor": who, "sealed": sealed, "open_count": 1, "last_assigned_at": at}
        )
    except IntegrityError:
        raise Stale("the counselor was assigned by another node for the first time") from None


def free_slot(connection: Connection, keyring: Keyring, counselor_id: str) -> None:
    """Count one conversation less."""
    one_after_the_other(connection)
    connection.execute(_FREE, {"who": keyring.index(Purpose.COUNSELOR, counselor_id)})


def set_presence(connection: Connection, keyring: Keyring, presence: Presence) -> None:
    """Note that a counselor is away until some time, or back. Who was never assigned anything has no row to note it."""
    until = presence.away_until
    who = keyring.index(Purpose.COUNSELOR, presence.counselor_id)
    if until is None:
        connection.execute(_BACK, {"who": who})
    else:
        connection.execute(_AWAY, {"who": who, "until": to_micros(until)})


def count_reviewed(connection: Connection, keyring: Keyring, counselor_id: str, now: datetime) -> None:
    """One more reply of theirs has gone out with a supervisor's word."""
    who = keyring.index(Purpose.COUNSELOR, counselor_id)
    connection.execute(_REVIEWED, {"who": who})
    count = _reviewed(seals.read(connection, keyring, Of.COUNSELOR, who, to_change=True)) or 0
    seals.put(connection, keyring, Of.COUNSELOR, who, msgspec.msgpack.encode(count + 1), now)


def loads(connection: Connection, keyring: Keyring, unreadable: Callable[[str], None]) -> dict[str, Load]:
    """What every counselor who was ever assigned carries, by id.

    A row that does not open is passed over and told to ``unreadable``: a request must find somebody
    all the same, and slots are still counted by the blind index.
    """
    found = {}
    said = seals.listed(connection, keyring, Of.COUNSELOR)
    for row in connection.execute(_SELECT_ALL):
        try:
            counselor_id = keyring.counselors.open(row.sealed, place_of(row.counselor)).decode()
        except CipherError:
            unreadable(counselors.name)
            continue
        last, away = (
            None if at is None else from_micros(at) for at in (row.last_assigned_at, row.away_until)
        )
        reviewed = _reviewed(said.get(bytes(row.counselor)))
        if reviewed is None:
            unreadable(counselors.name)
        found[counselor_id] = Load(row.open_count, last, away, reviewed or 0)
    return found


def adopt(connection: Connection, keyring: Keyring, now: datetime) -> None:
    """Seal what was counted before there were seals."""
    there = seals.listed(connection, keyring, Of.COUNSELOR)
    for row in connection.execute(_SELECT_ALL).all():
        if row.reviewed and bytes(row.counselor) not in there:
            said = msgspec.msgpack.encode(int(row.reviewed))
            seals.put(connection, keyring, Of.COUNSELOR, bytes(row.counselor), said, now)


def _reviewed(sealed: bytes | Broken | None) -> int | None:
    """What a seal counts; ``None``: it does not open."""
    if sealed is None:
        return 0
    try:
        return None if sealed is BROKEN else msgspec.msgpack.decode(sealed, type=int)
    except msgspec.DecodeError:
        return None


def place_of(who: bytes) -> bytes:
    return place("counselors", "sealed", who)
