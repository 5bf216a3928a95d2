"""What was promised is watched by the machine: each rung of each ladder, once, told to whoever can see to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.support.line import Line

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALWAYS = '["always"]'


async def test_a_counselor_is_reminded_at_half_and_at_three_quarters_of_the_promise(tmp_path: Path) -> None:
    """And nobody else is; the reminder names the pseudonym, the time left, and where to write."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.pass_time(hours=11.9)
        await line.ana.receives_nothing()
        await line.pass_time(hours=0.2)
        reminder = await line.ana.receives(automatic=True)
        assert request.from_name in reminder.text
        assert "11 hours" in reminder.text
        assert request.from_address in reminder.text
        assert reminder.from_address == "desk@relay.test"
        await line.pass_time(hours=6)
        assert "5 hours" in (await line.ana.receives(automatic=True)).text
        for person in (sam, line.ben, line.operator):
            await person.receives_nothing()
