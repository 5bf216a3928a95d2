"""A program that was made ready once, and has a child forked for each question (``prepared_child``). Thread-safe.

For an engine whose program takes longer to start than to answer. Each question still meets a process that has seen no
other one: bounded (``pipes``), in a process group of its own, and killed when it takes too long or writes too much.

The program is executed anew, never forked off the daemon, and knows nothing of it. It is started by the first question,
again by the next one after it has ended, and anew after ``MOST_QUESTIONS`` or when a child was ended by a signal that
is not ours: what it shares with its children, such as where things lie in memory, serves nobody twice who has crashed
one. What is under way there may finish. It ends when we do, however we do.

Failures are ``OpenPgpError``: ``timeout``, ``too-large``, ``no-program``, ``full``, ``failed``. It is started at most
twice for one question.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from relay.edge.openpgp import OpenPgpError
from relay.edge.openpgp.pipes import Ended, Pipes
from relay.edge.openpgp.prepared_child import CODE_OCTETS, READY, TAKEN
from relay.edge.openpgp.process import NOT_STARTED, cause, end

MOST_QUESTIONS: Final = 10_000
"""To one program. Starting it takes as long as answering ten."""

_ENDING_S: Final = 2.0
"""A program that has not killed a child by then is killed itself, and its children with it."""

_DIRECTORY: Final = Path("/")


class Prepared:
    """``command(descriptor)``: how the program is started, given its end of the socket."""

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        environment: Mapping[str, str],
        *,
        most_questions: int = MOST_QUESTIONS,
    ) -> None:
        self._command = command
        self._environment = environment
        self._most_questions = most_questions
        self._lock = threading.Lock()
        self._programs: set[_Program] = set()
        """The one that is asked, and those that are only finishing."""
        self._current: _Program | None = None
        self._finalizer = weakref.finalize(self, _end_all, self._programs)

    def ask(
        self, question: str, given: bytes, *, memory_octets: int, max_octets: int, deadline: float
    ) -> Ended:
        """Have a child answer, or end it at ``deadline`` (``time.monotonic``). ``memory_octets``: address space."""
        for _ in range(2):
            with self._a_program(deadline) as program:
                try:
                    ended = program.ask(f"{memory_octets} {question}", given, max_octets, deadline)
                except _NotTaken:  # it has ended; the question has met nobody
                    self._retire(program)
                    continue
                except _Lost:
                    self._retire(program)
                    raise
                if ended.code < 0:
                    self._retire(program)
                return ended
        raise OpenPgpError("failed")

    def close(self) -> None:
        """End the program and what it does; a question after that starts it again."""
        with self._lock:
            self._current = None
            _end_all(self._programs)

    @contextlib.contextmanager
    def _a_program(self, deadline: float) -> Iterator[_Program]:
        if not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise OpenPgpError("timeout")
        try:
            program = self._current
            if program is None or program.asked >= self._most_questions:
                program = self._current = _Program(self._command, self._environment, deadline)
                self._programs.add(program)
                self._clear_away()
            program.asked += 1
            program.asking += 1
        finally:
            self._lock.release()
        try:
            yield program
        finally:
            with self._lock:
                program.asking -= 1
                self._clear_away()

    def _retire(self, program: _Program) -> None:
        with self._lock:
            if self._current is program:
                self._current = None

    def _clear_away(self) -> None:
        """End what nobody asks any more."""
        for each in [one for one in self._programs if one is not self._current and not one.asking]:
            self._programs.discard(each)
            each.end()


def _end_all(programs: set[_Program]) -> None:
    while programs:
        programs.pop().end()


class _NotTaken(Exception):
    """The program has ended before it took a question up."""


class _Lost(OpenPgpError):
    """The program has ended, or had to be, in the middle of a question."""


class _Program:
    """One process that forks. Raises ``OpenPgpError`` when it is not ready by ``deadline``."""

    def __init__(
        self, command: Callable[[int], Sequence[str]], environment: Mapping[str, str], deadline: float
    ) -> None:
        self.asked = 0
        self.asking = 0
        self._ending = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - every argument is ours
                    command(theirs.fileno()),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                    env=dict(environment),
                    cwd=_DIRECTORY,
                )
            self._wait_until_ready(self._process, deadline)
        except OSError as error:
            self.end()
            raise OpenPgpError(cause(error, self._process, _DIRECTORY)) from None
        except BaseException:
            self.end()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        assert process.stdout is not None
        said = b""
        with process.stdout, selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while said != READY:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise OpenPgpError("timeout")
                more = os.read(process.stdout.fileno(), len(READY))
                said += more
                if not more or not READY.startswith(said):
                    self._cannot(process, said, deadline)

    @staticmethod
    def _cannot(process: subprocess.Popen[bytes], said: bytes, deadline: float) -> None:
        if not said:
            try:
                if process.wait(max(0.0, deadline - time.monotonic())) in NOT_STARTED:
                    raise OpenPgpError("no-program")
            except subprocess.TimeoutExpired:
                raise OpenPgpError("timeout") from None
        raise OpenPgpError("failed")

    def ask(self, question: str, given: bytes, max_octets: int, deadline: float) -> Ended:
        """Raises ``_NotTaken`` or an ``OpenPgpError``; whatever it is, the child has ended."""
        try:
            ours, theirs = socket.socketpair()
            with ours, theirs, Pipes() as pipes:
                self._send(question, (*pipes.its, theirs.fileno()))
                theirs.close()
                pipes.hand_over()
                try:
                    output, lines = pipes.watch(given, max_octets, deadline)
                    return Ended(_code(ours, deadline), output, lines)
                except OpenPgpError as error:
                    if not self._has_ended(ours):
                        self.end()
                        raise _Lost(error.reason) from None
                    raise
        except OSError as error:
            raise OpenPgpError(cause(error, self, _DIRECTORY)) from None

    def _send(self, question: str, descriptors: Sequence[int]) -> None:
        try:
            socket.send_fds(self._control, [question.encode("ascii")], descriptors, socket.MSG_DONTWAIT)
        except BlockingIOError:  # it takes nothing up
            raise _Lost("failed") from None
        except (BrokenPipeError, ConnectionResetError):
            raise _NotTaken from None

    @staticmethod
    def _has_ended(leash: socket.socket) -> bool:
        """Let go of the leash, and wait until the child has ended."""
        with contextlib.suppress(OSError):
            leash.shutdown(socket.SHUT_WR)
        try:
            _said_on(leash, time.monotonic() + _ENDING_S)
        except OpenPgpError:
            return False
        return True

    def end(self) -> None:
        """Nothing of it stays: its children are killed by itself or by the kernel."""
        with self._ending:
            if self._process is not None:
                end(self._process)
            self._control.close()


def _code(leash: socket.socket, deadline: float) -> int:
    said = _said_on(leash, deadline)
    if not said:
        raise _NotTaken
    if len(said) != len(TAKEN) + CODE_OCTETS:
        raise _Lost("failed")
    return int.from_bytes(said[len(TAKEN) :], "big", signed=True)


def _said_on(leash: socket.socket, deadline: float) -> bytes:
    """Everything until its other end is closed. Raises ``OpenPgpError``."""
    said = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise OpenPgpError("timeout")
        leash.settimeout(left)
        try:
            more = leash.recv(16)
        except TimeoutError:
            raise OpenPgpError("timeout") from None
        except ConnectionResetError:
            more = b""
        if not more:
            return said
        said += more
