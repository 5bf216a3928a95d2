"""A queue in which everybody is served in turn, however much one of them brings.

Used by ``route`` and ``deliver``, with a sender's keyed hash (``senders``) as whose turn it is: 500 messages of one
sender stand one behind the other, and the first of somebody else is the next but one. What nobody is known
for, because it was found in the store, shares one turn (``NOBODY``). Nothing is dropped; ``get`` may be
cancelled at any time. All operations take constant time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

NOBODY = b""
"""Whose turn it is for what was found in the store."""


class FairQueue(Generic[T]):
    """First in, first out for each; round and round between them."""

    def __init__(self) -> None:
        self._lines: dict[bytes, deque[T]] = {}
        self._ready = asyncio.Semaphore(0)

    def put(self, whose: bytes, item: T) -> None:
        """Stand at the end of one's own line; a new line begins behind all others."""
        self._lines.setdefault(whose, deque()).append(item)
        self._ready.release()

    async def get(self) -> tuple[bytes, T]:
        """Wait for an item; whose it is, and it. Who was served goes behind all others."""
        await self._ready.acquire()
        whose = next(iter(self._lines))
        line = self._lines.pop(whose)
        item = line.popleft()
        if line:
            self._lines[whose] = line
        return whose, item

    @property
    def empty(self) -> bool:
        return not self._lines
