"""The line's own OpenPGP keys: secret keys and the address they are for, sealed with a key that the master key gives.

Called by ``SqlStore``, for ``relay keys`` and for opening what is encrypted to the line. A retired key still opens what
was sent before; a dropped one opens nothing any more, also not from a backup of its time without its own row.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from relay.edge.store.keys import Keyring
from relay.edge.store.sealing import place
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


def add(connection: Connection, keyring: Keyring, key: ServiceKey) -> None:
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


def listed(connection: Connection, keyring: Keyring) -> tuple[ServiceKey, ...]:
    """All keys, the oldest first. Raises ``CipherError``."""
    found = []
    for row in connection.execute(_SELECT_ALL):
        plain = keyring.openpgp.open(row.sealed, place_of(row.key_id))
        address, fingerprint, secret = msgspec.msgpack.decode(plain, type=tuple[str, str, bytes])
        retired = None if row.retired_at is None else from_micros(row.retired_at)
        found.append(
            ServiceKey(
                bytes(row.key_id),
                address,
                fingerprint,
                secret,
                from_micros(row.created_at),
                from_micros(row.expires_at),
                retired,
            )
        )
    return tuple(found)


def retire(connection: Connection, key_id: bytes, now: datetime) -> bool:
    """Give a key out no more; ``False`` when it is retired already or not there."""
    return bool(connection.execute(_RETIRE, {"which": key_id, "now": to_micros(now)}).rowcount)


def drop(connection: Connection, key_id: bytes) -> bool:
    """Forget a key for good; ``False`` when it is not there."""
    return bool(connection.execute(_DROP, {"which": key_id}).rowcount)


def place_of(key_id: bytes) -> bytes:
    return place("openpgp_keys", "sealed", key_id)
