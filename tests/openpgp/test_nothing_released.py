"""Of what should not be opened, nothing is: through the running daemon, on both engines, in bounded time and memory."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from tests.openpgp.hostile import CLEAR, SECRET, TABLE
from tests.openpgp.people import ENGINES, entity, letter, line_of, opened, sealed
from tests.support.canaries import found, views
from tests.support.line import Line
from tests.unit.edge.openpgp_world import desk

SAM = "Sam Lee <sam.lee@mail.test>"
LIMIT_S = 15.0
"""For the slowest, on a machine that has other things to do; half of an engine's own limit is for a bomb of 200 MB."""

MEMORY_OCTETS = 700 << 20
"""For workers and engines together, on top of what they had: two copies of 40 MB, and what a library makes of them."""


def test_the_table_is_whole() -> None:
    assert len({each.name for each in TABLE}) == len(TABLE) >= 60


@pytest.mark.parametrize("engine", ENGINES)
async def test_nothing_of_a_hostile_message_is_opened(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is held and the operator told, but for letters in clear with an encrypted file; what is good still passes."""
    async with line_of(tmp_path / "line", engine) as line, contextlib.AsyncExitStack() as stack:
        state = await opened(line)
        good = letter(
            sealed(desk().seal(entity("A good letter.\n"), state.own)), state.to_ana, SAM, host="mail.test"
        )
        await line.submit("sam.lee@mail.test", [state.to_ana], good)
        assert "A good letter." in (await line.ana.receives(automatic=False)).text
        peak = await stack.enter_async_context(_memory())  # now that everything is loaded
        wrong, slow = [], []
        for each in TABLE:
            message = letter(each.build(state.own), state.to_ana, SAM, host="mail.test")
            arrived, told = len(line.ana.mailbox), len(line.operator.mailbox)
            started = time.monotonic()
            await line.submit("sam.lee@mail.test", [state.to_ana], message)
            async with asyncio.timeout(60):
                await _settled(line)
            if time.monotonic() - started > LIMIT_S:
                slow.append(f"{each.name} {time.monotonic() - started:.1f} s")
            new = line.ana.mailbox[arrived:]
            if each.passes:
                is_right = len(new) == 1 and CLEAR.strip() in new[0].text
            else:
                is_right = not new and len(line.operator.mailbox) == told + 1
            if not is_right:
                wrong.append((each.name, len(new), len(line.operator.mailbox) - told))
        octets = [view for one in line.sink.captured for view in views(one.message)]
        assert found((SECRET,), octets) == []
        assert wrong == []
        assert slow == []
        assert max(peak) - peak[0] < MEMORY_OCTETS, f"{(max(peak) - peak[0]) >> 20} MB"
        logged = capsys.readouterr()
        assert SECRET not in logged.err + logged.out
        state_files = [
            path.read_bytes() for path in (tmp_path / "line" / "state").rglob("*") if path.is_file()
        ]
        assert found((SECRET,), state_files) == []


async def _settled(line: Line) -> None:
    still = 0
    while still < 5:
        still = still + 1 if line.daemon.idle else 0
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def _memory() -> AsyncIterator[list[int]]:
    """What all programs below this one have in memory, looked at twenty times a second.

    A child that has not begun its own program yet is still this process, with all the memory that the tests before
    have left in it: it is known by its command line, and not counted.
    """
    here = psutil.Process()
    own = here.cmdline()

    async def total() -> int:
        octets = 0
        for process in await asyncio.to_thread(here.children, recursive=True):
            with contextlib.suppress(psutil.Error):
                resident = process.memory_info().rss
                octets += resident if process.cmdline() != own else 0
        return octets

    seen: list[int] = [await total()]

    async def look() -> None:
        while True:
            seen.append(await total())
            await asyncio.sleep(0.05)

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()
