"""The daemon ends itself at each named point of a message's way: row F02 of the fault list.

One message is on its way, and no other, so that a second copy of it has one reason. Once at each point in `make test`,
twenty times with ``RELAY_FAULTS=full``.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.support import remains
from tests.support.abort_points import MAY_DOUBLE, POINTS
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML, Ledger, Load

TIMES = 20 if os.environ.get("RELAY_FAULTS") == "full" else 1


@pytest.mark.parametrize("point", POINTS)
async def test_f02_the_daemon_ends_at_a_point_of_a_messages_way(tmp_path: Path, point: str) -> None:
    """Nothing acknowledged is lost; only what the next hop had, and we had not noted, comes twice, the same octets."""
    ledger = Ledger()
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS, program="tests.support.abort_points") as daemon:
        load = Load(daemon, ledger, random.Random())
        pair = await load.pair("sam@mail.test")
        for _ in range(TIMES):
            assert await daemon.stop() == 0
            daemon.set_environment(RELAY_FAULT=f"{point}:1")
            await daemon.start()
            offering = asyncio.create_task(load.offer(ANA, pair.counselor_writes_to, pair.seeker))
            async with asyncio.timeout(60):
                assert await daemon.process.wait() == -9
            load.hold()
            daemon.set_environment()
            await daemon.start()
            load.go_on()
            await offering
            async with asyncio.timeout(60):
                while ledger.outstanding(daemon.sink.captured) or not all_noted(daemon):
                    await asyncio.sleep(0.05)
        assert await daemon.stop() == 0
        account = ledger.account(daemon.sink.captured)
        account.assert_whole(copies_at_most=TIMES if point in MAY_DOUBLE else 0)
        assert account.copies_too_many == (TIMES if point in MAY_DOUBLE else 0)
        assert daemon.other_output == []
        remains.assert_sound(daemon.folder)


def all_noted(daemon: Daemon) -> bool:
    return set(remains.counts(daemon.folder, "deliveries")) == {"delivered"}
