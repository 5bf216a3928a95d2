"""Batches: pieces of work that share one transaction, and what becomes of each.

Only ``lanes`` calls this, in a lane's thread, with a connection of its own. A piece that fails is undone alone and
spoils no other. Raises ``SQLAlchemyError`` when the transaction as a whole failed, so that nothing was written.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store.direct import Direct
from relay.edge.store.engines import trouble
from relay.edge.store.postgresql import has_collided, is_lost

MAX_COLLISIONS = 3
"""How often a batch is done that other nodes were in the way of, before each piece is on its own."""

Work = Callable[[Connection], Any]
Together = Callable[[Connection, Sequence[Any]], Sequence[Any]]


class Job:
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


def write(connection: Connection, batch: Sequence[Job]) -> None:
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


def _failure(connection: Connection, batch: Sequence[Job]) -> Exception | None:
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


def _grouped(batch: Sequence[Job]) -> list[list[Job]]:
    """The batch in order, with all that want to go together where the first of them stands."""
    groups: list[list[Job]] = []
    meeting: dict[Any, list[Job]] = {}
    for job in batch:
        if job.together is not None and job.together in meeting:
            meeting[job.together].append(job)
            continue
        groups.append([job])
        if job.together is not None:
            meeting[job.together] = groups[-1]
    return groups


def _in_savepoint(connection: Connection, job: Job) -> None:
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


def read(connection: Connection, batch: Sequence[Job]) -> None:
    """One transaction for reads, which change nothing; one that the database fails, it fails for all."""
    with connection.begin(), _face(connection) as face:
        for job in batch:
            try:
                job.result = job.alone(face)
            except SQLAlchemyError:
                raise
            except Exception as error:  # noqa: BLE001 - it is the caller's, and raised there
                job.error = error
