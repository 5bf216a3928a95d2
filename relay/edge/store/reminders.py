"""Reminders that counselors set, and clocks of replies under review: timers that are sealed with their conversation's
data key, so that they end with it.

Called by ``effects`` within its transaction; ``timers`` does what is due.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge import randomness
from relay.edge.store.record import Record
from relay.edge.store.sealing import place
from relay.edge.store.tables import to_micros
from relay.edge.store.tables_timers import timers
from relay.mail.serialize import Attachment

REMINDER = "reminder"
REVIEW = "review"
_ID_OCTETS = 16

_INSERT = insert(timers)
_IS_THERE = select(timers.c.fence).where(timers.c.timer_id == bindparam("this"))
_FORGET = delete(timers).where(timers.c.conversation_id == bindparam("of"))


class Review(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed of a reply under review: the ``step`` that is due, ``since`` when it waits (µs), who wrote it, and
    what. ``files`` are kept until those have them who had not seen it before. A field added needs a default: what was
    sealed before is read with it.
    """

    step: int
    since: int
    author: str
    draft: str
    subject: str = ""
    files: tuple[Attachment, ...] = ()

    def sealed(self, record: Record, timer_id: bytes) -> bytes:
        return record.key.seal(msgspec.msgpack.encode(self), place_of(timer_id))


def remind(connection: Connection, record: Record, text: str, due_at: datetime) -> None:
    """Remind whoever is responsible then."""
    timer_id = randomness.octets(_ID_OCTETS)
    plain = msgspec.msgpack.encode((record.secrets.counselor_id or "", text))
    row = {
        "timer_id": timer_id,
        "kind": REMINDER,
        "conversation_id": record.conversation_id,
        "due_at": to_micros(due_at),
        "fence": 0,
        "sealed": record.key.seal(plain, place_of(timer_id)),
    }
    connection.execute(_INSERT, row)


def await_review(
    connection: Connection,
    record: Record,
    entry_id: bytes,
    review: Review,
    due_at: datetime,
) -> None:
    """Start the clock of a reply that waits for a supervisor. One that runs goes on, also when it is looked at anew."""
    if connection.execute(_IS_THERE, {"this": entry_id}).first() is not None:
        return
    row = {
        "timer_id": entry_id,
        "kind": REVIEW,
        "conversation_id": record.conversation_id,
        "due_at": to_micros(due_at),
        "fence": 0,
        "sealed": review.sealed(record, entry_id),
    }
    connection.execute(_INSERT, row)


def forget(connection: Connection, conversation_id: bytes) -> None:
    """Take the rows of a conversation away; whoever destroys its data key calls this, too."""
    connection.execute(_FORGET, {"of": conversation_id})


def place_of(timer_id: bytes) -> bytes:
    """Where what is sealed of a timer is kept."""
    return place("timers", "sealed", timer_id)
