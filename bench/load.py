"""The client: sends letters over SMTP in some sessions at a time, in a process of its own.

``compare`` calls ``send``, the same for both relays. It does what ``smtp-source -s N`` does: a new connection
for each message, one command at a time; but each message may have a recipient and content of its own.
Raises ``LoadError`` for the first reply that is no success, and when time runs out.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from multiprocessing.connection import Connection
from typing import Any, cast

import uvloop

from bench.samples import Letter


class LoadError(Exception):
    """The relay did not take a message."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Instants of the machine's monotonic clock, which all processes share.

    ``first_at``: the last octet of the first message was written. ``accepted_at``: the last 250 was read.
    """

    first_at: float
    accepted_at: float


class Apart:
    """A coroutine function that runs in a process of its own, so that the client shares no interpreter with anything."""

    def __init__(self, job: Callable[..., Coroutine[Any, Any, Any]], *arguments: object) -> None:
        """``job`` must be one of a module, and what it gives must be plain values."""
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._ours.send((job, arguments))

    def answer(self, limit_s: float) -> Any:
        """What came of it. Raises ``LoadError`` for what it could not do, and when it says nothing in time."""
        try:
            if not self._ours.poll(limit_s):
                raise LoadError("the client does not answer")
            came, problem = self._ours.recv()
        except EOFError:
            raise LoadError("the client died") from None
        finally:
            self.close()
        if problem:
            raise LoadError(problem)
        return came

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._process.terminate()
        self._process.join()


def send(ports: Sequence[int], letters: Sequence[Letter], sessions: int, limit_s: float) -> Sent:
    """Send all letters to these ports of 127.0.0.1 by turns; returns when the last one was answered with 250."""
    sent: Sent = Apart(_send_all, ports, letters, sessions, limit_s).answer(limit_s + 30)
    return sent


def _work(channel: Connection) -> None:
    job, arguments = channel.recv()
    try:
        channel.send((uvloop.run(job(*arguments)), ""))
    except* (LoadError, OSError, TimeoutError) as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        channel.send((None, f"{type(error).__name__}: {error}"))


async def _send_all(ports: Sequence[int], letters: Sequence[Letter], sessions: int, limit_s: float) -> Sent:
    loop = asyncio.get_running_loop()
    waiting = zip(letters, cycle(ports), strict=False)
    first: list[float] = []

    async def one_after_the_other() -> None:
        for letter, port in waiting:
            done: asyncio.Future[float] = loop.create_future()
            await loop.create_connection(partial(Talk, letter, done, first), "127.0.0.1", port)
            await done

    async with asyncio.timeout(limit_s), asyncio.TaskGroup() as group:
        for _ in range(sessions):
            group.create_task(one_after_the_other())
    return Sent(first[0], time.monotonic())


class Talk(asyncio.Protocol):
    """One connection with one message: each step waits for a reply and gives what to say to it.

    ``done`` gets the instant at which the message was accepted, once the connection has been closed in order.
    """

    def __init__(self, letter: Letter, done: asyncio.Future[float], first: list[float]) -> None:
        self._done = done
        self._accepted_at = 0.0
        self._first = first
        self._buffer = b""
        self._steps = [
            (b"220", [b"EHLO load.test\r\n"]),
            (b"250", [f"MAIL FROM:<{letter.reverse_path}>\r\n".encode()]),
            (b"250", [f"RCPT TO:<{letter.forward_path}>\r\n".encode()]),
            (b"250", [b"DATA\r\n"]),
            (b"354", [*letter.content, b".\r\n"]),
            (b"250", [b"QUIT\r\n"]),
            (b"221", []),
        ]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n")) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
            if line[3:4] != b"-":
                self._answer(line)

    def _answer(self, line: bytes) -> None:
        expected, words = self._steps.pop(0)
        if not line.startswith(expected):
            self._end(LoadError(f"{expected.decode()} expected, got {line[:60]!r}"))
            return
        if words:
            self._transport.writelines(words)
        if expected == b"354" and not self._first:
            self._first.append(time.monotonic())
        if len(self._steps) == 1:
            self._accepted_at = time.monotonic()
        if not self._steps:
            self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(LoadError(f"connection lost: {error}"))

    def _end(self, error: Exception | None) -> None:
        self._transport.close()
        if not self._done.done():
            if error is None:
                self._done.set_result(self._accepted_at)
            else:
                self._done.set_exception(error)
