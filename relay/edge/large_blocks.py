"""Memory of large messages goes back to the machine as soon as they are done with.

Called by the command line, by workers and by the process at the door before they work, and by whoever is done with a
large message. The allocator of glibc takes a large block from the kernel and gives it back whole, but learns from each
one that was freed and soon takes blocks of megabytes from the heap: there a small value that outlives a message keeps
all of it. Threads have heaps of their own, each with its own leftovers. So both are fixed. And the small values that
came and went beside a large one leave holes in the heap, which nobody gives back: ``give_back_holes`` does, where it
keeps nobody waiting. Where there is no ``mallopt(3)`` and ``malloc_trim(3)`` (musl), nothing is done and nothing is
needed.
"""

from __future__ import annotations

import asyncio
import ctypes
from typing import Final

LARGE_OCTETS: Final = 1 << 20
"""From here on a block is a mapping of its own. A letter's are smaller: to map one costs as much as filling it."""

HEAPS: Final = 2
"""Threads take turns at the interpreter: more heaps keep none of them from waiting."""

QUIET_S: Final = 1.0
"""How long no large message must have come before an event loop looks for holes, which takes some milliseconds."""

M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8


def give_back_large_blocks() -> None:
    """From now on blocks of ``LARGE_OCTETS`` and more are the kernel's again when they are freed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_OCTETS)
        mallopt(M_ARENA_MAX, HEAPS)


def give_back_holes() -> None:
    """Every whole page of the heap in which nothing lies is the kernel's again. Takes 1 to 20 ms."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


class Leftovers:
    """What large messages leave behind in a process with an event loop."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def large_is_done(self) -> None:
        """Holes are given back once there has been no other for ``QUIET_S``."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(QUIET_S, give_back_holes)
