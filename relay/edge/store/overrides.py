"""What counselors have said by mail of their own duty: one row each, until it ends (``domain.overrides``).

Called by ``duties`` and, for what a message says, within the transaction that settles it. Who said it
and what is sealed; in clear is only when it can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.domain.overrides import Override
from relay.domain.presence import Presence
from relay.edge.store import counselors
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.sealing import place
from relay.edge.store.tables import from_micros, overrides, to_micros
from relay.errors import CipherError

_DELETE = delete(overrides).where(overrides.c.counselor == bindparam("who"))
_INSERT = insert(overrides)
_SELECT = select(overrides).where(overrides.c.until > bindparam("now"))


class _Said(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed: who, what, from when until when (µs)."""

    counselor_id: str
    on: bool
    since: int
    until: int


_DECODER = msgspec.msgpack.Decoder(_Said)


def put(connection: Connection, keyring: Keyring, counselor_id: str, said: Override | None) -> None:
    """Replace what a counselor has said. Whoever says that they are on duty is not away any more."""
    who = keyring.index(Purpose.COUNSELOR, counselor_id)
    connection.execute(_DELETE, {"who": who})
    if said is None:
        return
    until = to_micros(said.until)
    plain = msgspec.msgpack.encode(_Said(counselor_id, said.on, to_micros(said.since), until))
    connection.execute(
        _INSERT, {"counselor": who, "until": until, "sealed": keyring.counselors.seal(plain, place_of(who))}
    )
    if said.on:
        counselors.set_presence(connection, keyring, Presence(counselor_id))


def in_force(
    connection: Connection, keyring: Keyring, now: datetime, unreadable: Callable[[str], None]
) -> dict[str, Override]:
    """What has not ended, by the counselor's id; a row that does not open is told to ``unreadable``."""
    found = {}
    for row in connection.execute(_SELECT, {"now": to_micros(now)}):
        try:
            said = _DECODER.decode(keyring.counselors.open(row.sealed, place_of(row.counselor)))
        except (CipherError, msgspec.DecodeError):
            unreadable(overrides.name)
            continue
        found[said.counselor_id] = Override(said.on, from_micros(said.since), from_micros(said.until))
    return found


def place_of(who: bytes) -> bytes:
    return place("overrides", "sealed", who)
