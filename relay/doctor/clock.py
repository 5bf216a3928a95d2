"""The clock: whether something keeps it right, and whether it was ever ahead of what it shows now."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.edge.store import newest_at
from relay.errors import ConfigError

EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No version of this program is older."""

AHEAD = timedelta(minutes=5)
_TIME_ERROR = 5
"""The kernel's word for a clock that nothing keeps right (adjtimex(2))."""

_TIMEX_OCTETS = 512
"""More than ``struct timex`` has on any of our platforms."""


@dataclass(frozen=True, slots=True)
class Facts:
    """``is_kept``: whether a program keeps it right; ``None``: the kernel does not say. ``newest_at``: of a letter."""

    now: datetime
    is_kept: bool | None
    newest_at: datetime | None


async def look(around: Around) -> list[Finding]:
    """Ask the kernel and the database."""
    try:
        newest = await asyncio.to_thread(newest_at, around.settings.storage.url)
    except ConfigError:
        newest = None  # which the storage's own probe tells
    return list(judge(Facts(around.now, _is_kept(), newest)))


def _is_kept() -> bool | None:
    """With modes of 0 the call only reads, and needs no privilege."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_OCTETS))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state != _TIME_ERROR)


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing for a clock that is kept right."""
    why = "promised times, duty, reminders, signatures and certificates all go by it"
    remedy = "let systemd-timesyncd or chrony keep it right ('timedatectl status')"
    if facts.now < EARLIEST:
        yield critical(
            f"the clock says {facts.now:%Y-%m-%d}, which is before this program was made", why, remedy
        )
    elif facts.newest_at is not None and facts.newest_at - facts.now > AHEAD:
        yield critical(
            f"the clock says {facts.now:%Y-%m-%d %H:%M} UTC, and the newest letter came at "
            f"{facts.newest_at:%Y-%m-%d %H:%M} by it",
            f"it is wrong now, or was then; {why}",
            remedy,
        )
    elif facts.is_kept is False:
        yield warning("nothing keeps the clock of this machine right", why, remedy)
