"""What every process of the daemon's does first. Called by the programs that it starts."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""``prctl(2)``: the signal that this process gets when the thread that started it ends."""


def end_with(daemon: int) -> None:
    """Die with the daemon, whose time limits are the only ones; what a signal to all of us means is its business."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != daemon:  # it died before we could say so
        sys.exit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
