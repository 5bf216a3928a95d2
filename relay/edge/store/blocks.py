"""Senders whose mail is held for a time: blind indexes with an end, and no address that anybody could read.

Called by ``SqlStore``, for the operator's command and for routing. A block is found by the address that a
message comes under, without the part behind a ``+``, which everybody gives away as they like. Nothing can
be listed but ids of ours and times. A block ends by itself; its row goes with the next sweep.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from relay.domain.standing import Block
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.tables import blocks, from_micros, to_micros

TOLD_AGAIN_AFTER = timedelta(days=1)
"""The operator hears of a blocked sender's mail once a day, not once for each message."""

_DELETE = delete(blocks).where(blocks.c.sender == bindparam("wanted"))
_INSERT = insert(blocks)
_FIND = select(*blocks.c).where(blocks.c.sender == bindparam("wanted"))
_LIST = select(*blocks.c).where(blocks.c.until > bindparam("now"))
_TOLD = update(blocks).where(blocks.c.sender == bindparam("wanted")).values(told_at=bindparam("now"))


def add(connection: Connection, keyring: Keyring, address: str, now: datetime, until: datetime) -> None:
    """Block an address until then; a block that is there already is replaced."""
    index = _index(keyring, address)
    connection.execute(_DELETE, {"wanted": index})
    row = {"sender": index, "since": to_micros(now), "until": to_micros(until), "told_at": None}
    connection.execute(_INSERT, row)


def remove(connection: Connection, keyring: Keyring, address: str) -> bool:
    """End the block of an address now; ``False`` when there is none."""
    return connection.execute(_DELETE, {"wanted": _index(keyring, address)}).rowcount > 0


def remove_by_id(connection: Connection, block_id: bytes) -> bool:
    """End a block that was listed; ``False`` when it is over."""
    return connection.execute(_DELETE, {"wanted": block_id}).rowcount > 0


def listed(connection: Connection, now: datetime) -> tuple[Block, ...]:
    """All that are in force, oldest first."""
    found = [_block(row, now) for row in connection.execute(_LIST, {"now": to_micros(now)})]
    return tuple(sorted(found, key=lambda block: block.since))


def find(connection: Connection, keyring: Keyring, addresses: Collection[str], now: datetime) -> Block | None:
    """The block in force for any of these addresses; of several the one that lasts longest."""
    rows = (connection.execute(_FIND, {"wanted": _index(keyring, each)}).first() for each in addresses)
    found = (_block(row, now) for row in rows if row is not None)
    in_force = [block for block in found if block.until > now]
    return max(in_force, key=lambda block: block.until, default=None)


def note_told(connection: Connection, block_id: bytes, now: datetime) -> None:
    """Remember that the operator has been told of mail that this block holds."""
    connection.execute(_TOLD, {"wanted": block_id, "now": to_micros(now)})


def _block(row: Row[Any], now: datetime) -> Block:
    return Block(
        block_id=bytes(row.sender),
        since=from_micros(row.since),
        until=from_micros(row.until),
        is_told=row.told_at is not None and now - from_micros(row.told_at) < TOLD_AGAIN_AFTER,
    )


def _index(keyring: Keyring, address: str) -> bytes:
    local, at, domain = address.lower().rpartition("@")
    return keyring.index(Purpose.BLOCK, f"{local.partition('+')[0]}{at}{domain}")
