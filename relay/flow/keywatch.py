"""OpenPGP keys that come to their end: the operator hears of each a month before, a week before, and when it has ended.

Looks at start and every six hours. What was said is remembered in the store, so that neither a start nor another node
says it once more; a key that has ended and is still in use is told again two months later, by a daemon that was started
since. Keys that do not work for another reason are told by ``relay check`` and by what they hold up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from relay.errors import RelayError
from relay.flow.ports import Clock
from relay.log import Event, say

STAGES: Final = (timedelta(days=30), timedelta(days=7), timedelta(0))
"""How long before the end something is said."""
LOOK_EVERY_S: Final = 21_600.0


@dataclass(frozen=True, slots=True)
class KeyEnd:
    """When a key ends. ``whose``: what the operator calls its owner, an intake address or a counselor's pseudonym."""

    fingerprint: str
    whose: str
    at: datetime


class Keywatch:
    """``keys``: those that are in use. ``tell``: tells the operator that one has come to a stage, unless another node
    has; both may raise ``StoreTrouble``.
    """

    def __init__(
        self,
        keys: Callable[[], Awaitable[Sequence[KeyEnd]]],
        tell: Callable[[KeyEnd, int], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._tell = tell
        self._clock = clock
        self._told: dict[str, int] = {}

    async def run(self) -> None:
        """Watch for ever; cancel to stop."""
        never = asyncio.Event()
        while True:
            try:
                await self.look()
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="keys", error_class=type(trouble).__name__)
            await self._clock.wait(never, LOOK_EVERY_S)

    async def look(self) -> None:
        """Tell of every key that has reached another stage since the last look."""
        now = self._clock.now()
        for key in await self._keys():
            stage = sum(key.at - now <= before for before in STAGES)
            if stage > self._told.get(key.fingerprint, 0):
                await self._tell(key, stage)
                self._told[key.fingerprint] = stage
