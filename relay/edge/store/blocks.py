"""Senders whose mail is held for a time: blind indexes with an end, and no address that anybody could read.

Called by ``SqlStore``, for the operator's command and for routing, and by ``turning`` for a counselor's, which holds
less (``domain.standing``) and has an index of its own. A block is found by the address that a message comes under,
without the part behind a ``+``, which everybody gives away as they like. Nothing can be listed but ids of ours and
times. A block ends by itself; its row goes with the next sweep.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
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


def add(
    connection: Connection,
    keyring: Keyring,
    address: str,
    now: datetime,
    until: datetime,
    *,
    everywhere: bool = True,
) -> None:
    """Block an address until then; a block of the kind that is there already is replaced."""
    index = _index(keyring, address, everywhere=everywhere)
    connection.execute(_DELETE, {"wanted": index})
    row = {"sender": index, "since": to_micros(now), "until": to_micros(until), "told_at": None}
    connection.execute(_INSERT, row)


def remove(connection: Connection, keyring: Keyring, address: str) -> bool:
    """End the blocks of an address now; ``False`` when there is none."""
    indexes = [_index(keyring, address, everywhere=each) for each in (True, False)]
    return sum(connection.execute(_DELETE, {"wanted": each}).rowcount for each in indexes) > 0


def remove_by_id(connection: Connection, block_id: bytes) -> bool:
    """End a block that was listed; ``False`` when it is over."""
    return connection.execute(_DELETE, {"wanted": block_id}).rowcount > 0


def listed(connection: Connection, now: datetime) -> tuple[Block, ...]:
    """All that are in force, oldest first."""
    found = [_block(row, now) for row in connection.execute(_LIST, {"now": to_micros(now)})]
    return tuple(sorted(found, key=lambda block: block.since))


def find(connection: Connection, keyring: Keyring, addresses: Collection[str], now: datetime) -> Block | None:
    """The block in force for any of these addresses; of several one that holds everything, and that lasts longest."""
    in_force = []
    for address in addresses:
        for everywhere in (True, False):
            index = _index(keyring, address, everywhere=everywhere)
            row = connection.execute(_FIND, {"wanted": index}).first()
            if row is not None and from_micros(row.until) > now:
                in_force.append(replace(_block(row, now), everywhere=everywhere))
    return max(in_force, key=lambda block: (block.everywhere, block.until), default=None)


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


def _index(keyring: Keyring, address: str, *, everywhere: bool) -> bytes:
    local, at, domain = address.lower().rpartition("@")
    kind = "" if everywhere else "by a counselor "
    return keyring.index(Purpose.BLOCK, f"{kind}{local.partition('+')[0]}{at}{domain}")
