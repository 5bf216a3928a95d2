"""SIGKILL around a step of a clock: the step and its notice are both there or neither, so nobody hears twice or never."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import remains, storage
from tests.support.daemon import ROOT, Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML, Ledger, Load

HALF_A_DAY_MICROS = 12 * 3600 * 10**6 + 60 * 10**6
HALF, THREE_QUARTERS, ENDED, SUPERVISOR = 1, 2, 8, 32
KILLS = 8


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    made = Daemon(tmp_path / "line", RELAY_TOML, ALWAYS)
    async with made:
        yield made
    assert made.other_output == []
    remains.assert_sound(made.folder)


async def ask(daemon: Daemon, *seekers: str) -> None:
    """Each of them writes, and Ana has it."""
    load = Load(daemon, Ledger(), random.Random())
    for seeker in seekers:
        await load.offer(seeker, "help@relay.test", ANA)
    async with asyncio.timeout(20):
        while len(requests(daemon)) < len(seekers):
            await asyncio.sleep(0.02)


def requests(daemon: Daemon) -> list[bytes]:
    return [each.message for each in daemon.sink.captured if each.recipient == ANA and each.return_path]


def reminders(daemon: Daemon) -> list[bytes]:
    return [each.message for each in daemon.sink.captured if each.recipient == ANA and not each.return_path]


def grow_old(folder: Path) -> None:
    """Let half a day pass for every clock, while no daemon runs."""
    for column in ("since", "turn_at", "look_at"):
        storage.run(folder, f"UPDATE clocks SET {column} = {column} - {HALF_A_DAY_MICROS}")


def done(folder: Path) -> set[int]:
    """The rungs that the clocks remember."""
    return {row[0] for row in storage.run(folder, "SELECT done FROM clocks")}


async def quiet(daemon: Daemon) -> None:
    """Nothing more comes; on a server what a killed node was sending is its own until it has been missed."""
    seen = -1
    while seen != len(daemon.sink.captured) or "active" in remains.counts(daemon.folder, "deliveries"):
        seen = len(daemon.sink.captured)
        await asyncio.sleep(0.7)


async def test_killed_between_the_step_and_its_delivery(daemon: Daemon) -> None:
    """The step is remembered, so is its notice: it is sent after the restart, once."""
    await ask(daemon, "sam@mail.test")
    await daemon.stop()
    grow_old(daemon.folder)

    def kill(heard: str, _argument: str) -> str | None:
        if heard != "MAIL":
            return None
        os.kill(daemon.process.pid, signal.SIGKILL)
        return "drop"

    daemon.sink.refuse = kill
    with suppress(ProcessLookupError):  # it may be dead before it has said that it has started
        await daemon.start()
    await daemon.process.wait()
    daemon.sink.refuse = lambda _heard, _argument: None
    assert done(daemon.folder) == {HALF}
    assert reminders(daemon) == []
    await daemon.start()
    await quiet(daemon)
    assert len(reminders(daemon)) == 1
    assert remains.counts(daemon.folder, "deliveries") == {"delivered": 3}


async def test_killed_again_and_again_while_clocks_are_due(daemon: Daemon) -> None:
    """Whenever it dies: in the end every conversation was named once in a reminder; a copy is the same octets."""
    source = random.Random(7)
    await ask(daemon, *(f"seeker{number}@mail.test" for number in range(12)))
    await daemon.stop()
    grow_old(daemon.folder)
    for _ in range(KILLS):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "relay", "run", "--config", str(daemon.folder),
            cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await asyncio.sleep(source.uniform(0.8, 2.2))
        process.kill()
        await process.wait()
    await daemon.start()
    await quiet(daemon)
    assert done(daemon.folder) == {HALF}
    named = Counter(
        name
        for message in set(reminders(daemon))
        for name in re.findall(rb"^- ([\w ]+)\.", message, re.MULTILINE)
    )
    assert sorted(named.values()) == [1] * 12
    await daemon.stop()
    grow_old(daemon.folder)
    await daemon.start()
    await quiet(daemon)
    assert done(daemon.folder) == {HALF | THREE_QUARTERS | ENDED | SUPERVISOR}
