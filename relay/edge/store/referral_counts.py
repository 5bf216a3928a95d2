"""How often an entry of the directory was given in a month. No day, no conversation, no counselor, no place.

Called by ``settling`` in the transaction that writes the reply, and by ``Referrals`` for the operator. A count is all
that is left of what a counselor typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from relay.edge.store.tables_referrals import referral_counts, referrals

MAX_GIVEN = 20
"""Entries of one message that are counted: more than any reply holds, fewer than would make up a statistic."""

_ADD = (
    update(referral_counts)
    .where(referral_counts.c.month == bindparam("which"), referral_counts.c.number == bindparam("wanted"))
    .values(given=referral_counts.c.given + 1)
)
_INSERT = insert(referral_counts)
_OF_MONTH = select(referral_counts.c.number, referral_counts.c.given).where(
    referral_counts.c.month == bindparam("which")
)
_IS_THERE = select(referrals.c.number).where(referrals.c.number == bindparam("wanted"))


def month_of(now: datetime) -> int:
    """``202611`` for any instant of November 2026 (UTC)."""
    return now.year * 100 + now.month


def add(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """These entries were given once more. A number that is none is not counted: a worker may have made it up."""
    for number in list(dict.fromkeys(numbers))[:MAX_GIVEN]:
        values = {"which": month_of(now), "wanted": number}
        if connection.execute(_ADD, values).rowcount:
            continue
        if connection.execute(_IS_THERE, {"wanted": number}).first() is not None:
            connection.execute(_INSERT, {"month": values["which"], "number": number, "given": 1})


def of_month(connection: Connection, month: int) -> tuple[tuple[int, int], ...]:
    """Numbers and counts of a month, the most given first."""
    rows = connection.execute(_OF_MONTH, {"which": month})
    return tuple(sorted(((row.number, row.given) for row in rows), key=lambda pair: (-pair[1], pair[0])))
