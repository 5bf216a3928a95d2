"""Bringing a database up to date, and seeing that it is whole and ours, before anything is done with it.

Called by ``opening`` once, before processes are forked. Migrations run in one transaction together with the
key check value: a crash in between leaves the database as it was. Forward only.
Refuses with ``ConfigError``: a file that is damaged or no database, a schema of a newer relay, a
master key that is not the one the database was made with.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store import postgresql, wholeness
from relay.edge.store.key_versions import CHECK
from relay.edge.store.keys import Keyring
from relay.edge.store.tables import data_keys, meta
from relay.edge.store.wholeness import State
from relay.errors import ConfigError
from relay.resources import folder

T = TypeVar("T")

COLLISION_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0)
"""Between attempts at a migration that others were in the way of, before the daemon says so and ends."""

Migrated = Callable[[Connection, str], None]
"""What a database in use needs after its migration; it hears of the revision that it was of."""


def bring_up_to_date(
    engine: Engine,
    keyring: Keyring,
    name: str,
    former: Keyring | None = None,
    migrated: Migrated | None = None,
) -> bool:
    """Check and migrate the database that the operator knows as ``name``. Raises ``ConfigError``.

    ``False``: it is large, and part of it is still to be looked at (``wholeness``).

    ``former``: it may belong to the master key before, too (``key_versions``). ``migrated``: done within the
    transaction, when something was.
    """
    return _with(engine, name, lambda connection: _migrate(connection, keyring, former, name, migrated))


def verify(engine: Engine, keyring: Keyring, name: str, former: Keyring | None = None) -> None:
    """Check a database without changing it: for commands beside a daemon, which sees that all of it is whole.

    Raises ``ConfigError``.
    """

    def check(connection: Connection) -> None:
        _check(connection, name, wholeness.short_look)
        if _revision(connection) != _scripts().get_current_head():
            raise ConfigError(
                (f"{name}: the database is not up to date; start the daemon of this version once",)
            )
        _check_key(connection, keyring, former, name)

    _with(engine, name, check)


def look(engine: Engine, keyring: Keyring, name: str, former: Keyring | None = None) -> None:
    """Check that a daemon of this version could start on a database, all of it. Raises ``ConfigError``."""

    def check(connection: Connection) -> None:
        _check(connection, name, wholeness.whole_look)
        found = _revision(connection)
        if found is not None:
            _check_known(_scripts(), found, name)
            if not _is_unused(connection):
                _check_key(connection, keyring, former, name)

    _with(engine, name, check)


def due(engine: Engine, name: str) -> str | None:
    """The revision of a database in use that is to be migrated; ``None`` when there is nothing to do."""

    def look_at(connection: Connection) -> str | None:
        found = _revision(connection)
        scripts = _scripts()
        if found is None or found == scripts.get_current_head() or _is_unused(connection):
            return None
        _check_known(scripts, found, name)
        _check(connection, name, wholeness.whole_look)
        return found

    return _with(engine, name, look_at)


def known(revision: object) -> str:
    """A revision that this version of relay knows. Raises ``ConfigError``."""
    _check_known(_scripts(), str(revision), "The backup")
    return str(revision)


def is_empty(connection: Connection) -> bool:
    """Tell whether nothing of ours was ever made in this database."""
    return _revision(connection) is None


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision on an open transaction; nothing is done when it is there already."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def alembic_config() -> Config:
    """Alembic's settings, made here so that no file of settings is needed."""
    config = Config()
    config.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def is_new(engine: Engine, name: str) -> bool:
    """Tell whether nothing was ever sealed in this database. Raises ``ConfigError``."""
    return _with(engine, name, lambda connection: _revision(connection) is None or _is_unused(connection))


def check_all(engine: Engine, name: str) -> None:
    """See that all of a database is whole, however long it takes. Raises ``ConfigError``."""
    _with(engine, name, lambda connection: _check(connection, name, wholeness.whole_look))


def _with(engine: Engine, name: str, work: Callable[[Connection], T]) -> T:
    """Do it in one transaction; anew when other nodes, who work on meanwhile, were in its way: a migration wants tables
    for itself, one after the other, and two may wait for each other.
    """
    try:
        for pause_s in COLLISION_PAUSES_S:
            try:
                with engine.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                if not postgresql.has_collided(error):
                    raise
            time.sleep(pause_s)
        with engine.begin() as connection:
            return work(connection)
    except SQLAlchemyError as error:
        if engine.dialect.name == "postgresql":
            problem = f"{name} {postgresql.sentence(error)}"
        else:
            problem = f"{name}: the database cannot be opened or is damaged; put it back from its backup"
        raise ConfigError((problem,)) from None


def _migrate(
    connection: Connection, keyring: Keyring, former: Keyring | None, name: str, migrated: Migrated | None
) -> bool:
    state = _check(connection, name, wholeness.short_look)
    if connection.dialect.name == "postgresql":
        postgresql.prepare_to_migrate(connection)
    scripts = _scripts()
    found = _revision(connection)
    is_used = found is not None and not _is_unused(connection)
    if found is not None:
        _check_known(scripts, found, name)
    if is_used:
        _check_key(connection, keyring, former, name)
    if found != scripts.get_current_head():
        upgrade(connection)
        if is_used and found is not None and migrated is not None:
            migrated(connection, found)
    if not is_used:
        connection.execute(insert(meta), {"name": CHECK, "value": keyring.check_value})
    return state is State.WHOLE


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _check_known(scripts: ScriptDirectory, revision: str, name: str) -> None:
    try:
        scripts.get_revision(revision)
    except CommandError:
        problem = f"{name}: the database was written by a newer relay; install that version again"
        raise ConfigError((problem,)) from None


def _check(connection: Connection, name: str, look: Callable[[Connection], State]) -> State:
    """Have SQLite look at its pages; a server looks after its own, but must not be told to be careless."""
    if connection.dialect.name == "postgresql":
        postgresql.check_careful(connection, name)
        return State.WHOLE
    state = look(connection)
    if state is State.DAMAGED:
        raise ConfigError((f"{name}: the database file is damaged; put it back from its backup",))
    return state


def _is_unused(connection: Connection) -> bool:
    """Tell whether the tables were made (by whoever may, on a server) and nothing was ever sealed in them."""
    is_marked = connection.execute(select(meta.c.name).where(meta.c.name == CHECK)).first() is not None
    return not is_marked and connection.execute(select(data_keys.c.owner).limit(1)).first() is None


def _check_key(connection: Connection, keyring: Keyring, former: Keyring | None, name: str) -> None:
    found = connection.execute(select(meta.c.value).where(meta.c.name == CHECK)).scalar()
    given = [each.check_value for each in (keyring, former) if each is not None]
    if found is None or not any(hmac.compare_digest(bytes(found), each) for each in given):
        problem = (
            f"{name}: the database was made with another master key; put that key file back from its backup"
        )
        raise ConfigError((problem,))
