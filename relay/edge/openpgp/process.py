"""A program that reads hostile octets: one run, bounded in time and octets, and gone afterwards. Both engines call it.

The program gets its input on standard input, gives its output on standard output, and says how it went on a pipe of its
own that carries nothing else. What it writes on standard error is never read: it can hold anything that somebody wrote
into a key. Every run is a process group of its own, which is killed whole when it takes too long or writes too much.

Failures are ``OpenPgpError``: ``timeout``, ``too-large``, ``no-program``, ``full``, ``failed``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relay.edge.openpgp import OpenPgpError

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_PROGRAM: Final = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.EPERM})
_NOT_STARTED: Final = frozenset({126, 127})
"""How a shell says that there is no such program, where the engine is started through one."""

_CHUNK: Final = 65_536
_MAX_STATUS_OCTETS: Final = 262_144
"""A hundred times what a run says that goes well."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended that was not ended by us."""

    code: int
    output: bytes
    status: tuple[bytes, ...]
    """The lines on the status pipe, each without its end."""


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
    status_end, its_end = os.pipe()
    process = None
    try:
        process = subprocess.Popen(  # noqa: S603 - every argument is ours: options, names of files we made, fingerprints
            command(its_end),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(its_end,),
            start_new_session=True,
            env=dict(environment),
            cwd=directory,
        )
        os.close(its_end)
        its_end = -1
        output, status = _watched(process, status_end, given, max_octets, deadline)
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except OSError as error:
        raise OpenPgpError(_cause(error, process, directory)) from None
    except subprocess.TimeoutExpired:
        raise OpenPgpError("timeout") from None
    finally:
        for descriptor in (status_end, its_end):
            if descriptor >= 0:
                os.close(descriptor)
        if process is not None:
            _end(process)
    lines = status.split(b"\n")
    if lines.pop():  # the last line has an end like all others, or the program did not finish saying it
        raise OpenPgpError("failed")
    if code in _NOT_STARTED and not lines:
        raise OpenPgpError("no-program")
    return Ended(code, output, tuple(lines))


def _cause(error: OSError, process: object, directory: Path) -> str:
    """What an error of the system means for the engine."""
    if error.errno in NO_ROOM:
        return "full"
    is_program = process is None and error.filename != str(directory)
    return "no-program" if is_program and error.errno in _NO_PROGRAM else "failed"


def _watched(
    process: subprocess.Popen[bytes], status_end: int, given: bytes, max_octets: int, deadline: float
) -> tuple[bytes, bytes]:
    """Feed and drain until the program has closed both of its ends."""
    assert process.stdin is not None
    assert process.stdout is not None
    taken: dict[int, list[bytes]] = {process.stdout.fileno(): [], status_end: []}
    room = {process.stdout.fileno(): max_octets, status_end: _MAX_STATUS_OCTETS}
    left = memoryview(given)
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin.fileno(), selectors.EVENT_WRITE)
        for descriptor in taken:
            selector.register(descriptor, selectors.EVENT_READ)
        while any(descriptor in selector.get_map() for descriptor in taken):
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                raise OpenPgpError("timeout")
            for key, _ in ready:
                if key.fd in taken:
                    chunk = os.read(key.fd, _CHUNK)
                    room[key.fd] -= len(chunk)
                    if room[key.fd] < 0:
                        raise OpenPgpError("too-large")
                    taken[key.fd].append(chunk)
                    if not chunk:
                        selector.unregister(key.fd)
                else:
                    left = left[_written(key.fd, left) :]
                    if not left:
                        selector.unregister(key.fd)
                        process.stdin.close()
    return b"".join(taken[process.stdout.fileno()]), b"".join(taken[status_end])


def _written(descriptor: int, left: memoryview) -> int:
    try:
        return os.write(descriptor, left[:_CHUNK]) if left else 0
    except BrokenPipeError:  # it wants no more; whether that is right is for its status to say
        return len(left)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of it stays. One that has ended by itself has closed its pipes, and so has all that it started."""
    if process.returncode is None:
        kill_group(process.pid)
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def kill_group(leader: int) -> None:
    """End a process group of ours, if there is anything left of it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
