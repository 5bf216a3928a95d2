"""SIGKILL at random times under load: what was answered with 250 comes out, whatever happens to the process.

``RELAY_KILLS=200`` makes it longer. The table stands at the end of the run.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.support import remains
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, RELAY_TOML, TOKEN_BEGINS, Account, Ledger, Load, Service

KILLS = int(os.environ.get("RELAY_KILLS", "50"))
ALIVE_S = (0.05, 1.5)
"""How long the daemon lives after ``relay.started``: from before its workers are ready to a full queue."""
NEXT_HOP_CONNECTIONS = 4
"""The default of ``next_hop.connections``: so many deliveries can be between final dot and answer at once."""
WRITERS = 4
PAUSE_S = 0.12
"""Together about 20 messages a second."""
STUCK_S = 60.0
"""When so long nothing more comes out, nothing will: a worker may take 10 s, and some to start."""
LOOK_AT_STATE_EVERY = 10
CANARIES = (TOKEN_BEGINS, "mail.test", "home.test", "ana.ruiz")


async def test_fifty_kills_under_load_lose_nothing_and_double_only_what_was_in_flight(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Every 250 is delivered once, or more than once only as the same octets under the same Message-ID."""
    seed = random.randrange(1 << 32)
    source = random.Random(seed)
    ledger = Ledger()
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS) as daemon:
        load = Load(daemon, ledger, source)
        pairs = [await load.pair(f"seeker.{number}@mail.test") for number in "abcd"]
        load.start(pairs, writers=WRITERS, pause_s=PAUSE_S)
        processes: list[psutil.Process] = []
        for number in range(KILLS):
            await asyncio.sleep(source.uniform(*ALIVE_S))
            processes += remains.processes_of(daemon)
            load.hold()
            await daemon.kill()
            if number % LOOK_AT_STATE_EVERY == 0:
                remains.assert_sealed(daemon.folder, CANARIES)
                remains.assert_private(daemon.folder)
            await daemon.start()
            load.go_on()
        await load.finish()
        await remains.assert_ended(processes)
        await drained(daemon, ledger)
        assert await daemon.stop() == 0
        account = ledger.account(daemon.sink.captured)
        record_property("table", table(seed, load, account))
        account.assert_whole(copies_at_most=KILLS * NEXT_HOP_CONNECTIONS)
        assert remains.letters_counted(daemon.folder) == account.acknowledged, "each once, with the letter"
        assert account.acknowledged > KILLS, "there was no load to speak of"
        assert set(remains.counts(daemon.folder, "entries")) <= {"kept", "routed"}
        assert set(remains.counts(daemon.folder, "deliveries")) == {"delivered"}
        remains.assert_sound(daemon.folder)
        remains.assert_private(daemon.folder)
        assert daemon.other_output == []


async def drained(daemon: Service, ledger: Ledger, stuck_s: float = STUCK_S) -> None:
    """Wait until everything acknowledged is out, or nothing more comes for so long; the account says what is not."""
    last, since = -1, 0.0
    loop = asyncio.get_running_loop()
    while left := ledger.outstanding(daemon.sink.captured):
        if left != last:
            last, since = left, loop.time()
        if loop.time() - since > stuck_s:
            return
        await asyncio.sleep(0.2)


def table(seed: int, load: Load, account: Account) -> str:
    """What happened, for whoever repeats it."""
    rows = {
        "seed": seed,
        "kills": KILLS,
        "acknowledged": account.acknowledged,
        "connections broken before 250": load.in_doubt,
        "delivered once": account.once,
        "delivered more than once": account.twice,
        "copies too many": account.copies_too_many,
        "lost": len(account.lost),
        "astray": len(account.astray),
        "copies unlike": len(account.unlike),
    }
    return "Kills under load\n" + "\n".join(f"{name:32}{value:>12}" for name, value in rows.items())
