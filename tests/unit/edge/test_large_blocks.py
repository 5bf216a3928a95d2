"""What a large message took goes back to the machine when it is done with."""

from __future__ import annotations

import subprocess
import sys

MIB = 1 << 20
_SCRIPT = f"""
import sys
from pathlib import Path
from relay.edge.large_blocks import give_back_large_blocks
if sys.argv[1] == "yes":
    give_back_large_blocks()
b"x" * (30 * {MIB})  # the allocator learns from what is freed
large, above = [], []
for _ in range(4):
    large.append(b"x" * (20 * {MIB} + len(large)))
    above.append(b"x" * (600_000 + len(above)))  # something that outlives it
status = Path("/proc/self/statm")
before = int(status.read_text().split()[1])
large.clear()
print((before - int(status.read_text().split()[1])) * 4096 // {MIB})
"""


def _given_back_mib(said: str) -> int:
    command = [sys.executable, "-c", _SCRIPT, said]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


def test_what_large_messages_took_is_given_back_although_smaller_things_outlive_them() -> None:
    """Without it a daemon that once had twenty large letters keeps their memory until it is restarted."""
    assert _given_back_mib("yes") >= 75
    assert _given_back_mib("no") < 75  # the reason: where this fails, it is not needed any more
