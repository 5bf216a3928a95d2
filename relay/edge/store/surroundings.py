"""What the store takes from outside. Made by ``opening``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from relay.domain.aliases import Randomness


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the store takes from outside: chance, time, and whom to tell.

    ``fatal`` is called once, from a thread of the store, when the process must exit because the disk cannot
    be trusted. ``unreadable`` is called, likewise, with the name of a table that holds a row which does
    not open: somebody should look.
    """

    randomness: Randomness
    clock: Callable[[], datetime]
    fatal: Callable[[], None]
    unreadable: Callable[[str], None]
