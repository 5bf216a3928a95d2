"""Instants as the tables hold them: whole microseconds since 1970 UTC. Used by every file that writes or reads one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """An aware instant as a column holds it; exact, unlike a float of seconds."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC instant that a column holds."""
    return _EPOCH + timedelta(microseconds=micros)
