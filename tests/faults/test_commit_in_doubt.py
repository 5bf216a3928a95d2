"""The connection to PostgreSQL is lost at a COMMIT: row F10 of the fault list.

A proxy knows the COMMIT when it sees it. Either the server never hears it, and nothing was written, or the server
commits and the answer is lost: who asked cannot tell the two apart. ``RELAY_FAULTS=full`` loses two hundred.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.test_kills_under_load import drained
from tests.support.ledger import Ledger, Load
from tests.support.nodes import Nodes
from tests.support.pgproxy import Loss, Proxy
from tests.support.postgresql import Server, server

pytestmark = pytest.mark.postgresql

LOSSES = 200 if os.environ.get("RELAY_FAULTS") == "full" else 6
QUICK = "forsaken_after_s:2,look_again_s:1,dead_after_s:4"
"""What waits half a minute waits two seconds; leases are as long as ever, so that nothing is saved by their end."""

STEPS = {
    "accepting": "INSERT INTO entries",
    "settling": "INSERT INTO deliveries",
    "recording": "UPDATE deliveries SET state",
}
"""By what a transaction is known."""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with server(port=0) as made:
        yield made


@pytest.mark.parametrize("step", STEPS)
async def test_f10_a_commit_of_which_nobody_knows_what_came_of_it(
    tmp_path: Path, postgresql: Server, step: str, record_property: Callable[[str, object], None]
) -> None:
    """Each message comes out once: the client offers it again, and a repetition is known by its first copy."""
    ledger, source = Ledger(), random.Random()
    kinds = [Loss.COMMAND, Loss.ANSWER]
    async with (
        Proxy(postgresql.port or 0) as proxy,
        Nodes(
            tmp_path,
            postgresql,
            1,
            timing=QUICK,
            where=lambda name, _: postgresql.url_over_tcp(name, proxy.port),
        ) as nodes,
    ):
        load = Load(nodes, ledger, source)
        pairs = [await load.pair("sam@mail.test")]

        def lose(transaction: list[str]) -> Loss | None:
            is_it = any(statement.startswith(STEPS[step]) for statement in transaction)
            is_time = is_it and sum(proxy.lost.values()) < LOSSES and source.random() < 0.5
            return kinds[sum(proxy.lost.values()) % 2] if is_time else None

        proxy.lose = lose
        load.start(pairs, writers=3, pause_s=0.05)
        async with asyncio.timeout(60 + LOSSES):
            while sum(proxy.lost.values()) < LOSSES:
                await asyncio.sleep(0.05)
        await load.finish()
        await drained(nodes, ledger)
        account = ledger.account(nodes.sink.captured)
        record_property("table", f"Commits in doubt while {step}: {proxy.lost[Loss.COMMAND]} that the server never "
                        f"heard, {proxy.lost[Loss.ANSWER]} whose answer was lost; {account.acknowledged} acknowledged, "
                        f"{account.twice} doubled, {len(account.lost)} lost")  # fmt: skip
        account.assert_whole(copies_at_most=0)
        assert nodes.letters_counted() == account.acknowledged, "each once, with the letter"
        assert await nodes.all[0].stop() == 0
        assert set(nodes.counts("entries")) <= {"kept", "routed"}
        assert set(nodes.counts("deliveries")) == {"delivered"}
        assert nodes.strange_output == []
