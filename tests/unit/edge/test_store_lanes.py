"""Lanes: who waits for the disk waits together, and nobody is told of a success before the commit."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
import weakref
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from relay.edge.store import lanes
from relay.edge.store.engines import make_engine
from relay.edge.store.lanes import MAX_BATCH, Lane, patience_s
from relay.errors import SYSTEM_FULL
from relay.flow.ports import StoreFull, StoreTrouble

SENTENCE = "INSERT INTO notes VALUES (?)"


class Bench:
    """A writing lane on a small table, a way to stop it for a while, and a look at what was committed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine: Engine = make_engine(make_url(f"sqlite:///{path}"), writes=True)
        with self.engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE notes (note TEXT PRIMARY KEY)")
        self.commits = 0
        self.fatal = 0
        event.listen(self.engine, "commit", self._count)
        self.lane = Lane(self.engine, writes=True, threads=1, fatal=self._died)

    def _count(self, _connection: Connection) -> None:
        self.commits += 1

    def _died(self) -> None:
        self.fatal += 1

    async def note(self, text: str, *, can_wait: bool = False) -> str:
        def work(connection: Connection) -> str:
            connection.exec_driver_sql(SENTENCE, (text,))
            return text

        return await self.lane.run(work, can_wait=can_wait)

    async def gate(self) -> threading.Event:
        """Keep the thread busy until the event is set."""
        is_in, may_go = threading.Event(), threading.Event()

        def work(_connection: Connection) -> None:
            is_in.set()
            may_go.wait(5)

        self.waiting = asyncio.ensure_future(self.lane.run(work))
        await asyncio.to_thread(is_in.wait, 5)
        return may_go

    def notes(self) -> set[str]:
        with sqlite3.connect(self.path) as connection:
            found = {note for (note,) in connection.execute("SELECT note FROM notes")}
        connection.close()
        return found

    def fail_commits(self, code: int) -> None:
        def fail(_connection: Connection) -> None:
            error = sqlite3.OperationalError("constant")
            error.sqlite_errorcode = code
            raise OperationalError("COMMIT", None, error)

        event.listen(self.engine, "commit", fail)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "notes.db")
    yield made
    await made.lane.close()
    made.engine.dispose()


async def test_what_waits_together_is_committed_together(bench: Bench) -> None:
    """A hundred writes that queue while the disk is busy take one commit."""
    may_go = await bench.gate()
    tasks = [asyncio.ensure_future(bench.note(str(n))) for n in range(100)]
    await asyncio.sleep(0)
    before = bench.commits
    may_go.set()
    assert await asyncio.gather(*tasks) == [str(n) for n in range(100)]
    assert bench.commits - before == 2  # the one that kept it busy, and all the others
    assert len(bench.notes()) == 100


async def test_what_can_wait_shares_the_commit_of_what_comes_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it, and a commit costs as much as the work of several letters."""
    monkeypatch.setattr(lanes, "PATIENCE_S", (30.0, 30.0))
    patient = [asyncio.ensure_future(bench.note(each, can_wait=True)) for each in ("a", "b")]
    await asyncio.sleep(0.05)
    assert not any(each.done() for each in patient)
    assert await bench.note("c") == "c"
    assert await asyncio.gather(*patient) == ["a", "b"]
    assert bench.commits == 1
    assert bench.notes() == {"a", "b", "c"}


async def test_what_can_wait_does_not_wait_long_and_not_at_all_when_the_lane_is_closed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is bounded whether anything else comes or not."""
    assert await bench.note("a", can_wait=True) == "a"
    assert max(lanes.PATIENCE_S) <= 0.1
    monkeypatch.setattr(lanes, "PATIENCE_S", (30.0, 30.0))
    patient = asyncio.ensure_future(bench.note("b", can_wait=True))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(10):
        await bench.lane.close()
    assert await patient == "b"
    assert bench.notes() == {"a", "b"}


async def test_the_slower_a_commit_the_longer_others_are_waited_for_within_bounds(bench: Bench) -> None:
    """A commit spared is worth what it would have cost to whoever comes next."""
    assert [patience_s(commit_s) for commit_s in (0.0, 0.0005, 0.005, 10.0)] == [0.005, 0.005, 0.03, 0.05]

    def work(_connection: Connection) -> None:
        time.sleep(0.2)

    for _ in range(3):
        await bench.lane.run(work)
    before = time.monotonic()
    await bench.note("a", can_wait=True)
    assert time.monotonic() - before >= 0.05


async def test_what_was_done_is_not_kept_until_the_next(bench: Bench) -> None:
    """A body that was read, or what was written of one, may be 30 MB, and a reader may have nothing to do for hours."""

    class Body:
        """What a look-up gives."""

    def read(_connection: Connection) -> Body:
        return Body()

    kept = weakref.ref(await bench.lane.run(read))
    async with asyncio.timeout(10):
        while kept() is not None:
            await asyncio.sleep(0.01)


async def test_a_batch_is_bounded(bench: Bench) -> None:
    """The first of a crowd does not wait for all of it."""
    may_go = await bench.gate()
    tasks = [asyncio.ensure_future(bench.note(str(n))) for n in range(MAX_BATCH + 1)]
    await asyncio.sleep(0)
    before = bench.commits
    may_go.set()
    await asyncio.gather(*tasks)
    assert bench.commits - before == 3


async def test_one_that_fails_spoils_no_other_and_leaves_nothing(bench: Bench) -> None:
    """Its own writes are undone, its neighbours' are kept."""

    def bad(connection: Connection) -> None:
        connection.exec_driver_sql(SENTENCE, ("half",))
        raise ValueError("mine")

    may_go = await bench.gate()
    tasks = [asyncio.ensure_future(each) for each in (bench.note("a"), bench.lane.run(bad), bench.note("b"))]
    await asyncio.sleep(0)
    may_go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[0] == "a"
    assert isinstance(results[1], ValueError)
    assert results[2] == "b"
    assert bench.notes() == {"a", "b"}


async def test_a_database_error_is_trouble_without_the_data(bench: Bench) -> None:
    """Whatever the driver quotes stays inside, also in the cause."""
    await bench.note("canary")
    with pytest.raises(StoreTrouble) as caught:
        await bench.note("canary")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_a_caller_who_is_cancelled_does_not_undo_the_write(bench: Bench) -> None:
    """A client that hangs up after the end of data has still handed its message over."""
    may_go = await bench.gate()
    task = asyncio.ensure_future(bench.note("kept"))
    await asyncio.sleep(0)
    task.cancel()
    may_go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await bench.note("next") == "next"
    assert bench.notes() == {"kept", "next"}


async def test_work_of_one_kind_is_done_in_one_call_and_else_each_alone(bench: Bench) -> None:
    """One bad item makes the call fail; then every item is tried by itself."""
    calls: list[int] = []

    def write(connection: Connection, items: Sequence[str]) -> list[str]:
        calls.append(len(items))
        for item in items:
            connection.exec_driver_sql(SENTENCE, (item,))
        return list(items)

    may_go = await bench.gate()
    tasks = [asyncio.ensure_future(bench.lane.run_together(write, each)) for each in ("a", "b", "c")]
    await asyncio.sleep(0)
    may_go.set()
    assert await asyncio.gather(*tasks) == ["a", "b", "c"]
    may_go = await bench.gate()
    tasks = [asyncio.ensure_future(bench.lane.run_together(write, each)) for each in ("d", "a", "e")]
    await asyncio.sleep(0)
    may_go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["str", "StoreTrouble", "str"]
    assert calls == [3, 3, 1, 1, 1]
    assert bench.notes() == {"a", "b", "c", "d", "e"}


async def test_a_full_volume_says_so_and_writing_goes_on_when_there_is_room(bench: Bench) -> None:
    """Everybody of the batch hears 452, nothing is half written, and no restart is needed."""
    pages = 0

    def limit(connection: Connection) -> None:
        nonlocal pages
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    await bench.lane.run(limit)
    with pytest.raises(StoreFull) as caught:
        await bench.note("x" * 100_000)
    assert caught.value.reply is SYSTEM_FULL
    assert bench.fatal == 0
    await bench.note("room again")
    assert bench.notes() == {"room again"}


@pytest.mark.parametrize(
    ("code", "is_fatal"), [(sqlite3.SQLITE_IOERR_FSYNC, True), (sqlite3.SQLITE_BUSY, False)]
)
async def test_a_commit_that_fails_is_told_to_all_and_after_a_failed_fsync_nothing_is_trusted(
    bench: Bench, code: int, is_fatal: bool
) -> None:
    """No success is claimed, and the process is told to exit: a second fsync could lie."""
    bench.fail_commits(code)
    may_go = await bench.gate()
    tasks = [asyncio.ensure_future(bench.note(each)) for each in ("a", "b")]
    await asyncio.sleep(0)
    may_go.set()
    results: list[Any] = await asyncio.gather(bench.waiting, *tasks, return_exceptions=True)
    assert all(isinstance(result, StoreTrouble) for result in results)
    assert bench.fatal == is_fatal
    event.remove(bench.engine, "commit", bench._count)
    with pytest.raises(StoreTrouble):
        await bench.note("c")
    assert bench.fatal == is_fatal
    assert bench.notes() == set()


async def test_a_locked_database_is_trouble_for_now(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that writes for long makes us say 4xx, and later all is well."""
    with bench.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    bench.engine.dispose()
    event.listen(bench.engine, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=10"))
    other = sqlite3.connect(bench.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreTrouble):
        await bench.note("a")
    other.execute("ROLLBACK")
    other.close()
    assert await bench.note("b") == "b"
    assert bench.fatal == 0


async def test_closing_finishes_what_is_queued_and_then_refuses(bench: Bench) -> None:
    """A drain loses nothing; what comes later is told."""
    may_go = await bench.gate()
    tasks = [asyncio.ensure_future(bench.note(str(n))) for n in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(bench.lane.close())
    await asyncio.sleep(0)
    may_go.set()
    await asyncio.gather(closing, *tasks)
    assert len(bench.notes()) == 5
    with pytest.raises(StoreTrouble):
        await bench.note("late")
    bench.lane.post(lambda connection: None)


async def test_writes_are_durable_and_leave_no_temporary_files(bench: Bench) -> None:
    """The settings that P2 and P5 stand on."""

    def read(connection: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete", "temp_store")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    assert await bench.lane.run(read) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "secure_delete": 1,
        "temp_store": 2,
    }
