"""The rota as a picture of letters: one line a day for each queue, two weeks for each counselor, every gap marked.

Called by ``relay.rota``. A mark is told by its shape and not by its colour; a terminal shows gaps reversed besides. No
line is longer than 80 characters, and without a terminal only ASCII is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from relay.domain.coverage import Coverage, Presence
from relay.domain.spans import Spans

CELLS = 48
"""Of a day in a queue: half an hour each."""

WEEK_CELLS = 8
"""Of a day in a counselor's week: three hours each."""

MAX_GAPS = 20
"""Gaps that are listed in words for one queue; the picture shows all."""


@dataclass(frozen=True, slots=True)
class Style:
    """``gap``, ``on``, ``part``: the marks; ``reverse``: gaps are shown reversed, too."""

    gap: str = "."
    on: str = "#"
    part: str = "+"
    off: str = "-"
    reverse: bool = False

    @classmethod
    def of(cls, *, is_terminal: bool, encoding: str, colour: bool) -> Style:
        """The one that the output can show."""
        if not is_terminal or "utf" not in encoding.lower():
            return cls(reverse=is_terminal and colour)
        return cls(
            "\N{MIDDLE DOT}",
            "\N{FULL BLOCK}",
            "\N{LOWER HALF BLOCK}",
            "\N{BOX DRAWINGS LIGHT HORIZONTAL}",
            colour,
        )


def picture(
    found: Sequence[Coverage], at: datetime, zone: ZoneInfo, days: int, style: Style
) -> Iterator[str]:
    """Every line. ``days`` from the day of ``at`` by the clock of ``zone``."""
    first = at.astimezone(zone).date()
    dates = [first + timedelta(days=n) for n in range(days)]
    yield f"Now: {at.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}."
    yield f"Queues, half an hour each: how many are there; {style.gap} nobody."
    for each in found:
        yield ""
        yield from _queue(each, at, zone, dates, style)
    people = {who.counselor_id: who for each in reversed(found) for who in reversed(each.people)}
    if people:
        yield ""
        yield f"Counselors, three hours each: {style.on} on duty, {style.part} for a part of it."
    for week in range(0, days, 7):
        yield from _week(sorted(people.items()), dates[week : week + 7], zone, style)


def _queue(
    each: Coverage, at: datetime, zone: ZoneInfo, dates: Sequence[date], style: Style
) -> Iterator[str]:
    there = [
        who.counselor_id + (" (helps out)" if who.helps_out else "")
        for who in each.people
        if who.spans.covers(at)
    ]
    yield from _wrapped(f"Queue {each.queue}. On duty now: {', '.join(there) or 'NOBODY'}.")
    yield " " * 12 + "".join(f"{hour:<6}" for hour in range(0, 24, 3)).rstrip()
    for day in dates:
        marks = "".join(_mark(each, _instant(day, cell, CELLS, zone), style) for cell in range(CELLS))
        yield f"{day:%a %d %b}  {_shown(marks, style)}"
    gaps = list(each.gaps)
    if not gaps:
        yield "No gap: somebody is there at any time."
        return
    hours = sum(((end - begin) for begin, end in gaps), timedelta()) / timedelta(hours=1)
    yield f"{len(gaps)} gap(s), {hours:.0f} hours in all:"
    for begin, end in gaps[:MAX_GAPS]:
        since, until = begin.astimezone(zone), end.astimezone(zone)
        yield f"  {since:%a %d %b %H:%M} to {until:%a %d %b %H:%M}, {(end - begin) / timedelta(hours=1):.1f} h"
    if len(gaps) > MAX_GAPS:
        yield f"  and {len(gaps) - MAX_GAPS} more"


def _mark(each: Coverage, moment: datetime, style: Style) -> str:
    count = each.at(moment)
    return style.gap if count == 0 else str(count) if count < 10 else style.on


def _week(
    people: Sequence[tuple[str, Presence]], dates: Sequence[date], zone: ZoneInfo, style: Style
) -> Iterator[str]:
    yield (" " * 14 + " ".join(f"{day:%a %d}".ljust(WEEK_CELLS) for day in dates)).rstrip()
    for counselor_id, who in people:
        cells = (
            "".join(_part(who.spans, day, cell, zone, style) for cell in range(WEEK_CELLS)) for day in dates
        )
        yield f"{counselor_id[:13]:<14}" + " ".join(cells)


def _part(spans: Spans, day: date, cell: int, zone: ZoneInfo, style: Style) -> str:
    begin, end = (_instant(day, each, WEEK_CELLS, zone) for each in (cell, cell + 1))
    inside = spans.within(begin, end)
    if not inside:
        return style.off
    return style.on if inside.edges == (begin, end) else style.part


def _instant(day: date, cell: int, cells: int, zone: ZoneInfo) -> datetime:
    """When a cell of a day begins by the wall clock; of an hour that is left out, when the clock has gone on."""
    minute = cell * 24 * 60 // cells
    at = datetime.combine(day + timedelta(days=minute // 1440), time(minute % 1440 // 60, minute % 60), zone)
    return at.astimezone(UTC)


def _shown(marks: str, style: Style) -> str:
    """Gaps reversed, where that can be shown."""
    if not style.reverse:
        return marks
    shown, before = "", ""
    for mark in marks:
        if (mark == style.gap) != (before == style.gap):
            shown += "\x1b[7m" if mark == style.gap else "\x1b[0m"
        shown, before = shown + mark, mark
    return shown + ("\x1b[0m" if before == style.gap else "")


def _wrapped(line: str) -> Iterator[str]:
    words, row = line.split(" "), ""
    for word in words:
        if row and len(row) + 1 + len(word) > 80:
            yield row
            row = " " * 4 + word
        else:
            row = f"{row} {word}" if row else word
    yield row
