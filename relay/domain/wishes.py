"""What a seeker has asked about mail to them: none at all, nothing that shows who writes, only at safe hours.

Kept with their conversation, sealed. Whoever makes a message to them asks ``opens``; whoever sends one asks again,
because it may have waited, and because nobody must be able to forget it. Standard library only; nothing here fails
but ``safe_hours`` on text that is no span of hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from relay.domain.rota import Rota, Shift


@dataclass(frozen=True, slots=True)
class Wishes:
    """``no_mail``: they wrote STOP, and have not written since. ``discreet``: the name of the service stands in no
    subject and no From. ``hours``: ``HH:MM-HH:MM zone``, when mail may reach them; empty: always.
    """

    no_mail: bool = False
    discreet: bool = False
    hours: str = ""

    def opens(self, at: datetime) -> datetime:
        """The first instant from ``at`` (aware) on at which mail may reach them."""
        if not self.hours:
            return at
        rota = Rota((Shift.parse(self.hours),))
        return at if rota.on_duty(at) else rota.next_start(at) or at

    @property
    def span(self) -> tuple[str, str, str] | None:
        """Start, end and zone of the hours, to be told; ``None`` when there are none."""
        if not self.hours:
            return None
        times, zone = self.hours.split(" ")
        start, end = times.split("-")
        return start, end, zone


NO_WISHES = Wishes()

_SPAN = re.compile(r"\d\d:\d\d-\d\d:\d\d [A-Za-z0-9_+/-]{1,64}\Z")


def is_span(hours: str) -> bool:
    """Tell whether a text is hours as ``Wishes`` keeps them."""
    try:
        return _SPAN.match(hours) is not None and bool(Shift.parse(hours))
    except ValueError:
        return False


def safe_hours(span: str, zone: str) -> str:
    """Hours of ``HH:MM-HH:MM`` by the clock of a zone, as ``Wishes`` keeps them. Raises ``ValueError``."""
    hours = f"{span} {ZoneInfo(zone).key}"
    Shift.parse(hours)
    return hours
