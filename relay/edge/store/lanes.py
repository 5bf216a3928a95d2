"""Lanes: the threads that talk to the database, so that the event loop never waits for a disk.

``SqlStore`` has one writing lane (one thread) and one reading lane (two threads). Callers await ``run``; the thread
takes everything that is queued, runs it in one transaction, commits once, and only then wakes the callers: whoever
waits for the disk waits together (group commit).

Promises: a piece of work that fails is undone alone and spoils no other; a caller that is cancelled does not undo its
write; nobody is told of a success before the commit. What was done is not kept until the next.
On failure: when the database cannot do it everybody gets ``StoreTrouble`` and nothing was written. When a commit fails
in a way after which the disk cannot be trusted, the lane is dead: all further work gets ``StoreTrouble`` and ``fatal``
is called, for the process must exit.

A lane belongs to one event loop. Its threads start with the first work: a store can be opened before there are forks.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store.batches import Job, Together, Work, read, write
from relay.edge.store.checkpoints import Checkpoints
from relay.edge.store.engines import drop, is_beyond_trust, trouble
from relay.edge.store.postgresql import is_lost
from relay.flow.ports import StoreTrouble

T = TypeVar("T")
A = TypeVar("A")

MAX_BATCH = 256
"""Pieces of work in one transaction: past this a longer wait for the first gains nothing for the last."""

PATIENCE_COMMITS = 6
"""For how many times as long as a commit takes work that ``can_wait`` is kept back for others to share its commit: the
slower the disk, the more a commit spared is worth to whoever waits for the next."""

PATIENCE_S = (0.005, 0.05)
"""The shortest and the longest of it."""

_WEIGHT = 0.1  # of the last commit among those before it

_BEYOND_TRUST = "the store failed in a way after which the disk cannot be trusted"


class Lane:
    """Runs work on a database in ``threads`` threads, each with one connection."""

    def __init__(self, engine: Engine, *, writes: bool, threads: int, fatal: Callable[[], None]) -> None:
        self._engine = engine
        self._writes = writes
        self._count = threads
        self._fatal = fatal
        self._checkpoints = Checkpoints.of(engine, self.give_up) if writes else None
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._is_dead = False
        self._commit_s = 0.0  # what a batch takes, about; the writing thread's own

    async def run(self, work: Callable[[Connection], T], *, can_wait: bool = False) -> T:
        """Run ``work`` in a transaction; returns when it is committed. Raises what ``work`` raises, or
        ``StoreTrouble``. ``work`` is called in the lane's thread, and once more from the beginning when
        something else in the same transaction failed; it must change nothing but the database.

        ``can_wait``: nobody is kept waiting by it, so that it may stand back for company (``patience_s``).
        """
        result: T = await self._queued(work, None, None, can_wait=can_wait)
        return result

    async def run_together(self, work: Callable[[Connection, Sequence[A]], Sequence[T]], item: A) -> T:
        """Like ``run`` for work of which many pieces come at the same time: all that are queued with the
        same ``work`` are handed over in one call, in their order; it returns one result for each item.
        """
        result: T = await self._queued(None, work, item)
        return result

    def post(self, work: Callable[[Connection], None]) -> None:
        """Run ``work`` some time and wait for nothing: for what a sweep does too if this does not get done.

        Needs a running loop, like ``run``; does nothing once the lane is closed or dead.
        """
        with contextlib.suppress(StoreTrouble):
            self._queued(work, None, None).add_done_callback(_look_at)

    def give_up(self) -> None:
        """Do nothing any more, whoever asks: the database cannot be trusted, and the process must exit."""
        self._is_dead = True
        self._fatal()

    async def close(self) -> None:
        """Finish everything that is queued and end the threads."""
        self._is_closed = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._threads.clear()

    def _queued(
        self, work: Work | None, together: Together | None, item: Any, *, can_wait: bool = False
    ) -> asyncio.Future[Any]:
        if self._is_closed:
            raise StoreTrouble("the store is closed")
        if self._is_dead:
            raise StoreTrouble(_BEYOND_TRUST)
        if not self._threads:
            self._start()
        future = asyncio.get_running_loop().create_future()
        self._queue.put(Job(future, work, together, item, can_wait=can_wait))
        return future

    def _start(self) -> None:
        for number in range(self._count):
            thread = threading.Thread(
                target=self._serve, name=f"store-{'write' if self._writes else 'read'}-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _serve(self) -> None:
        """The thread: batch after batch until the queue says stop. Survives the loss of its connection."""
        connection: Connection | None = None
        is_last = False
        while not is_last:
            batch, is_last = self._take()
            if not batch:
                continue
            begun = time.monotonic()
            connection = self._do(connection, batch)
            if self._writes:
                self._commit_s += _WEIGHT * (time.monotonic() - begun - self._commit_s)
            _wake(batch)
            if self._checkpoints is not None:
                self._checkpoints.committed()
            del batch  # it may be large, and the next long in coming
        if self._checkpoints is not None:
            self._checkpoints.close()
        if connection is not None:
            drop(connection)

    def _do(self, connection: Connection | None, batch: Sequence[Job]) -> Connection | None:
        """Run a batch; returns the connection for the next one, or ``None`` when there must be a new one."""
        if self._is_dead:
            for job in batch:
                job.error = StoreTrouble(_BEYOND_TRUST)
            return connection
        is_fresh = connection is None
        try:
            connection = connection or self._engine.connect()
            (write if self._writes else read)(connection, batch)
        except SQLAlchemyError as error:
            if is_lost(error) and not self._writes and not is_fresh and connection is not None:
                drop(connection)  # the server was started again meanwhile; reading twice does no harm
                return self._do(None, batch)
            self._spoil(batch, error)
        except Exception as error:  # noqa: BLE001 - the thread must live, and each caller hears of it
            for job in batch:
                job.error = error
        else:
            return connection
        if connection is not None:
            drop(connection)
        return None

    def _take(self) -> tuple[list[Job], bool]:
        """Wait for work, then take what else is there, and wait a little for more while all of it can wait.

        The flag tells that this was the last of it.
        """
        job = self._queue.get()
        batch: list[Job] = []
        patient_until = time.monotonic() + patience_s(self._commit_s)
        while job is not None:
            batch.append(job)
            if len(batch) == MAX_BATCH:
                return batch, False
            if not job.can_wait:
                patient_until = 0.0
            try:
                job = self._next(patient_until)
            except Empty:
                return batch, False
        return batch, True

    def _next(self, patient_until: float) -> Job | None:
        """What is queued; when nothing is, what comes until then. Raises ``Empty``."""
        try:
            return self._queue.get_nowait()
        except Empty:
            patience_s = patient_until - time.monotonic() if patient_until else 0.0
            if patience_s <= 0:
                raise
            return self._queue.get(timeout=patience_s)

    def _spoil(self, batch: Sequence[Job], error: SQLAlchemyError) -> None:
        """The whole transaction failed: nothing of the batch was written."""
        for job in batch:
            job.error = trouble(error)
        if self._writes and is_beyond_trust(error):
            self.give_up()


def patience_s(commit_s: float) -> float:
    """How long work that can wait stands back where a commit takes ``commit_s``."""
    least, most = PATIENCE_S
    return min(max(least, PATIENCE_COMMITS * commit_s), most)


def _wake(batch: Sequence[Job]) -> None:
    """Tell all callers of a batch with one call into their loop; a loop that is closed has none left."""
    with contextlib.suppress(RuntimeError):
        batch[0].future.get_loop().call_soon_threadsafe(_resolve, batch)


def _resolve(batch: Sequence[Job]) -> None:
    for job in batch:
        if job.future.done():  # its caller was cancelled; the write stands
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)


def _look_at(future: asyncio.Future[Any]) -> None:
    """Take note of how posted work ended, or asyncio would complain that nobody did."""
    if not future.cancelled():
        future.exception()
