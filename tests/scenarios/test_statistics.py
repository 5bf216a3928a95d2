"""A month of a helpline, its report, and the same report after everybody in it was forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from relay.domain.measures import Measure
from tests.support import storage
from tests.support.line import Line, Person

TAGS = '\n[conversations]\ntags = ["grief", "sleep"]\n'
INTO_DECEMBER = timedelta(days=9)


def counted(line: Line) -> dict[str, int]:
    rows = storage.run(line.folder, "SELECT measure, cell, sum(amount) FROM counts GROUP BY measure, cell")
    return {f"{measure} {cell}": int(amount) for measure, cell, amount in rows}


async def a_busy_month(line: Line) -> list[Person]:
    """Seven write; Robin answers; the first writes again and is closed, with a topic."""
    seekers = [line.seeker(f"seeker{n}@mail.test", f"Seeker {n}") for n in range(7)]
    requests = []
    for seeker in seekers:
        await seeker.writes("I cannot sleep.")
        requests.append(await line.ana.receives())
    await line.pass_time(hours=7)
    for request in requests:
        await line.ana.replies(request, "I am here.\n!tag sleep")
        await line.ana.receives(automatic=True)
    answer = await seekers[0].receives(automatic=False)
    await seekers[0].replies(answer, "Thank you.")
    again = await line.ana.receives(automatic=False)
    await line.ana.replies(again, "Sleep well.\n!close")
    await line.quiet()
    return seekers


async def test_what_happens_is_counted_from_the_first_letter_to_the_end(tmp_path: Path) -> None:
    """From outside: letters, commands, the clock of the promise."""
    async with Line(tmp_path / "line", extra=TAGS) as line:
        await a_busy_month(line)
        found = counted(line)
    assert {name: found.get(name) for name in (
        "conversations new", "letters in", "letters out", "languages en", "queues general", "topics sleep",
        "first_answers half", "endings done", "lengths few",
    )} == {
        "conversations new": 7, "letters in": 8, "letters out": 8, "languages en": 7, "queues general": 7,
        "topics sleep": 7, "first_answers half": 7, "endings done": 1, "lengths few": 1,
    }  # fmt: skip
    assert found["open 23 held"] == 0


async def test_the_report_is_the_same_after_everybody_was_forgotten(tmp_path: Path) -> None:
    """FORGET ME and a purge take people, not sums: a figure is of nobody. And small figures are in no report."""
    async with Line(tmp_path / "line", extra=TAGS) as line:
        seekers = await a_busy_month(line)
        before = counted(line)
        letter = await seekers[1].receives(automatic=False)
        await seekers[1].writes("FORGET ME", letter.from_address)
        await seekers[1].receives(automatic=True)
        await line.quiet()
        after = counted(line)
        assert all(after[name] >= amount for name, amount in before.items())
        await line.clock.move(INTO_DECEMBER)
        async with asyncio.timeout(20):
            while not (months := await line.daemon.store.statistics.months(202611, 202611)):
                await asyncio.sleep(0.02)
        (november,) = months
        assert november.of(Measure.CONVERSATIONS).value("new") == 5
        assert november.of(Measure.ENDINGS).total is None
        assert november.of(Measure.TOPICS).shown == ()
        assert not [name for name in counted(line) if not name.startswith(("duty", "open"))]
        await line.pass_time(days=60)
        assert await line.daemon.store.statistics.months(202611, 202611) == months
        await line.stop()
        await line.start()
        assert await line.daemon.store.statistics.months(202611, 202611) == months
