"""SIGKILL at random times while the master key is changed under load: every row opens afterwards, and nothing is lost.

The suite kills four times; ``make test-rotation`` fifty times (``RELAY_ROTATION_KILLS``), on both databases. The table
stands at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, insert

from relay.edge.store.datakeys import Owner, mint, unwrap
from relay.edge.store.engines import make_engine, mute_libraries, parse_url
from relay.edge.store.key_versions import Masters, keyring
from relay.edge.store.keys import Keyring, create_master_key, load_master_key
from relay.edge.store.tables import data_keys, seen
from tests.faults.test_kills_under_load import drained
from tests.support import remains, storage
from tests.support.daemon import MACHINE_TOML, Daemon
from tests.support.ledger import ALWAYS, RELAY_TOML, Ledger, Load

KILLS = int(os.environ.get("RELAY_ROTATION_KILLS", "4"))
DIES_STARTING_S = (0.5, 4.0)
"""Every other process is killed so long after it was begun: before it opens its database, and in the first part."""
DIES_STARTED_S = (0.0, 1.2)
"""And the others so long after they accept mail: in the second part."""
FILLERS = 8_000
"""Data keys and remembered messages beside those of the load, so that a change takes seconds."""
COPIES_AT_ONCE = 4


async def test_keys_change_under_load_and_kills(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each process is killed somewhere in the change; when one change is done, the next begins."""
    seed = random.randrange(1 << 32)
    source = random.Random(seed)
    folder, ledger, rotation = tmp_path / "line", Ledger(), Rotations(tmp_path / "line")
    async with Daemon(folder, RELAY_TOML, ALWAYS) as daemon:
        load = Load(daemon, ledger, source)
        pairs = [await load.pair(f"seeker.{number}@mail.test") for number in "ab"]
        load.start(pairs, writers=3, pause_s=0.2)
        await asyncio.sleep(1)
        load.hold()
        await daemon.kill()
        ids = rotation.fill()
        for number in range(KILLS):
            rotation.go_on(daemon)
            if number % 2:
                await daemon.start()
                load.go_on()
                await asyncio.sleep(source.uniform(*DIES_STARTED_S))
                load.hold()
                await daemon.kill()
            else:
                await killed_starting(daemon, source.uniform(*DIES_STARTING_S))
        rotation.go_on(daemon)
        await daemon.start()
        load.go_on()
        async with asyncio.timeout(60):
            while rotation.is_under_way():
                await asyncio.sleep(0.1)
        await load.finish()
        await drained(daemon, ledger)
        assert await daemon.stop() == 0
        account = ledger.account(daemon.sink.captured)
        record_property(
            "table",
            f"Changes of the master key under kills ({storage.KIND})\nseed {seed}, kills {KILLS}, changes {rotation.begun}, "
            f"killed in the first part {rotation.kept}, in the second {rotation.half}, acknowledged "
            f"{account.acknowledged}, lost {len(account.lost)}, data keys {len(ids)}",
        )
        account.assert_whole(copies_at_most=(KILLS + 1) * COPIES_AT_ONCE)
        assert rotation.unreadable(ids) == 0
        remains.assert_sound(folder)
        remains.assert_private(folder)
        assert not [line for line in daemon.log if line.event == "store.failed"]
        assert daemon.other_output == []


async def killed_starting(daemon: Daemon, after_s: float) -> None:
    """Start and kill, whether it was ready by then or not."""
    starting = asyncio.create_task(daemon.start())
    await asyncio.sleep(after_s)
    await daemon.kill()
    with contextlib.suppress(ProcessLookupError):
        await starting


class Rotations:
    """The keys of a line, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begun = 0
        self.kept = 0
        self.half = 0

    def key(self, number: int) -> Path:
        return self.folder / "state" / ("master.key" if number == 0 else f"{number}.key")

    def go_on(self, daemon: Daemon) -> None:
        """Give both keys; where the last change is done, a new one."""
        if self.begun and self.is_under_way():
            self.half += self.belongs_to(self.begun)
            self.kept += not self.belongs_to(self.begun)
        else:
            self.begun += 1
            create_master_key(self.key(self.begun))
        machine = MACHINE_TOML.replace("{port}", str(daemon.sink.port)).replace(
            'master_key_file = "state/master.key"',
            f'master_key_file = "{self.key(self.begun)}"\nformer_master_key_file = "{self.key(self.begun - 1)}"',
        )
        (self.folder / "relay.toml").write_text(storage.fit(RELAY_TOML + machine, self.folder))

    def is_under_way(self) -> bool:
        """Not begun yet, or some rows still need the key before."""
        return not self.belongs_to(self.begun) or "key_former" in self.meta()

    def belongs_to(self, number: int) -> bool:
        return self.meta()["key_check"] == Keyring(load_master_key(self.key(number))).check_value

    def meta(self) -> dict[str, bytes]:
        return {
            name: bytes(value) for name, value in storage.run(self.folder, "SELECT name, value FROM meta")
        }

    def fill(self) -> list[bytes]:
        """Rows that are only there to be keyed anew; the ids of their data keys."""
        ring = Keyring(load_master_key(self.key(0)))
        ids = [os.urandom(16) for _ in range(FILLERS)]
        rows = [mint(ring, Owner.NOTICE, each)[1] for each in ids]
        engine = self.engine(writes=True)
        with engine.begin() as connection:
            connection.execute(insert(data_keys), rows)
            connection.execute(insert(seen), [{"dedupe": each, "until": 1 << 60} for each in ids])
        engine.dispose()
        return ids

    def engine(self, *, writes: bool) -> Engine:
        mute_libraries()
        return make_engine(
            parse_url(storage.url(self.folder, str(remains.database(self.folder)))), writes=writes
        )

    def unreadable(self, ids: list[bytes]) -> int:
        """How many of these data keys are gone or do not open; all others in the table have to open, too."""
        engine = self.engine(writes=False)
        with engine.connect() as connection:
            ring = keyring(connection, Masters(load_master_key(self.key(self.begun))), "test")
            rows = connection.exec_driver_sql("SELECT owner, owner_id, wrapped FROM data_keys").all()
            for owner, owner_id, wrapped in rows:
                unwrap(ring, Owner(owner), bytes(owner_id), bytes(wrapped))
            assert connection.exec_driver_sql("SELECT count(*) FROM seen").scalar() >= len(ids)
        engine.dispose()
        return len(set(ids) - {bytes(owner_id) for _, owner_id, _ in rows})
