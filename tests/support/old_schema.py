"""Databases as older versions of relay left them: made of one of today, by leaving out what came later.

    put_back(of_today, empty, "0012")     # the tables of that revision, with all rows that they can hold
    sums(engine, columns_of(engine))      # count and digest of what is in each table, to be compared after a migration

``migrate`` is what a start does to such a database, to be run in a process that can be killed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, select

from relay.edge.store import disclosing, dumping, schema
from relay.edge.store.copies import written
from relay.edge.store.engines import make_engine, mute_libraries, parse_url
from relay.edge.store.inventory import INVENTORY
from relay.edge.store.keys import Keyring, load_master_key
from relay.edge.store.tables import metadata
from relay.errors import CipherError

BATCH = 5_000

Columns = Mapping[str, tuple[str, ...]]


def revisions() -> list[str]:
    """All that there are, the oldest first."""
    found = ScriptDirectory.from_config(schema.alembic_config()).walk_revisions()
    return [each.revision for each in found][::-1]


def tables(engine: Engine) -> MetaData:
    """The tables that are there now."""
    there = MetaData()
    there.reflect(engine, views=True)  # data keys may be a view
    return there


WITHOUT_SLOTS = (
    "CREATE TABLE was (owner VARCHAR(24) NOT NULL, owner_id BLOB NOT NULL, wrapped BLOB NOT NULL, "
    "PRIMARY KEY (owner, owner_id))",
    "INSERT INTO was SELECT * FROM data_keys",
    "DROP VIEW data_keys",
    "DROP TABLE key_slots",
    "ALTER TABLE was RENAME TO data_keys",
)
"""Data keys as SQLite kept them before revision 0023."""


def columns_of(engine: Engine) -> Columns:
    """The tables of rows, and their columns, in this schema."""
    there = tables(engine).tables
    return {
        name: tuple(column.name for column in there[name].columns)
        for name in metadata.tables
        if name in there
    }


def put_back(source: Engine, target: Engine, revision: str) -> None:
    """Make the tables of ``revision`` in the database ``target``, which is empty, and put into them what they can hold."""
    with target.begin() as connection:
        schema.upgrade(connection, revision)
    old, new = tables(target).tables, tables(source).tables
    with source.connect() as reads, target.begin() as writes:
        _see_one_moment(reads)
        for connection in (reads, writes):
            _take_your_time(connection)
        for name in (table.name for table in metadata.sorted_tables if table.name in old):
            names = [column.name for column in old[name].columns if column.name in new[name].columns]
            found = reads.execution_options(stream_results=True).execute(
                select(*(new[name].c[each] for each in names))
            )
            while page := found.fetchmany(BATCH):
                writes.execute(old[name].insert(), [dict(zip(names, row, strict=True)) for row in page])


def _see_one_moment(connection: Connection) -> None:
    """A server may still be at the last COMMIT of a daemon that was killed a moment ago: all of it is copied, or nothing."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _take_your_time(connection: Connection) -> None:
    """One waits while the other works; on a crowded machine longer than a transaction of ours may stand still."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def sums(engine: Engine, columns: Columns) -> dict[str, tuple[int, str]]:
    """How many rows each of these tables has, and a digest of these columns of theirs, in whatever order they lie."""
    there, found = tables(engine).tables, {}
    with engine.connect() as connection:
        for name, names in columns.items():
            rows = connection.execute(select(*(there[name].c[each] for each in names)))
            digests = sorted(hashlib.sha256(repr(tuple(map(_plain, row))).encode()).digest() for row in rows)
            found[name] = (len(digests), hashlib.sha256(b"".join(digests)).hexdigest())
    return found


def backup(url: str, keyring: Keyring, said: str) -> Iterator[bytes]:
    """The octets of a backup of a database of an older schema, as that version made it; ``said``: the revision it names."""
    engine = make_engine(parse_url(url), writes=False)
    try:
        there = tables(engine).tables
        with engine.connect() as connection:
            yield from written(dumping.KIND, _values(connection, there, said), keyring.copies[0])
    finally:
        engine.dispose()


def _values(connection: Connection, there: Mapping[str, Table], said: str) -> Iterator[object]:
    yield dumping.heading(connection, 1_700_000_000_000_000) | {"revision": said}
    yield from dumping.rows(
        connection, [there[each.name] for each in dumping.kept_together() if each.name in there]
    )


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def unreadable(engine: Engine, keyring: Keyring) -> list[str]:
    """The columns of sealed values that do not open, one name for each; the schema is that of today."""
    found = []
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            sealed = {k: v for k, v in INVENTORY[name].fields.items() if v.held.is_sealed}
            rows = connection.execute(select(table)).all() if sealed else []
            for row in rows:
                for column, field in sealed.items():
                    if getattr(row, column) is not None:
                        try:
                            disclosing.opened(connection, keyring, name, column, row, field.held)
                        except CipherError:
                            found.append(f"{name}.{column}")
    return found


def migrate(url: str, key: Path, pipe: Pipe) -> None:
    """Bring a database up to date as a start does; say when it begins, and when it is done."""
    mute_libraries()
    keyring = Keyring(load_master_key(key))
    engine = make_engine(parse_url(url), writes=True)
    pipe.send("begun")
    schema.bring_up_to_date(engine, keyring, "test")
    pipe.send("done")
