"""The configuration in force: settings, what was made of them, and how a new one takes their place.

Held by ``app`` and by nobody else. A new configuration is read beside the event loop, with every file that it
names, and put in force all at once; one with a mistake changes nothing and is said so (F21). The roster has a second
source: what counselors say of their duty by mail is laid over it whenever ``flow.duty`` looks.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from relay import rostering
from relay.config import Settings, load
from relay.domain.overrides import Override
from relay.domain.roster import Roster
from relay.edge.openpgp import Certificate
from relay.errors import ConfigError
from relay.flow.duties import Duties
from relay.flow.plan import Plan
from relay.flow.ports import Clock
from relay.log import Event, say
from relay.parts import certificates_of, engine_of, plan_of, waiting_for_restart

_FILE_AND_LINE = re.compile(r"(?:relay|counselors|crisis)\.toml(?::[0-9]+)?")


class InForce:
    """Settings, plan and keys that hold now. After a change all of ``changed`` are called. Raises ``ConfigError``."""

    def __init__(self, folder: Path, settings: Settings, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._said: Mapping[str, Override] = {}
        self._reading = asyncio.Lock()
        self.settings = self._started = settings
        self.plan = plan_of(settings, rostering.read(settings, clock.now()))
        self.engine = engine_of(settings)
        self.certificates = certificates_of(settings, self.engine, clock.now())
        self.changed: Sequence[Callable[[], None]] = ()

    async def read_again(self) -> None:
        """Take over what stands in the folder now."""
        await self._take_over(lambda: load(self._folder))

    async def read_calendars(self) -> None:
        """Take over what stands in the calendars now, by the settings that hold."""
        await self._take_over(lambda: self.settings)

    async def roster_now(self, duties: Duties) -> Roster:
        """Everybody, with what they have said of their duty by mail; from now on all others see it, too."""
        self._said = await duties.overrides(self._clock.now())
        self.plan = replace(self.plan, roster=self.plan.roster.with_overrides(self._said))
        return self.plan.roster

    async def _take_over(self, settings: Callable[[], Settings]) -> None:
        def read() -> tuple[Settings, dict[str, Certificate], Plan]:
            fresh, now = settings(), self._clock.now()
            plan = plan_of(fresh, rostering.read(fresh, now))
            return fresh, certificates_of(fresh, self.engine, now), plan

        async with self._reading:
            try:
                fresh, certificates, plan = await asyncio.to_thread(read)
            except ConfigError as error:
                say(Event.CONFIG_REFUSED, problems=len(error.problems), place=_place(error.problems[0]))
                return
            if waiting := waiting_for_restart(self._started, fresh):
                say(Event.CONFIG_WARNED, cause="restart", place=" ".join(waiting))
            self.settings, self.certificates = fresh, certificates
            self.plan = replace(plan, roster=plan.roster.with_overrides(self._said))
            say(Event.CONFIG_LOADED, counselors=len(plan.roster.counselors))
            for tell in self.changed:
                tell()


def _place(problem: str) -> str:
    """File and line of a finding, and nothing else of it: the name of a calendar may be somebody's."""
    match = _FILE_AND_LINE.match(problem)
    return match[0] if match else "elsewhere"
