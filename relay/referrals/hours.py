"""Opening hours as directories write them, to ``domain.referrals.Hours``.

Called by the readers with a weekday and two times, with an RRULE of HSDS 3, or with a text such as ``Mon-Fri
09:00-17:00; Sat 10-14``. A text that is not understood from end to end stays a note: half of somebody's hours are
worse than none.

Standards: RFC 5545 §3.3.10 (BYDAY).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from relay.domain.referrals import ALWAYS_OPEN, MINUTES_A_DAY, Hours, Opening
from relay.referrals.findings import quoted
from relay.referrals.values import clean

NOTE_CHARS = 200

_TIME = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2}(?:\.\d+)?)?\s*(am?|pm?|a\.m\.|p\.m\.|uhr|h)?(?:Z|[+-]\d{2}:?\d{2})?\Z",
    re.IGNORECASE,
)
_FOUR_DIGITS = re.compile(r"([012]\d)([0-5]\d)\Z")
_NAMES = (
    "mo mon monday montag lun lundi lunes",
    "tu tue tues tuesday di dienstag mar mardi martes",
    "we wed wednesday mi mittwoch mer mercredi mie miercoles",
    "th thu thur thurs thursday do donnerstag jeu jeudi jue jueves",
    "fr fri friday freitag ven vendredi vie viernes",
    "sa sat saturday samstag sam samedi sab sabado",
    "su sun sunday so sonntag dim dimanche dom domingo",
)
_DAYS = {name: number for number, names in enumerate(_NAMES) for name in names.split()}
_ALWAYS = re.compile(
    r"(?:24\s*/\s*7|24 hours(?: a day)?(?:,? (?:7|seven) days(?: a week)?)?|always(?: open)?|rund um die uhr)\W*\Z",
    re.IGNORECASE,
)
_EVERY_DAY = frozenset({"daily", "everyday", "taglich", "diario"})
_CLOCK = r"\d{1,2}(?:[:.h]\d{2})?(?:\s*(?:am?|pm?|a\.m\.|p\.m\.|uhr|h)\b)?|\d{4}"
_PIECE = re.compile(
    rf"(?P<days>\D*)(?P<opens>{_CLOCK})\s*(?:[-\u2013]|to|bis|until)\s*(?P<closes>{_CLOCK})(?!\d)",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\s*[-\u2013]\s*|\s+(?:to|bis|a|au)\s+")
_BYDAY = re.compile(r"(?P<nth>[+-]?\d{1,2})?(?P<day>MO|TU|WE|TH|FR|SA|SU)\Z")


def minute(text: str) -> int:
    """A time of day in minutes; ``24:00`` is the end of the day. Raises ``ValueError``."""
    text = text.strip()
    if found := _FOUR_DIGITS.match(text):
        hour, past, half = int(found[1]), int(found[2]), ""
    elif found := _TIME.match(text):
        hour, past, half = int(found[1]), int(found[2] or 0), (found[3] or "").replace(".", "").casefold()
    else:
        raise ValueError(f"{quoted(text)} is no time of day; write it as 09:30")
    if half in {"am", "pm", "a", "p"}:
        if not 1 <= hour <= 12:
            raise ValueError(f"{quoted(text)} is no time of day; write it as 09:30")
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    minutes = hour * 60 + past
    if past > 59 or minutes > MINUTES_A_DAY:
        raise ValueError(f"{quoted(text)} is no time of day; write it as 09:30")
    return minutes


def weekday(text: str) -> int:
    """A day by its name in English, German, French or Spanish, or 1 (Monday) to 7. Raises ``ValueError``."""
    folded = _folded(text)
    if folded in _DAYS:
        return _DAYS[folded]
    if folded in {"1", "2", "3", "4", "5", "6", "7"}:
        return int(folded) - 1
    raise ValueError(f"{quoted(text)} is no day of the week; write it as Monday or 1")


def weekly(byday: str, freq: str, opens: str, closes: str, *, others: bool) -> Opening | None:
    """One schedule of HSDS 3; ``None`` when it is not a plain week. Raises ``ValueError``."""
    if not (opens.strip() and closes.strip()):
        return None
    opening = (minute(opens), minute(closes))
    if freq.strip().upper() not in {"", "WEEKLY"} or others or not byday.strip():
        return None
    days = set()
    for each in byday.upper().replace(" ", "").split(","):
        found = _BYDAY.match(each)
        if found is None:
            raise ValueError(f"{quoted(byday)} are no days; write them as MO,TU")
        if found["nth"]:
            return None
        days.add(_DAYS[found["day"].casefold()])
    return Opening(tuple(sorted(days)), *opening)


def together(openings: Iterable[Opening], note: str = "") -> Hours:
    """Days with the same times are one line."""
    by_times: dict[tuple[int, int], set[int]] = {}
    for each in openings:
        by_times.setdefault((each.opens, each.closes), set()).update(each.days)
    joined = (Opening(tuple(sorted(days)), *times) for times, days in by_times.items())
    return Hours(tuple(sorted(joined, key=lambda each: (each.days, each.opens))), clean(note, NOTE_CHARS))


def from_text(text: str) -> Hours:
    """Hours in words; what is not understood as a whole is a note."""
    text = clean(text, NOTE_CHARS)
    if not text:
        return Hours()
    if _ALWAYS.match(text):
        return Hours((Opening(*ALWAYS_OPEN),))
    openings: list[Opening] = []
    days: tuple[int, ...] = ()
    end = 0
    try:
        while found := _PIECE.match(text, end):
            days = _days(found["days"]) or days
            opens, closes = minute(found["opens"]), minute(found["closes"])
            openings.append(Opening(days, opens, closes))
            end = found.end()
    except ValueError:
        return Hours(note=text)
    is_whole = not text[end:].strip(" .;,") and all(each.days for each in openings)
    return together(openings) if openings and is_whole else Hours(note=text)


def _days(text: str) -> tuple[int, ...]:
    folded = _folded(text.strip(" ,;"))
    if folded in _EVERY_DAY or folded in {"every day", "each day"}:
        return tuple(range(7))
    days: set[int] = set()
    for part in re.split(r"[,;&/]|\band\b|\bund\b", folded):
        name = part.strip(" .:")
        ends = [weekday(each) for each in _SPAN.split(name)] if name else []
        if not ends:
            continue
        if len(ends) > 2:
            raise ValueError(text)
        days.update((ends[0] + step) % 7 for step in range((ends[-1] - ends[0]) % 7 + 1))
    return tuple(sorted(days))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.strip().rstrip(".:").casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
