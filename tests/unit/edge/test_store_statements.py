"""Every statement of the store is written once, looks things up by an index, and means something to PostgreSQL, too."""

from __future__ import annotations

import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Delete, Insert, Select, Update, create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.compiler import SQLCompiler

from relay.edge import store
from relay.edge.store.tables import metadata

Statement = Select[Any] | Insert | Update | Delete

POSTGRESQL: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
SQLITE: Any = sqlite.dialect()

SCANS_ALLOWED = {
    "_SELECT_ALL", "_UNCLAIMED_BEFORE", "_ONE_LEFT", "_ALL",
    "_BROKEN", "_IN_DANGER", "_OWED", "_CAME_OF", "_ENTRIES", "_DELIVERIES",
    "_CONVERSATION_PILES", "_DELIVERY_PILES", "_ENTRY_PILES",
    "_UNTOLD", "_TOLD",
}  # fmt: skip
"""Tables that stay small: the counselors, and the large messages that are arriving or leaving. What an operator looks up: sums of
what is under way, what came of one entry. Of mailboxes, only what is still to be put away or was left there.
"""

FOUND = "SCAN data_keys"
"""Rows of a view that are changed are found first, and gone through; to go through all would be a scan of the table."""


def statements() -> Iterator[tuple[str, Statement]]:
    """All statements that the modules of the store hold, with their names."""
    for module in pkgutil.iter_modules(store.__path__, f"{store.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            for number, each in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(each, Select | Insert | Update | Delete):
                    yield f"{module.name.rpartition('.')[2]}.{name}.{number}", each


ALL = dict(statements())


def compiled(statement: Statement, dialect: Any) -> SQLCompiler:
    among = {"among": [b"a", b"b"]} if "among" in str(statement) else {}
    made = statement.params(**among) if among else statement
    return made.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})


def test_the_statements_are_found() -> None:
    """Else the tests below would look at nothing."""
    assert len(ALL) > 40


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_statement_compiles_for_postgresql(name: str) -> None:
    """Another URL is all that several nodes need."""
    assert str(compiled(ALL[name], POSTGRESQL))


def test_the_tables_compile_for_postgresql() -> None:
    """With their partial indexes."""
    for table in metadata.tables.values():
        assert str(CreateTable(table).compile(dialect=POSTGRESQL))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=POSTGRESQL))


def test_due_deliveries_are_shared_out_among_nodes_without_waiting() -> None:
    """Where there is ``SKIP LOCKED`` it is used."""
    sql = str(compiled(ALL["deliveries._CANDIDATES.0"], POSTGRESQL))
    assert "FOR UPDATE SKIP LOCKED" in sql


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plans") / "plans.db"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.mark.parametrize("name", sorted(name for name in ALL if not isinstance(ALL[name], Insert)))
def test_a_look_up_does_not_grow_with_the_archive(name: str, database: Path) -> None:
    """No statement reads a table from end to end, nor sorts what an index has in order."""
    made = compiled(ALL[name], SQLITE)
    parameters = [1] * len(made.positiontup or ())
    with closing(sqlite3.connect(database)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {made}", parameters)]
    scans = [
        step
        for step in plan
        if step.startswith("SCAN") and "USING" not in step and "CONSTANT" not in step and step != FOUND
    ]
    sorts = [step for step in plan if "TEMP B-TREE" in step]
    assert name.split(".")[1] in SCANS_ALLOWED or (scans, sorts) == ([], []), plan
