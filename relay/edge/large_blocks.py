"""Memory of large messages goes back to the machine as soon as they are done with.

Called by the command line and by workers before they work. The allocator of glibc takes a large block from the kernel
and gives it back whole, but learns from each one that was freed and soon takes blocks of megabytes from the heap: there
a small value that outlives a message keeps all of it. Threads have heaps of their own, each with its own leftovers.
So both are fixed. Where there is no ``mallopt(3)`` (musl), nothing is done and nothing is needed.
"""

from __future__ import annotations

import ctypes
from typing import Final

LARGE_OCTETS: Final = 1 << 20
"""From here on a block is a mapping of its own. A letter's are smaller: to map one costs as much as filling it."""

HEAPS: Final = 2
"""Threads take turns at the interpreter: more heaps keep none of them from waiting."""

M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8


def give_back_large_blocks() -> None:
    """From now on blocks of ``LARGE_OCTETS`` and more are the kernel's again when they are freed."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_OCTETS)
        mallopt(M_ARENA_MAX, HEAPS)
