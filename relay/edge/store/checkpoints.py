"""Moving the WAL into the database beside the work, so that the writing lane hardly has to (SQLite only).

SQLite lets the connection whose commit makes the WAL long enough move all of it: 15 ms of processor time and two syncs
within that commit, for which whoever waits for their ``250`` waits, too. Here a thread with a connection of its own
moves what there is every ``STEP_PAGES`` or so. It waits for nobody and keeps nobody waiting (``PASSIVE``). Only what
came since is left to the connection that commits (``engines.CHECKPOINT_PAGES``): only a writer can begin the WAL anew.

How long the WAL is only a step tells (its index is not to be opened here: to close it would let go of SQLite's locks).
So a step comes after as many commits as had ``STEP_PAGES`` pages by the last one. Nothing is polled.

On failure: what does not work now is for the next step; where the disk cannot be trusted, ``give_up`` is called.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store.engines import drop, is_beyond_trust, move_wal

STEP_PAGES: Final = 500
"""2 MB: what is left to a commit is about that at most."""

MOST_COMMITS: Final = 50
"""Letters alone have ``STEP_PAGES`` in about as many; chunks of large messages in eight."""


class Checkpoints:
    """``committed`` is the writing thread's. The thread that moves begins with the first step."""

    def __init__(self, engine: Engine, give_up: Callable[[], None]) -> None:
        self.steps = 0
        """How many there have been."""
        self._engine = engine
        self._give_up = give_up
        self._commits = 0
        self._step_commits = MOST_COMMITS
        self._pages = 0
        self._is_due = threading.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    @classmethod
    def of(cls, engine: Engine, give_up: Callable[[], None]) -> Checkpoints | None:
        """``None`` for a server, which sees to it itself."""
        return cls(engine, give_up) if engine.dialect.name == "sqlite" else None

    def committed(self) -> None:
        """Another transaction is in the WAL."""
        self._commits += 1
        if self._commits < self._step_commits:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="store-checkpoint", daemon=True)
            self._thread.start()
        self._is_due.set()

    def close(self) -> None:
        """End the thread after the step that it is in; called by the writing thread, which commits no more."""
        self._is_closed = True
        self._is_due.set()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        connection: Connection | None = None
        while self._is_due.wait() and not self._is_closed:
            self._is_due.clear()
            commits, self._commits = self._commits, 0
            try:
                connection = connection or self._engine.connect()
                self._learn(commits, move_wal(connection))
            except SQLAlchemyError as error:
                if is_beyond_trust(error):
                    self._give_up()
        if connection is not None:
            drop(connection)

    def _learn(self, commits: int, pages: int) -> None:
        """A WAL that is shorter than before has been begun anew, and nobody knows when."""
        came, self._pages = pages - self._pages, pages
        if came > 0:
            self._step_commits = min(max(1, commits * STEP_PAGES // came), MOST_COMMITS)
        self.steps += 1
