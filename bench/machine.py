"""What the benchmark needs of the machine: free ports, processes that surely end, processor time."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

STOP_S = 40.0


class BenchError(Exception):
    """The benchmark cannot go on; the text says why."""


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def refuse_taken(port: int) -> None:
    """Raises ``BenchError`` when somebody listens there: we would measure them."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise BenchError(f"port {port} is taken")


def wait_for(what: str, is_so: Callable[[], bool], at_most_s: float, every_s: float = 0.005) -> float:
    """Poll until something is so; the instant when it was seen. Raises ``BenchError`` after ``at_most_s``."""
    deadline = time.monotonic() + at_most_s
    while not is_so():
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not within {at_most_s:.0f} s")
        time.sleep(every_s)
    return time.monotonic()


def answers(port: int) -> bool:
    """Tell whether something listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started, gently, then not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_s(pid: int) -> dict[int, float]:
    """Seconds of processor time of a process and all below it, with those that have ended, by process id."""
    used: dict[int, float] = {}
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used[process.pid] = times.user + times.system + times.children_user + times.children_system
    return used


def is_quiet(share: float = 0.15, look_s: float = 0.5) -> bool:
    """Tell whether others use less than a share of the machine now."""
    return psutil.cpu_percent(interval=look_s) < share * 100


def calm(tries: int = 20) -> bool:
    """Wait until others use little of the machine, ten seconds at most; whether they do."""
    return any(is_quiet() for _ in range(tries))


def described() -> str:
    """The machine and its interpreter, in a line."""
    names = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    gib = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores of {names[0] if names else platform.machine()}, {gib:.0f} GiB, "
        f"Linux {platform.release()}, CPython {platform.python_version()}"
    )
