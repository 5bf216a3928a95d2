"""The WAL is moved beside the commits: nobody's ``250`` waits for what thousands of others have written."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from relay.edge.store import checkpoints
from relay.edge.store.checkpoints import MOST_COMMITS, STEP_PAGES, Checkpoints
from relay.edge.store.engines import CHECKPOINT_PAGES, make_engine, move_wal
from relay.edge.store.lanes import Lane
from relay.flow.ports import StoreTrouble

PAGES_A_COMMIT = 20
OCTETS = PAGES_A_COMMIT * 4096


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(make_url(f"sqlite:///{tmp_path / 'small.db'}"), writes=True)
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (note BLOB)")
    yield made
    made.dispose()


class Bench:
    """A writing lane, and a note of who moved the WAL and of how much was left to it."""

    def __init__(self, engine: Engine) -> None:
        self.deaths = 0
        self.engine = engine
        self.lane = Lane(engine, writes=True, threads=1, fatal=self._died)

    def _died(self) -> None:
        self.deaths += 1

    @property
    def steps(self) -> int:
        assert self.lane._checkpoints is not None
        return self.lane._checkpoints.steps

    async def write(self, times: int) -> None:
        for _ in range(times):
            await self.lane.run(
                lambda connection: connection.exec_driver_sql(
                    "INSERT INTO notes VALUES (zeroblob(?))", (OCTETS,)
                )
            )

    async def until(self, steps: int) -> None:
        async with asyncio.timeout(10):
            while self.steps < steps:
                await asyncio.sleep(0.002)


@pytest.fixture
async def bench(engine: Engine) -> AsyncIterator[Bench]:
    made = Bench(engine)
    yield made
    await made.lane.close()
    assert "store-checkpoint" not in {thread.name for thread in threading.enumerate()}


def left_to_move(engine: Engine) -> tuple[int, int]:
    """Pages in the WAL, and how many of them are in the database already."""
    raw = engine.raw_connection()
    try:
        _, pages, moved = raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    finally:
        raw.close()
    return pages, moved


async def test_the_wal_is_moved_long_before_a_commit_would_have_to(bench: Bench) -> None:
    """And by steps as long as the commits of the last one say."""
    await bench.write(MOST_COMMITS)
    await bench.until(1)
    assert MOST_COMMITS * PAGES_A_COMMIT < CHECKPOINT_PAGES
    with bench.engine.connect() as connection:
        assert 0 < move_wal(connection) < CHECKPOINT_PAGES
    await bench.write(2 * STEP_PAGES // PAGES_A_COMMIT)
    await bench.until(2)


async def test_what_is_written_for_long_leaves_a_commit_little_to_move(bench: Bench) -> None:
    """Twice the WAL: without the steps all of it would have been moved by commits."""
    await bench.write(2 * CHECKPOINT_PAGES // PAGES_A_COMMIT)
    assert bench.steps >= 2 * CHECKPOINT_PAGES // STEP_PAGES // 4
    pages, _ = left_to_move(bench.engine)
    assert pages <= 2 * CHECKPOINT_PAGES, "it is begun anew again and again"


async def test_what_cannot_be_moved_now_is_moved_by_the_next_step(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_connection: Connection) -> int:
        error = sqlite3.OperationalError("constant")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError("PRAGMA", None, error)

    with monkeypatch.context() as for_a_while:
        for_a_while.setattr(checkpoints, "move_wal", busy)
        await bench.write(MOST_COMMITS)
        await asyncio.sleep(0.05)
    await bench.write(MOST_COMMITS)
    await bench.until(1)
    assert bench.deaths == 0


async def test_a_disk_that_cannot_be_trusted_ends_all_writing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a commit fails so: the kernel may have dropped the pages."""

    def broken(_connection: Connection) -> int:
        error = sqlite3.OperationalError("constant")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise OperationalError("PRAGMA", None, error)

    monkeypatch.setattr(checkpoints, "move_wal", broken)
    with pytest.raises(StoreTrouble):
        await bench.write(100_000)
    assert bench.deaths


def test_a_step_is_as_long_as_the_last_one_says(engine: Engine) -> None:
    """A WAL that was begun anew says nothing: how many of the commits are in it nobody knows."""
    made = Checkpoints(engine, lambda: None)
    for commits, pages, expected in (
        (50, 1000, 25),
        (25, 1500, 25),
        (25, 1600, 50),
        (50, 9600, 3),
        (3, 2, 3),
        (3, 90_000, 1),
    ):
        made._learn(commits, pages)
        assert made._step_commits == expected


async def test_a_lane_that_only_reads_moves_nothing(engine: Engine) -> None:
    lane = Lane(engine, writes=False, threads=1, fatal=lambda: None)
    assert lane._checkpoints is None
    await lane.close()
