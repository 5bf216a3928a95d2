"""Data keys: one random key per conversation, entry, delivery, kept notice and look at an address.

They are kept wrapped in a table of their own (in SQLite in slots: ``tables_key_slots``).

Called by every file that seals what belongs to one of them. Destroying the row forgets all that the key
sealed, wherever copies of the sealed octets may still lie (free pages, the WAL, replicas).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge import randomness
from relay.edge.store import tables_key_slots as tables_key_slots  # noqa: PLC0414 (so that the schema knows them)
from relay.edge.store.keys import KEY_VERSION, Keyring
from relay.edge.store.sealing import KEY_OCTETS, SealingKey, place
from relay.edge.store.tables import data_keys
from relay.errors import CipherError


class Owner(Enum):
    """What a data key, or a body in chunks, belongs to."""

    CONVERSATION = "conversation"
    ENTRY = "entry"
    DELIVERY = "delivery"
    NOTICE = "notice"
    REVEAL = "reveal"


_INSERT = insert(data_keys)
_SELECT = select(data_keys.c.wrapped).where(
    data_keys.c.owner == bindparam("for_owner"), data_keys.c.owner_id == bindparam("for_id")
)
_DELETE = delete(data_keys).where(
    data_keys.c.owner == bindparam("for_owner"), data_keys.c.owner_id == bindparam("for_id")
)


def mint(keyring: Keyring, owner: Owner, owner_id: bytes) -> tuple[SealingKey, dict[str, Any]]:
    """Make a data key; returns it with the row that keeps it."""
    octets = randomness.octets(KEY_OCTETS)
    wrapped = keyring.wrapping.seal(octets, place_of(owner, owner_id))
    return SealingKey(octets, KEY_VERSION), {"owner": owner.value, "owner_id": owner_id, "wrapped": wrapped}


def keep(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows of new data keys."""
    connection.execute(_INSERT, rows)


def unwrap(keyring: Keyring, owner: Owner, owner_id: bytes, wrapped: bytes) -> SealingKey:
    """Open a wrapped data key. Raises ``CipherError``."""
    return SealingKey(keyring.wrapping.open(wrapped, place_of(owner, owner_id)), KEY_VERSION)


def load(connection: Connection, keyring: Keyring, owner: Owner, owner_id: bytes) -> SealingKey:
    """Read a data key. Raises ``CipherError`` when it is gone or does not open."""
    wrapped = connection.execute(_SELECT, {"for_owner": owner.value, "for_id": owner_id}).scalar()
    if wrapped is None:
        raise CipherError("the data key is gone")
    return unwrap(keyring, owner, owner_id, wrapped)


def destroy(connection: Connection, owner: Owner, owner_ids: Sequence[bytes]) -> None:
    """Forget the data keys of these owners, and with them what they sealed."""
    connection.execute(_DELETE, [{"for_owner": owner.value, "for_id": owner_id} for owner_id in owner_ids])


def place_of(owner: Owner, owner_id: bytes) -> bytes:
    return place("data_keys", owner.value, owner_id)
