"""The machine's clock jumps by an hour or a day, either way, or the year is 2038: row F22 of the fault list.

No storm of attempts, no early end of anything, nothing that hangs until the clock has caught up, and no step twice.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.line import FakeClock, Line

MOST = 30
"""Attempts for the two letters of the request, and for those that remind of it when a day has passed at once."""

JUMPS = ({"hours": 1}, {"hours": -1}, {"days": 1}, {"days": -1})


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_f22_a_deferred_delivery_is_tried_on_and_neither_storms_nor_hangs_nor_expires(
    tmp_path: Path, jump: dict[str, float]
) -> None:
    """The next hop is down when the clock jumps: some attempts in the next two hours, and then it arrives, once."""
    async with Line(tmp_path / "line") as line:
        line.sink.is_down = True
        sam = line.seeker()
        await sam.writes("Is this on?")
        await line.quiet()
        for _ in range(8):
            await line.pass_time(minutes=15)
        before = line.sink.connections
        line.clock.jump(timedelta(**jump))
        for _ in range(5):
            await line.pass_time(minutes=30)
        attempts = line.sink.connections - before
        assert 1 <= attempts <= MOST, f"{attempts} attempts within three hours"
        line.sink.is_down = False
        for _ in range(5):
            await line.pass_time(minutes=30)
        await line.quiet()
        assert len(sam.mailbox) == 1
        assert sum("Is this on?" in letter.text for letter in line.ana.mailbox) == 1


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_f22_a_conversation_goes_on(tmp_path: Path, jump: dict[str, float]) -> None:
    """Aliases, threads and the recognition of repeated messages do not hang on the time of day."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        line.clock.jump(timedelta(**jump))
        await line.ana.replies(request, "Hello Sam.")
        answer = await sam.receives(automatic=False)
        line.clock.jump(-timedelta(**jump))
        await sam.replies(answer, "Good that you are there.")
        assert "Good that you are there." in (await line.ana.receives(automatic=False)).text


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_f22_no_step_of_a_promise_is_made_twice(tmp_path: Path, jump: dict[str, float]) -> None:
    """There and back again, between the steps: each reminder once."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello?")
        await line.pass_time(hours=13)
        line.clock.jump(timedelta(**jump))
        line.clock.jump(-timedelta(**jump))
        for _ in range(10):
            await line.pass_time(hours=4)
        told = Counter(letter["Subject"] + letter.text for letter in line.ana.mailbox)
        assert sum(told.values()) > 2, "nobody was reminded"
        assert max(told.values()) == 1


async def test_f22_after_2038(tmp_path: Path) -> None:
    """Seconds since 1970 no longer fit into 31 bits."""
    clock = FakeClock(datetime(2038, 1, 19, 3, 0, tzinfo=UTC))
    async with Line(tmp_path / "line", clock=clock) as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await line.pass_time(hours=1)
        await line.ana.replies(request, "Hello Sam.")
        await sam.receives(automatic=True)
        assert "Hello Sam." in (await sam.receives(automatic=False)).text
