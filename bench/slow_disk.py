"""A disk whose every sync takes some milliseconds longer, for all of a relay's processes (``slow_disk.c``).

The write cache of a virtual machine's host answers in 0.1 ms what a disk of one's own answers in 1 to 10 ms: how often a
relay waits for the disk before it says ``250`` does not show here, and decides there.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bench.machine import BenchError

_SOURCE = Path(__file__).with_suffix(".c")
_FLAGS = ("-shared", "-fPIC", "-O2", "-Wall", "-Werror")


def environment(folder: Path, sync_ms: float) -> dict[str, str]:
    """What a process has to be started with. ``folder``: where the library is made, readable for everybody."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise BenchError("cc is missing; it comes with the packages gcc and libc6-dev")
    made = folder / "slow_disk.so"
    command = [compiler, *_FLAGS, "-o", str(made), str(_SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise BenchError(f"cc: {done.stderr[-300:]}")
    made.chmod(0o755)
    return {"LD_PRELOAD": str(made), "BENCH_SYNC_US": str(round(sync_ms * 1000))}
