"""What a process and all below it use, as the machine counts it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil


def tree(pid: int) -> Iterator[psutil.Process]:
    """A process and everything that it started and that still runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        yield from (root, *root.children(recursive=True))


def resident_bytes(pid: int, *, with_children: bool = True) -> int:
    """Memory that is really there."""
    used = 0
    for process in tree(pid) if with_children else [psutil.Process(pid)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            used += process.memory_info().rss
    return used


def cpu_s(pid: int) -> float:
    """Seconds of processor time, those of children that have ended included."""
    used = 0.0
    for process in tree(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
            if process.pid == pid:
                used += times.children_user + times.children_system
    return used
