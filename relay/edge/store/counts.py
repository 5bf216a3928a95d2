"""Counters: one row for a cell of a measure in a month, raised in the transaction of what is counted.

Called by ``tally`` and by whoever counts something of their own: a crash leaves the event with its count, or neither.
``once`` remembers in the conversation, sealed with the rest of it, what it has been counted for in this month; that
goes with the conversation, and the sum stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, insert, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from relay.domain.measures import Measure
from relay.edge.store.record import Record
from relay.edge.store.tables_statistics import counts

MAX_CELL = 80


class _Part(FunctionElement[int]):
    """Which of several nodes counts: each has one writing connection, so each has rows of its own. Embedded: 0."""

    name = "part"
    type = Integer()
    inherit_cache = True


@compiles(_Part)
def _embedded(_element: _Part, _compiler: Any, **_: Any) -> str:
    return "0"


@compiles(_Part, "postgresql")
def _of_a_server(_element: _Part, _compiler: Any, **_: Any) -> str:
    return "(pg_backend_pid() & 63)"


_ADD = (
    update(counts)
    .where(
        counts.c.month == bindparam("of_month"),
        counts.c.measure == bindparam("of_measure"),
        counts.c.cell == bindparam("of_cell"),
        counts.c.part == _Part(),
    )
    .values(amount=counts.c.amount + bindparam("more"))
)
_FIRST = insert(counts).values(
    month=bindparam("of_month"),
    measure=bindparam("of_measure"),
    cell=bindparam("of_cell"),
    part=_Part(),
    amount=bindparam("more"),
)


def month_of(now: datetime) -> int:
    """``202611`` for any instant of November 2026 (UTC)."""
    return now.year * 100 + now.month


def add(connection: Connection, measure: Measure, cell: str, now: datetime, more: int = 1) -> None:
    """Count something. ``cell``: a name of ``measures``, or a short word of the operator or a counselor."""
    values = {
        "of_month": month_of(now),
        "of_measure": measure.value,
        "of_cell": cell[:MAX_CELL],
        "more": more,
    }
    if not connection.execute(_ADD, values).rowcount:
        connection.execute(_FIRST, values)


def once(connection: Connection, record: Record, measure: Measure, cell: str, now: datetime) -> bool:
    """Count a conversation, at most once in a month for this cell; ``False`` when it was. The caller saves it."""
    return once_as(connection, record, f"{measure.value} {cell}", measure, cell, now)


def once_as(
    connection: Connection, record: Record, name: str, measure: Measure, cell: str, now: datetime
) -> bool:
    """The same for a table of which a conversation is in one cell only: ``name`` is then the table's."""
    month = month_of(now)
    counted = record.secrets.counted if record.secrets.counted_in == month else ()
    if name in counted:
        return False
    record.change(counted_in=month, counted=(*counted, name))
    add(connection, measure, cell, now)
    return True
