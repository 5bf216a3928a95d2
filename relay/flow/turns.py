"""One message of a conversation at a time, in the order they came, so that threads are whole.

Within one node; between nodes the conversation's version does it (``Stale``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager


class Turns:
    """Keeps a lock for each conversation that somebody works on, and forgets it afterwards."""

    def __init__(self) -> None:
        self._locks: dict[bytes, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, conversations: Iterable[bytes | None]) -> AsyncIterator[None]:
        """Wait for the turn in all of them, always in the same order, so that nobody waits in a circle."""
        async with AsyncExitStack() as stack:
            for each in sorted({each for each in conversations if each is not None}):
                await stack.enter_async_context(self._one(each))
            yield

    @asynccontextmanager
    async def _one(self, conversation: bytes) -> AsyncIterator[None]:
        lock, waiting = self._locks.get(conversation, (asyncio.Lock(), 0))
        self._locks[conversation] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks.pop(conversation)
            if waiting > 1:
                self._locks[conversation] = lock, waiting - 1
