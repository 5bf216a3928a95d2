"""How long one waits for ``250``: letters at a rate of their own, whatever becomes of those before them (an open loop).

``goals`` asks. A client that sends the next letter only when the last was taken measures a relay that stands still
once, and not everybody who had to wait meanwhile. So each letter has an instant at which it is due, and its time counts
from then: what the client itself is late is part of it, for both relays alike (its timers go by milliseconds).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import cast

from bench.load import Apart, Talk
from bench.samples import Letter

_AHEAD_S = 0.3
"""Before the first is due: the client has started by then."""

_LATE_S = 60.0
"""How long after the last was due the client still waits for answers."""

_ALARM_S = 30.0
"""A process may take so long to start on a crowded machine."""


class Stream:
    """Letters to a port of 127.0.0.1, so many a second, from a process of its own that has begun."""

    def __init__(self, port: int, letters: Sequence[Letter], per_s: float) -> None:
        self._limit_s = len(letters) / per_s + _LATE_S
        self._client = Apart(_stream, port, letters, per_s, self._limit_s)

    def waits_ms(self) -> list[float]:
        """Of each letter from when it was due to its ``250``. Raises ``LoadError`` when one was not taken."""
        return cast("list[float]", self._client.answer(self._limit_s + _ALARM_S))

    def close(self) -> None:
        self._client.close()


async def _stream(port: int, letters: Sequence[Letter], per_s: float, limit_s: float) -> list[float]:
    begun = time.monotonic() + _AHEAD_S
    async with asyncio.timeout(limit_s), asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_bring(port, letter, begun + number / per_s))
            for number, letter in enumerate(letters)
        ]
    return [task.result() for task in tasks]


async def _bring(port: int, letter: Letter, due: float) -> float:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(due - time.monotonic())
    began = min(due, time.monotonic())  # a timer may be early by less than a millisecond
    done: asyncio.Future[float] = loop.create_future()
    await loop.create_connection(partial(Talk, letter, done, []), "127.0.0.1", port)
    return (await done - began) * 1000
