"""A queue in which everybody is served in turn, however much one of them brings, and what cannot wait goes first.

Used by ``route`` and ``deliver``, with a sender's keyed hash (``senders``) as whose turn it is: 500 messages of one
sender stand one behind the other, and the first of somebody else is the next but one. What nobody is known
for, because it was found in the store, shares one turn (``NOBODY``). Each rank (``domain.strain``) has a round
of its own; the lower goes first, and now and then the last, so that nobody waits for ever. Nothing is dropped;
``get`` may be cancelled at any time. All operations take constant time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Generic, TypeVar

from relay.domain.strain import Rank

T = TypeVar("T")

NOBODY = b""
"""Whose turn it is for what was found in the store."""


LAST_EVERY: Final = 4
"""Of so many turns one is of the last rank that has somebody waiting."""


class FairQueue(Generic[T]):
    """First in, first out for each; round and round between them."""

    def __init__(self) -> None:
        self._ranks: tuple[dict[bytes, deque[T]], ...] = tuple({} for _ in Rank)
        self._ready = asyncio.Semaphore(0)
        self._turn = 0

    def put(self, whose: bytes, item: T, rank: Rank = Rank.CONVERSATION) -> None:
        """Stand at the end of one's own line; a new line begins behind all others of its rank."""
        self._ranks[rank].setdefault(whose, deque()).append(item)
        self._ready.release()

    async def get(self) -> tuple[bytes, T]:
        """Wait for an item; whose it is, and it. Who was served goes behind all others."""
        await self._ready.acquire()
        self._turn += 1
        filled = [lines for lines in self._ranks if lines]
        lines = filled[-1 if self._turn % LAST_EVERY == 0 else 0]
        whose = next(iter(lines))
        line = lines.pop(whose)
        item = line.popleft()
        if line:
            lines[whose] = line
        return whose, item

    def ahead(self, rank: Rank) -> int:
        """How many stand before a newcomer of this rank, each with what is their next."""
        return sum(len(lines) for lines in self._ranks[: rank + 1])

    @property
    def empty(self) -> bool:
        return not any(self._ranks)
