"""Several nodes on one PostgreSQL: each wakes the others when it commits, and takes over what a dead one had leased.

``Bell`` is made by ``SqlStore`` for a daemon on a server and runs in a thread with a connection of its own. The
database rings (``NOTIFY``, by triggers) when an entry waits for whoever has time, a delivery is due again, a
conversation waits or a counselor has room; what is missed while the connection is down is looked for when it is up
again, and everybody still looks now and then by themselves.

A node holds an advisory lock as long as its connection lives, and says every ``BEAT_S`` that it is there, by the
database's clock. One whose lock is free and that was not heard of for ``DEAD_AFTER_S`` is dead: its leases are void at
once, and its messages go on with another. Only who has listened that long itself judges so: after an outage of the
server all have been silent, and whoever is back first would take the others for dead. One that hangs keeps its lock,
and its leases until they run out. Either may come back: the fences that it knows are old, so that it writes nothing,
and before it sends anything it asks (``forgetting.clearance``). So a message is sent twice only if it was being sent at
that moment, under the same Message-ID.

On failure: without its database a node does nothing; it tries again every ``AGAIN_S``.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store import tables_nodes as tables_nodes  # noqa: PLC0414 (so that the schema knows the table)

BEAT_S = 2.0
DEAD_AFTER_S = 8.0
"""Long enough for a node whose connection was cut to come back; a node that ends by itself says so."""
AGAIN_S = 1.0
_LISTEN_S = 0.25
"""How long the thread waits for a ring before it looks whether it is to end."""

_BEAT = (
    "INSERT INTO nodes (node, beat_at) VALUES (%s, relay_now()) "
    "ON CONFLICT (node) DO UPDATE SET beat_at = relay_now()"
)
_SILENT = "SELECT node FROM nodes WHERE node <> %s AND beat_at < relay_now() - %s"
_AT_WORK = "SELECT count(*) FROM nodes WHERE beat_at >= relay_now() - %s"
_HOLD = "SELECT pg_advisory_lock(%s)"
_IS_DEAD = "SELECT pg_try_advisory_xact_lock(%s)"
_VOID = (
    "UPDATE entries SET lease_until = NULL WHERE node = %s AND lease_until IS NOT NULL AND state = 'received'",
    "UPDATE deliveries SET state = 'queued', due_at = 0, lease_until = NULL "
    "WHERE node = %s AND lease_until IS NOT NULL AND state = 'active'",
    "DELETE FROM nodes WHERE node = %s",
)
_RING = "SELECT pg_notify('relay', 'entries'), pg_notify('relay', 'deliveries')"


class Bell:
    """``ring`` is called from the thread, with the name of the table in which something waits; empty: look at all."""

    def __init__(self, engine: Engine, node: int | None) -> None:
        self._engine = engine
        self._node = node
        self._ring: Callable[[str], None] = lambda _: None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, ring: Callable[[str], None]) -> None:
        """Join the others and listen; where there can be no others, do nothing."""
        if self._node is None:
            return
        self._ring = ring
        self._thread = threading.Thread(target=self._run, name="store-bell", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave: what this node had leased is free for the others at once."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        assert self._node is not None
        node = self._node
        errors = (SQLAlchemyError, OSError, self._engine.dialect.loaded_dbapi.Error)
        while not self._ending.is_set():
            with contextlib.suppress(*errors):
                self._listen_on_one_connection(node)
            self._ending.wait(AGAIN_S)

    def _listen_on_one_connection(self, node: int) -> None:
        raw = self._engine.raw_connection()
        try:
            driver: Any = raw.driver_connection
            driver.autocommit = True
            driver.execute("LISTEN relay")
            driver.execute(_HOLD, (node,))
            self._beat(driver)
            self._ring("")
            self._listen(driver, time.monotonic())
            void(driver, node)
        finally:
            raw.invalidate()

    def _listen(self, driver: Any, since: float) -> None:
        beaten_at = since
        while not self._ending.is_set():
            for table in {notice.payload for notice in driver.notifies(timeout=_LISTEN_S)}:
                self._ring(table)
            if time.monotonic() - beaten_at >= BEAT_S:
                self._beat(driver)
                beaten_at = time.monotonic()
                if beaten_at - since >= DEAD_AFTER_S:
                    self._judge(driver)

    def _beat(self, driver: Any) -> None:
        driver.execute(_BEAT, (self._node,))

    def _judge(self, driver: Any) -> None:
        silent = driver.execute(_SILENT, (self._node, int(DEAD_AFTER_S * 1_000_000))).fetchall()
        for (node,) in silent:
            with driver.transaction():
                if driver.execute(_IS_DEAD, (node,)).fetchone()[0]:
                    void(driver, node)


def at_work(connection: Connection) -> int | None:
    """How many nodes are there now; ``None`` on an embedded database, where there can be no others."""
    if connection.dialect.name == "sqlite":
        return None
    count: int = connection.exec_driver_sql(_AT_WORK, (int(DEAD_AFTER_S * 1_000_000),)).scalar_one()
    return count


def void(driver: Any, node: int) -> None:
    """End what a node had leased, and wake whoever can take it."""
    for statement in _VOID:
        driver.execute(statement, (node,))
    driver.execute(_RING)
