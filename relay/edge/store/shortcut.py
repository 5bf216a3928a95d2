"""Reading without a thread in between. Made by ``SqlStore`` for an embedded database, beside its lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store.direct import Direct
from relay.edge.store.engines import trouble
from relay.edge.store.lanes import drop

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
