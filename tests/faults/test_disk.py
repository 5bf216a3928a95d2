"""A disk that is full, fails, is read-only or busy: nothing is acknowledged that is not kept, and it goes on by itself.

Rows F04 to F08 and F11 of the fault list. The shim and the tmpfs fail the daemon's own calls; no part of it knows.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.support import remains
from tests.support.daemon import ROOT, Daemon
from tests.support.disk import Disk
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML, Ledger, fresh_token, letter
from tests.support.storage import only_sqlite

pytestmark = only_sqlite

RECOVERY_S = 60.0
VOLUME_OCTETS = 64 * 1024 * 1024
SMALL = "\n[limits]\nfree_disk_mb = 1\n"
LETTERS = "max_message_bytes = 1_000_000\n"
"""On a volume as small as ours, what a helpline keeps free by default would never be there."""


class Line:
    """A daemon on a disk that can fail, and what it has promised."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder)
        self.daemon = Daemon(
            folder, RELAY_TOML + SMALL, ALWAYS, smtp=LETTERS, environment=self.disk.environment
        )
        self.ledger = Ledger()
        self._source = random.Random()

    async def offer(self, token: str = "") -> tuple[str, str]:
        """Offer one request, once; its token and the reply, or nothing where the daemon went away."""
        token = token or fresh_token(self._source)
        self.ledger.reader_of[token] = ANA
        try:
            async with self.daemon.connect() as door:
                reply = await door.submit(
                    "sam@mail.test", ["help@relay.test"], letter("sam@mail.test", "help@relay.test", token)
                )
        except (OSError, EOFError):
            reply = ""
        if reply.startswith("250"):
            self.ledger.acknowledged.add(token)
        return token, reply

    async def until_taken(self, token: str) -> None:
        """Offer it again, as its sender's program does, until it is taken."""
        async with asyncio.timeout(RECOVERY_S):
            while not (await self.offer(token))[1].startswith("250"):
                await asyncio.sleep(0.2)

    async def assert_exactly_once(self) -> None:
        """Everything is out, and that is written: what the next hop has taken unwritten may well come twice."""
        async with asyncio.timeout(RECOVERY_S):
            while self.ledger.outstanding(self.daemon.sink.captured):
                await asyncio.sleep(0.05)
            while set(remains.counts(self.daemon.folder, "deliveries")) != {"delivered"}:
                await asyncio.sleep(0.05)
        self.ledger.account(self.daemon.sink.captured).assert_whole(copies_at_most=0)

    async def end(self) -> None:
        assert await self.daemon.stop() == 0
        assert self.daemon.other_output == []
        remains.assert_sound(self.daemon.folder)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    made = Line(tmp_path / "line")
    async with made.daemon:
        yield made
        await made.end()


@contextmanager
def volume(folder: Path) -> Iterator[Path]:
    """A file system of its own in memory, that can be full or read-only without anybody else noticing."""
    folder.mkdir(mode=0o700)
    mount("-t", "tmpfs", "-o", f"size={VOLUME_OCTETS},mode=0700", "relay-test", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, f"a file system cannot be mounted here; root may: {done.stderr.decode()}"


async def test_f04_a_full_volume_refuses_for_now_and_takes_mail_again_when_there_is_room(
    tmp_path: Path,
) -> None:
    """452 and no 250, for new mail; what was taken before is delivered; room again, and it goes on by itself."""
    folder = tmp_path / "line"
    folder.mkdir(mode=0o700)
    async with AsyncExitStack() as stack:
        state = stack.enter_context(volume(folder / "state"))
        line = Line(folder)
        await stack.enter_async_context(line.daemon)
        await line.until_taken((await line.offer())[0])
        filler = state / "filler"
        fill(filler)
        token, reply = await line.offer()
        assert reply.startswith("452 4.3.1"), reply
        filler.unlink()
        began = time.monotonic()
        await line.until_taken(token)
        assert time.monotonic() - began < RECOVERY_S
        await line.assert_exactly_once()
        await line.end()


def fill(file: Path) -> None:
    """Write until there is no room for one octet more."""
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(bytes(65_536)):
            pass
    assert os.statvfs(file.parent).f_bavail == 0


@pytest.mark.parametrize("after", [0, 1, 2, 3, 5, 8, 13])
async def test_f05_the_disk_is_full_in_the_middle_of_a_commit(line: Line, after: int) -> None:
    """No half row, whichever write it is that finds no room; refused for now, taken when there is room."""
    await line.until_taken((await line.offer())[0])
    await line.assert_exactly_once()
    line.disk.fail_writes(errno.ENOSPC, after)
    tokens = []
    for _ in range(4):
        token, reply = await line.offer()
        tokens.append(token)
        assert reply[:3] in {"250", "451", "452", ""}, reply
    assert line.disk.failed, "nothing was made to fail"
    assert len(line.ledger.acknowledged) < 1 + len(tokens), "all were taken by a disk that takes nothing"
    line.disk.work()
    await revive(line)
    for token in tokens:
        if token not in line.ledger.acknowledged:
            await line.until_taken(token)
    await line.assert_exactly_once()


async def revive(line: Line) -> None:
    """Start it again where it has ended by itself, as the service manager does."""
    try:
        async with asyncio.timeout(3):
            await line.daemon.process.wait()
    except TimeoutError:
        return
    assert line.daemon.process.returncode != 0
    await line.daemon.start()


@pytest.mark.parametrize("after", [0, 1])
async def test_f06_a_failed_fsync_is_never_acknowledged_and_ends_the_daemon(line: Line, after: int) -> None:
    """After it nobody knows what is on the disk, and the next fsync would lie: only a new process reads it afresh."""
    await line.until_taken((await line.offer())[0])
    await line.assert_exactly_once()
    line.disk.fail_syncs(errno.EIO, after)
    token, reply = await line.offer()
    assert reply[:3] in {"451", ""} or after, reply
    async with asyncio.timeout(RECOVERY_S):
        assert await line.daemon.process.wait() != 0
    line.disk.work()
    await line.daemon.start()
    await line.until_taken(token)
    await line.assert_exactly_once()


async def test_f07_a_volume_that_is_read_only_for_a_time(line: Line) -> None:
    """As a file system is that the kernel has turned read-only under open files: 451 meanwhile, then by itself again."""
    await line.until_taken((await line.offer())[0])
    await line.assert_exactly_once()
    line.disk.fail_writes(errno.EROFS)
    token, reply = await line.offer()
    assert reply[:3] in {"451", ""}, reply
    line.disk.work()
    await revive(line)
    await line.until_taken(token)
    await line.assert_exactly_once()


async def test_f08_another_process_locks_the_database(line: Line) -> None:
    """A command of the operator that takes long: who waits hears 451 within ten seconds, the door answers meanwhile."""
    await line.until_taken((await line.offer())[0])
    await line.assert_exactly_once()
    with closing(sqlite3.connect(remains.database(line.daemon.folder), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        waiting = asyncio.create_task(line.offer())
        slowest = 0.0
        async with line.daemon.connect() as door:
            while not waiting.done():
                asked = time.monotonic()
                assert (await door._ask(b"NOOP")).startswith("250")
                slowest = max(slowest, time.monotonic() - asked)
                await asyncio.sleep(0.5)
        token, reply = await waiting
        assert reply.startswith("451"), reply
        assert time.monotonic() - began < 12
        assert slowest < 1.0, f"the door was silent for {slowest:.1f} s"
        other.execute("ROLLBACK")
    await line.until_taken(token)
    await line.assert_exactly_once()


def test_f11_a_damaged_database_is_named_and_not_started_on(tmp_path: Path) -> None:
    """Octets flipped in the middle of a page: `run` and `check` say what it is and what to do, and touch nothing."""
    folder = tmp_path / "line"

    async def use() -> None:
        async with Daemon(folder, RELAY_TOML, ALWAYS) as daemon:
            line = Line(tmp_path / "other")
            line.daemon = daemon
            for _ in range(20):
                await line.until_taken((await line.offer())[0])
            await line.assert_exactly_once()

    asyncio.run(use())
    database = remains.database(folder)
    content = bytearray(database.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 12] = os.urandom(12)
    database.write_bytes(content)
    for command in (["run"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "relay", *command, "--config", str(folder)],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode not in {0, -9}
        said = done.stdout + done.stderr
        assert "damaged" in said, said
        assert "Traceback" not in said
    assert database.read_bytes() == content
