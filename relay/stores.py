"""The store as the configuration names it: what every command and the daemon open it with.

Called by ``app`` and by the commands. A command runs beside the daemon, or while there is none; only the daemon and
what takes its place ask for the store to themselves (``exclusive``). Raises ``ConfigError`` with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable

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
        exclusive=exclusive,
        fatal=fatal,
        unreadable=unreadable,
    )


def look(settings: Settings) -> None:
    """Look whether a daemon could start on the database. Raises ``ConfigError``."""
    storage = settings.storage
    store.look(storage.url, storage.master_key_file, storage.former_master_key_file)
