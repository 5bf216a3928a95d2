"""A network namespace for a test: its own loopback, and nothing else. Linux; as root, or where users may have one."""

from __future__ import annotations

import os
import shutil


def unshared() -> list[str]:
    """The beginning of a command line that runs the rest in a namespace without any network."""
    program = shutil.which("unshare")
    assert program, "unshare is missing; .ci/setup test installs it (util-linux)"
    return [program, "--net"] if os.geteuid() == 0 else [program, "--map-root-user", "--net"]
