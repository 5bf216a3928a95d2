"""A program that reads hostile octets: one run, bounded in time and octets (``pipes``), and gone afterwards.

What it writes on standard error is never read: it can hold anything that somebody wrote into a key. Every run is a
process group of its own, which is killed whole when it takes too long or writes too much.

Failures are ``OpenPgpError``: ``timeout``, ``too-large``, ``no-program``, ``full``, ``failed``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from relay.edge.openpgp import OpenPgpError
from relay.edge.openpgp.pipes import Ended, Pipes

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_PROGRAM: Final = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.EPERM})
NOT_STARTED: Final = frozenset({126, 127})
"""How a shell says that there is no such program, where the engine is started through one."""


def run(
    command: Callable[[int], Sequence[str]],
    given: bytes,
    *,
    max_octets: int,
    deadline: float,
    environment: Mapping[str, str],
    directory: Path,
) -> Ended:
    """Run ``command(descriptor of the status pipe)`` until it ends, or end it at ``deadline`` (``time.monotonic``)."""
    process = None
    try:
        with Pipes() as pipes:
            its_input, its_output, its_status = pipes.its
            process = subprocess.Popen(  # noqa: S603 - every argument is ours: options, files we made, fingerprints
                command(its_status),
                stdin=its_input,
                stdout=its_output,
                stderr=subprocess.DEVNULL,
                pass_fds=(its_status,),
                start_new_session=True,
                env=dict(environment),
                cwd=directory,
            )
            pipes.hand_over()
            output, lines = pipes.watch(given, max_octets, deadline)
            code = process.wait(max(0.0, deadline - time.monotonic()))
    except OSError as error:
        raise OpenPgpError(cause(error, process, directory)) from None
    except subprocess.TimeoutExpired:
        raise OpenPgpError("timeout") from None
    finally:
        if process is not None:
            end(process)
    if code in NOT_STARTED and not lines:
        raise OpenPgpError("no-program")
    return Ended(code, output, lines)


def cause(error: OSError, process: object, directory: Path) -> str:
    """What an error of the system means for the engine; ``process``: None where it did not start."""
    if error.errno in NO_ROOM:
        return "full"
    is_program = process is None and error.filename != str(directory)
    return "no-program" if is_program and error.errno in _NO_PROGRAM else "failed"


def end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of it stays. One that has ended by itself has closed its pipes, and so has all that it started."""
    if process.returncode is None:
        kill_group(process.pid)
        process.wait()


def kill_group(leader: int) -> None:
    """End a process group of ours, if there is anything left of it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
