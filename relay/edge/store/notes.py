"""Notes and summaries of counselors: sealed with the conversation's data key, so that they end with it.

Called by ``effects`` and ``casebook`` within their transaction. They are for the next counselor; nothing that a seeker
receives is made with them in reach: the composer is not given any unless it writes to a counselor.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge.store.record import Record
from relay.edge.store.sealing import place
from relay.edge.store.tables import from_micros, notes, to_micros
from relay.errors import CipherError
from relay.flow.desk.casebook import StoredNote

MAX_NOTES = 200
"""Of one conversation, the newest; what is older makes room."""

_INSERT = insert(notes)
_SELECT = (
    select(notes.c.position, notes.c.sealed)
    .where(notes.c.conversation_id == bindparam("wanted"), notes.c.position >= bindparam("lowest"))
    .order_by(notes.c.position)
)
_MAKE_ROOM = delete(notes).where(
    notes.c.conversation_id == bindparam("wanted"), notes.c.position < bindparam("lowest")
)
_FORGET = delete(notes).where(notes.c.conversation_id == bindparam("wanted"))


def add(connection: Connection, record: Record, text: str, author: str, now: datetime) -> None:
    """Write one more note. Changes ``record`` without saving it."""
    position = record.secrets.notes
    plain = msgspec.msgpack.encode((text, author, to_micros(now)))
    sealed = record.key.seal(plain, _place(record.conversation_id, position))
    connection.execute(
        _INSERT, {"conversation_id": record.conversation_id, "position": position, "sealed": sealed}
    )
    if position >= MAX_NOTES:
        lowest = position + 1 - MAX_NOTES
        connection.execute(_MAKE_ROOM, {"wanted": record.conversation_id, "lowest": lowest})
    record.change(notes=position + 1)


def listed(connection: Connection, record: Record) -> tuple[StoredNote, ...]:
    """All notes of a conversation, oldest first. Raises ``CipherError``, also when some are missing."""
    count = record.secrets.notes
    lowest = max(0, count - MAX_NOTES)
    rows = connection.execute(_SELECT, {"wanted": record.conversation_id, "lowest": lowest}).all()
    if [row.position for row in rows] != list(range(lowest, count)):
        raise CipherError("notes are missing")
    return tuple(_open(record, row.position, row.sealed) for row in rows)


def forget(connection: Connection, conversation_id: bytes) -> None:
    """Take the rows away; whoever destroys the data key of a conversation calls this, too."""
    connection.execute(_FORGET, {"wanted": conversation_id})


def _open(record: Record, position: int, sealed: bytes) -> StoredNote:
    plain = record.key.open(sealed, _place(record.conversation_id, position))
    text, author, written = msgspec.msgpack.decode(plain, type=tuple[str, str, int])
    return StoredNote(text, author, from_micros(written))


def _place(conversation_id: bytes, position: int) -> bytes:
    return place("notes", "sealed", conversation_id, position)
