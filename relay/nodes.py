"""What a ring of another node wakes here. Called by ``app`` once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from relay.edge.store import SqlStore


def listen(
    store: SqlStore, entries: Callable[[], None], deliveries: Callable[[], None], duty: Callable[[], None]
) -> None:
    """Look for entries, for deliveries, or who is on duty, when the database says that something waits there."""
    loop = asyncio.get_running_loop()
    woken = {
        "entries": (entries,),
        "deliveries": (deliveries,),
        "conversations": (duty,),
        "counselors": (duty,),
    }

    def ring(table: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            for wake in woken.get(table, (entries, deliveries, duty)):
                loop.call_soon_threadsafe(wake)

    store.bell.start(ring)
