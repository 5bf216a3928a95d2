"""What the store takes from outside. Made by ``opening``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from relay.domain.aliases import Randomness


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the store takes from outside: chance, time, and whom to tell.

    ``fatal`` is called once, from a thread of the store, when the process must exit because the disk cannot
    be trusted. ``unreadable`` is called, likewise, with the name of a table that holds a row which does
    not open: somebody should look. ``key_copy``: where the one copy of the data keys is kept, if there is to be one.
    ``node``: of several daemons on one database, which this is.
    """

    randomness: Randomness
    clock: Callable[[], datetime]
    fatal: Callable[[], None]
    unreadable: Callable[[str], None]
    key_copy: Path | None = None
    node: int | None = None
