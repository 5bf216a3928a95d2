"""From the version on that several nodes can run, a migration only adds: a node of the version before works on meanwhile.

What it may do: make tables, indexes, functions and triggers; add columns that may be empty or have a default. What it
may not: drop, rename or change what the version before reads or writes, nor forbid what that writes.
"""

from __future__ import annotations

import re

import pytest
from alembic import command
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url

from relay.edge.store import schema
from relay.edge.store.engines import make_engine, mute_libraries
from tests.support import newer
from tests.support.postgresql import running

pytestmark = pytest.mark.postgresql

FIRST = "0021"
"""The schema of the first version of several nodes."""

ADDS = re.compile(
    r"CREATE (TABLE|INDEX|FUNCTION|TRIGGER|SEQUENCE) "
    r"|ALTER TABLE \S+ ADD COLUMN (?!.*NOT NULL)"
    r"|ALTER TABLE \S+ ADD COLUMN .*DEFAULT "
    r"|(SELECT|INSERT INTO|UPDATE) ",
    re.DOTALL,
)


def takes_away(statement: str) -> bool:
    """Tell whether a node of the version before could fail because of a statement of a migration."""
    return ADDS.match(" ".join(statement.split())) is None


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE told",
        "ALTER TABLE entries DROP COLUMN node",
        "ALTER TABLE entries RENAME COLUMN node TO holder",
        "ALTER TABLE entries ADD COLUMN more INTEGER NOT NULL",
        "ALTER TABLE entries ALTER COLUMN node SET NOT NULL",
        "ALTER TABLE entries ADD CONSTRAINT one UNIQUE (node)",
        "CREATE UNIQUE INDEX one ON entries (node)",
        "DROP INDEX ix_entries_received",
        "DELETE FROM told",
    ],
)
def test_what_takes_something_away_is_seen(statement: str) -> None:
    """Each would break a node of the version before, or take what it has written."""
    assert takes_away(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (one INTEGER)",
        "CREATE INDEX ix_more ON entries (node)",
        "ALTER TABLE entries ADD COLUMN more INTEGER",
        "ALTER TABLE entries ADD COLUMN more INTEGER DEFAULT 0 NOT NULL",
    ],
)
def test_what_only_adds_is_let_through(statement: str) -> None:
    assert not takes_away(statement)


def test_migrations_since_the_first_version_of_several_nodes_only_add(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more than there are, so that there is always one to be looked at."""
    place = newer.extended(tmp_path_factory.mktemp("next") / "migrations", 0)
    monkeypatch.setattr(schema, "folder", lambda _: place)
    mute_libraries()
    engine = make_engine(make_url(running().url(running().empty())), writes=True)
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    with engine.begin() as connection:
        upgrade(connection, FIRST)
        event.listen(engine, "before_cursor_execute", note)
        upgrade(connection, "head")
    engine.dispose()
    assert any("of_the_next" in each for each in statements)
    assert [each for each in statements if takes_away(each)] == []


def upgrade(connection: Connection, revision: str) -> None:
    config = schema.alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
