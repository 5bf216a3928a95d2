"""What a counselor says by mail of their own duty: on or off from now on, until an instant. Pure.

It holds against the rota, leave and holidays, and ends by itself, so that nobody is forgotten on duty or off it.
The desk reads ``!duty on until 22:00``; ``override`` says what it means; the store keeps one a counselor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ON_FOR = timedelta(hours=12)
"""How long 'on' without a time lasts when no shift ends before: longer than a shift is."""

OFF_FOR = timedelta(days=30)
"""How long 'off' without a time lasts when no shift ends before; as long as a vacation answer counts."""

FARTHEST = timedelta(days=366)
"""The latest end that can be given: who is away for longer is taken out of the configuration."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Override:
    """On duty, or off, from ``since`` until before ``until``, both aware UTC."""

    on: bool
    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Tell whether it decides at that instant."""
        return self.since <= at < self.until


class TooFar(ValueError):
    """The end is not after now, or more than a year ahead."""


def override(
    on: bool,
    until: time | date | datetime | None,
    *,
    now: datetime,
    zone: ZoneInfo,
    shift_ends: Callable[[datetime], datetime | None],
) -> Override:
    """What 'on' or 'off', with or without an end, means at ``now`` by a clock on the wall of ``zone``.

    A time is the next instant at which that clock shows it; a day counts whole (as in leave); an instant is itself,
    by that clock when it names no zone. Without an end it is about one shift, this one or else the next: it lasts
    until that ends, at most ``ON_FOR`` or ``OFF_FOR``. ``shift_ends``: ``Rota.next_end`` of the rota as planned.
    Raises ``TooFar``.
    """
    ends_at = _instant(until, now, zone)
    if ends_at is None:
        planned = shift_ends(now)
        latest = now + (ON_FOR if on else OFF_FOR)
        ends_at = latest if planned is None else min(planned, latest)
    if not now < ends_at <= now + FARTHEST:
        raise TooFar("the end is not within the next 366 days")
    return Override(on, now, ends_at.astimezone(UTC))


def _instant(until: time | date | datetime | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    if until is None:
        return None
    if isinstance(until, datetime):
        return until if until.tzinfo else until.replace(tzinfo=zone)
    today = now.astimezone(zone).date()
    if isinstance(until, date):
        return datetime.combine(until + _DAY, time(), zone)
    at = datetime.combine(today, until, zone)
    return at if at.astimezone(UTC) > now else datetime.combine(today + _DAY, until, zone)
