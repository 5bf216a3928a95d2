"""A program that has made itself ready, and forks a child for each question: ``python -I prepared_child.py FILE FD``.

``prepared`` starts it. FILE is Python with a function ``answer(question, status)``; it is loaded, and nothing in it is
called here: this process reads no octet of anybody's, holds no key and uses no randomness, so that every child begins
as a fresh program would, without what a start costs. What one question leaves behind is gone with its child.

Standard output gets one line when it is ready. FD is a socket of packets. Each asks one question, as octets of memory
and a word, and brings four descriptors: the child's input, output and status pipe, and a leash. A leash gets ``TAKEN``
when there is a child, and then how that ended (``waitpid``), in four octets; when the other end lets go of it, the
child is killed with its process group. Only its own parent may do that, for until it has asked how a child ended, the
number is nobody else's. When FD is closed at the other end, all children are killed, and this is over; should it be
killed itself, the kernel does the same to them.

It needs nothing of ours. Failures: a question that no child can be made for loses its leash without a word.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

READY: Final = b"ready\n"
TAKEN: Final = b"+"
CODE_OCTETS: Final = 4

CPU_S: Final = 60
"""For a child, should nobody be left to end it."""

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
"""``prctl(2)``; the second as in ``edge.closed_memory``: no core dump, also where dumps are piped to a program."""

_QUESTION_OCTETS: Final = 256
_PIPES: Final = 3
_DESCRIPTORS: Final = _PIPES + 1

Answer = Callable[[str, int], None]


def main() -> None:
    """Get ready, and serve until the other end hangs up."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # children inherit both
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM):  # all get it when a service stops
        signal.signal(number, signal.SIG_IGN)
    answer = _loaded(sys.argv[1])
    with socket.socket(fileno=int(sys.argv[2])) as control:
        gc.collect()
        gc.freeze()  # or every child would write to all that it shares with this one
        _say_ready()
        _Nursery(control, answer, libc.prctl).serve()


def _loaded(file: str) -> Answer:
    found = importlib.util.spec_from_file_location("questions", file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.answer  # type: ignore[no-any-return]


def _say_ready() -> None:
    os.write(1, READY)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


@dataclass(eq=False, frozen=True, slots=True)
class _Child:
    number: int
    end: int
    """A pipe whose other end it alone has: when that is closed, it has ended, or does not matter any more."""
    leash: socket.socket


class _Nursery:
    """The children that there are. One thread; everything waits in one place."""

    def __init__(self, control: socket.socket, answer: Answer, prctl: Callable[..., int]) -> None:
        self._control = control
        self._answer = answer
        self._prctl = prctl
        self._waiting = selectors.PollSelector()  # nothing in the kernel that children would share
        self._children: set[_Child] = set()

    def serve(self) -> None:
        self._waiting.register(self._control, selectors.EVENT_READ)
        while True:
            for key, _ in self._waiting.select():
                child = key.data
                if child is None:
                    if not self._asked():
                        return
                elif child not in self._children:
                    continue  # buried a moment ago
                elif key.fileobj is child.leash:
                    self._waiting.unregister(child.leash)
                    _kill(child.number)
                else:
                    self._bury(child)

    def _asked(self) -> bool:
        """Have a child for a question; whether there will be more questions."""
        message = b""
        with contextlib.suppress(ConnectionResetError):
            message, descriptors, _, _ = socket.recv_fds(self._control, _QUESTION_OCTETS, _DESCRIPTORS)
        if not message:
            for child in tuple(self._children):
                _kill(child.number)
                self._bury(child)
            return False
        if not descriptors:  # no room for more
            return True
        memory, _, question = message.decode("ascii").partition(" ")
        *pipes, leash = descriptors
        line = socket.socket(fileno=leash)
        if len(pipes) == _PIPES and self._forked(question, int(memory), pipes, line):
            with contextlib.suppress(OSError):
                line.send(TAKEN)
        else:
            line.close()
        for descriptor in pipes:
            os.close(descriptor)
        return True

    def _forked(self, question: str, memory: int, pipes: Sequence[int], leash: socket.socket) -> bool:
        parent = os.getpid()
        ends: tuple[int, ...] = ()
        try:
            ends = os.pipe()
            number = os.fork()
        except OSError:  # no room for another process
            for each in ends:
                os.close(each)
            return False
        if number == 0:
            try:
                os.close(ends[0])
                leash.close()
                self._become_child(parent, memory, pipes)
                self._answer(question, pipes[2])
                os._exit(0)
            finally:
                os._exit(1)
        os.close(ends[1])
        child = _Child(number, ends[0], leash)
        self._children.add(child)
        self._waiting.register(child.end, selectors.EVENT_READ, child)
        self._waiting.register(leash, selectors.EVENT_READ, child)
        return True

    def _become_child(self, parent: int, memory: int, pipes: Sequence[int]) -> None:
        """Nothing of the others within reach, and limits, before it reads anything."""
        os.setsid()
        self._prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before we could say so
            os._exit(1)
        self._control.close()
        for other in self._children:
            os.close(other.end)
            other.leash.close()
        for place, pipe in enumerate(pipes[:2]):
            os.dup2(pipe, place)
            os.close(pipe)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    def _bury(self, child: _Child) -> None:
        _kill(child.number)  # what it may have started: the number is its own until the next line
        _, status = os.waitpid(child.number, 0)
        self._children.discard(child)
        self._waiting.unregister(child.end)
        os.close(child.end)
        with contextlib.suppress(KeyError):
            self._waiting.unregister(child.leash)
        with contextlib.suppress(OSError):
            code = os.waitstatus_to_exitcode(status)
            child.leash.send(code.to_bytes(CODE_OCTETS, "big", signed=True))
        child.leash.close()


def _kill(child: int) -> None:
    """A child of ours that nobody has asked about yet, and its group; it may not have made that yet."""
    os.kill(child, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
