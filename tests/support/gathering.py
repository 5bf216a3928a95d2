"""Mail out of a mailbox into a real store, by the daemon's own watcher and nothing else of it.

gathering = Gathering(tmp_path, port)     # of a server that misbehaves, or of a real one
gathering.start(**settings)               # those of ``MailboxSettings``; once more: another node on the same mailbox

Time is a twentieth of what it is in the daemon.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from relay.clock import SystemClock
from relay.domain.mailboxes import Left
from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.watcher import Watcher
from relay.flow.accept import Door
from relay.flow.gather import Gatherer, Terms
from relay.flow.rates import Admission, Rates
from relay.flow.senders import Senders
from tests.support.imap_server import TOKEN
from tests.unit.edge.store_world import World

SCALE = 20.0
PATIENCE_S = 20.0
DEFAULTS = MailboxSettings(host="", port=0, username="")


class Gathering:
    """A real store, and a real watcher on a server."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.world = World(folder / "state")
        self.world.open_fresh()
        self.secret = folder / "secret"
        self.secret.write_text("first-secret\n")
        self.away: list[str] = []
        self.reports = 0
        self.told: list[dict[Left, int]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, **settings: object) -> None:
        senders = Senders(os.urandom)

        async def belongs(_paths: object, _addresses: object) -> bool:
            return False

        admission = Admission(senders, Rates, lambda: datetime.now(UTC), belongs)
        door = Door(self.world.store, lambda: frozenset({"help@relay.test"}), lambda: datetime.now(UTC), os.urandom,
                    lambda *_: None, senders, admission)  # fmt: skip
        gatherer = Gatherer(door, self.world.store.meaning, Terms(), "relay.test", "")
        watcher = Watcher(self.settings(**settings), "INBOX", "1.1", gatherer, self.world.store.mailboxes,
                          SystemClock(), os.urandom, self._report, self._away)  # fmt: skip
        self._tasks.append(asyncio.create_task(watcher.run()))

    def settings(self, **settings: object) -> MailboxSettings:
        """The settings, with what is not named in the scale of the tests."""
        scaled = {name: getattr(DEFAULTS, name) / SCALE for name in
                  ("poll_s", "command_s", "connect_s", "first_pause_s", "longest_pause_s")}  # fmt: skip
        values = {"host": "127.0.0.1", "port": self.port, "username": "canary-user", "tls": "never",
                  "password_file": self.secret, **scaled, **settings}  # fmt: skip
        return MailboxSettings(**values)  # type: ignore[arg-type]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _report(self) -> bool:
        self.reports += 1
        if counts := dict(await self.world.store.mailboxes.untold()):
            self.told.append(counts)
        await self.world.store.mailboxes.told()
        return True

    async def _away(self, cause: str) -> None:
        self.away.append(cause)

    async def taken(self) -> Counter[bytes]:
        """Tokens of all that was stored."""
        found: Counter[bytes] = Counter()
        for entry_id in await self.world.store.received(datetime.now(UTC), 20_000):
            found.update(set(TOKEN.findall(await self.world.store.read_body(entry_id))))
        return found

    async def until(self, holds: Callable[[], bool], at_most_s: float = PATIENCE_S) -> float:
        """Wait for something; how long it took."""
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(at_most_s):
            while not holds():
                await asyncio.sleep(0.01)
        return asyncio.get_running_loop().time() - began


def once(*numbers: int) -> Counter[bytes]:
    """What is taken when each of these messages is taken once."""
    return Counter({b"token-%d" % n: 1 for n in numbers})
