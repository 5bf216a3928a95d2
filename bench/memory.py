"""How much memory a relay takes: PSS of all its processes, of which a page that several share counts once.

``goals`` asks. What the kernel keeps of files is nobody's; a database in shared memory would be somebody's, and none is.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

EVERY_S = 0.05
_PSS = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)


def pss_mib(pids: Sequence[int]) -> float:
    """Of these processes and all below them, now. One that ends meanwhile counts nothing."""
    total_kib = 0
    for root in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(root)
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(OSError):
                    total_kib += kib_of(Path(f"/proc/{each.pid}/smaps_rollup").read_bytes())
    return total_kib / 1024


def kib_of(rollup: bytes) -> int:
    """The PSS that a ``smaps_rollup`` tells; 0 of a process that has ended but was not waited for."""
    found = _PSS.search(rollup)
    return int(found[1]) if found else 0


class Peak:
    """Looks every 50 ms, from the beginning of a ``with`` to its end; ``mib`` is the most that was seen."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.mib = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(EVERY_S):
            self.mib = max(self.mib, pss_mib(self._pids))
