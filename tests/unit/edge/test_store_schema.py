"""A migration beside nodes that work on: what two of them wait for each other for is undone, and done again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from relay.edge.store import schema
from relay.edge.store.engines import make_engine
from relay.errors import ConfigError


class Migration:
    """Makes a table, and is in somebody's way so often."""

    def __init__(self, collisions: int, code: str) -> None:
        self.collisions = collisions
        self.code = code
        self.attempts = 0

    def __call__(self, connection: Connection) -> str:
        self.attempts += 1
        connection.exec_driver_sql("CREATE TABLE of_the_next (one INTEGER)")
        if self.attempts <= self.collisions:
            said = sqlite3.OperationalError("constant")
            said.sqlstate = self.code  # type: ignore[attr-defined]  # as the driver of the server has it
            raise OperationalError("ALTER TABLE", None, said)
        return "done"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return make_engine(make_url(f"sqlite:///{tmp_path / 'small.db'}"), writes=True)


@pytest.mark.parametrize("code", ["40P01", "40001", "55P03"])
def test_a_migration_that_collided_begins_anew(
    engine: Engine, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "COLLISION_PAUSES_S", (0.0,) * 3)
    migration = Migration(3, code)
    assert schema._with(engine, "The database", migration) == "done"
    assert migration.attempts == 4


@pytest.mark.parametrize(("collisions", "code", "attempts"), [(100, "40P01", 4), (1, "42501", 1)])
def test_what_goes_on_colliding_and_what_is_no_collision_is_said(
    engine: Engine, collisions: int, code: str, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of it is left."""
    monkeypatch.setattr(schema, "COLLISION_PAUSES_S", (0.0,) * 3)
    migration = Migration(collisions, code)
    with pytest.raises(ConfigError):
        schema._with(engine, "The database", migration)
    assert migration.attempts == attempts
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
