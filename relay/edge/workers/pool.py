"""The daemon's side of the worker processes: starts them, shares messages out, kills what runs over."""

from __future__ import annotations

import asyncio
import io
import itertools
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from relay.domain.voicemail import Reading
from relay.edge.workers import wire
from relay.flow.outcomes import Outcome
from relay.flow.ports import WorkerLost
from relay.flow.values import Facts, Known
from relay.log import Event, say

JOBS_PER_WORKER = 4
"""Messages open in one worker at once: while one waits for a look-up, the next is read."""

RESTART_PAUSE_S = 0.2

_BLOCK_OCTETS = 256 * 1024
"""Copied in a fifth of a millisecond."""

START_LIMIT_S = 120.0
"""From a process to its first word. It imports much: on a busy machine with a slow disk that takes longer than any
message may, and no message is to blame for it.
"""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``time_limit_s``: for one step of one message; ``memory_bytes``: address space of one worker."""

    processes: int
    templates: Path
    time_limit_s: float = 10.0
    memory_bytes: int = 1 << 30


_ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
"""No threads of a library for arithmetic (``mail.language``): each would take address space for nothing."""


class _Worker:
    """One process and the answers we wait for from it."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it can read, or is lost before it could."""
        self._waiting: dict[int, asyncio.Future[wire.FromWorker]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self.jobs = 0
        self.exclusive = False
        self.lost = False

    async def start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "relay.edge.workers.child",
                str(theirs.fileno()),
                str(self._settings.templates),
                str(self._settings.memory_bytes),
                str(os.getpid()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", ""), **_ENVIRONMENT},
                start_new_session=True,
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._reading = asyncio.create_task(self._read(reader))
        say(Event.WORKER_STARTED)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                head = await reader.readexactly(wire.LENGTH_OCTETS)
                length = int.from_bytes(head, "big")
                if length > wire.MAX_FRAME_OCTETS:
                    break
                answer = wire.unpack_from_worker(await reader.readexactly(length))
                if answer.behind:
                    answer = wire.joined(answer, await _behind(reader, answer.behind))
                if answer.job == wire.READY and not self.started.done():
                    self.started.set_result(None)
                waiter = self._waiting.pop(answer.job, None)
                if waiter is not None and not waiter.done():
                    waiter.set_result(answer)
                del answer, waiter  # as large as the message, and the next may be long in coming
        except (asyncio.IncompleteReadError, OSError, ValueError):
            pass
        self._lose()

    def _lose(self) -> None:
        self.lost = True
        if not self.started.done():
            self.started.set_result(None)
        for waiter in self._waiting.values():
            if not waiter.done():
                waiter.set_exception(WorkerLost("worker ended"))
        self._waiting.clear()
        if self._writer is not None:
            self._writer.close()

    async def ask(self, job: int, frame: wire.ToWorker) -> wire.FromWorker:
        """Send a frame and wait for its answer, its time counted from when the worker can read.

        Raises ``WorkerLost`` when time runs out or the process ends.
        """
        if not self.started.done():
            await self._start_up()
        if self.lost or self._writer is None:
            raise WorkerLost("worker ended")
        waiter: asyncio.Future[wire.FromWorker] = asyncio.get_running_loop().create_future()
        self._waiting[job] = waiter
        try:
            for part in wire.packed(frame):  # without a pause, or another's frame would come between them
                self._writer.write(part)
            async with asyncio.timeout(self._settings.time_limit_s):
                await self._writer.drain()
                answer = await waiter
        except (TimeoutError, OSError):
            self.kill("time")
            raise WorkerLost("worker ran over its time") from None
        finally:
            self._waiting.pop(job, None)
        if answer.failed:
            say(Event.WORKER_KILLED, cause="exception", error_class=answer.failed[:60])
            raise WorkerLost("worker failed")
        return answer

    async def _start_up(self) -> None:
        await asyncio.wait([self.started], timeout=START_LIMIT_S)
        if not self.started.done():
            self.kill("start")

    def tell(self, frame: wire.ToWorker) -> None:
        """Send a frame that has no answer."""
        if not self.lost and self._writer is not None:
            self._writer.write(wire.pack(frame))

    def kill(self, cause: str) -> None:
        """End the process now."""
        if self._process is not None and self._process.returncode is None:
            say(Event.WORKER_KILLED, cause=cause)
            self._process.kill()
        self._lose()

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            try:
                async with asyncio.timeout(2):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()


async def _behind(reader: asyncio.StreamReader, behind: Sequence[int]) -> list[bytes]:
    """What comes behind a frame, in steps that keep nobody waiting. Raises ``ValueError`` for what is too large."""
    if sum(behind) > wire.MAX_FRAME_OCTETS or min(behind) < 0:
        raise ValueError("malformed answer")
    came: list[bytes] = []
    for octets in behind:
        one = io.BytesIO()  # grows in place, and gives away what it holds without a copy
        while (missing := octets - one.tell()) > 0:
            block = await reader.read(min(missing, _BLOCK_OCTETS))
            if not block:
                raise ValueError("malformed answer")
            one.write(block)
        came.append(one.getvalue())
    return came


class OpenMessage:
    """One message in one worker (``flow.ports.Reader``). ``raw``: the message, when the worker has not kept it."""

    def __init__(self, worker: _Worker, job: int, answer: wire.FromWorker, raw: bytes | None) -> None:
        if answer.facts is None:
            raise WorkerLost("worker gave no facts")
        self._worker = worker
        self._job = job
        self._raw = raw
        self.facts: Facts = answer.facts
        self.first: Outcome | None = answer.outcome

    async def compose(self, known: Known) -> Outcome:
        """Hops 5 to 7. Raises ``WorkerLost``."""
        if self._raw is None:
            frame = wire.ToWorker(compose=wire.Compose(self._job, known))
        else:
            frame = wire.ToWorker(examine=wire.Examine(self._job, self._raw, known))
        answer = await self._worker.ask(self._job, frame)
        if answer.outcome is None:
            raise WorkerLost("worker gave no outcome")
        return answer.outcome


class WorkerPool:
    """A fixed number of workers; one that was lost is replaced at once."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.settings = settings
        self._workers: list[_Worker] = []
        self._free = asyncio.Condition()
        self._jobs = itertools.count(1)
        self._closing = False

    @property
    def alive(self) -> int:
        """How many processes are there; a lost one is replaced when the next message comes."""
        return sum(not worker.lost for worker in self._workers)

    async def start(self) -> None:
        """Start all processes; returns when they run."""
        for _ in range(self.settings.processes):
            worker = _Worker(self.settings)
            await worker.start()
            self._workers.append(worker)

    async def ready(self) -> None:
        """Wait until one of them can read. Raises ``WorkerLost`` when the pool is being closed."""
        while not self._closing:
            async with self._free:
                await self._replace_lost()
            workers = tuple(self._workers)
            await asyncio.wait([each.started for each in workers], return_when=asyncio.FIRST_COMPLETED)
            if any(each.started.done() and not each.lost for each in workers):
                return
        raise WorkerLost("no worker any more")

    async def close(self) -> None:
        """Let the processes end."""
        self._closing = True
        await asyncio.gather(*(worker.close() for worker in self._workers))

    @asynccontextmanager
    async def open(
        self,
        raw: bytes,
        *,
        alone: bool,
        known: Known | None = None,
        opened: bytes | None = None,
        languages: tuple[str, ...] = (),
        voice: Reading | None = None,
    ) -> AsyncIterator[OpenMessage]:
        """Hop 4: hand a message to a worker (``flow.ports.Workers``). Raises ``WorkerLost``.

        A worker that was told all it may know keeps nothing of a message: once it has answered, its place is another's,
        while what it said is written.
        """
        worker = await self._take(alone=alone)
        has_place = True
        job = next(self._jobs)
        try:
            question = wire.Examine(job, raw, known, opened, languages, voice)
            answer = await worker.ask(job, wire.ToWorker(examine=question))
            if known is not None and not alone:
                has_place = False
                await self._give_back(worker, alone=False)
            yield OpenMessage(worker, job, answer, None if known is None else raw)
        finally:
            if known is None:
                worker.tell(wire.ToWorker(forget=wire.Forget(job)))
            if has_place:
                await self._give_back(worker, alone=alone)

    async def _take(self, *, alone: bool) -> _Worker:
        """Wait for a place. Who works alone is given a worker at once, and waits until the others have left it: under
        load it is never empty by itself, and a message that a crash left behind would wait for a quiet hour.
        """
        async with self._free:
            while True:
                await self._replace_lost()
                shared = [w for w in self._workers if not w.exclusive]
                worker = min(shared, key=lambda w: w.jobs, default=None)
                if worker is None or (worker.jobs >= JOBS_PER_WORKER and not alone):
                    await self._free.wait()
                elif not alone or await self._emptied(worker):
                    worker.jobs += 1
                    return worker

    async def _emptied(self, worker: _Worker) -> bool:
        """Let nobody else in, and wait until it is empty; ``False`` when it was lost meanwhile."""
        worker.exclusive = True
        try:
            await self._free.wait_for(lambda: worker.jobs == 0)
        except asyncio.CancelledError:
            worker.exclusive = False
            self._free.notify_all()
            raise
        return not worker.lost

    async def _give_back(self, worker: _Worker, *, alone: bool) -> None:
        async with self._free:
            worker.jobs -= 1
            if alone:
                worker.exclusive = False
            self._free.notify_all()

    async def _replace_lost(self) -> None:
        for place, worker in enumerate(self._workers):
            if worker.lost and not self._closing:
                await worker.close()
                await asyncio.sleep(RESTART_PAUSE_S)
                fresh = _Worker(self.settings)
                await fresh.start()
                self._workers[place] = fresh
