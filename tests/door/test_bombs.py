"""Messages made to cost (D01 to D04), through the real daemon: taken, brought to an end, in time and memory."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.door.bombs import BOMBS, CHARSETS, WORDS, all_bombs, in_charset
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML
from tests.support.processes import cpu_s, resident_bytes

CPU_S = 2.0
GROWTH_BYTES = 200 << 20
ENDS = ("message.routed", "message.held", "message.absorbed")


async def highest(pid: int, until: asyncio.Event) -> int:
    """The most memory that the daemon and its workers had, looked at fifty times a second."""
    most = 0
    while not until.is_set():
        most = max(most, resident_bytes(pid))
        await asyncio.sleep(0.02)
    return most


async def test_no_message_costs_more_than_its_limit_and_none_is_lost(tmp_path: Path) -> None:
    """250, then an end that somebody sees; two seconds of processor time and 200 MB at the most."""
    costs: dict[str, tuple[float, float, float]] = {}
    async with Daemon(tmp_path / "relay", RELAY_TOML, ALWAYS) as daemon:
        async with daemon.connect() as door:
            await door.submit("warm@mail.test", ["help@relay.test"], HELLO)
        await daemon.said(*ENDS)
        idle = resident_bytes(daemon.process.pid)
        for name, message in all_bombs():
            said = len(daemon.log)
            used, began = cpu_s(daemon.process.pid), time.monotonic()
            done = asyncio.Event()
            watching = asyncio.create_task(highest(daemon.process.pid, done))
            async with daemon.connect() as door:
                reply = await door.submit("sam.lee@mail.test", ["help@relay.test"], message)
            assert reply == "250 2.0.0 Message accepted", name
            await daemon.said(*ENDS, after=said)
            done.set()
            grown = await watching - idle
            costs[name] = (cpu_s(daemon.process.pid) - used, grown / 2**20, time.monotonic() - began)
        print_table(costs)
        assert not [line for line in daemon.log if line.event == "worker.killed"]
    assert len(costs) == len(BOMBS)
    assert {name: cost for name, (cost, _, _) in costs.items() if cost > CPU_S} == {}
    assert {name: grown for name, (_, grown, _) in costs.items() if grown > GROWTH_BYTES / 2**20} == {}


async def test_no_label_of_a_charset_loses_the_words(tmp_path: Path) -> None:
    """D04: what can be read is relayed, whatever the label says; no codec off the list runs."""
    async with Daemon(tmp_path / "relay", RELAY_TOML, ALWAYS) as daemon:
        for number, (name, (label, body)) in enumerate(CHARSETS.items()):
            said = len(daemon.log)
            author = f"seeker{number}@mail.test"
            async with daemon.connect() as door:
                await door.submit(author, ["help@relay.test"], in_charset(label, body))
            ended = await daemon.said(*ENDS, after=said)
            assert ended.event == "message.routed", name
        await daemon.said("delivery.accepted", where=lambda line: line["kind"] == "relayed")
        async with asyncio.timeout(10):
            while len(relayed := [one for one in daemon.sink.captured if one.recipient == ANA]) < len(
                CHARSETS
            ):
                await asyncio.sleep(0.02)
    unread = [one.message for one in relayed if WORDS.encode() not in one.message]
    assert unread == []


HELLO = (
    b"From: warm@mail.test\r\nTo: help@relay.test\r\nSubject: hello\r\n\r\n"
    b"Hello, I would like to talk with somebody tonight.\r\n"
)
"""Long enough that the worker looks at its language: the model for that is loaded once, and no letter's cost."""


def print_table(costs: dict[str, tuple[float, float, float]]) -> None:
    """The figures, for whoever runs this with ``-s``."""
    for name, (cpu, grown, took) in costs.items():
        print(f"  {name:44} {cpu:5.2f} s of processor  {grown:+7.1f} MB  {took:5.2f} s")
