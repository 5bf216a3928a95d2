"""A database made of another one: copied, or changed into what an older version left; embedded, or of a server.

For tests that need the same database many times, or put an older one in the place of a daemon's.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlalchemy.engine import make_url

from relay.edge.store.engines import checkpoint, make_engine, mute_libraries
from tests.support import old_schema, storage
from tests.support.postgresql import running

SUFFIXES = ("", "-wal", "-shm")


def empty(place: Path) -> str:
    """The URL of a new database with nothing in it: a file at ``place``, or one of the server."""
    if storage.IS_POSTGRESQL:
        return running().url(running().empty())
    place.touch(mode=0o600)
    return f"sqlite:///{place}"


def copy(url: str, place: Path) -> str:
    """The URL of a copy of a database that nobody works on."""
    if storage.IS_POSTGRESQL:
        server = running()
        name = f"copy{os.urandom(6).hex()}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER relay TEMPLATE {_name(url)}")
        return server.url(name)
    shutil.copyfile(_file(url), place)
    return f"sqlite:///{place}"


def drop(url: str) -> None:
    """Take one away for good."""
    if storage.IS_POSTGRESQL:
        with running().connect() as connection:
            connection.execute(f"DROP DATABASE {_name(url)} WITH (FORCE)")
        return
    for suffix in SUFFIXES:
        Path(f"{_file(url)}{suffix}").unlink(missing_ok=True)


def put_back(url: str, revision: str, place: Path) -> str:
    """The URL of a database of an older schema, made of the one at ``url``, with all rows that it could hold."""
    mute_libraries()
    made = empty(place)
    source, target = make_engine(make_url(url), writes=False), make_engine(make_url(made), writes=True)
    try:
        old_schema.put_back(source, target, revision)
        assert checkpoint(target)
    finally:
        source.dispose()
        target.dispose()
    return made


def replace(url: str, by: str) -> None:
    """Put one database in the place of another; nobody works on either."""
    drop(url)
    if storage.IS_POSTGRESQL:
        with running().connect() as connection:
            connection.execute(f"ALTER DATABASE {_name(by)} RENAME TO {_name(url)}")
        return
    _file(by).replace(_file(url))
    for suffix in SUFFIXES[1:]:
        Path(f"{_file(by)}{suffix}").unlink(missing_ok=True)


def _file(url: str) -> Path:
    return Path(str(make_url(url).database))


def _name(url: str) -> str:
    return str(make_url(url).database)
