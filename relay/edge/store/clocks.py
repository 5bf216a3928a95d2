"""Clocks in the store: one row for each conversation in which somebody owes words (``domain.clocks``).

``settling``, ``conversations``, ``duty`` and ``risk`` start, turn and stop them, one statement by the key each, in the
transaction of what does so; ``clockwork`` does what is due. In clear are instants and rungs, of nobody in particular.

``look_at`` is when somebody looks next: never later than the next step and sometimes earlier, for only who looks knows
what was promised. Everything that changes a clock counts its fence up and ends its lease, so that whoever has decided
on what it was before writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, insert, null, select, update

from relay.domain.clocks import OF_A_TURN, OF_RISK, Awaits, Clock, Rung
from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent, ConversationState
from relay.edge.store.tables import clocks, from_micros, to_micros

AT_ONCE = 0
"""As ``look_at``: an instant that has passed, whatever the machine's clock shows now or once it is set right."""

_ALL = sum(Rung)

_IS_THIS = clocks.c.conversation_id == bindparam("of")
_IS_IDLE = clocks.c.awaits == Awaits.SEEKER.value
_CHANGED: Mapping[str, Any] = {"fence": clocks.c.fence + 1, "lease_until": None}

_INSERT = insert(clocks)
_OWES = (
    update(clocks)
    .where(_IS_THIS)
    .values(
        awaits=Awaits.COUNSELOR.value,
        since=case((_IS_IDLE, bindparam("from_now")), else_=clocks.c.since),
        turn_at=case((_IS_IDLE, bindparam("now")), else_=clocks.c.turn_at),
        done=case((_IS_IDLE, 0), else_=clocks.c.done),
        look_at=case((_IS_IDLE, bindparam("look")), else_=clocks.c.look_at),
        lease_until=case((_IS_IDLE, null()), else_=clocks.c.lease_until),
        fence=case((_IS_IDLE, clocks.c.fence + 1), else_=clocks.c.fence),
    )
)
_ANSWERED = (
    update(clocks)
    .where(_IS_THIS)
    .values(
        awaits=Awaits.SEEKER.value,
        since=bindparam("now"),
        turn_at=bindparam("now"),
        is_first=False,
        done=0,
        look_at=bindparam("look"),
        **_CHANGED,
    )
)
_TURN = (
    update(clocks)
    .where(_IS_THIS)
    .values(
        turn_at=bindparam("now"),
        done=clocks.c.done.op("&")(_ALL & ~OF_A_TURN),
        look_at=AT_ONCE,
        **_CHANGED,
    )
)
_FLAG = (
    update(clocks)
    .where(_IS_THIS)
    .values(
        flagged_at=bindparam("its_flag"),
        done=clocks.c.done.op("&")(_ALL & ~OF_RISK),
        look_at=AT_ONCE,
        **_CHANGED,
    )
)
_HOLD = (
    update(clocks)
    .where(_IS_THIS)
    .values(
        awaits=Awaits.COUNSELOR.value,
        since=bindparam("until"),
        turn_at=bindparam("until"),
        is_first=False,
        done=0,
        look_at=bindparam("until"),
        **_CHANGED,
    )
)
_DELETE = delete(clocks).where(_IS_THIS)
_GET = select(clocks).where(_IS_THIS)

_STOPPED_BY = frozenset({ConversationEvent.CLOSED, ConversationEvent.BLOCKED, ConversationEvent.ERASED})


def owe(
    connection: Connection,
    conversation_id: bytes,
    *,
    since: datetime,
    now: datetime,
    look_at: datetime | None,
    is_new: bool = False,
    is_first: bool = True,
    is_risk: bool = False,
) -> None:
    """A seeker has written. The clock of an older message that nobody has answered goes on as it is.

    ``is_new``: the conversation has just been made and has no clock. ``is_first``: nobody has ever answered in it;
    ``is_risk``: it is flagged. Both are asked for only where there is no clock yet.
    """
    look = None if look_at is None else to_micros(look_at)
    values = {"of": conversation_id, "from_now": to_micros(since), "now": to_micros(now), "look": look}
    if not is_new and connection.execute(_OWES, values).rowcount:
        return
    flagged = to_micros(since) if is_risk else None
    _make(connection, conversation_id, since=since, now=now, look=look, is_first=is_first, flagged=flagged)


def answered(connection: Connection, conversation_id: bytes, now: datetime, look_at: datetime | None) -> None:
    """A counselor has written. ``look_at``: when the seeker's silence is looked at, if it ever is."""
    look = None if look_at is None else to_micros(look_at)
    connection.execute(_ANSWERED, {"of": conversation_id, "now": to_micros(now), "look": look})


def turn(connection: Connection, conversation_id: bytes, now: datetime) -> None:
    """Somebody else is responsible, or nobody."""
    connection.execute(_TURN, {"of": conversation_id, "now": to_micros(now)})


def flag(connection: Connection, conversation_id: bytes, now: datetime, *, is_risk: bool) -> None:
    """Somebody may be in danger since ``now``, or is not any more."""
    connection.execute(_FLAG, {"of": conversation_id, "its_flag": to_micros(now) if is_risk else None})


def hold(connection: Connection, conversation_id: bytes, until: datetime) -> None:
    """The seeker has been told that the counselor writes after ``until``: nothing is owed before, then an answer is."""
    at = to_micros(until)
    if not connection.execute(_HOLD, {"of": conversation_id, "until": at}).rowcount:
        _make(connection, conversation_id, since=until, now=until, look=at, is_first=False)


def follow(connection: Connection, conversation_id: bytes, event: ConversationEvent, now: datetime) -> None:
    """What other steps of a conversation do to its clock."""
    if event in _STOPPED_BY:
        connection.execute(_DELETE, {"of": conversation_id})
    elif event is ConversationEvent.RELEASED:
        turn(connection, conversation_id, now)


def clock_of(connection: Connection, conversation_id: bytes, state: ConversationState) -> Clock | None:
    """The clock of a conversation in that state."""
    row = connection.execute(_GET, {"of": conversation_id}).first()
    return None if row is None else read(row, state)


def read(row: Any, state: ConversationState) -> Clock:
    """A row of the table as a value."""
    return Clock(
        since=from_micros(row.since),
        turn_at=from_micros(row.turn_at),
        awaits=Awaits(row.awaits),
        is_held=state in HELD_BY_A_COUNSELOR,
        is_first=bool(row.is_first),
        risk_at=None if row.flagged_at is None else from_micros(row.flagged_at),
        done=Rung(row.done),
    )


def _make(
    connection: Connection,
    conversation_id: bytes,
    *,
    since: datetime,
    now: datetime,
    look: int | None,
    is_first: bool,
    flagged: int | None = None,
) -> None:
    row = {
        "conversation_id": conversation_id,
        "awaits": Awaits.COUNSELOR.value,
        "since": to_micros(since),
        "turn_at": to_micros(now),
        "is_first": is_first,
        "flagged_at": flagged,
        "done": 0,
        "look_at": look,
        "lease_until": None,
        "fence": 0,
    }
    connection.execute(_INSERT, row)
