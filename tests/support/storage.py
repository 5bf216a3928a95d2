"""Which database the tests run on: SQLite, or PostgreSQL with ``RELAY_TEST_STORE=postgresql`` in the environment.

``url`` is what a test writes into relay.toml for a folder of its own; ``run`` looks into that database from outside.
A test that is about one of them alone says so with ``only_sqlite``: what it looks at is a file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

KIND = os.environ.get("RELAY_TEST_STORE", "sqlite")
assert KIND in {"sqlite", "postgresql"}, "RELAY_TEST_STORE: sqlite or postgresql"
IS_POSTGRESQL = KIND == "postgresql"

only_sqlite = pytest.mark.only_sqlite
only_postgresql = pytest.mark.only_postgresql


def url(folder: Path, file: str = "state/relay.db") -> str:
    """``storage.url`` for the configuration in ``folder``; the file is relative to it."""
    if not IS_POSTGRESQL:
        return f"sqlite:///{file}"
    from tests.support.postgresql import running

    return running().url_of(folder)


def fit(toml: str, folder: Path) -> str:
    """A configuration that names the embedded database, for the database that the tests run on."""
    return toml.replace("sqlite:///state/relay.db", url(folder))


def run(folder: Path, statement: str, values: Sequence[Any] = (), file: str = "state/relay.db") -> list[Any]:
    """Run one statement with ``?`` for its values, committed; its rows."""
    if not IS_POSTGRESQL:
        with closing(sqlite3.connect(folder / file, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()
    from tests.support.postgresql import running

    server = running()
    with server.connect(server.name_of(folder)) as connection:
        cursor = connection.execute(statement.replace("?", "%s"), values)
        return cursor.fetchall() if cursor.description else []


def anew(folder: Path) -> None:
    """An empty database in the place of a folder's, as a new machine has it."""
    if not IS_POSTGRESQL:
        for path in (folder / "state").glob("relay.db*"):
            path.unlink()
        return
    from tests.support.postgresql import running

    running().anew(folder)


def files(folder: Path) -> dict[str, bytes]:
    """All that lies in the state folder and, of a server, the files of the folder's database and its log."""
    state = {path.name: path.read_bytes() for path in (folder / "state").rglob("*") if path.is_file()}
    return state | server_files(folder) if IS_POSTGRESQL else state


def server_files(folder: Path) -> dict[str, bytes]:
    """What the server keeps of the database of a folder: its tables and indexes, and the log of all databases."""
    from tests.support.postgresql import running

    return running().files_of(folder)
