"""One sweep: everything that has had its time, in small transactions between which mail goes on, then the files.

Hung on ``SqlStore``; the duty loop asks for one at its start and every hour. After a long stop it takes more steps.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from relay.domain.retention import USUAL, Retention
from relay.edge.store import blocks, purging, sweeping
from relay.edge.store.forgetting import Forgetting
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane


class Broom:
    """``forgetting``: takes what is left of deleted rows out of the files. ``unreadable``: hears what does not open."""

    def __init__(
        self, writer: Lane, keyring: Keyring, forgetting: Forgetting, unreadable: Callable[[str], None]
    ) -> None:
        self._writer = writer
        self._keyring = keyring
        self._forgetting = forgetting
        self._unreadable = unreadable

    async def sweep(
        self,
        now: datetime,
        kept: Retention = USUAL,
        staff: Collection[str] | None = None,
        counts: Counter[str] | None = None,
    ) -> Mapping[str, int]:
        """Forget what has had its time; counts of what went, by kind. Raises ``StoreTrouble``: the rest goes next time.

        ``staff``: ids of all counselors that there are; others without a conversation are forgotten, too.
        ``counts``: where it is counted, so that it is known of a sweep that did not come to its end, too.
        """
        counts = Counter() if counts is None else counts
        for name, step in self._steps(now, kept):
            counts[name] = 0
            while await self._counted(name, step, counts):
                pass
        if staff is not None:
            gone = partial(purging.departed, keyring=self._keyring, staff=frozenset(staff))
            await self._counted("counselors", gone, counts)
        self._forgetting.scrub_soon()
        return counts

    async def _counted(self, name: str, step: Callable[[Connection], int], counts: Counter[str]) -> int:
        """One transaction; counted also when the daemon stops meanwhile, for what was forgotten has to be said."""
        running = asyncio.ensure_future(self._writer.run(step))
        try:
            count = await asyncio.shield(running)
        except asyncio.CancelledError:
            counts[name] += await running
            raise
        counts[name] += count
        return count

    def _steps(self, now: datetime, kept: Retention) -> list[tuple[str, Callable[[Connection], int]]]:
        def bound(step: sweeping.Step) -> Callable[[Connection], int]:
            return lambda connection: step(connection, now, kept)

        over = partial(purging.over_conversations, keyring=self._keyring, now=now, kept=kept)
        held = partial(blocks.sweep, keyring=self._keyring, now=now, kept=kept, unreadable=self._unreadable)
        steps = ((name, bound(step)) for name, step in sweeping.STEPS.items())
        return [*steps, ("blocks", held), ("conversations", over)]
