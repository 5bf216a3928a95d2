"""Calendars written by hand for tests, and an unfolding of weekly shifts that shares nothing with the program's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def calendar(*events: str, head: str = "") -> str:
    """A calendar file of these events; each is its lines without BEGIN and END."""
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n" + head
    for event in events:
        text += f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n"
    return (text + "END:VCALENDAR\n").replace("\n", "\r\n")


def wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a wall clock shows a minute of a day; of a left-out hour, with the offset before it."""
    at = datetime.combine(day + timedelta(days=minute // 1440), time(minute % 1440 // 60, minute % 60), zone)
    return at.astimezone(UTC)


def every_minute(begin: datetime, end: datetime) -> Iterator[datetime]:
    at = begin
    while at < end:
        yield at
        at += MINUTE
