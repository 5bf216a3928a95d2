"""Forgetting what has had its time.

Called by ``SqlStore.sweep`` and ``opening``. Each step is one short transaction with a bound, so that a
sweep after a long outage does not hold up mail; what is left is done by the next step. How long what is kept says
``domain.retention``; what has no period there has one here. Conversations are ``purging``'s, blocks ``blocks``'.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Delete, TextClause, bindparam, delete, func, select

from relay.domain.retention import Retention
from relay.edge.store import bodies, handing_back, invitations, parking, revealing
from relay.edge.store.tables import (
    DELIVERY_IS_HELD,
    DELIVERY_IS_OVER,
    ENTRY_IS_OVER,
    acquaintances,
    deliveries,
    entries,
    overrides,
    seen,
    signatures,
    to_micros,
    told,
)

STEP = parking.STEP
"""Rows in one transaction: a few milliseconds of the writing lane."""

UNCLAIMED_FOR = timedelta(hours=6)
"""No message takes that long to arrive: what is not claimed by then never will be."""


def _so_many(key: Column[Any], *is_over: ColumnElement[bool] | TextClause) -> Delete:
    """A step of a sweep: some of the rows of which it is so go, and none that another node is at."""
    some = select(key).where(*is_over).limit(bindparam("at_most")).with_for_update(skip_locked=True)
    return delete(key.table).where(key.in_(some))


_ENTRIES = _so_many(entries.c.entry_id, ENTRY_IS_OVER, entries.c.settled_at < bindparam("before"))
_DELIVERIES = _so_many(
    deliveries.c.delivery_id, DELIVERY_IS_OVER, deliveries.c.ended_at < bindparam("before")
)
_SEEN = _so_many(seen.c.dedupe, seen.c.until <= bindparam("before"))
_SIGNATURES = _so_many(signatures.c.signature, signatures.c.until <= bindparam("before"))
_TOLD = _so_many(told.c.person, told.c.until <= bindparam("before"))
_OVERRIDES = _so_many(overrides.c.counselor, overrides.c.until <= bindparam("before"))
_ACQUAINTANCES = _so_many(acquaintances.c.seeker, acquaintances.c.until <= bindparam("before"))
_HELD = select(func.count()).select_from(deliveries).where(DELIVERY_IS_HELD)

Step = Callable[[Connection, datetime, Retention], int]
"""Does at most ``STEP`` rows; returns how many it did, and is called again until that is none."""


def unanswered(connection: Connection, now: datetime, kept: Retention) -> int:
    """Words that were delivered longer ago than the operator's grace."""
    return handing_back.let_go(connection, now - kept.grace, kept.owed, STEP)


def unclaimed(connection: Connection, now: datetime, _kept: Retention) -> int:
    """Bodies of receptions that were abandoned or cut off."""
    return bodies.sweep_unclaimed(connection, now - UNCLAIMED_FOR, STEP)


def over_entries(connection: Connection, now: datetime, kept: Retention) -> int:
    """Traces of entries that were routed or stopped long ago; their content went when they ended."""
    return connection.execute(_ENTRIES, {"before": to_micros(now - kept.traces), "at_most": STEP}).rowcount


def over_deliveries(connection: Connection, now: datetime, kept: Retention) -> int:
    """Ended deliveries with their return-paths; their messages went when they ended."""
    return connection.execute(_DELIVERIES, {"before": to_micros(now - kept.traces), "at_most": STEP}).rowcount


def repetitions(connection: Connection, now: datetime, _kept: Retention) -> int:
    """What was remembered to recognise repeated messages."""
    return connection.execute(_SEEN, {"before": to_micros(now), "at_most": STEP}).rowcount


def used_invitations(connection: Connection, now: datetime, _kept: Retention) -> int:
    """That invitations were answered, of months in which none is good any more."""
    return invitations.sweep(connection, now, STEP)


def used_signatures(connection: Connection, now: datetime, _kept: Retention) -> int:
    """Signatures that are too old to prove anything."""
    return connection.execute(_SIGNATURES, {"before": to_micros(now), "at_most": STEP}).rowcount


def over_told(connection: Connection, now: datetime, _kept: Retention) -> int:
    """Whom an automatic answer went to longer than a day ago."""
    return connection.execute(_TOLD, {"before": to_micros(now), "at_most": STEP}).rowcount


def over_duty(connection: Connection, now: datetime, _kept: Retention) -> int:
    """What counselors said of their duty and whom seekers knew, once it has ended."""
    values = {"before": to_micros(now), "at_most": STEP}
    return (
        connection.execute(_OVERRIDES, values).rowcount + connection.execute(_ACQUAINTANCES, values).rowcount
    )


def over_reveals(connection: Connection, now: datetime, _kept: Retention) -> int:
    """Who looked at an address, once nobody asks any more."""
    return revealing.over(connection, now, STEP)


STEPS: dict[str, Step] = {
    "unclaimed": unclaimed,
    "held": parking.held_entries,
    "held_deliveries": parking.held_deliveries,
    "kept_notices": parking.kept_notices,
    "entries": over_entries,
    "deliveries": over_deliveries,
    "repetitions": repetitions,
    "signatures": used_signatures,
    "told": over_told,
    "duty": over_duty,
    "unanswered": unanswered,
    "reveals": over_reveals,
    "invitations": used_invitations,
}


def held_deliveries(connection: Connection) -> int:
    """Deliveries that did not open and wait for a person."""
    return int(connection.execute(_HELD).scalar_one())
