"""The roster with its calendars: reads the files that the configuration names, and sees when they change.

Called by ``app`` and by the commands ``check``, ``rota`` and ``who``. Beside the tiers, as ``relay.parts`` is: it knows
the settings and the edge that reads calendars. A calendar that cannot be read is a ``ConfigError`` with file and line
like every other mistake, so that at start it refuses to start and later leaves in force what there was.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay.config import Settings
from relay.config.roster import CalendarFile, Use
from relay.domain.roster import Roster
from relay.domain.rota import HORIZON
from relay.domain.spans import Spans
from relay.edge import calendars
from relay.errors import ConfigError
from relay.flow.ports import Clock

LOOK_EVERY_S = 60.0
UNFOLD_EVERY = timedelta(days=1)
PAST = timedelta(days=2)
"""How far back calendars are unfolded; nobody asks who was on duty before."""

Signature = tuple[object, ...]


def read(settings: Settings, now: datetime) -> Roster:
    """Everybody with their calendars, unfolded around ``now``. Blocks; raises ``ConfigError`` with every problem."""
    files = settings.calendars()
    if not files:
        return settings.roster()
    jobs: dict[CalendarFile, calendars.Job] = {}
    problems: list[str] = []
    for each in files:
        octets = _octets(each.path)
        if isinstance(octets, str):
            problems.append(f"{each.where}: {each.path.name} {octets}")
        else:
            jobs[each] = calendars.Job(octets, each.zone, only_busy=each.use is Use.SHIFTS)
    begin = (now - PAST).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = calendars.read(list(jobs.values()), begin, begin + PAST + HORIZON + UNFOLD_EVERY + UNFOLD_EVERY)
    unfolded: dict[CalendarFile, Spans] = {}
    for file, result in zip(jobs, found, strict=True):
        if isinstance(result, calendars.Trouble):
            place = f"{file.path.name}:{result.line}" if result.line else file.path.name
            problems.append(f"{file.where}: {place} {result.sentence}")
        else:
            unfolded[file] = result
    if problems:
        raise ConfigError(tuple(problems))
    return settings.roster(unfolded)


def _octets(path: Path) -> bytes | str:
    """A file's content, or what is wrong with it as the end of a sentence."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return "is not a file"
            return file.read(calendars.MAX_OCTETS + 1)
    except OSError as error:
        return f"cannot be read ({error.strerror}); it must be there and readable by relay's user"


def signature(settings: Settings) -> Signature:
    """What changes when one of the calendars does."""
    found: list[object] = []
    for each in settings.calendars():
        try:
            state = each.path.stat()
            found.append((each.path, state.st_ino, state.st_size, state.st_mtime_ns))
        except OSError:
            found.append((each.path, None))
    return tuple(found)


class CalendarWatch:
    """Has the roster read again when a calendar has changed, and once a day because time goes on.

    ``settings``: those in force; ``changed`` reads them and says so, and a calendar that is broken is said once.
    """

    def __init__(
        self, settings: Callable[[], Settings], changed: Callable[[], Awaitable[None]], clock: Clock
    ) -> None:
        self._settings = settings
        self._changed = changed
        self._clock = clock
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Watch for ever; cancel to stop."""
        settings, read_at = self._settings(), self._clock.now()
        seen = await asyncio.to_thread(signature, settings)
        while True:
            await self._clock.wait(self._stop, LOOK_EVERY_S)
            now = self._clock.now()
            is_new = self._settings() is not settings
            settings = self._settings()
            found = await asyncio.to_thread(signature, settings)
            if is_new:
                seen, read_at = found, now
            elif found != seen or (found and now - read_at >= UNFOLD_EVERY):
                seen, read_at = found, now
                await self._changed()
