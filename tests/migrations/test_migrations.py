"""Migrations make exactly the tables that the store works on, all or nothing, and run where they are installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from relay import resources
from relay.edge.store import schema
from relay.edge.store.engines import make_engine, mute_libraries
from relay.edge.store.keys import Keyring, MasterKey
from relay.edge.store.tables import metadata
from relay.errors import ConfigError
from tests.support import postgresql, storage

KEYRING = Keyring(MasterKey(bytes(32)))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """On a database with nothing in it."""
    made = empty(tmp_path / "relay.db")
    yield made
    made.dispose()


def empty(file: Path) -> Engine:
    mute_libraries()
    if storage.IS_POSTGRESQL:
        server = postgresql.running()
        return make_engine(make_url(server.url(server.empty())), writes=True)
    return make_engine(make_url(f"sqlite:///{file}"), writes=True)


ON_SQLITE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
ON_POSTGRESQL = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
    "SELECT conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace UNION ALL "
    "SELECT table_name || '.' || column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable, "
    "column_default, generation_expression) FROM information_schema.columns WHERE table_schema = 'public'"
)


def sketch(engine: Engine) -> dict[str, str]:
    """What made each table and index, without its layout and quoting."""
    with engine.connect() as connection:
        statement = ON_POSTGRESQL if engine.dialect.name == "postgresql" else ON_SQLITE
        rows = connection.exec_driver_sql(statement).all()
    return {
        name: re.sub(r"[\s\"]+", " ", sql).replace("( ", "(").replace(" )", ")")
        for name, sql in rows
        if not name.startswith("alembic")
    }


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The full-text index is no table of SQLAlchemy's; how it is made is compared as a statement below."""
    return not (kind == "table" and str(name).startswith(("referral_words", "key_slots")))


def _is_a_table(thing: object, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
    """In SQLite ``data_keys`` is a view; it is compared as a statement, too."""
    return storage.IS_POSTGRESQL or kind != "table" or name != "data_keys"


def test_the_newest_migration_is_what_the_store_works_on(engine: Engine, tmp_path: Path) -> None:
    """Columns, types, keys, indexes and their conditions: none may differ."""
    schema.bring_up_to_date(engine, KEYRING, "test")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": _is_ours, "include_object": _is_a_table}
        )
        assert compare_metadata(context, metadata) == []
    direct = empty(tmp_path / "direct.db")
    with direct.begin() as connection:
        metadata.create_all(connection)
    wanted = sketch(direct)
    direct.dispose()
    assert sketch(engine) == wanted


def test_there_is_one_way_forward() -> None:
    """One head, and every migration is found from it."""
    scripts = ScriptDirectory.from_config(schema.alembic_config())
    assert len(scripts.get_heads()) == 1
    files = list((resources.folder("migrations") / "versions").glob("*.py"))
    assert len(list(scripts.walk_revisions())) == len(files)


def test_bringing_up_to_date_twice_changes_nothing(engine: Engine) -> None:
    """Every start does it."""
    schema.bring_up_to_date(engine, KEYRING, "test")
    before = sketch(engine)
    schema.bring_up_to_date(engine, KEYRING, "test")
    schema.verify(engine, KEYRING, "test")
    assert sketch(engine) == before


@pytest.mark.parametrize("after", [1, 5, 12, 25])
def test_a_migration_that_is_cut_off_leaves_the_database_as_it_was(engine: Engine, after: int) -> None:
    """Tables, version and key check value come in one transaction; the next start begins anew."""
    count = 0

    def cut(*arguments: object) -> None:
        nonlocal count
        if str(arguments[2]).lstrip().startswith(("CREATE", "INSERT")):
            count += 1
            if count == after:
                raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", cut)
    with pytest.raises(KeyboardInterrupt):
        schema.bring_up_to_date(engine, KEYRING, "test")
    event.remove(engine, "before_cursor_execute", cut)
    assert sketch(engine) == {}
    schema.bring_up_to_date(engine, KEYRING, "test")
    schema.verify(engine, KEYRING, "test")


def test_a_database_that_is_not_up_to_date_is_not_used(engine: Engine) -> None:
    """A command beside the daemon must not guess."""
    with pytest.raises(ConfigError, match="not up to date"):
        schema.verify(engine, KEYRING, "test")


def test_an_installation_without_its_folders_says_so() -> None:
    """Not a traceback."""
    with pytest.raises(ConfigError, match="incomplete"):
        resources.folder("no-such-folder")


def test_the_settings_of_the_migration_tool_stay_in_the_program() -> None:
    """It logs nothing and needs no file of its own, so nothing depends on where it is started."""
    config = schema.alembic_config()
    assert config.config_file_name is None
    assert callable(command.upgrade)
