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
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store.checkpoints import Checkpoints
from relay.edge.store.direct import Direct
from relay.edge.store.engines import drop, is_beyond_trust, trouble
from relay.edge.store.postgresql import has_collided, is_lost
from relay.flow.ports import StoreTrouble

T = TypeVar("T")
A = TypeVar("A")

MAX_BATCH = 256
"""Pieces of work in one transaction: past this a longer wait for the first gains nothing for the last."""

MAX_COLLISIONS = 3
"""How often a batch is done that other nodes were in the way of, before each piece is on its own."""

PATIENCE_S = 0.005
"""How long work that ``can_wait`` is kept back for others to share its commit, which costs as much as some letters."""

_BEYOND_TRUST = "the store failed in a way after which the disk cannot be trusted"

Work = Callable[[Connection], Any]
Together = Callable[[Connection, Sequence[Any]], Sequence[Any]]


class _Job:
    """One piece of work, who waits for it, and what came of it."""

    __slots__ = ("can_wait", "error", "future", "item", "result", "together", "work")

    def __init__(
        self, future: asyncio.Future[Any], work: Work | None, together: Together | None, item: Any, *, can_wait: bool
    ) -> None:  # fmt: skip
        self.can_wait = can_wait
        self.future = future
        self.work = work
        self.together = together
        self.item = item
        self.result: Any = None
        self.error: Exception | None = None

    def alone(self, connection: Connection) -> Any:
        """Do this job by itself."""
        if self.together is not None:
            return self.together(connection, [self.item])[0]
        assert self.work is not None
        return self.work(connection)


class Lane:
    """Runs work on a database in ``threads`` threads, each with one connection."""

    def __init__(self, engine: Engine, *, writes: bool, threads: int, fatal: Callable[[], None]) -> None:
        self._engine = engine
        self._writes = writes
        self._count = threads
        self._fatal = fatal
        self._checkpoints = Checkpoints.of(engine, self.give_up) if writes else None
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._is_dead = False

    async def run(self, work: Callable[[Connection], T], *, can_wait: bool = False) -> T:
        """Run ``work`` in a transaction; returns when it is committed. Raises what ``work`` raises, or
        ``StoreTrouble``. ``work`` is called in the lane's thread, and once more from the beginning when
        something else in the same transaction failed; it must change nothing but the database.

        ``can_wait``: nobody is kept waiting by it, so that it may stand back ``PATIENCE_S`` for company.
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
        self._queue.put(_Job(future, work, together, item, can_wait=can_wait))
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
            connection = self._do(connection, batch)
            _wake(batch)
            if self._checkpoints is not None:
                self._checkpoints.committed()
            del batch  # it may be large, and the next long in coming
        if self._checkpoints is not None:
            self._checkpoints.close()
        if connection is not None:
            drop(connection)

    def _do(self, connection: Connection | None, batch: Sequence[_Job]) -> Connection | None:
        """Run a batch; returns the connection for the next one, or ``None`` when there must be a new one."""
        if self._is_dead:
            for job in batch:
                job.error = StoreTrouble(_BEYOND_TRUST)
            return connection
        is_fresh = connection is None
        try:
            connection = connection or self._engine.connect()
            (_write if self._writes else _read)(connection, batch)
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

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for work, then take what else is there, and wait a little for more while all of it can wait.

        The flag tells that this was the last of it.
        """
        job = self._queue.get()
        batch: list[_Job] = []
        patient_until = time.monotonic() + PATIENCE_S
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

    def _next(self, patient_until: float) -> _Job | None:
        """What is queued; when nothing is, what comes until then. Raises ``Empty``."""
        try:
            return self._queue.get_nowait()
        except Empty:
            patience_s = patient_until - time.monotonic() if patient_until else 0.0
            if patience_s <= 0:
                raise
            return self._queue.get(timeout=patience_s)

    def _spoil(self, batch: Sequence[_Job], error: SQLAlchemyError) -> None:
        """The whole transaction failed: nothing of the batch was written."""
        for job in batch:
            job.error = trouble(error)
        if self._writes and is_beyond_trust(error):
            self.give_up()


def _write(connection: Connection, batch: Sequence[_Job]) -> None:
    """One transaction for the batch. Raises ``SQLAlchemyError`` when the transaction as a whole failed.

    Nearly always all goes well, and savepoints would cost as much as the work. So it is done without;
    only when one fails everything is undone and done again, each by itself. What another node was in the way of
    is first done again as it is. A failed COMMIT is never tried again: nobody knows what came of it.
    """
    for _ in range(MAX_COLLISIONS):
        transaction = connection.begin()
        failure = _failure(connection, batch)
        if failure is None:
            transaction.commit()
            return
        transaction.rollback()
        if not has_collided(failure):
            break
    with connection.begin():
        for job in batch:
            _in_savepoint(connection, job)


def _failure(connection: Connection, batch: Sequence[_Job]) -> Exception | None:
    """Do all of a batch; why that did not work, or ``None``. Whose it was is found when each is done by itself."""
    try:
        with _face(connection, is_piped=True) as face:
            for jobs in _grouped(batch):
                together = jobs[0].together
                if together is None:
                    jobs[0].result = jobs[0].alone(face)
                    continue
                results = together(face, [job.item for job in jobs])
                for job, result in zip(jobs, results, strict=True):
                    job.result = result
    except Exception as error:  # noqa: BLE001 - it is raised when each is done by itself
        return error
    return None


@contextlib.contextmanager
def _face(connection: Connection, *, is_piped: bool = False) -> Iterator[Connection]:
    """The connection as the files of this package are given it. ``is_piped``: an error may be noticed late."""
    if connection.dialect.name == "sqlite":
        yield cast("Connection", Direct(connection))
    else:
        from relay.edge.store.pipelined import Pipelined  # the driver of a server, which nobody else needs

        with Pipelined(connection, is_piped=is_piped) as face:
            yield cast("Connection", face)


def _grouped(batch: Sequence[_Job]) -> list[list[_Job]]:
    """The batch in order, with all that want to go together where the first of them stands."""
    groups: list[list[_Job]] = []
    meeting: dict[Any, list[_Job]] = {}
    for job in batch:
        if job.together is not None and job.together in meeting:
            meeting[job.together].append(job)
            continue
        groups.append([job])
        if job.together is not None:
            meeting[job.together] = groups[-1]
    return groups


def _in_savepoint(connection: Connection, job: _Job) -> None:
    """Do one job; when it raises, undo what it wrote and no more.

    Raises ``SQLAlchemyError`` when the savepoint is gone, because the database has undone the whole
    transaction (SQLite does so on a full volume), or because the connection is lost.
    """
    connection.exec_driver_sql("SAVEPOINT job")
    try:
        with _face(connection) as face:
            job.result = job.alone(face)
    except Exception as error:
        if is_lost(error):
            raise
        try:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT job")
        except SQLAlchemyError as gone:
            raise (error if isinstance(error, SQLAlchemyError) else gone) from None
        job.error = trouble(error) if isinstance(error, SQLAlchemyError) else error
    connection.exec_driver_sql("RELEASE SAVEPOINT job")


def _read(connection: Connection, batch: Sequence[_Job]) -> None:
    """One transaction for reads, which change nothing; one that the database fails, it fails for all."""
    with connection.begin(), _face(connection) as face:
        for job in batch:
            try:
                job.result = job.alone(face)
            except SQLAlchemyError:
                raise
            except Exception as error:  # noqa: BLE001 - it is the caller's, and raised there
                job.error = error


def _wake(batch: Sequence[_Job]) -> None:
    """Tell all callers of a batch with one call into their loop; a loop that is closed has none left."""
    with contextlib.suppress(RuntimeError):
        batch[0].future.get_loop().call_soon_threadsafe(_resolve, batch)


def _resolve(batch: Sequence[_Job]) -> None:
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
