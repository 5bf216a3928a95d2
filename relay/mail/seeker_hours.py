"""Hours in which a seeker can read mail unseen, as they write them: ``QUIET 9-17``, ``9:00 to 17:30``, ``9h30-17h``.

Called by ``seeker_words``. Pure. The result is text of one form, ``09:00-17:30``, which ``relay.domain.safe_hours``
reads with a time zone; an end before the start is on the next day. What is not clearly a span of hours is nothing.
"""

from __future__ import annotations

import re
import unicodedata

_CLOCK = r"(\d{1,2})(?:[:.h](\d{2})|h)?(?: ?(am|pm|uhr|h))?"
_TO = r" ?(?:-|–|—|−|~|to|till|until|bis|à|a|al|jusqu'à|hasta|إلى|الى|حتى|do|tot|до) ?"  # noqa: RUF001
_FROM = r"(?:\b(?:from|between|only|von|zwischen|nur|de|entre|desde|من|van|od|с|з)\b ?){0,2}"  # noqa: RUF001
_SPAN = re.compile(rf"{_FROM}(?<![\w:]){_CLOCK}{_TO}{_CLOCK}(?![\w:])", re.IGNORECASE)


def hours_in(line: str) -> tuple[str, str]:
    """The one span of hours in a line as ``HH:MM-HH:MM``, and what stands beside it; empty when there is none, or
    none that makes sense.
    """
    shown = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in line)
    found = list(_SPAN.finditer(shown))
    if len(found) != 1:
        return "", line
    span = found[0]
    start, end = _clock(*span.group(1, 2, 3)), _clock(*span.group(4, 5, 6))
    beside = shown[: span.start()] + " " + shown[span.end() :]
    return (f"{start}-{end}" if start and end and start != end else ""), beside


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    """``HH:MM``, or nothing for an hour that no clock shows."""
    value, past = int(hour), int(minute or 0)
    if half and half.lower() in {"am", "pm"}:
        if not 1 <= value <= 12:
            return ""
        value = value % 12 + (12 if half.lower() == "pm" else 0)
    if value == 24 and past == 0:
        value = 0
    return f"{value:02}:{past:02}" if value < 24 and past < 60 else ""
