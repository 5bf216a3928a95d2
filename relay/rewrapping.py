"""The change of the master key while mail flows, and ``relay keys master``, which tells how far it is.

``Rewrapping`` is a part of the daemon (``app``): it does what ``relay.edge.store.rotation`` left for later when it
opened the store with both keys, tells the log how far it is, and tries again when the store is in trouble. The command
shows the same, or does the work itself where no daemon runs. Nothing of a key is ever printed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from relay.config import load
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.flow.ports import Clock, StoreTrouble
from relay.log import Event, say
from relay.stores import opened

AGAIN_S = 10.0
"""After trouble with the store."""

TELL_EVERY = 10_000
"""Rows between two lines of the log."""


class Rows(Protocol):
    """The part of the store that is used here."""

    async def run(self, progress: Callable[[int], None]) -> bool: ...


class Rewrapping:
    """Goes on until nothing needs the former master key, and then rests."""

    def __init__(self, rows: Rows, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._told = 0

    async def run(self) -> None:
        """Do it, then wait to be cancelled like every part."""
        never = asyncio.Event()
        while True:
            self._told = 0
            try:
                if await self._rows.run(self._progress):
                    say(Event.KEYS_ROTATED)
                await never.wait()
            except StoreTrouble as error:
                say(Event.STORE_FAILED, error_class=type(error).__name__)
                await self._clock.wait(never, AGAIN_S)

    def _progress(self, done: int) -> None:
        if done - self._told >= TELL_EVERY:
            self._told = done
            say(Event.KEYS_REWRAPPED, count=done)


def act(config: Path, action: str, tell: Callable[[str], None]) -> int:
    """Show how far it is, or do it; the exit code. ``tell`` gets one line after the other. Raises ``ConfigError``."""
    if action not in {"status", "rotate"}:
        raise ConfigError(("relay keys master: say 'status' or 'rotate'",))
    settings = load(config)
    if action == "status":
        asyncio.run(_status(opened(settings), tell))
        return 0
    if settings.storage.former_master_key_file is None:
        sentence = (
            "relay keys master rotate: give both keys: make a new one with 'relay keygen', name it as "
            "storage.master_key_file, and the one before as storage.former_master_key_file"
        )
        raise ConfigError((sentence,))
    asyncio.run(_rotate(opened(settings, exclusive=True), tell))
    return 0


async def _status(store: SqlStore, tell: Callable[[str], None]) -> None:
    try:
        if await store.rotation.is_finished():
            tell(
                "The master key holds alone. A former one is not needed; take it out of relay.toml and destroy it,"
            )
            tell("once no backup that you may want to restore is older than the change.")
            return
        left = await store.rotation.left()
        tell(
            f"The master key is being changed: {left} row(s) still need the former one, which must stay for now."
        )
    finally:
        await store.close()


async def _rotate(store: SqlStore, tell: Callable[[str], None]) -> None:
    try:
        left = await store.rotation.left()
        told = 0

        def progress(done: int) -> None:
            nonlocal told
            if done - told >= TELL_EVERY:
                told = done
                tell(f"{done} of {left} row(s) are done.")

        await store.rotation.run(progress)
        tell(
            "Done: nothing needs the former master key any more. Take it out of relay.toml and destroy it, once no"
        )
        tell("backup that you may want to restore is older than this.")
    finally:
        await store.close()
