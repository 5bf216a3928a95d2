"""Bodies: message content of entries and deliveries, sealed, inline or in chunks.

``SealedBody`` takes octets while they arrive. Up to one chunk stays in memory and is kept inline in the
row of its owner. What is larger is written chunk by chunk in small transactions of its own, so that
neither memory nor the writing lane is ever held by one large message; these chunks belong to nobody
(a row in ``unclaimed`` says so) until the transaction that writes the owner's row claims them.
What is never claimed, because the client hung up or the process died, is swept.

A large body that has had its time goes as it came, a few chunks in a transaction (``leave``, ``drop_left``): SQLite
writes zeros over each of its pages, which would keep the writing lane for 40 ms where 7 MB go at once. Its data key is
destroyed first, so that nobody can read it meanwhile.

Each chunk is bound to its owner, its number and whether it is the last one: chunks that are missing,
swapped or cut off raise ``CipherError``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge.store import datakeys
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.sealing import place
from relay.edge.store.surroundings import Surroundings
from relay.edge.store.tables import chunks, to_micros, unclaimed
from relay.errors import CipherError, StateError

CHUNK_OCTETS = 256 * 1024
"""Plain octets in a chunk: most letters fit one row, and a commit of one takes a few milliseconds."""

DROPPED_AT_ONCE = 2
"""Chunks that are deleted in one transaction: two milliseconds."""

_LEFT = 0
"""Stands for the instant at which a body was begun that is not needed any more."""

_INSERT_CHUNKS = insert(chunks)
_INSERT_UNCLAIMED = insert(unclaimed)
_SELECT_CHUNKS = (
    select(chunks.c.sealed)
    .where(chunks.c.owner == bindparam("for_owner"), chunks.c.owner_id == bindparam("for_id"))
    .order_by(chunks.c.number)
)
_DELETE_CHUNKS = delete(chunks).where(
    chunks.c.owner == bindparam("for_owner"), chunks.c.owner_id == bindparam("for_id")
)
_SOME_CHUNKS = (
    select(chunks.c.number)
    .where(chunks.c.owner == bindparam("for_owner"), chunks.c.owner_id == bindparam("for_id"))
    .order_by(chunks.c.number.desc())
    .limit(bindparam("at_most"))
)
_DELETE_CHUNKS_FROM = _DELETE_CHUNKS.where(chunks.c.number >= bindparam("lowest"))
_CLAIM = delete(unclaimed).where(
    unclaimed.c.owner == bindparam("for_owner"), unclaimed.c.owner_id == bindparam("for_id")
)
_ONE_LEFT = select(unclaimed.c.owner, unclaimed.c.owner_id).where(unclaimed.c.started_at == _LEFT).limit(1)
_UNCLAIMED_BEFORE = (
    select(unclaimed.c.owner, unclaimed.c.owner_id)
    .where(unclaimed.c.started_at < bindparam("before"), unclaimed.c.started_at > _LEFT)
    .limit(bindparam("at_most"))
)


@dataclass(frozen=True, slots=True)
class Finished:
    """A body whose last octet has come: what the owner's row and its transaction still have to write.

    ``inline`` goes into the owner's row; else ``last`` is the row of the last of ``chunk_count`` chunks.
    """

    size_bytes: int
    inline: bytes | None
    chunk_count: int
    last: dict[str, Any] | None
    key_row: dict[str, Any] | None


class SealedBody:
    """Takes the octets of one message and seals them; memory stays under two chunks (``BodyWriter``)."""

    def __init__(
        self, lane: Lane, keyring: Keyring, owner: Owner, owner_id: bytes, around: Surroundings
    ) -> None:
        self.node = around.node  # who makes what this is the body of, and holds its first lease
        self._lane = lane
        self._owner = owner
        self._owner_id = owner_id
        self._clock = around.clock
        self.key, self._key_row = datakeys.mint(keyring, owner, owner_id)
        self._buffer = bytearray()
        self._count = 0
        self._size_bytes = 0
        self._finished: Finished | None = None

    def is_of(self, owner: Owner, owner_id: bytes) -> bool:
        """Tell whether this is the body of that owner."""
        return self._owner is owner and self._owner_id == owner_id

    async def write(self, chunk: bytes) -> None:
        """Take the next octets. Raises ``StoreTrouble``; the body can then only be abandoned."""
        if self._finished:
            raise StateError("a body takes no octets after its end")
        rest = memoryview(chunk)
        self._size_bytes += len(rest)
        while len(self._buffer) + len(rest) > CHUNK_OCTETS:
            room = CHUNK_OCTETS - len(self._buffer)
            self._buffer += rest[:room]
            rest = rest[room:]
            await self._write_chunk()
        self._buffer += rest

    def finish(self) -> Finished:
        """Seal what is left; the same result each time, so that a claim may be tried again."""
        if self._finished is None:
            inline = last = None
            if self._count:
                last = self._sealed_chunk(is_last=True)
            else:
                inline = self.key.seal(self._buffer, _inline_place(self._owner, self._owner_id))
            key_row = None if self._count else self._key_row
            count = self._count + 1 if self._count else 0
            self._finished = Finished(self._size_bytes, inline, count, last, key_row)
            self._buffer = bytearray()
        return self._finished

    def abandon(self) -> None:
        """Forget what has come, unless it was claimed. Returns at once; a sweep does what this cannot."""
        self._buffer = bytearray()
        if self._count:
            self._lane.post(lambda connection: drop_unclaimed(connection, self._owner, self._owner_id))

    async def _write_chunk(self) -> None:
        is_first = self._count == 0
        row = self._sealed_chunk(is_last=False)
        self._buffer.clear()
        self._count += 1
        started_at = to_micros(self._clock())

        def write(connection: Connection) -> None:
            if is_first:
                datakeys.keep(connection, [self._key_row])
                of = {"owner": self._owner.value, "owner_id": self._owner_id}
                connection.execute(_INSERT_UNCLAIMED, {**of, "started_at": started_at})
            connection.execute(_INSERT_CHUNKS, row)

        await self._lane.run(write)

    def _sealed_chunk(self, *, is_last: bool) -> dict[str, Any]:
        where = _chunk_place(self._owner, self._owner_id, self._count, is_last=is_last)
        sealed = self.key.seal(self._buffer, where)
        return {
            "owner": self._owner.value,
            "owner_id": self._owner_id,
            "number": self._count,
            "sealed": sealed,
        }


def claim(connection: Connection, owner: Owner, bodies: Sequence[tuple[bytes, Finished]]) -> None:
    """Make bodies part of what the running transaction writes, with their keys and last chunks."""
    if keys := [body.key_row for _, body in bodies if body.key_row]:
        datakeys.keep(connection, keys)
    if large := [(owner_id, body.last) for owner_id, body in bodies if body.last]:
        connection.execute(_INSERT_CHUNKS, [last for _, last in large])
        connection.execute(_CLAIM, [{"for_owner": owner.value, "for_id": owner_id} for owner_id, _ in large])


def read(
    connection: Connection,
    keyring: Keyring,
    owner: Owner,
    owner_id: bytes,
    *,
    inline: bytes | None,
    chunk_count: int,
) -> bytes:
    """Open a body. Raises ``CipherError`` when anything of it is missing or changed."""
    key = datakeys.load(connection, keyring, owner, owner_id)
    if not chunk_count:
        if inline is None:
            raise CipherError("a body is gone")
        return key.open(inline, _inline_place(owner, owner_id))
    plain = io.BytesIO()  # grows in place: a list of chunks, joined, would take the size twice
    number = 0
    for sealed in connection.execute(
        _SELECT_CHUNKS, {"for_owner": owner.value, "for_id": owner_id}
    ).scalars():
        where = _chunk_place(owner, owner_id, number, is_last=number == chunk_count - 1)
        plain.write(key.open(sealed, where))
        number += 1
    if number != chunk_count:
        raise CipherError("a body is not complete")
    return plain.getvalue()


def forget(connection: Connection, owner: Owner, owner_id: bytes, chunk_count: int) -> None:
    """Destroy the data key of an owner and delete the chunks of its body."""
    datakeys.destroy(connection, owner, [owner_id])
    if chunk_count:
        connection.execute(_DELETE_CHUNKS, {"for_owner": owner.value, "for_id": owner_id})


def leave(connection: Connection, owner: Owner, owner_id: bytes, chunk_count: int) -> None:
    """Destroy the data key of an owner; the chunks of its body, which nobody can open any more, belong to nobody from
    now on, and go with ``drop_left``, which the next sweep calls at the latest.
    """
    if chunk_count <= DROPPED_AT_ONCE:
        forget(connection, owner, owner_id, chunk_count)
    else:
        datakeys.destroy(connection, owner, [owner_id])
        row = {"owner": owner.value, "owner_id": owner_id, "started_at": _LEFT}
        connection.execute(_INSERT_UNCLAIMED, row)


def drop_left(connection: Connection) -> bool:
    """Delete the last few chunks of a body that was left; ``True`` when there was one."""
    row = connection.execute(_ONE_LEFT).first()
    if row is None:
        return False
    of = {"for_owner": row.owner, "for_id": row.owner_id}
    numbers = list(connection.execute(_SOME_CHUNKS, {**of, "at_most": DROPPED_AT_ONCE}).scalars())
    if numbers:
        connection.execute(_DELETE_CHUNKS_FROM, {**of, "lowest": numbers[-1]})
    if not numbers or numbers[-1] == 0:
        connection.execute(_CLAIM, of)
    return True


def drop_unclaimed(connection: Connection, owner: Owner, owner_id: bytes) -> None:
    """Forget a body that nobody claimed; one that was claimed stays as it is."""
    if connection.execute(_CLAIM, {"for_owner": owner.value, "for_id": owner_id}).rowcount:
        forget(connection, owner, owner_id, chunk_count=1)


def sweep_unclaimed(connection: Connection, before: datetime, at_most: int) -> int:
    """Forget bodies begun before an instant and never claimed; returns how many."""
    found = connection.execute(_UNCLAIMED_BEFORE, {"before": to_micros(before), "at_most": at_most}).all()
    for owner, owner_id in found:
        drop_unclaimed(connection, Owner(owner), owner_id)
    return len(found)


def _inline_place(owner: Owner, owner_id: bytes) -> bytes:
    return place("bodies", owner.value, owner_id)


def _chunk_place(owner: Owner, owner_id: bytes, number: int, *, is_last: bool) -> bytes:
    return place("chunks", owner.value, owner_id, number, is_last)
