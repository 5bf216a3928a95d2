"""Senders whose mail is held for a time: blind indexes with an end, and no address that anybody could read.

Called by ``SqlStore``, for the operator's command and for routing, and by ``turning`` for a counselor's, which holds
less (``domain.standing``) and has an index of its own. A block is found by the address that a message comes under,
without the part behind a ``+``, which everybody gives away as they like. Nothing can be listed but ids of ours and
times. A block ends by itself; its row goes with the next sweep.

What counts is its seal (``seals``), which stays until the last end that was ever said for the row: a seal that is gone
before that was taken away by somebody. Where row and seal do not fit together, or the seal does not open, mail is held
(P4) and it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, exists, insert, or_, select, update

from relay.domain.retention import Retention
from relay.domain.standing import Block
from relay.edge.store import seals
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.seals import BROKEN, Broken, Of
from relay.edge.store.tables import blocks, from_micros, to_micros
from relay.edge.store.tables_seals import seals as seals_table

TOLD_AGAIN_AFTER = timedelta(days=1)
"""The operator hears of a blocked sender's mail once a day, not once for each message."""

UNTIL_LOOKED_AT = timedelta(days=1)
"""How much longer a block of which nobody knows the end holds, each time that somebody asks."""

_SEALED = exists().where(seals_table.c.of_table == Of.BLOCK.value, seals_table.c.row_id == blocks.c.sender)
_DELETE = delete(blocks).where(blocks.c.sender == bindparam("wanted"))
_INSERT = insert(blocks)
_ROW = (blocks.c.sender == bindparam("wanted"),)
_SEAL = (seals_table.c.of_table == Of.BLOCK.value, seals_table.c.row_id == bindparam("wanted"))
_FIND = select(
    *(select(each).where(*_ROW).scalar_subquery().label(each.name) for each in blocks.c),
    *(select(each).where(*_SEAL).scalar_subquery().label(each.name) for each in seals_table.c),
)
"""Both at once, whether there is one or the other: it is asked of everybody who writes."""
_ALL = select(*blocks.c)
_TOLD = update(blocks).where(blocks.c.sender == bindparam("wanted")).values(told_at=bindparam("now"))
_UNSEALED = delete(blocks).where(
    ~_SEALED, or_(blocks.c.until <= bindparam("now"), blocks.c.since <= bindparam("before"))
)


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What a seal says, in µs. ``ends``: in force until then. ``kept``: the last end that was ever said of the row."""

    since: int
    ends: int
    kept: int


LIFTED = 0
"""The end of a block that was ended by somebody, whatever a clock that goes back says later."""

_ENCODE = msgspec.msgpack.encode
_DECODER = msgspec.msgpack.Decoder(Said)


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
    before = _read(seals.read(connection, keyring, Of.BLOCK, index, to_change=True))
    kept = before.kept if isinstance(before, Said) else 0
    said = Said(to_micros(now), to_micros(until), max(kept, to_micros(until)))
    seals.put(connection, keyring, Of.BLOCK, index, _ENCODE(said), now)


def remove(connection: Connection, keyring: Keyring, address: str, now: datetime) -> bool:
    """End the blocks of an address now; ``False`` when there is none."""
    indexes = [_index(keyring, address, everywhere=each) for each in (True, False)]
    return sum(_end(connection, keyring, each, now) for each in indexes) > 0


def remove_by_id(connection: Connection, keyring: Keyring, block_id: bytes, now: datetime) -> bool:
    """End a block that was listed; ``False`` when it is over."""
    return _end(connection, keyring, block_id, now)


def listed(
    connection: Connection, keyring: Keyring, now: datetime, unreadable: Callable[[str], None]
) -> tuple[Block, ...]:
    """All that are in force, oldest first."""
    rows = {bytes(row.sender): row for row in connection.execute(_ALL)}
    said = seals.listed(connection, keyring, Of.BLOCK)
    each = (_block(one, rows.get(one), said.get(one), now, unreadable) for one in {*rows, *said})
    return tuple(sorted((block for block in each if block), key=lambda block: block.since))


def find(
    connection: Connection,
    keyring: Keyring,
    addresses: Collection[str],
    now: datetime,
    unreadable: Callable[[str], None],
) -> Block | None:
    """The block in force for any of these addresses; of several one that holds everything, and that lasts longest."""
    in_force = []
    for address in addresses:
        for everywhere in (True, False):
            index = _index(keyring, address, everywhere=everywhere)
            found = connection.execute(_FIND, {"wanted": index}).one()
            row = None if found.sender is None else found
            said = None if found.version is None else seals.said(keyring, found)
            if block := _block(index, row, said, now, unreadable):
                in_force.append(replace(block, everywhere=everywhere))
    return max(in_force, key=lambda block: (block.everywhere, block.until), default=None)


def note_told(connection: Connection, keyring: Keyring, block: Block, now: datetime) -> None:
    """Remember that the operator was told of mail that this block holds. A row that was taken away is made anew."""
    if connection.execute(_TOLD, {"wanted": block.block_id, "now": to_micros(now)}).rowcount:
        return
    said = _read(seals.read(connection, keyring, Of.BLOCK, block.block_id))
    if isinstance(said, Said) and said.ends > to_micros(now):
        row = {"sender": block.block_id, "since": said.since, "until": said.ends, "told_at": to_micros(now)}
        connection.execute(_INSERT, row)


def sweep(
    connection: Connection,
    keyring: Keyring,
    now: datetime,
    kept: Retention,
    unreadable: Callable[[str], None],
) -> int:
    """Blocks whose time is over; returns how many. One that does not open stays until somebody ends it."""
    at, before = to_micros(now), to_micros(now - kept.blocks)
    gone = connection.execute(_UNSEALED, {"now": at, "before": before}).rowcount
    for block_id, sealed in seals.listed(connection, keyring, Of.BLOCK).items():
        said = _read(sealed)
        if not isinstance(said, Said):
            unreadable(blocks.name)
        elif said.ends > at and said.since <= before:
            gone += _end(connection, keyring, block_id, now)
        elif said.ends <= at:
            gone += connection.execute(_DELETE, {"wanted": block_id}).rowcount
            if said.kept <= at:
                seals.drop(connection, Of.BLOCK, block_id)
    return gone


def adopt(connection: Connection, keyring: Keyring, now: datetime) -> None:
    """Seal what was there before there were seals."""
    for row in connection.execute(_ALL.where(~_SEALED)).all():
        said = Said(row.since, row.until, row.until)
        seals.put(connection, keyring, Of.BLOCK, bytes(row.sender), _ENCODE(said), now)


def is_owed(sealed: bytes, now: datetime) -> bool:
    """Tell whether a seal that said this must still be there."""
    said = _read(sealed)
    return isinstance(said, Said) and from_micros(said.kept) > now


def _end(connection: Connection, keyring: Keyring, block_id: bytes, now: datetime) -> bool:
    """What was said of its end before stays said, so that a seal that is taken away is missed."""
    was_there = connection.execute(_DELETE, {"wanted": block_id}).rowcount > 0
    said = _read(seals.read(connection, keyring, Of.BLOCK, block_id, to_change=True))
    at = to_micros(now)
    if said is None:
        return was_there
    if not isinstance(said, Said):
        said = Said(at, at + 1, at)
    if said.ends > at:
        anew = Said(said.since, LIFTED, said.kept)
        seals.put(connection, keyring, Of.BLOCK, block_id, _ENCODE(anew), now)
        return True
    return was_there


def _block(
    block_id: bytes,
    row: Row[Any] | None,
    sealed: bytes | Broken | None,
    now: datetime,
    unreadable: Callable[[str], None],
) -> Block | None:
    """The block that a seal says, or a row without one; ``None``: none is in force. What does not fit is told."""
    said, at = _read(sealed), to_micros(now)
    since, ends = (at, 0) if row is None else (int(row.since), int(row.until))
    if isinstance(said, Said):
        fits = said.ends <= at if row is None else (since, ends) == (said.since, said.ends)
        since, ends = said.since, said.ends
    else:
        fits = said is None and ends <= at
        ends = ends if said is None else max(ends, to_micros(now + UNTIL_LOOKED_AT))
    if not fits:
        unreadable(blocks.name)
    if ends <= at:
        return None
    told_at = None if row is None else row.told_at
    return Block(
        block_id=block_id,
        since=from_micros(since),
        until=from_micros(ends),
        is_told=told_at is not None and now - from_micros(told_at) < TOLD_AGAIN_AFTER,
    )


def _read(sealed: bytes | Broken | None) -> Said | Broken | None:
    if sealed is None or sealed is BROKEN:
        return sealed
    try:
        return _DECODER.decode(sealed)
    except msgspec.DecodeError:
        return BROKEN


def _index(keyring: Keyring, address: str, *, everywhere: bool) -> bytes:
    local, at, domain = address.lower().rpartition("@")
    kind = "" if everywhere else "by a counselor "
    return keyring.index(Purpose.BLOCK, f"{kind}{local.partition('+')[0]}{at}{domain}")
