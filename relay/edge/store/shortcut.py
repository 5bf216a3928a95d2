"""Look-ups by the shortest way that a database has. Made by ``SqlStore``, beside its lanes.

``Shortcut`` is for an embedded database, ``Autocommit`` for a server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store.direct import Direct
from relay.edge.store.engines import drop, trouble
from relay.edge.store.lanes import Lane

T = TypeVar("T")


class Shortcut:
    """Quick reads of an embedded database, in the event loop's own thread.

    Such a read takes some ten microseconds and waits for nobody (SQLite's readers never wait for its writer
    in WAL mode); handing it to a thread and back costs ten times as much. For look-ups by index only:
    whatever grows with a message or with the archive belongs into a lane.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._direct: Direct | None = None

    async def run(self, work: Callable[[Connection], T], *, at_one_moment: bool = False) -> T:
        """Run a read. Raises what ``work`` raises, or ``StoreTrouble``.

        ``at_one_moment``: its statements must all see the same state; else each sees what is committed by then.
        """
        try:
            direct = self._direct or self._connected()
            if not at_one_moment:
                return work(cast("Connection", direct))
            direct.exec_driver_sql("BEGIN")
            try:
                return work(cast("Connection", direct))
            finally:
                direct.exec_driver_sql("COMMIT")
        except SQLAlchemyError as error:
            await self.close()
            raise trouble(error) from None

    def _connected(self) -> Direct:
        self._connection = self._engine.connect()
        self._direct = Direct(self._connection)
        return self._direct

    async def close(self) -> None:
        """Give up the connection; the next read opens another."""
        if self._connection is not None:
            drop(self._connection)
            self._connection = self._direct = None


class Autocommit:
    """Quick reads of a server: statements without a transaction around them, which is two of three journeys saved.

    ``whole``: the lane for what must see one moment.
    """

    def __init__(self, engine: Engine, whole: Lane, threads: int) -> None:
        self._whole = whole
        each_for_itself = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._lane = Lane(each_for_itself, writes=False, threads=threads, fatal=lambda: None)

    async def run(self, work: Callable[[Connection], T], *, at_one_moment: bool = False) -> T:
        """As ``Shortcut.run``."""
        return await (self._whole if at_one_moment else self._lane).run(work)

    async def close(self) -> None:
        """Finish what is queued."""
        await self._lane.close()


def quick_reads(engine: Engine, whole: Lane, threads: int) -> Shortcut | Autocommit:
    """What this database has."""
    return Shortcut(engine) if engine.dialect.name == "sqlite" else Autocommit(engine, whole, threads)
