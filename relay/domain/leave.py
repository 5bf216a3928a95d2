"""Whole days that somebody is away, as written ``2026-05-01..2026-05-14``; the last one counts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from relay.domain.spans import Spans

_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)

_DAYS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.\.([0-9]{4}-[0-9]{2}-[0-9]{2}))?\Z")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """From ``first`` to ``last``, both whole."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-05-01`` or ``2026-05-01..2026-05-14``. Raises ``ValueError`` with the end of a sentence."""
        match = _DAYS.match("".join(text.split()))
        try:
            first, last = (
                date.fromisoformat(day) for day in ((match[1], match[2] or match[1]) if match else ())
            )
        except ValueError:
            raise ValueError(
                "is neither days such as 2026-05-01..2026-05-14 (or one day) nor a file that ends with .ics"
            ) from None
        if not (_EARLIEST <= first <= last <= _LATEST):
            raise ValueError("ends before it starts, or is no day of our time; write the first day first")
        return cls(first, last)

    def spans(self, zone: ZoneInfo) -> Spans:
        """From midnight to midnight by the wall clock of ``zone``."""
        begin = datetime.combine(self.first, time(), zone)
        end = datetime.combine(self.last + _ONE_DAY, time(), zone)
        return Spans.of([(begin.astimezone(UTC), end.astimezone(UTC))])
