"""Mail for a long time, with kills, a next hop that comes and goes, and syncs that are slow: row F30 of the fault list.

``RELAY_SOAK_S`` says how long: seconds in `make test`, an hour in `make test-faults`, days where somebody has them.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.support import remains
from tests.support.daemon import Daemon
from tests.support.disk import Disk
from tests.support.ledger import ALWAYS, RELAY_TOML, Ledger, Load

SOAK_S = float(os.environ.get("RELAY_SOAK_S", "15"))
LONG_S = 1800.0
"""From here on the growth of memory says something."""

FAULT_S = (4.0, 12.0)
DRAIN_S = 600.0
MAX_GROWTH = 1024 * 1024
"""Octets of resident memory in an hour, once the caches of the database are full: the first ten minutes are left out,
and before a long soak letters come as fast as they can."""

SETTLED_S, FILLING_S = 600.0, 240.0
MORE_DESCRIPTORS = 12
"""Connections that come and go."""


async def test_f30_a_long_time_with_faults(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is lost, nothing piles up: descriptors, memory, the queue."""
    source = random.Random()
    ledger = Ledger()
    disk = Disk(tmp_path / "line")
    samples: list[tuple[float, int, int]] = []
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS, environment=disk.environment) as daemon:
        load = Load(daemon, ledger, source)
        pairs = [await load.pair(f"seeker{number}@mail.test") for number in range(4)]
        if SOAK_S >= LONG_S:
            fast = Load(daemon, ledger, source)
            fast.start(pairs, writers=12, pause_s=0.0)
            await asyncio.sleep(FILLING_S)
            await fast.finish()
        load.start(pairs, writers=4, pause_s=0.8)
        began = time.monotonic()
        kills = 0
        while (now := time.monotonic() - began) < SOAK_S:
            process = psutil.Process(daemon.process.pid)
            samples.append((now, process.memory_info().rss, process.num_fds()))
            fault = source.choice(
                ["none", "down", "slow", "kill"] if SOAK_S < LONG_S else ["none", "down", "slow"]
            )
            daemon.sink.is_down = fault == "down"
            disk.slow_syncs(0.05 if fault == "slow" else 0)
            if fault == "kill":
                kills += 1
                load.hold()
                await daemon.kill()
                await daemon.start()
                load.go_on()
            await asyncio.sleep(min(source.uniform(*FAULT_S), SOAK_S / 3))
        daemon.sink.is_down = False
        disk.slow_syncs(0)
        await load.finish()
        assert await daemon.stop() == 0
        remains.make_due(daemon.folder)
        await daemon.start()
        async with asyncio.timeout(DRAIN_S):
            while ledger.outstanding(daemon.sink.captured):
                await asyncio.sleep(0.2)
        assert await daemon.stop() == 0
        account = ledger.account(daemon.sink.captured)
        account.assert_whole(copies_at_most=4 * kills)
        assert daemon.other_output == []
        remains.assert_sound(daemon.folder)
    fds = [fd for _, _, fd in samples]
    record_property("table", f"Soak: {SOAK_S:.0f} s, {account.acknowledged} acknowledged, {kills} kills, "
                    f"{growth(samples) / 1024:.0f} KiB an hour, {min(fds)} to {max(fds)} descriptors")  # fmt: skip
    assert max(fds) - min(fds) <= MORE_DESCRIPTORS
    if SOAK_S >= LONG_S:
        assert growth(samples) < MAX_GROWTH


def growth(samples: list[tuple[float, int, int]]) -> float:
    """Octets of memory in an hour: the slope of the line through all that is measured once things have settled."""
    settled = [(at, rss) for at, rss, _ in samples if at > min(SETTLED_S, SOAK_S / 3)]
    if len(settled) < 2:
        return 0.0
    mean_at = sum(at for at, _ in settled) / len(settled)
    mean_rss = sum(rss for _, rss in settled) / len(settled)
    over = sum((at - mean_at) ** 2 for at, _ in settled)
    return 3600 * sum((at - mean_at) * (rss - mean_rss) for at, rss in settled) / over if over else 0.0
