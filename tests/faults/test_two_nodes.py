"""Two nodes on one PostgreSQL: killed, cut off from it, stopped and resumed under load: row F27 of the fault list.

Each message is delivered once. Twice only where a node was lost, or its lease ended, while the next hop was taking the
message from it, and then as the same octets. ``RELAY_FAULTS=full``: 10,000 messages, a stop of 90 s, real leases;
``RELAY_KILLS`` says how many kills. The short profile shortens leases, so that a stop
outlives them, and not so far that a delivery on a crowded machine does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from relay.flow.deliver import CONCURRENT
from tests.support.daemon import Daemon
from tests.support.ledger import Ledger, Load
from tests.support.nodes import Nodes
from tests.support.pgproxy import Proxy
from tests.support.postgresql import server

pytestmark = pytest.mark.postgresql

IS_FULL = os.environ.get("RELAY_FAULTS") == "full"
MESSAGES = 10_000 if IS_FULL else 100
KILLS = int(os.environ.get("RELAY_KILLS", "20")) if IS_FULL else 1
STOPPED_S = 90.0 if IS_FULL else 11.0
CUT_OFF_S = 30.0 if IS_FULL else 4.5
"""Longer than a node must be missed before it is taken for dead."""
TIMING = (
    "" if IS_FULL else "dead_after_s:3,entry_lease_s:8,delivery_lease_s:9,forsaken_after_s:4,look_again_s:1"
)
PAUSE_S, BUSY_PAUSE_S = 0.02, 0.5
"""How long the next hop takes for a message; and when something happens, so that there are some under way just then."""
STUCK_S = 780.0 if IS_FULL else 40.0
"""Nothing goes on for so long only where something is stuck: a lease of a delivery that a node was sending when it hung,
and a look."""


async def test_f27_two_nodes_are_killed_cut_off_and_stopped_under_load(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is lost, whatever happens to whichever node; clients go to the other door."""
    source, ledger = random.Random(), Ledger()
    began = time.monotonic()
    with server(port=0) as postgresql:
        async with (
            Proxy(postgresql.port or 0) as proxy,
            Nodes(
                tmp_path,
                postgresql,
                2,
                timing=TIMING,
                where=lambda name, number: (
                    postgresql.url_over_tcp(name, proxy.port) if number else postgresql.url(name)
                ),
            ) as nodes,
        ):
            nodes.sink.pause_s = PAUSE_S
            load = Load(nodes, ledger, source)
            pairs = [await load.pair(f"seeker.{number}@mail.test") for number in "abcd"]
            load.start(pairs, writers=8, pause_s=0.05 if IS_FULL else 0.15)
            faults: list[Callable[[], Awaitable[None]]] = [
                *[lambda: killed(nodes, source.choice(nodes.all))] * KILLS,
                lambda: cut_off(proxy),
                lambda: stopped(nodes, source.choice(nodes.all)),
            ]
            source.shuffle(faults)
            for number, fault in enumerate(faults):
                await taken(ledger, (number + 1) * MESSAGES // (len(faults) + 1))
                nodes.sink.pause_s = BUSY_PAUSE_S
                await asyncio.sleep(BUSY_PAUSE_S)
                await fault()
                nodes.sink.pause_s = PAUSE_S
            await taken(ledger, MESSAGES)
            await load.finish()
            took_s = time.monotonic() - began
            await drained(nodes, ledger)
            account = ledger.account(nodes.sink.captured)
            record_property("table", f"Two nodes: {account.acknowledged} acknowledged in {took_s:.0f} s, {KILLS} kills, "
                            f"one cut off for {CUT_OFF_S:g} s in two ways, one stopped for {STOPPED_S:g} s; delivered once "
                            f"{account.once}, more than once {account.twice}, lost {len(account.lost)}, drained "
                            f"{time.monotonic() - began - took_s:.0f} s later")  # fmt: skip
            account.assert_whole(copies_at_most=(KILLS + 3) * CONCURRENT)
            assert nodes.letters_counted() == account.acknowledged, "each once, with the letter"
            for daemon in nodes.all:
                assert await daemon.stop() == 0
            assert set(nodes.counts("entries")) <= {"kept", "routed"}
            assert set(nodes.counts("deliveries")) == {"delivered"}
            assert nodes.rows("SELECT node FROM nodes") == [], (
                "who ends says so, and who was killed was missed"
            )
            assert nodes.strange_output == []


async def killed(nodes: Nodes, node: Daemon) -> None:
    """A power cut; the machine is back soon."""
    nodes.up.remove(node)
    await node.kill()
    await node.start()
    nodes.up.append(node)


async def cut_off(proxy: Proxy) -> None:
    """A node runs, and its database is out of reach: first it hears so, and later, when it has come back, nothing."""
    proxy.is_down = True
    await asyncio.sleep(CUT_OFF_S)
    proxy.is_down = False
    await asyncio.sleep(CUT_OFF_S / 3)
    proxy.is_silent = True
    await asyncio.sleep(CUT_OFF_S)
    proxy.is_silent = False


async def stopped(nodes: Nodes, node: Daemon) -> None:
    """Everything of a node stands still, with whatever it was doing half done, and goes on as if nothing had been."""
    processes = [psutil.Process(node.process.pid)]
    processes += processes[0].children(recursive=True)
    for each in processes:
        each.send_signal(signal.SIGSTOP)
    nodes.up.remove(node)
    try:
        await asyncio.sleep(STOPPED_S)
    finally:
        for each in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGCONT)
    nodes.up.append(node)


async def taken(ledger: Ledger, count: int) -> None:
    """Wait until so many messages were answered with 250."""
    async with asyncio.timeout(1800 if IS_FULL else 40):
        while len(ledger.acknowledged) < count:
            await asyncio.sleep(0.02)


async def drained(nodes: Nodes, ledger: Ledger) -> None:
    """Wait until everything acknowledged is out, and what the nodes sent is noted; the account says what is not."""
    deadline, seen = time.monotonic() + STUCK_S, -1
    while time.monotonic() < deadline:
        if not ledger.outstanding(nodes.sink.captured) and set(nodes.counts("deliveries")) == {"delivered"}:
            return
        if len(nodes.sink.captured) != seen:  # a backlog of an hour's load takes its time
            deadline, seen = time.monotonic() + STUCK_S, len(nodes.sink.captured)
        await asyncio.sleep(0.5)
