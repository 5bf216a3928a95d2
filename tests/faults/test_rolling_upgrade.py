"""A new version with a migration comes to one node after the other, under load, and nothing is lost on the way.

The old node works while the new one migrates, and afterwards on what was migrated. The new one is killed in the middle
of it once: nothing of the migration is left, and the next start begins it anew.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.test_commit_in_doubt import QUICK
from tests.faults.test_kills_under_load import drained
from tests.support.daemon import Daemon
from tests.support.ledger import ANA, Ledger, Load, letter
from tests.support.nodes import Nodes
from tests.support.postgresql import running

pytestmark = pytest.mark.postgresql

MIGRATES_S = 2.5
NEWER = "the database was written by a newer relay; install that version again"


async def test_f27_an_upgrade_with_a_migration_goes_from_node_to_node(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each message once; the old version does not start again on what is newer, and says so."""
    ledger = Ledger()
    async with Nodes(tmp_path, running(), 2, timing=QUICK) as nodes:
        old, new = nodes.all
        load = Load(nodes, ledger, random.Random())
        load.start([await load.pair("sam@mail.test")], writers=3, pause_s=0.1)
        await stopped(nodes, new)
        becomes_new(new)
        await killed_migrating(nodes, new)
        assert nodes.rows("SELECT 1 FROM pg_class WHERE relname = 'of_the_next'") == []
        began = len(ledger.acknowledged)
        await new.start()
        nodes.up.append(new)
        assert nodes.rows("SELECT version_num FROM alembic_version") == [("next",)]
        assert await takes(old), "the old version works on what is newer"
        meanwhile = len(ledger.acknowledged) - began
        await stopped(nodes, old)
        with pytest.raises(ProcessLookupError, match=NEWER):
            await old.start()
        old.other_output.clear()
        becomes_new(old)
        await old.start()
        nodes.up.append(old)
        assert await takes(old)
        await load.finish()
        await drained(nodes, ledger)
        account = ledger.account(nodes.sink.captured)
        record_property("table", f"Rolling upgrade: {account.acknowledged} acknowledged, {meanwhile} of them while the "
                        f"second version migrated for {MIGRATES_S} s; {account.twice} doubled, {len(account.lost)} lost")  # fmt: skip
        account.assert_whole(copies_at_most=2 * 4)
        for daemon in nodes.all:
            assert await daemon.stop() == 0
        assert set(nodes.counts("deliveries")) == {"delivered"}
        assert set(nodes.counts("entries")) <= {"kept", "routed"}
        assert nodes.strange_output == []


def becomes_new(node: Daemon) -> None:
    node._program = "tests.support.newer"
    node.set_environment(RELAY_MIGRATES_S=str(MIGRATES_S))


async def stopped(nodes: Nodes, node: Daemon) -> None:
    nodes.up.remove(node)
    assert await node.stop() == 0


async def killed_migrating(nodes: Nodes, node: Daemon) -> None:
    starting = asyncio.create_task(node.start())
    async with asyncio.timeout(40):
        while not nodes.rows(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'"
        ):
            assert not starting.done(), starting.exception() or "it has migrated, unseen"
            await asyncio.sleep(0.02)
    await node.kill()
    with pytest.raises(ProcessLookupError):
        await starting
    node.other_output.clear()


async def takes(node: Daemon) -> bool:
    """Offer a message at this door until it is taken or refused for good."""
    number = random.randrange(1 << 40)
    message = letter(f"jo.{number}@mail.test", ANA, f"hello{number}")
    async with asyncio.timeout(20):
        while True:
            async with node.connect() as door:
                reply = await door.submit(f"jo.{number}@mail.test", ["help@relay.test"], message)
            if not reply.startswith("4"):
                return reply.startswith("250")
            await asyncio.sleep(0.1)
