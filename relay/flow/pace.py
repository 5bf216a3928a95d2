"""How fast the next hop is given mail, where a provider limits it: by a rate of ours, and by a pause when it says so.

The courier asks before every attempt. Each delivery over the rate has an instant of its own, in the order in which they
came, so that it is put off once; nothing is lost, and no attempt is spent. In memory only: a restart begins anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
BURST: Final = timedelta(minutes=3)
"""What may go at once is what the rate allows in this time: an answer need not wait because another has just left."""

PAUSE: Final = timedelta(minutes=1)
"""After the next hop has said that it is too much now; others need not hear that, too."""

_TOO_MUCH: Final = ("4.7.", "4.3.2", "4.4.5", "4.5.3")
"""Enhanced codes that speak of rates and load (RFC 3463 §3.4, §3.5, §3.8)."""


class Pace:
    """``per_hour``: messages an hour; ``None``: as fast as they come, and nothing that is said slows it down."""

    def __init__(self, per_hour: int | None) -> None:
        self._interval = HOUR / per_hour if per_hour else timedelta(0)
        self._next: datetime | None = None
        self._booked: dict[bytes, datetime] = {}
        self._paused_until: datetime | None = None

    def may_leave_at(self, delivery_id: bytes, now: datetime) -> datetime:
        """When this delivery may leave: ``now``, or an instant that is its own from now on."""
        if not self._interval:
            return now
        at = self._booked.pop(delivery_id, None) or self._book(now)
        if self._paused_until is not None:
            at = max(at, self._paused_until)
        if at > now:
            self._booked[delivery_id] = at
        return max(at, now)

    def heard(self, code: int | None, enhanced: str | None, now: datetime) -> None:
        """Why the next hop did not take something now."""
        if self._interval and (code == 421 or (enhanced or "").startswith(_TOO_MUCH)):
            self._paused_until = now + PAUSE

    def _book(self, now: datetime) -> datetime:
        used_up = max(self._next or now, now)
        self._next = used_up + self._interval
        return max(now, used_up - BURST)
