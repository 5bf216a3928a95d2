"""The lines of an iCalendar file, with their numbers, cut down to what says when something is. Pure.

Called by ``unfolding``. Only calendars' events and zones are kept, and of events only the properties that matter here:
no name, no place, no description ever reaches the library that reads the rest. Finds mistakes of structure itself,
because only here is it known where they stand.

Standard: RFC 5545 §3.1 (content lines and folding), §3.4 to §3.6 (components).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MAX_EVENTS = 5_000
"""Ten years of daily shifts, each an event of its own, and more."""

MAX_LINE_CHARACTERS = 100_000
"""A list of two thousand dates in one property; a longer line is an attachment."""

_WANTED = frozenset(
    {
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "RECURRENCE-ID",
        "UID",
        "STATUS",
        "TRANSP",
        "SEQUENCE",
    }
)
_ONCE = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "UID", "STATUS", "TRANSP"})
_ZONE_PARTS = frozenset({"STANDARD", "DAYLIGHT"})
_PROPERTY = re.compile(r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:]*))*):(.*)\Z', re.DOTALL)
_RULE = re.compile(
    r"(?=(?:.*;)?FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|\Z))"
    r"(?!.*INTERVAL=0*(?:;|\Z))(?!.*BY(?:SECOND|MINUTE|HOUR)=[^;]*,)"
)
"""Every day or less often, by a step forward, and once on such a day."""


class Mistake(ValueError):
    """Something that cannot be read. ``line`` from 1, 0: the file as a whole; ``sentence`` goes on after it."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


@dataclass(slots=True)
class Block:
    """One event or zone: where it begins, its lines as they are to be read, and where each property stands."""

    name: str
    line: int
    lines: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def uid(self) -> str:
        return self.values.get("UID", "")


@dataclass(slots=True)
class Sheet:
    """What is left of a file. ``zone``: what it says of itself for times without one (``X-WR-TIMEZONE``)."""

    events: list[Block] = field(default_factory=list)
    zones: list[Block] = field(default_factory=list)
    zone: str = ""

    def text(self, events: Sequence[Block]) -> str:
        """A calendar of these events and all zones."""
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:relay"]
        for block in (*self.zones, *events):
            lines += (f"BEGIN:{block.name}", *block.lines, f"END:{block.name}")
        return "\r\n".join((*lines, "END:VCALENDAR", ""))


def cut(octets: bytes) -> Sheet:
    """Read a file. Raises ``Mistake``."""
    sheet, stack, block = Sheet(), [], None  # type: tuple[Sheet, list[tuple[str, int]], Block | None]
    has_calendar = False
    for number, line in _unfolded(_text(octets)):
        match = _PROPERTY.match(line)
        if match is None:
            raise Mistake(number, "is no line of a calendar; a line is NAME:value")
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            word = value.strip().upper()
            if not stack and word != "VCALENDAR":
                raise Mistake(number, "stands outside of a calendar; a file begins with BEGIN:VCALENDAR")
            has_calendar = True
            stack.append((word, number))
            block = _begun(sheet, stack, block, word, number)
        elif name == "END":
            if not stack or stack[-1][0] != value.strip().upper():
                raise Mistake(number, "ends what was not begun; is the file cut together?")
            block = _ended(sheet, stack, block)
        elif not stack:
            raise Mistake(number, "stands outside of a calendar; a file begins with BEGIN:VCALENDAR")
        elif block is not None:
            _take(block, stack, number, name, parameters, value)
        elif len(stack) == 1 and name == "X-WR-TIMEZONE":
            sheet.zone = value.strip()
    if stack:
        raise Mistake(stack[-1][1], "begins and never ends; is the file cut off?")
    if not has_calendar:
        raise Mistake(0, "is no calendar; export it as iCalendar")
    return sheet


def _begun(
    sheet: Sheet, stack: list[tuple[str, int]], block: Block | None, word: str, number: int
) -> Block | None:
    """A component begins; a block of ours with the calendar's own, a part of a zone within it."""
    if len(stack) == 2 and word in {"VEVENT", "VTIMEZONE"}:
        if word == "VEVENT" and len(sheet.events) >= MAX_EVENTS:
            raise Mistake(number, f"is one event too many; at most {MAX_EVENTS} are read")
        return Block(word, number)
    if block is not None and block.name == "VTIMEZONE" and word in _ZONE_PARTS and len(stack) == 3:
        block.lines.append(f"BEGIN:{word}")
    return block


def _ended(sheet: Sheet, stack: list[tuple[str, int]], block: Block | None) -> Block | None:
    word, _ = stack.pop()
    if block is None:
        return None
    if len(stack) == 1:
        (sheet.events if block.name == "VEVENT" else sheet.zones).append(_checked(block))
        return None
    if block.name == "VTIMEZONE" and word in _ZONE_PARTS and len(stack) == 2:
        block.lines.append(f"END:{word}")
    return block


def _take(
    block: Block, stack: list[tuple[str, int]], number: int, name: str, parameters: str, value: str
) -> None:
    """One property: of an event what is wanted, of a zone all that stands in it or in its parts."""
    if block.name == "VTIMEZONE":
        if (len(stack) == 2 and name == "TZID") or (len(stack) == 3 and stack[-1][0] in _ZONE_PARTS):
            if name == "RRULE":
                _check_rule(number, value)
            block.places.setdefault(name, number)
            block.lines.append(f"{name}{parameters}:{value}")
        return
    if len(stack) != 2:
        return
    if name == "EXRULE":
        raise Mistake(number, "says EXRULE, which is no longer part of the standard; list the days as EXDATE")
    if name not in _WANTED:
        return
    if name in _ONCE and name in block.places:
        raise Mistake(number, f"says {name} a second time in one event")
    if name == "RRULE":
        _check_rule(number, value)
    block.places.setdefault(name, number)
    block.values.setdefault(name, value.strip())
    block.lines.append(f"{name}{parameters}:{value}")


def _check_rule(number: int, value: str) -> None:
    if not _RULE.match(value.strip().upper()):
        raise Mistake(
            number,
            "repeats by no rule that is taken here; FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, once a day",
        )


def _checked(block: Block) -> Block:
    if block.name == "VEVENT" and "DTSTART" not in block.places:
        raise Mistake(block.line, "is an event without a beginning (DTSTART)")
    if block.name == "VEVENT" and not block.uid:
        block.values["UID"] = f"line-{block.line}"
        block.lines.append(f"UID:{block.uid}")
    if block.name == "VTIMEZONE" and "TZID" not in block.places:
        raise Mistake(block.line, "is a time zone without a name (TZID)")
    return block


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise Mistake(line, "is not UTF-8 text; export the calendar anew") from None


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Content lines with the number of their first line; empty lines, which some programs leave, are passed over."""
    begun, parts, length = 0, [], 0  # type: tuple[int, list[str], int]
    for number, raw in enumerate(re.split(r"\r?\n", text), 1):
        is_more = raw[:1] in (" ", "\t") and bool(parts)
        if not is_more and parts:
            yield begun, "".join(parts)
            parts, length = [], 0
        if not is_more and not raw.strip():
            continue
        if "\0" in raw or (length := length + len(raw)) > MAX_LINE_CHARACTERS:
            raise Mistake(number, "is no line of a calendar, or far too long")
        begun = begun if is_more else number
        parts.append(raw[1:] if is_more else raw)
    if parts:
        yield begun, "".join(parts)
