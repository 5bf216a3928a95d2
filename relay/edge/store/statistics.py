"""What is counted by the clock, and months that are over: one object, hung on ``SqlStore`` as ``statistics``.

``close`` makes what may be published of every month that is over and deletes what was counted in it, in one
transaction: a month is published once. Counts that come for it later (a clock that went back) go without a trace.
Of several nodes one counts a stretch of duty: whoever moves the mark on from where all saw it. Whoever looks whether
something is counted already, or a month is closed, holds the mark meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from relay.domain.disclosure import rounded
from relay.domain.measures import COUNTED, COVERED, HELD, OFFERED, WAITING, Measure, day_cell
from relay.domain.statistics import Month, Words, publish
from relay.edge.store import counts
from relay.edge.store.lanes import Lane
from relay.edge.store.tables import IS_WAITING, IS_WITH_A_COUNSELOR, conversations, meta
from relay.edge.store.tables_referrals import referral_counts
from relay.edge.store.tables_statistics import counts as table
from relay.edge.store.tables_statistics import months
from relay.flow.counting import Stretch

_MARK = "duty_counted_until"
_GET_MARK = select(meta.c.value).where(meta.c.name == bindparam("called"))
_TAKE_TURNS = _GET_MARK.with_for_update()
"""Held while something is looked at and then counted: each node counts in rows of its own, so none is in the way."""
_MOVE_MARK = (
    update(meta)
    .where(meta.c.name == bindparam("called"), meta.c.value == bindparam("seen"))
    .values(value=bindparam("now_at"))
)
_FIRST_MARK = insert(meta)

_WITH_NOBODY = select(func.count()).select_from(conversations).where(IS_WAITING)
_WITH_SOMEBODY = select(func.count()).select_from(conversations).where(IS_WITH_A_COUNSELOR)
_IS_COUNTED = select(table.c.amount).where(
    table.c.month == bindparam("of_month"),
    table.c.measure == Measure.OPEN.value,
    table.c.cell == bindparam("of_cell"),
)

_OVER = [
    select(each.c.month).where(each.c.month < bindparam("this")).distinct()
    for each in (table, referral_counts)
]
_OF_MONTH = (
    select(table.c.measure, table.c.cell, func.sum(table.c.amount).label("amount"))
    .where(table.c.month == bindparam("of_month"))
    .group_by(table.c.measure, table.c.cell)
)
_DROP = delete(table).where(table.c.month == bindparam("of_month"))
_IS_CLOSED = select(months.c.month).where(months.c.month == bindparam("of_month"))
_CLOSE = insert(months)
_BETWEEN = (
    select(months.c.figures)
    .where(months.c.month >= bindparam("first"), months.c.month <= bindparam("last"))
    .order_by(months.c.month)
)
_FIRST = select(func.min(months.c.month))
_LAST = select(func.max(months.c.month))

_GIVEN = select(referral_counts.c.month, referral_counts.c.number, referral_counts.c.given).where(
    referral_counts.c.month == bindparam("of_month")
)
_GIVEN_ROUNDED = (
    update(referral_counts)
    .where(referral_counts.c.month == bindparam("of_month"), referral_counts.c.number == bindparam("this"))
    .values(given=bindparam("now_given"))
)
_GIVEN_DROPPED = delete(referral_counts).where(
    referral_counts.c.month == bindparam("of_month"), referral_counts.c.given < bindparam("least")
)


class Statistics:
    """Each method is one transaction."""

    def __init__(self, writer: Lane, reader: Lane) -> None:
        self._writer = writer
        self._reader = reader

    async def counted_until(self) -> bytes | None:
        return await self._reader.run(_mark)

    async def count_duty(self, stretch: Stretch, seen: bytes | None) -> bool:
        return await self._writer.run(lambda c: _count_duty(c, stretch, seen))

    async def look(self, now: datetime) -> None:
        await self._writer.run(lambda c: _look(c, now))

    async def close(self, now: datetime, words: Words, smallest: int) -> tuple[int, ...]:
        return await self._writer.run(lambda c: _close(c, now, words, smallest))

    async def months(self, first: int, last: int) -> tuple[Month, ...]:
        return await self._reader.run(
            lambda c: tuple(
                msgspec.json.decode(each, type=Month)
                for each in c.execute(_BETWEEN, {"first": first, "last": last}).scalars()
            )
        )

    async def known(self) -> tuple[int, int] | None:
        """The first and the last month that there are figures of."""
        first, last = await self._reader.run(
            lambda c: (c.execute(_FIRST).scalar(), c.execute(_LAST).scalar())
        )
        return None if first is None or last is None else (first, last)


def _mark(connection: Connection) -> bytes | None:
    value = connection.execute(_GET_MARK, {"called": _MARK}).scalar()
    return None if value is None else bytes(value)


def _count_duty(connection: Connection, stretch: Stretch, seen: bytes | None) -> bool:
    """Add a stretch of duty and move the mark to its end; ``False`` when another node has done so."""
    if seen is None:
        if _mark(connection) is not None:
            return False
        connection.execute(_FIRST_MARK, {"name": _MARK, "value": stretch.mark})
    else:
        values = {"called": _MARK, "seen": seen, "now_at": stretch.mark}
        if not connection.execute(_MOVE_MARK, values).rowcount:
            return False
    for cell, minutes in ((OFFERED, stretch.offered), (COVERED, stretch.covered), (COUNTED, stretch.minutes)):
        if stretch.minutes:
            counts.add(connection, Measure.DUTY, cell, stretch.since, minutes)
    return True


def _look(connection: Connection, now: datetime) -> None:
    """How many conversations are open today; once a day, and not again after a restart."""
    connection.execute(_TAKE_TURNS, {"called": _MARK})
    cell = day_cell(now.day, HELD)
    values = {"of_month": counts.month_of(now), "of_cell": cell}
    if connection.execute(_IS_COUNTED, values).first() is not None:
        return
    held = int(connection.execute(_WITH_SOMEBODY).scalar_one())
    waiting = int(connection.execute(_WITH_NOBODY).scalar_one())
    counts.add(connection, Measure.OPEN, cell, now, held)
    counts.add(connection, Measure.OPEN, day_cell(now.day, WAITING), now, waiting)


def _close(connection: Connection, now: datetime, words: Words, smallest: int) -> tuple[int, ...]:
    """Publish the months that are over; which they were."""
    connection.execute(_TAKE_TURNS, {"called": _MARK})
    closed = []
    this = {"this": counts.month_of(now)}
    for month in sorted({month for each in _OVER for month in connection.execute(each, this).scalars()}):
        of_month = {"of_month": month}
        if connection.execute(_IS_CLOSED, of_month).first() is None:
            counted: dict[str, dict[str, int]] = {}
            for row in connection.execute(_OF_MONTH, of_month):
                counted.setdefault(row.measure, {})[row.cell] = int(row.amount)
            figures = msgspec.json.encode(publish(month, counted, words, smallest)).decode()
            connection.execute(_CLOSE, {"month": month, "figures": figures})
            _round_given(connection, month, smallest)
            closed.append(month)
        connection.execute(_DROP, of_month)
    return tuple(closed)


def _round_given(connection: Connection, month: int, smallest: int) -> None:
    """How often single referrals were given, by the same rules: few are dropped, the rest is rounded."""
    connection.execute(_GIVEN_DROPPED, {"of_month": month, "least": smallest})
    rows: Sequence[tuple[int, int, int]] = connection.execute(_GIVEN, {"of_month": month}).all()
    for _, number, given in rows:
        values = {"of_month": month, "this": number, "now_given": rounded(given, smallest)}
        connection.execute(_GIVEN_ROUNDED, values)
