"""Daemons on one PostgreSQL: each with a folder and a door of its own, the same key, and one next hop behind all.

async with Nodes(tmp_path, server, 2) as nodes:
    load = Load(nodes, Ledger(), random.Random())     # each message at the door of whichever is up
    await nodes.all[1].kill()

``timing`` shortens what a node waits for before it takes another for dead, and its leases (``tests.support.timed``).
``where``: by which URL the database of that name is reached by the node of that number; by the server's socket, if not given.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.daemon import MACHINE_TOML, Daemon, Submission
from tests.support.ledger import ALWAYS, RELAY_TOML
from tests.support.postgresql import PASSWORD, Server
from tests.support.sink import Sink


class Nodes:
    """``sink``: the next hop of all; ``up``: the doors that clients know."""

    def __init__(
        self,
        folder: Path,
        server: Server,
        count: int,
        *,
        timing: str = "",
        where: Callable[[str, int], str] | None = None,
        relay_toml: str = RELAY_TOML,
        counselors_toml: str = ALWAYS,
        programs: Sequence[str] = (),
    ) -> None:
        self.server = server
        self.database = server.empty()
        self.sink = Sink()
        self._timing = timing
        self._folder = folder
        self.all: list[Daemon] = []
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        for number in range(count):
            url = where(self.database, number) if where else server.url(self.database)
            machine = MACHINE_TOML.replace(
                '"sqlite:///state/relay.db"', f'"{url}"\npassword_file = "{password}"'
            )
            daemon = Daemon(
                folder / f"node{number}",
                relay_toml,
                counselors_toml,
                sink=self.sink,
                machine=machine,
                environment={"RELAY_TIMING": timing} if timing else None,
                program=programs[number] if programs else "tests.support.timed" if timing else "relay",
            )
            self.all.append(daemon)
        self.up: list[Daemon] = list(self.all)

    async def __aenter__(self) -> Self:
        await self.sink.start()
        try:
            for number, daemon in enumerate(self.all):
                if number:
                    self.give_key(number)
                await daemon.__aenter__()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for daemon in self.all:
            if hasattr(daemon, "process"):
                await daemon.__aexit__()
        await self.sink.stop()

    def give_key(self, number: int) -> None:
        """The master key of the first is the key of all."""
        folder = self.all[number].folder
        (folder / "state").mkdir(parents=True, mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        shutil.copy(self.all[0].folder / "state" / "master.key", folder / "state" / "master.key")

    def connect(self) -> Submission:
        """A client's connection to one of the doors that are up."""
        return random.choice(self.up).connect()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the database of all, whoever can be reached."""
        with self.server.connect(self.database) as connection:
            return connection.execute(query).fetchall()

    def counts(self, table: str) -> dict[str, int]:
        """How many rows of ``entries`` or ``deliveries`` are in which state."""
        return dict(self.rows(f"SELECT state, count(*) FROM {table} GROUP BY state"))

    def letters_counted(self) -> int:
        return int(self.rows("SELECT coalesce(sum(amount), 0) FROM counts WHERE measure = 'letters'")[0][0])

    def make_due(self) -> None:
        """Let the time of every deferred delivery come."""
        self.rows("UPDATE deliveries SET due_at = 0 WHERE due_at IS NOT NULL RETURNING 1")

    @property
    def strange_output(self) -> list[str]:
        return [line for daemon in self.all for line in daemon.other_output]
