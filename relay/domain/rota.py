"""The rota of one counselor: from several sources one answer, and when duty starts and ends.

The configuration parses shifts; assignment and the timers ask. What counts, the later before the earlier:
weekly shifts and the events of a calendar together; leave and holidays take from them; what the counselor has
said by mail (``overrides``) holds against all of it until it ends.

One rule decides about shifts: a counselor is on duty at the instants at which a clock on the wall of the
shift's zone shows a time of the shift. So, when clocks go forward, a shift that would start in the missing
hour starts at the first instant after it; when they go back, a shift in the repeated hour is kept both
times. A shift that runs past midnight belongs to the day on which it starts. Nothing here reads the clock;
zones come from ``zoneinfo``. Lines that cannot be read raise ``ValueError`` with a sentence for the operator,
which never quotes the line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from relay.domain.overrides import Override
from relay.domain.spans import NEVER, Interval, Spans

MAX_LINE_CHARACTERS = 120
"""The longest useful line has about 60: seven days, two times, the longest zone name."""

HORIZON = timedelta(days=400)
"""How far ahead changes are looked for: more than a year, so that every clock change is seen once."""

EXAMPLE = "mon-fri 18:00-22:00 Europe/Berlin"

_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = frozenset(range(7))
_DAY_MINUTES = 24 * 60
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)

_TIMES = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})\Z")
_SPACE_AROUND = re.compile(r" ?([,-]) ?")


@dataclass(frozen=True, slots=True)
class Shift:
    """One weekly rule. ``days`` are those on which it starts, Monday is 0.

    ``start`` and ``end`` are minutes after midnight of that day: 0 ≤ start < 1440 and
    start < end ≤ start + 1440, so an end over 1440 is on the next day.
    """

    days: frozenset[int]
    start: int
    end: int
    zone: ZoneInfo

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read ``[days] HH:MM-HH:MM [zone]``, ``always`` or ``never``.

        Days: ``daily`` (also when left out), ``mon``, ``mon-fri``, ``sat,sun``, ``fri-mon,wed``. The end may
        be ``24:00``; an end before the start is on the next day. A line without zone means UTC.
        Raises ``ValueError``: what is wrong and an example, without quoting the line.
        """
        words = _words(line)
        if words in (["always"], ["never"]):
            return cls(_EVERY_DAY if words == ["always"] else frozenset(), 0, _DAY_MINUTES, ZoneInfo("UTC"))
        days = _EVERY_DAY if _TIMES.match(words[0]) else _parse_days(words.pop(0))
        if not words:
            raise ValueError(f"has no times after the days; write for example '{EXAMPLE}'")
        start, end = _parse_times(words.pop(0))
        if len(words) > 1:
            raise ValueError(
                f"has more than days, times and zone; write one shift a line, for example '{EXAMPLE}'"
            )
        return cls(days, start, end, zone_named(words[0] if words else "UTC"))

    @property
    def is_always(self) -> bool:
        """All day, every day: whatever the zone does, duty never ends."""
        return self.days == _EVERY_DAY and self.end - self.start == _DAY_MINUTES

    def covers(self, at: datetime) -> bool:
        """Tell whether the clock on the wall shows a time of this shift at ``at`` (aware)."""
        wall = at.astimezone(self.zone)
        minute = wall.hour * 60 + wall.minute
        today, yesterday = wall.weekday(), (wall.weekday() - 1) % 7
        return (today in self.days and self.start <= minute < self.end) or (
            yesterday in self.days and minute < self.end - _DAY_MINUTES
        )

    def intervals(self, begin: datetime, end: datetime) -> Iterator[Interval]:
        """Give when it is kept between two UTC instants (whole minutes, at most a day apart); parts touch."""
        for since, until, offset in _constant_offsets(self.zone, begin, end):
            midnight = (since + offset).replace(hour=0, minute=0, second=0, microsecond=0)
            for day in (-1, 0, 1):
                date = midnight + day * _DAY
                if date.weekday() in self.days:
                    starts = max(since, date + timedelta(minutes=self.start) - offset)
                    ends = min(until, date + timedelta(minutes=self.end) - offset)
                    if starts < ends:
                        yield starts, ends


@dataclass(frozen=True, slots=True)
class Rota:
    """When one counselor is on duty; without any source, never.

    ``shifts`` may overlap and touch. ``calendar``: events of a calendar as far as it was unfolded; ``off``: leave
    and holidays, likewise. ``override``: what the counselor has said by mail last.
    """

    shifts: tuple[Shift, ...] = ()
    calendar: Spans = NEVER
    off: Spans = NEVER
    override: Override | None = None

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Self:
        """Read one shift a line. Raises ``ValueError`` as ``Shift.parse`` does."""
        return cls(tuple(Shift.parse(line) for line in lines))

    def on_duty(self, at: datetime) -> bool:
        """Tell whether they are on duty at ``at`` (aware)."""
        if self.override is not None and self.override.holds(at):
            return self.override.on
        if self.off.covers(at):
            return False
        return self.calendar.covers(at) or any(shift.covers(at) for shift in self.shifts)

    def without(self, closed: Spans) -> Self:
        """The same rota with nothing planned at these times."""
        return replace(self, off=self.off | closed) if closed else self

    def spans(self, begin: datetime, end: datetime) -> Spans:
        """When they are on duty between two UTC instants at whole minutes."""
        planned: list[Interval] = []
        since = begin
        while since < end:
            until = min(since + _DAY, end)
            planned += (span for shift in self.shifts for span in shift.intervals(since, until))
            since = until
        on = (Spans.of(planned) | self.calendar.within(begin, end)) - self.off
        if self.override is None:
            return on
        said = Spans.of([(self.override.since, self.override.until)]).within(begin, end)
        return on | said if self.override.on else on - said

    def next_change(self, after: datetime) -> datetime | None:
        """First instant strictly after ``after`` at which duty starts or ends, in UTC.

        ``None`` when that is not within 400 days.
        """
        if self._is_constant:
            return None
        after = after.astimezone(UTC)
        begin = after.replace(second=0, microsecond=0)
        on_duty = self.on_duty(after)
        last = begin + HORIZON
        while begin < last:
            until = begin + _DAY
            on = self.spans(begin, until)
            for edge in (begin, *on.edges):
                if after < edge < until and on.covers(edge) is not on_duty:
                    return edge
            begin = until
        return None

    @property
    def _is_constant(self) -> bool:
        is_bound = self.off or self.override is not None
        return not is_bound and any(shift.is_always for shift in self.shifts)

    def next_start(self, after: datetime) -> datetime | None:
        """First instant strictly after ``after`` at which duty starts, in UTC, or ``None`` as above."""
        change = self.next_change(after)
        if change is None or self.on_duty(change):
            return change
        return self.next_change(change)

    def next_end(self, after: datetime) -> datetime | None:
        """First instant strictly after ``after`` at which duty ends, in UTC, or ``None`` as above."""
        change = self.next_change(after)
        if change is None or not self.on_duty(change):
            return change
        return self.next_change(change)


def _words(line: str) -> list[str]:
    if len(line) > MAX_LINE_CHARACTERS:
        raise ValueError(f"is longer than {MAX_LINE_CHARACTERS} characters; write one shift a line")
    words = _SPACE_AROUND.sub(r"\1", " ".join(line.replace("\N{EN DASH}", "-").split())).split(" ")
    if words == [""]:
        raise ValueError(f"is empty; write for example '{EXAMPLE}', 'always' or 'never'")
    return [words[0].lower(), *words[1:]]


def _parse_days(word: str) -> frozenset[int]:
    if word == "daily":
        return _EVERY_DAY
    days: set[int] = set()
    for part in word.split(","):
        first, dash, last = part.partition("-")
        if first not in _DAY_NAMES or (dash and last not in _DAY_NAMES):
            raise ValueError(
                "does not start with days or times; days are 'daily' or mon, tue, wed, thu, fri, sat, sun, "
                f"as in 'mon-fri' or 'sat,sun'; a whole line is for example '{EXAMPLE}', 'always' or 'never'"
            )
        begin = _DAY_NAMES.index(first)
        length = (_DAY_NAMES.index(last) - begin) % 7 if dash else 0
        days.update((begin + day) % 7 for day in range(length + 1))
    return frozenset(days)


def _parse_times(word: str) -> tuple[int, int]:
    match = _TIMES.match(word)
    if match is None:
        raise ValueError(f"has no times like 18:00-22:00 after the days; write for example '{EXAMPLE}'")
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start_minute > 59 or end_minute > 59 or start >= _DAY_MINUTES or end > _DAY_MINUTES:
        raise ValueError(
            "has a time that no clock shows; times go from 00:00 to 23:59, and to 24:00 for an end"
        )
    if start == end:
        raise ValueError("starts and ends at the same time; write 00:00-24:00 for the whole day")
    return start, end if end > start else end + _DAY_MINUTES


def zone_named(name: str) -> ZoneInfo:
    """A zone of the IANA database. Raises ``ValueError`` with the nearest one, without quoting the name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a relative path, a folder such as "Europe"
        pass
    known = {zone.casefold(): zone for zone in available_timezones()}
    near = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.75)
    hint = (
        f"did you mean {known[near[0]]}?" if near else "write it as in Europe/Berlin, or leave it out for UTC"
    )
    raise ValueError(f"ends with a time zone that is not in the IANA time zone database; {hint}")


def _constant_offsets(
    zone: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut a span of at most a day where the zone's offset changes: at most once, at a whole minute."""
    before, after = _offset(zone, begin), _offset(zone, end - _MINUTE)
    if before == after:
        yield begin, end, before
        return
    low, high = begin, end
    while high - low > _MINUTE:
        middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    yield begin, high, before
    yield high, end, after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
