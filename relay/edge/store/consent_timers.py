"""Until when a seeker may answer before a hand-over: rows among the timers, looked at by the duty loop."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge import randomness
from relay.edge.store.record import Record
from relay.edge.store.reminders import place_of
from relay.edge.store.tables import to_micros
from relay.edge.store.tables_timers import timers

CONSENT = "consent"

_INSERT = insert(timers)
_DUE = (
    select(timers.c.conversation_id)
    .where(timers.c.due_at <= bindparam("now"), timers.c.kind == CONSENT)
    .order_by(timers.c.due_at)
    .limit(bindparam("at_most"))
)
_END = delete(timers).where(timers.c.conversation_id == bindparam("of"), timers.c.kind == CONSENT)
_END_DUE = _END.where(timers.c.due_at <= bindparam("now"))


def start(connection: Connection, record: Record, due_at: datetime | None) -> None:
    """Look at it again then, or at once, whatever the clocks say; an earlier question is over."""
    end(connection, record.conversation_id)
    timer_id = randomness.octets(16)
    sealed = record.key.seal(b"", place_of(timer_id))
    row = {"timer_id": timer_id, "kind": CONSENT, "conversation_id": record.conversation_id}
    connection.execute(
        _INSERT, {**row, "due_at": 0 if due_at is None else to_micros(due_at), "fence": 0, "sealed": sealed}
    )


def end(connection: Connection, conversation_id: bytes) -> None:
    """Nothing is waited for any more."""
    connection.execute(_END, {"of": conversation_id})


def end_due(connection: Connection, conversation_id: bytes, now: datetime) -> None:
    """The same of what was due then, and not of a question that was asked meanwhile."""
    connection.execute(_END_DUE, {"of": conversation_id, "now": to_micros(now)})


def due(connection: Connection, now: datetime, at_most: int) -> tuple[bytes, ...]:
    """Conversations in which the time to answer is over."""
    values = {"now": to_micros(now), "at_most": at_most}
    return tuple(bytes(each) for each in connection.execute(_DUE, values).scalars())
