"""From the text of a calendar to stretches of time between two instants. Called by ``child``, in its process.

``icalendar`` reads what ``lines`` has left, ``recurring_ical_events`` applies rules, exceptions and moved occurrences;
here is decided what of it counts and what an hour on the wall means. As in a counselor's calendar program, an event
from 22:00 to 06:00 ends at 06:00 on the night of a clock change, too. A local time that a clock change leaves out
is read with the offset from before it (RFC 5545 §3.3.5), one that it shows twice is the first.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event
from icalendar.timezone import tzp

from relay.edge.calendars.lines import Block, Mistake, Sheet, cut

MAX_OCCURRENCES = 20_000
"""Of one file between two instants that are a year and some weeks apart: fifty a day."""

MAX_LENGTH = timedelta(days=400)
"""Longest event that counts: who is away for longer is taken out of the configuration."""

_MARGIN = timedelta(days=2)
"""Asked for on both sides and cut off again: a time without a zone is compared by another clock than ours."""

_INSTANTS = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")

Stretch = tuple[datetime, datetime]


class OutOfTime(BaseException):
    """The time for this file is over. Not an ``Exception``: nobody on the way may take it for one of theirs."""


def unfold(
    octets: bytes, zone: ZoneInfo, begin: datetime, end: datetime, *, only_busy: bool
) -> list[Stretch]:
    """All stretches of a file between two UTC instants.

    ``zone``: whose wall clock whole days and times without a zone are meant by, unless the file says so itself.
    ``only_busy``: events that are shown as free do not count. Raises ``Mistake``.
    """
    sheet = cut(octets)
    tzp.use_default()  # zones of an earlier file, under the same name, are another's
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check(sheet, _events(sheet))
        occurrences = _occurrences(sheet, begin - _MARGIN, end + _MARGIN)
    if len(occurrences) > MAX_OCCURRENCES:
        raise Mistake(0, f"makes more than {MAX_OCCURRENCES} events in a year; split the file")
    own = _own_zone(sheet, zone)
    return [
        stretch
        for each in occurrences
        if _counts(each, only_busy=only_busy)
        for stretch in _stretches(each, own, begin, end)
    ]


def _events(sheet: Sheet) -> list[Event]:
    """The events of a sheet, in its order. Raises ``Mistake`` at the first that is none."""
    try:
        return _parsed(sheet, sheet.events)
    except ValueError:
        for zone in sheet.zones:
            _check_definition(zone)
        for block in sheet.events:
            try:
                _parsed(sheet, [block])
            except ValueError:
                raise Mistake(block.line, "is an event that cannot be read") from None
        raise Mistake(0, "holds events that cannot be read together") from None


def _parsed(sheet: Sheet, blocks: Sequence[Block]) -> list[Event]:
    """Raises ``ValueError`` for whatever the library makes of it."""
    try:
        events = Calendar.from_ical(sheet.text(blocks)).walk("VEVENT")
    except Exception:  # noqa: BLE001 - what it raises on hostile text is its own affair
        raise ValueError from None
    if len(events) != len(blocks):
        raise ValueError
    return [event for event in events if isinstance(event, Event)]


def _check_definition(zone: Block) -> None:
    try:
        _parsed(Sheet(zones=[zone]), [])
    except ValueError:
        raise Mistake(zone.line, "is a time zone that cannot be read") from None


def _check(sheet: Sheet, events: Sequence[Event]) -> None:
    """What the library has only noted, and what it takes for something else."""
    for block, event in zip(sheet.events, events, strict=True):
        for name, _ in event.errors:
            raise Mistake(block.places.get(str(name), block.line), f"has a {name} that cannot be read")
        for name in _INSTANTS:
            if name in block.places:
                _check_zone(event, name, block.places[name])
        start, stop = event.get("DTSTART"), event.get("DTEND")
        if stop is not None and isinstance(start.dt, datetime) is not isinstance(stop.dt, datetime):
            raise Mistake(
                block.places["DTEND"], "ends with a time and begins with a day, or the other way round"
            )


def _check_zone(event: Event, name: str, line: int) -> None:
    """A zone that nobody knows would silently become the counselor's own."""
    values = event.get(name)
    for value in values if isinstance(values, list) else [values]:
        read = [getattr(each, "dt", None) for each in (value, *(getattr(value, "dts", None) or ()))]
        is_bare = any(isinstance(each, datetime) and each.tzinfo is None for each in read)
        if is_bare and "TZID" in getattr(value, "params", {}):
            raise Mistake(line, "names a time zone that is neither in the file nor in the IANA database")


def _occurrences(sheet: Sheet, begin: datetime, end: datetime) -> list[Any]:
    """Every occurrence of every event, exceptions applied. Raises ``Mistake`` at the event that has none."""
    try:
        return _unfolded(sheet, sheet.events, begin, end)
    except ValueError:
        by_uid: dict[str, list[Block]] = defaultdict(list)
        for block in sheet.events:
            by_uid[block.uid].append(block)
        for blocks in by_uid.values():
            try:
                _unfolded(sheet, blocks, begin, end)
            except ValueError:
                raise Mistake(blocks[0].line, "is an event whose repetition cannot be unfolded") from None
        raise Mistake(0, "holds events that cannot be unfolded together") from None


def _unfolded(sheet: Sheet, blocks: Sequence[Block], begin: datetime, end: datetime) -> list[Any]:
    try:
        calendar = Calendar.from_ical(sheet.text(blocks))
        return list(recurring_ical_events.of(calendar).between(begin, end))
    except Exception:  # noqa: BLE001 - two libraries and a hostile rule
        raise ValueError from None


def _counts(occurrence: Any, *, only_busy: bool) -> bool:
    if str(occurrence.get("STATUS", "")).upper() == "CANCELLED":
        return False
    return not (only_busy and str(occurrence.get("TRANSP", "")).upper() == "TRANSPARENT")


def _own_zone(sheet: Sheet, zone: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(sheet.zone) if sheet.zone else zone
    except (KeyError, ValueError, OSError):
        return zone


def _stretches(occurrence: Any, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Stretch]:
    """One occurrence as instants, as far as it is in the time asked for."""
    since, until = _instant(occurrence.start, zone), _instant(occurrence.end, zone)
    if not (since < until <= since + MAX_LENGTH):
        return []
    since, until = max(since, begin), min(until, end)
    return [(since, until)] if since < until else []


def _instant(at: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(), zone)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
