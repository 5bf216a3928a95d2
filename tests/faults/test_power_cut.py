"""The power is cut while mail comes in: what had been acknowledged is on the disk.

Row F03 of the fault list, without a virtual machine: the daemon's own writes and syncs are written down in their order,
and disks are made that a cut at any point could have left (``tests.support.disk.power_cut``). Some of them a daemon
starts on, and delivers all of it; on all of them SQLite must find itself whole, with every acknowledged entry.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support import remains
from tests.support.daemon import Daemon
from tests.support.disk import Disk, Record, power_cut
from tests.support.ledger import ALWAYS, RELAY_TOML, Ledger, Load
from tests.support.storage import only_sqlite

pytestmark = only_sqlite

MESSAGES = int(os.environ.get("RELAY_POWER_CUT_MESSAGES", "60"))
CUTS = int(os.environ.get("RELAY_POWER_CUTS", "120"))
STARTS = max(3, CUTS // 40)
"""On how many of the disks a daemon is started; on all of them SQLite is."""


@dataclass
class History:
    """What was written, and how long the log was when each token had its 250."""

    records: list[Record]
    acknowledged: list[tuple[int, str]]
    ledger: Ledger

    def tokens_before(self, cut: int) -> set[str]:
        return {token for end, token in self.acknowledged if end <= self.records[cut].end}


async def busy(folder: Path) -> History:
    """A daemon that takes requests while its next hop is down, so that nothing leaves before the cut."""
    disk = Disk(folder, is_logged=True)
    ledger = Ledger()
    acknowledged: list[tuple[int, str]] = []
    async with Daemon(folder, RELAY_TOML, ALWAYS, environment=disk.environment) as daemon:
        daemon.sink.is_down = True
        load = Load(daemon, ledger, random.Random())

        async def write(number: int) -> None:
            for nth in range(number, MESSAGES, 4):
                token = await load.offer(f"seeker{nth}@mail.test", "help@relay.test", "ana.ruiz@home.test")
                acknowledged.append((disk.log.stat().st_size, token))

        await asyncio.gather(*(write(number) for number in range(4)))
        await daemon.kill()
    return History(list(disk.records()), sorted(acknowledged), ledger)


def lay_out(history: History, cut: int, source: random.Random, old: Path, new: Path) -> None:
    """The folder as the cut left it; what is not in the log (configuration, master key) was there long before."""
    shutil.rmtree(new, ignore_errors=True)
    (new / "state").mkdir(parents=True, mode=0o700)
    new.chmod(0o700)
    shutil.copy(old / "state" / "master.key", new / "state" / "master.key")
    for path, content in power_cut(history.records[: cut + 1], source).items():
        if path.name.endswith("-shm") or path.name == "master.key":
            continue  # rebuilt by who opens it; written once, before the first mail
        place = new / path.relative_to(old)
        place.write_bytes(content)
        place.chmod(0o600)


def entries(folder: Path) -> int:
    """How many there are, after SQLite has recovered what it has and found it whole."""
    remains.assert_sound(folder)
    return sum(remains.counts(folder, "entries").values())


async def test_f03_what_was_acknowledged_survives_a_power_cut_at_any_point(tmp_path: Path) -> None:
    """Every cut behind the first acknowledgement: all that were acknowledged by then are there, and are delivered."""
    source = random.Random()
    old, new = tmp_path / "line", tmp_path / "after"
    history = await busy(old)
    first = next(n for n, each in enumerate(history.records) if each.end >= history.acknowledged[0][0])
    cuts = sorted(source.randrange(first, len(history.records)) for _ in range(CUTS))
    for cut in cuts:
        lay_out(history, cut, source, old, new)
        assert entries(new) >= len(history.tokens_before(cut)), f"lost by a cut after record {cut}"
    for cut in source.sample(cuts, STARTS):
        lay_out(history, cut, source, old, new)
        remains.make_due(new)
        kept = Ledger(history.ledger.reader_of, history.tokens_before(cut))
        async with Daemon(new, RELAY_TOML, ALWAYS) as daemon:
            async with asyncio.timeout(60):
                while kept.outstanding(daemon.sink.captured):
                    await asyncio.sleep(0.05)
            kept.account(daemon.sink.captured).assert_whole(copies_at_most=0)
            assert await daemon.stop() == 0
            assert daemon.other_output == []
        remains.assert_sound(new)
