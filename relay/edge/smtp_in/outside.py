"""The process at the door, which talks to strangers: ``python -m relay.edge.smtp_in.outside CHANNEL DAEMON SOCKET…``.

It has no key but that of its certificate, no database and no configuration, reads no message, writes no file and says
nothing on standard error. Every question of the ``listener`` goes to the daemon (``apart``) and waits for its answer.
What was handed over with ``Commit`` is the daemon's, whatever becomes of this process. It ends with the daemon.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import resource
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from typing import Final

import uvloop

from relay.domain.addresses import OurAddress
from relay.domain.provenance import Provenance
from relay.edge.child import end_with
from relay.edge.closed_memory import close_memory
from relay.edge.large_blocks import LARGE_OCTETS, Leftovers, give_back_large_blocks
from relay.edge.smtp_in.certificate import server_context
from relay.edge.smtp_in.frames import (
    Abandon,
    Answer,
    Begin,
    Channel,
    Client,
    Commit,
    Connections,
    Count,
    Drain,
    Drained,
    ForwardPath,
    Open,
    Question,
    Ready,
    Recipient,
    Renew,
    Word,
    Write,
)
from relay.edge.smtp_in.listener import Listener
from relay.edge.smtp_in.settings import ListenerSettings
from relay.errors import OUR_FAULT, RelayError, Reply

GC_OBJECTS: Final = 5000
"""A session leaves a few dozen objects; by Python's own threshold each of them would be gone through."""


class _ToldError(RelayError):
    """What the daemon wants the client to be told."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class FarDoor:
    """The daemon's door (``smtp_in.Door``), asked over a channel."""

    def __init__(self, say: Callable[[Question], None]) -> None:
        self._say = say
        self._jobs = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._leftovers = Leftovers()

    def answered(self, answer: Answer) -> None:
        """An answer has come."""
        waiting = self._asked.pop(answer.job, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def recipient(self, address: OurAddress, provenance: Provenance) -> bool:
        """As ``Door`` says."""
        question = Recipient(next(self._jobs), ForwardPath.of(address), Client.of(provenance))
        return (await self._answer(question.job, question)).yes

    async def begin(
        self, reverse_path: str, forward_paths: tuple[OurAddress, ...], provenance: Provenance
    ) -> FarIntake:
        """As ``Door`` says."""
        job = next(self._jobs)
        paths = tuple(ForwardPath.of(each) for each in forward_paths)
        try:
            await self._answer(job, Begin(job, reverse_path, paths, Client.of(provenance)))
        except asyncio.CancelledError:
            self._say(Abandon(job))  # it may have begun there
            raise
        return FarIntake(job, self._answer, self._say, self._leftovers)

    async def _answer(self, job: int, question: Question) -> Answer:
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[job] = waiting
        self._say(question)
        try:
            answer = await waiting
        finally:
            self._asked.pop(job, None)
        if answer.reply is not None and not isinstance(question, Commit):
            raise _ToldError(Reply(*answer.reply))
        return answer


class FarIntake:
    """One message there (``smtp_in.Intake``). The last chunk waits here for its end: a letter is one question then."""

    def __init__(
        self,
        job: int,
        ask: Callable[[int, Question], Awaitable[Answer]],
        say: Callable[[Question], None],
        leftovers: Leftovers,
    ) -> None:
        self._job = job
        self._ask = ask
        self._say = say
        self._leftovers = leftovers
        self._last = b""
        self._octets = 0

    async def write(self, chunk: bytes) -> None:
        """As ``Intake`` says."""
        before, self._last = self._last, bytes(chunk)
        self._octets += len(chunk)
        if before:
            await self._ask(self._job, Write(self._job, before))

    async def commit(self) -> Reply:
        """As ``Intake`` says."""
        answer = await self._ask(self._job, Commit(self._job, self._last))
        self._is_done()
        return Reply(*answer.reply) if answer.reply else OUR_FAULT

    def abandon(self) -> None:
        """As ``Intake`` says."""
        self._say(Abandon(self._job))
        self._is_done()

    def _is_done(self) -> None:
        if self._octets >= LARGE_OCTETS:
            self._leftovers.large_is_done()


class _Outside:
    """The process, from its first frame on."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._sockets = sockets
        self._channel = Channel(Word, self._heard)
        self._door = FarDoor(self._channel.say)
        self._listener: Listener | None = None
        self._opened: Open | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, channel: socket.socket) -> None:
        """Serve until the daemon hangs up."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self._channel, sock=channel)
        await self._channel.gone

    def _heard(self, word: Word) -> None:
        if isinstance(word, Answer):
            self._door.answered(word)
            return
        task = asyncio.get_running_loop().create_task(self._do(word))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._channel.close()  # the daemon starts another

    async def _do(self, word: Open | Count | Renew | Drain) -> None:
        if isinstance(word, Open):
            self._opened = word
            self._listener = Listener(self._door, _settings(word))
            await self._listener.start(self._sockets)
            gc.collect()
            gc.freeze()
            self._channel.say(Ready())
        elif self._listener is None or self._opened is None:
            raise ValueError("nothing is open yet")
        elif isinstance(word, Count):
            self._channel.say(Connections(word.job, await self._listener.connections()))
        elif isinstance(word, Renew):
            with contextlib.suppress(OSError):  # then the old one is shown on; the daemon has said so
                server_context(self._opened.certificate, self._opened.key)
                self._listener.renew(self._opened.certificate, self._opened.key)
        else:
            await self._listener.drain(word.grace_s)
            self._channel.say(Drained())


def _settings(opened: Open) -> ListenerSettings:
    context: ssl.SSLContext | None = None
    if opened.certificate:
        context = server_context(opened.certificate, opened.key)
    return ListenerSettings(
        domain=opened.domain,
        other_domains=frozenset(opened.other_domains),
        max_message_bytes=opened.max_message_bytes,
        trusted_hosts=tuple(ip_network(each) for each in opened.trusted_hosts),
        tls_context=context,
        limits=opened.limits,
    )


def main() -> None:
    """Serve until the daemon hangs up."""
    channel, daemon, *sockets = (int(each) for each in sys.argv[1:])
    end_with(daemon)
    close_memory()
    give_back_large_blocks()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    gc.set_threshold(GC_OBJECTS, 20, 20)

    async def serve() -> None:
        given = [socket.socket(fileno=each) for each in sockets]
        await _Outside(given).run(socket.socket(fileno=channel))

    uvloop.run(serve())


if __name__ == "__main__":
    main()
