"""Two daemons on one PostgreSQL, at the same second by the same clock: what is due is done by one of them, once."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relay.flow.service_keys import ServiceKey
from relay.operating import status
from tests.scenarios.test_promises import ALWAYS, NEVER, ROWAN
from tests.support.line import RELAY_TOML, Line, Person
from tests.support.postgresql import running

pytestmark = pytest.mark.postgresql

COUNT = 8
EVENINGS = '["mon-fri 18:00-22:00 Europe/Berlin"]'
"""It is Monday noon, 13:00 in Berlin."""


class _Node(Line):
    """A line whose database is that of both."""

    url = ""

    @property
    def relay_toml(self) -> str:
        return RELAY_TOML.replace("sqlite:///state/relay.db", self.url)


class Both:
    """The two; seekers write to one and the other by turns."""

    def __init__(self, first: Line, second: Line, database: str) -> None:
        self.lines = (first, second)
        self.ana, self.operator = first.ana, first.operator
        self.rowan = Person(first, "sage@home.test", "Sage")
        self.database = database

    async def write(self) -> list[Person]:
        """``COUNT`` seekers, half of them at each door."""
        seekers = [self.lines[n % 2].seeker(f"seeker{n}@mail.test", f"Seeker {n}") for n in range(COUNT)]
        for seeker in seekers:
            await seeker.writes("I cannot sleep.")
        await self.quiet()
        return seekers

    async def quiet(self) -> None:
        for _ in range(2):
            for line in self.lines:
                await line.quiet()

    async def pass_time(self, **by: float) -> None:
        """Move the clock of both, and let both act."""
        await self.quiet()
        for line in self.lines[:1]:
            await line.pass_time(**by)
        await self.quiet()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with running().connect(self.database) as connection:
            return connection.execute(query).fetchall()


@asynccontextmanager
async def both(
    folder: Path, *, duty: str = ALWAYS, people: str = ROWAN, extra: str = ""
) -> AsyncIterator[Both]:
    server = running()
    database = server.empty()
    first = _Node(folder / "first", ana_duty=duty, ben_duty=NEVER, people=people, extra=extra)
    second = _Node(folder / "second", ana_duty=duty, ben_duty=NEVER, people=people, extra=extra, clock=first.clock,
                   sink=first.sink)  # fmt: skip
    first.url = second.url = server.url(database)
    async with first:
        (second.folder / "state").mkdir(mode=0o700, parents=True)
        second.folder.chmod(0o700)
        shutil.copy(first.folder / "state" / "master.key", second.folder / "state" / "master.key")
        async with second:
            yield Both(first, second, database)


def said(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What both have logged since it was asked last."""
    return [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]


def named(person: Person, names: list[str]) -> Counter[str]:
    """How often each name stands in automatic letters to this person."""
    return Counter(
        name for letter in person.mailbox if letter.is_automatic for name in names if name in letter.text
    )


async def test_what_was_promised_is_told_once_however_many_nodes_look(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each rung of each clock, to each person; and the reminder that a counselor set, and a supervisor's digest."""
    rowan = ROWAN + 'digest = ["mon-fri 13:30-22:00 Europe/Berlin"]\n'
    async with both(tmp_path, people=rowan) as here:
        await here.write()
        requests = [letter for letter in here.ana.mailbox if not letter.is_automatic]
        names = [letter.from_name for letter in requests]
        assert len(set(names)) == len(names) == COUNT
        await here.ana.replies(requests[0], "I am here.\n!remind 1h about the exam")
        await here.pass_time(minutes=45)
        assert len(here.rowan.mailbox) == 1, "one digest"
        await here.pass_time(minutes=30)
        reminders = [
            letter for letter in here.ana.mailbox if letter["Subject"].startswith("You wanted to be")
        ]
        assert len(reminders) == 1
        told = named(here.ana, names)
        for rung, hours in enumerate((11, 6), 1):
            await here.pass_time(hours=hours)
            since = named(here.ana, names) - told
            assert since == dict.fromkeys(names[1:], rung)
        supervised = named(here.rowan, names)
        await here.pass_time(hours=6)
        assert named(here.rowan, names) - supervised == dict.fromkeys(names[1:], 1)
    assert [line for line in said(capfd) if line["event"] == "store.failed"] == []


async def test_requests_that_waited_go_to_their_counselor_once_when_the_shift_begins(tmp_path: Path) -> None:
    """Both nodes see it begin at the same moment."""
    async with both(tmp_path, duty=EVENINGS) as here:
        seekers = await here.write()
        assert here.ana.mailbox == []
        await here.pass_time(hours=5, minutes=1)
        letters = [letter for letter in here.ana.mailbox if not letter.is_automatic]
        assert len({letter.from_name for letter in letters}) == len(letters) == COUNT
        assert [len(seeker.mailbox) for seeker in seekers] == [1] * COUNT, "acknowledged, each once"
        assert here.rows("SELECT state, count(*) FROM entries GROUP BY state") == [("kept", COUNT)]


async def test_two_brooms_forget_everything_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Both sweep in the same second, and nothing is in the other's way."""
    async with both(tmp_path) as here:
        await here.write()
        for letter in list(here.ana.mailbox):
            await here.ana.replies(letter, "I am here.\n!close")
        await here.quiet()
        said(capfd)
        await here.pass_time(days=800)
        await here.pass_time(hours=1)
        left = here.rows("SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM entries)")
        events = said(capfd)
        swept = Counter[str]()
        for each in events:
            if each["event"] == "store.swept":
                swept[each["kind"]] += each["count"]
        assert left == [(0, 0)]
        assert swept["conversations"] == COUNT
        assert [each for each in events if each["event"] == "store.failed"] == []


async def test_hours_of_duty_and_open_conversations_are_counted_once(tmp_path: Path) -> None:
    """Both nodes count in the same second."""
    async with both(tmp_path) as here:
        await here.write()
        for _ in range(6):
            await here.pass_time(hours=5)
        counted = {f"{measure} {cell}": amount for measure, cell, amount in here.rows(
            "SELECT measure, cell, sum(amount)::int FROM counts WHERE measure IN ('open', 'duty') GROUP BY measure, cell"
        )}  # fmt: skip
        assert counted["open 24 held"] == COUNT
        assert counted["duty covered"] == counted["duty counted"] == 30 * 60
        assert await here.lines[0].daemon.store.statistics.months(202611, 202611) == ()
        await here.lines[0].clock.move(timedelta(days=9))
        await here.quiet()
        await here.pass_time(hours=1)
        assert here.rows("SELECT month FROM months") == [(202611,)]
        assert here.rows("SELECT 1 FROM counts WHERE month = 202611") == []


async def test_status_says_how_many_nodes_run(tmp_path: Path) -> None:
    """Both, and one when the other has left."""
    async with both(tmp_path) as pair:
        await pair.quiet()
        page = await asyncio.to_thread(status.show, pair.lines[0].folder, as_values=False)
        assert "2 nodes run." in page[0]
        await pair.lines[1].stop()
        page = await asyncio.to_thread(status.show, pair.lines[0].folder, as_values=False)
        assert "The daemon runs." in page[0]


def about(operator: Person, subject: str) -> int:
    """How many letters of this subject the operator has got."""
    return sum(letter["Subject"] == subject for letter in operator.mailbox)


async def test_a_key_that_ends_is_told_once_at_each_stage_by_whichever_node(tmp_path: Path) -> None:
    """Both look at the same second; and one that is started later says nothing that was said."""
    async with both(tmp_path) as here:
        first, second = here.lines
        now = first.clock.now()
        key = ServiceKey(b"k" * 16, "help@relay.test", "F" * 40, b"secret", now, now + timedelta(days=20))
        await first.daemon.store.service_keys.add(key)
        for days, count in ((1, 1), (3, 1), (12, 2), (5, 3)):
            await here.pass_time(days=days)
            assert about(here.operator, "An OpenPGP key ends") == count
        await second.stop()
        await second.start()
        await here.pass_time(days=1)
        assert about(here.operator, "An OpenPGP key ends") == 3


async def test_rows_that_do_not_open_are_told_once_a_day_by_whichever_node(tmp_path: Path) -> None:
    """Both find them at the same moment, and each had looked whether it was told."""
    async with both(tmp_path) as here:
        await here.write()
        with running().connect(here.database) as connection:
            connection.execute("UPDATE counselors SET sealed = %s", (bytes(60),))
        for _ in range(3):
            await asyncio.gather(*(line.daemon.store.loads() for line in here.lines))
        await asyncio.sleep(1)
        await here.quiet()
        assert about(here.operator, "Rows of the database do not open") == 1
        await here.pass_time(hours=25)
        await asyncio.gather(*(line.daemon.store.loads() for line in here.lines))
        await asyncio.sleep(1)
        await here.quiet()
        assert about(here.operator, "Rows of the database do not open") == 2
