"""The line's own OpenPGP keys: secret keys and the address they are for, sealed with a key that the master key gives.

Called through ``SqlStore.service_keys``, for ``relay keys`` and for opening what is encrypted to the line. A retired
key still opens what was sent before; a dropped one opens nothing any more, also not from a backup of its time without
its own row.

Which of both a key is stands in its seal (``seals``), which stays when the key is dropped. So a retired key is not
given out again, and a dropped one opens nothing, when somebody puts its row back. A key whose seal is gone or does not
open is as good as retired, and it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from relay.edge.store import seals
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.sealing import place
from relay.edge.store.seals import BROKEN, Broken, Of
from relay.edge.store.surroundings import Surroundings
from relay.edge.store.tables import from_micros, to_micros
from relay.edge.store.tables_keys import openpgp_keys
from relay.flow.service_keys import ServiceKey

_INSERT = insert(openpgp_keys)
_SELECT_ALL = select(openpgp_keys).order_by(openpgp_keys.c.created_at)
_RETIRE = (
    update(openpgp_keys)
    .where(openpgp_keys.c.key_id == bindparam("which"), openpgp_keys.c.retired_at.is_(None))
    .values(retired_at=bindparam("now"))
)
_DROP = delete(openpgp_keys).where(openpgp_keys.c.key_id == bindparam("which"))


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What a seal says of a key. ``retired_at``: µs, or 0."""

    retired_at: int
    is_dropped: bool = False


class ServiceKeys:
    """What others ask, each in a transaction of its own; hung on ``SqlStore``."""

    def __init__(self, writer: Lane, reader: Lane, keyring: Keyring, around: Surroundings) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._around = around

    async def add(self, key: ServiceKey) -> None:
        """Keep a new key."""
        await self._writer.run(lambda c: add(c, self._keyring, key, self._around.clock()))

    async def listed(self) -> tuple[ServiceKey, ...]:
        """All keys, the oldest first. Raises ``CipherError``."""
        return await self._reader.run(lambda c: listed(c, self._keyring, self._around.unreadable))

    async def retire(self, key_id: bytes, now: datetime) -> bool:
        """Give a key out no more; ``False`` when it is retired already or not there."""
        return await self._writer.run(lambda c: retire(c, self._keyring, key_id, now))

    async def drop(self, key_id: bytes) -> bool:
        """Forget a key for good; ``False`` when it is not there."""
        return await self._writer.run(lambda c: drop(c, self._keyring, key_id, self._around.clock()))


_ENCODE = msgspec.msgpack.encode
_DECODER = msgspec.msgpack.Decoder(Said)


def add(connection: Connection, keyring: Keyring, key: ServiceKey, now: datetime) -> None:
    """Keep a new key."""
    plain = msgspec.msgpack.encode((key.address, key.fingerprint, key.secret))
    row = {
        "key_id": key.key_id,
        "created_at": to_micros(key.created_at),
        "expires_at": to_micros(key.expires_at),
        "retired_at": None,
        "sealed": keyring.openpgp.seal(plain, place_of(key.key_id)),
    }
    connection.execute(_INSERT, row)
    seals.put(connection, keyring, Of.KEY, key.key_id, _ENCODE(Said(0)), now)


def listed(
    connection: Connection, keyring: Keyring, unreadable: Callable[[str], None]
) -> tuple[ServiceKey, ...]:
    """All keys, the oldest first. Raises ``CipherError``."""
    found = []
    sealed = seals.listed(connection, keyring, Of.KEY)
    rows = connection.execute(_SELECT_ALL).all()
    for key_id in sealed.keys() - {bytes(row.key_id) for row in rows}:
        said = _read(sealed[key_id])
        if said is None or not said.is_dropped:
            unreadable(openpgp_keys.name)
    for row in rows:
        said = _read(sealed.get(bytes(row.key_id)))
        if said is None or said.is_dropped or (said.retired_at and row.retired_at is None):
            unreadable(openpgp_keys.name)
        if said is not None and said.is_dropped:
            continue
        plain = keyring.openpgp.open(row.sealed, place_of(row.key_id))
        address, fingerprint, secret = msgspec.msgpack.decode(plain, type=tuple[str, str, bytes])
        retired_at = row.retired_at or (row.created_at if said is None else said.retired_at)
        found.append(
            ServiceKey(
                bytes(row.key_id),
                address,
                fingerprint,
                secret,
                from_micros(row.created_at),
                from_micros(row.expires_at),
                from_micros(retired_at) if retired_at else None,
            )
        )
    return tuple(found)


def retire(connection: Connection, keyring: Keyring, key_id: bytes, now: datetime) -> bool:
    """Give a key out no more; ``False`` when it is retired already or not there."""
    if not connection.execute(_RETIRE, {"which": key_id, "now": to_micros(now)}).rowcount:
        return False
    seals.put(connection, keyring, Of.KEY, key_id, _ENCODE(Said(to_micros(now))), now)
    return True


def drop(connection: Connection, keyring: Keyring, key_id: bytes, now: datetime) -> bool:
    """Forget a key for good; ``False`` when it is not there."""
    if not connection.execute(_DROP, {"which": key_id}).rowcount:
        return False
    seals.put(connection, keyring, Of.KEY, key_id, _ENCODE(Said(to_micros(now), is_dropped=True)), now)
    return True


def adopt(connection: Connection, keyring: Keyring, now: datetime) -> None:
    """Seal what was said of keys before there were seals."""
    there = seals.listed(connection, keyring, Of.KEY)
    for row in connection.execute(_SELECT_ALL).all():
        if bytes(row.key_id) not in there:
            seals.put(connection, keyring, Of.KEY, bytes(row.key_id), _ENCODE(Said(row.retired_at or 0)), now)


def _read(sealed: bytes | Broken | None) -> Said | None:
    """What a seal says; ``None``: it is gone or does not open."""
    try:
        return None if sealed is None or sealed is BROKEN else _DECODER.decode(sealed)
    except msgspec.DecodeError:
        return None


def place_of(key_id: bytes) -> bytes:
    return place("openpgp_keys", "sealed", key_id)
