"""The store as the configuration names it: what every command and the daemon open it with.

Called by ``app`` and by the commands. A command runs beside the daemon, or while there is none; only the daemon and
what takes its place ask for the store to themselves (``exclusive``). Raises ``ConfigError`` with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from relay.config import Settings
from relay.edge import store
from relay.edge.store import SqlStore, open_store


def opened(
    settings: Settings,
    *,
    exclusive: bool = False,
    fatal: Callable[[], None] = lambda: None,
    unreadable: Callable[[str], None] = lambda _: None,
) -> SqlStore:
    """Open it; ``fatal`` and ``unreadable`` as ``open_store`` says."""
    storage = settings.storage
    return open_store(
        storage.url,
        storage.master_key_file,
        former_master_key_file=storage.former_master_key_file,
        key_copy=settings.backup.keys_copy,
        exclusive=exclusive,
        fatal=fatal,
        unreadable=unreadable,
    )


def look(settings: Settings) -> None:
    """Look whether a daemon could start on the database. Raises ``ConfigError``."""
    storage = settings.storage
    store.look(storage.url, storage.master_key_file, storage.former_master_key_file)


def restored(
    settings: Settings, backup: BinaryIO, keys: Path, *, replaces: bool, takes_old_keys: bool
) -> store.Restored:
    """Make the database anew from a backup that is decrypted already. Raises ``ConfigError``, and changes nothing."""
    storage = settings.storage
    former = storage.former_master_key_file
    masters = store.Masters(
        store.load_master_key(storage.master_key_file),
        store.load_master_key(former) if former is not None else None,
    )
    source = store.Source(backup, keys, accepts_old_keys=takes_old_keys)
    return store.restore(storage.url, masters, source, replaces=replaces)


def put_back(settings: Settings, copy: Path, *, replaces: bool) -> store.Pruned:
    """Have the database be as before its last upgrade, brought up to date anew. Raises ``ConfigError``."""
    storage = settings.storage
    former = storage.former_master_key_file
    masters = store.Masters(
        store.load_master_key(storage.master_key_file),
        store.load_master_key(former) if former is not None else None,
    )
    return store.put_back(storage.url, masters, copy, replaces=replaces)


def folder(settings: Settings) -> Path:
    """Where files for a moment may be: the state's own folder, or on a server the one of the copy of the data keys."""
    database = store.database_file(store.parse_url(settings.storage.url))
    if database is not None:
        return database.parent
    assert settings.backup.keys_copy is not None
    return settings.backup.keys_copy.parent
