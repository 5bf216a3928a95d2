"""Whatever ends a process of ours, it leaves no core dump: nobody's letter, address or key in a file that nobody looks after.

Each program is started as on a machine that lets everybody write dumps as large as they like, and is ended by a signal
that makes one, once as it is, and once after somebody has taken its limit away: as where dumps are piped to a program.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from relay.edge.openpgp import prepared_child, sequoia_child
from relay.resources import folder
from tests.support.daemon import MACHINE_TOML, ROOT
from tests.support.ledger import ALWAYS, RELAY_TOML

PATIENCE_S = 30.0
MEMORY = 2 << 30
FREE, NONE = "unlimited unlimited", "0 0"
WITHOUT_ITS_LIMIT = """
import pathlib, resource, runpy, sys
real = resource.setrlimit
def setrlimit(which, limits):
    if which == resource.RLIMIT_CORE:
        pathlib.Path("asked").touch()
    else:
        real(which, limits)
resource.setrlimit = setrlimit
run = runpy.run_path if sys.argv[1].endswith(".py") else runpy.run_module
sys.argv = sys.argv[1:]
run(sys.argv[0], run_name="__main__")
"""


@dataclass
class Program:
    """A module or file with its arguments; ``is_up``: it has begun its work, given its process id."""

    arguments: list[str]
    is_up: Callable[[int], bool]
    passed: tuple[int, ...] = ()
    is_its_child: bool = False
    """Whether it is a child of its own that is to be ended."""


def limit_of(pid: int) -> str:
    """The limits of its core dumps, soft and hard, as the kernel has them; empty when it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
        return next(" ".join(line.split()[4:6]) for line in lines if line.startswith("Max core file size"))
    return ""


def has_begun(pid: int) -> bool:
    """It runs as itself, and has set its limit; one that cannot says that it has asked."""
    return limit_of(pid) == NONE or WITHOUT_ITS_LIMIT.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()


@contextlib.contextmanager
def daemon(place: Path) -> Iterator[Program]:
    (place / "line").mkdir(mode=0o700)
    (place / "line" / "relay.toml").write_text(RELAY_TOML + MACHINE_TOML.replace("{port}", "9"))
    (place / "line" / "counselors.toml").write_text(ALWAYS)
    database = place / "line" / "state" / "relay.db"
    yield Program(
        ["relay", "run", "--config", str(place / "line")],
        lambda pid: database.exists() and bool(children_of(pid)),
    )


@contextlib.contextmanager
def worker(_place: Path) -> Iterator[Program]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        said = [str(theirs.fileno()), str(folder("templates")), str(MEMORY), str(os.getpid())]
        yield Program(["relay.edge.workers.child", *said], has_begun, (theirs.fileno(),))


@contextlib.contextmanager
def reception(_place: Path) -> Iterator[Program]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        said = [str(theirs.fileno()), str(os.getpid())]
        yield Program(["relay.edge.smtp_in.outside", *said], has_begun, (theirs.fileno(),))


@contextlib.contextmanager
def calendars(_place: Path) -> Iterator[Program]:
    yield Program(["relay.edge.calendars.child", str(MEMORY)], has_begun)


@contextlib.contextmanager
def sequoia(_place: Path) -> Iterator[Program]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        said = [str(prepared_child.__file__), str(sequoia_child.__file__), str(theirs.fileno())]
        yield Program(said, has_begun, (theirs.fileno(),))


@contextlib.contextmanager
def answer(_place: Path) -> Iterator[Program]:
    """A child of that one, in the middle of a question."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ends = [*socket.socketpair(), *socket.socketpair()]
    with ours, theirs, contextlib.ExitStack() as stack:
        for each in ends:
            stack.enter_context(each)
        socket.send_fds(ours, [b"%d judge" % MEMORY], [each.fileno() for each in (*ends[:1] * 3, ends[2])])
        said = [str(prepared_child.__file__), str(sequoia_child.__file__), str(theirs.fileno())]
        yield Program(
            said, lambda pid: has_begun(pid) and bool(children_of(pid)), (theirs.fileno(),), is_its_child=True
        )


def children_of(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def dumps(program: Program, place: Path, *, is_freed: bool = False) -> bool:
    """Start it without a limit, end it with SIGABRT when it is up; whether the kernel has dumped its memory.

    ``is_freed``: it cannot set the limit, so that only the flag is left.
    """
    what = program.arguments
    as_ours = (
        ["-c", WITHOUT_ITS_LIMIT]
        if is_freed
        else []
        if what[0] == "-c" or what[0].endswith(".py")
        else ["-m"]
    )
    process = subprocess.Popen(
        ["prlimit", "--core=unlimited:unlimited", sys.executable, *as_ours, *what],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        pass_fds=program.passed,
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        asked = place / "asked"
        while not (program.is_up(process.pid) and (not is_freed or asked.exists())):
            assert time.monotonic() < deadline, (
                f"it does not come up, or limits nothing: {limit_of(process.pid)}"
            )
            time.sleep(0.02)
        time.sleep(0.1)  # from the limit to the flag
        assert limit_of(process.pid) == (FREE if is_freed or what[0] == "-c" else NONE)
        if program.is_its_child:
            return has_dumped(process.pid, children_of(process.pid)[0])
        os.kill(process.pid, signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        return os.WCOREDUMP(status)
    finally:
        process.returncode = 0  # we have waited for it ourselves
        if process.stdin is not None:
            process.stdin.close()


def has_dumped(parent: int, child: int) -> bool:
    """End a child of somebody else's; the kernel keeps how it ended until its parent asks, who stands still."""
    assert limit_of(child) == limit_of(parent)
    os.kill(parent, signal.SIGSTOP)
    os.kill(child, signal.SIGABRT)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        state, *fields = Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2].split()
        if state == "Z":
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert os.WTERMSIG(int(fields[-1])) == signal.SIGABRT
    return os.WCOREDUMP(int(fields[-1]))


def test_this_machine_writes_core_dumps(tmp_path: Path) -> None:
    """Or else the others of this file would find none of whatever program."""
    bare = Program(["-c", "import time; time.sleep(60)"], lambda pid: limit_of(pid) == FREE)
    assert dumps(bare, tmp_path), "/proc/sys/kernel/core_pattern lets nobody write a core dump here"
    for core in tmp_path.glob("core*"):
        core.unlink()


@pytest.mark.parametrize("is_freed", [False, True], ids=["as it is", "without its limit"])
@pytest.mark.parametrize("which", [daemon, worker, reception, calendars, sequoia, answer])
def test_no_program_of_ours_leaves_a_core_dump(
    tmp_path: Path, which: Callable[[Path], contextlib.AbstractContextManager[Program]], is_freed: bool
) -> None:
    """The daemon holds every key; a worker somebody's letter; the others keys and names."""
    with which(tmp_path) as program:
        assert not dumps(program, tmp_path, is_freed=is_freed)
    assert list(tmp_path.rglob("core*")) == []
