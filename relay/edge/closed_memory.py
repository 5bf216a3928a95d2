"""No picture of this process's memory: no core dump, and no other process of the same account that reads it.

Called by every program of ours before it knows anything: by the command line, by workers, by readers of calendars. A
core dump would hold letters, addresses and keys, in a folder that nobody thinks of. The limit holds for programs that
we start, too. It is not enough by itself: where the machine pipes dumps to a program (``systemd-coredump``), the kernel
pays no heed to it, but to the flag; and what is not dumpable cannot be attached to or read through ``/proc`` by its own
account (``PR_SET_DUMPABLE``, ``prctl(2)``). A program that is executed anew has to say so itself.
"""

from __future__ import annotations

import ctypes
import resource
from typing import Final

PR_SET_DUMPABLE: Final = 4


def close_memory() -> None:
    """From now on this process leaves no core dump. Where there is no ``prctl`` (not Linux), by the limit alone."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
