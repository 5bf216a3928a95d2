"""What the process at the door (``outside``) asks, answered with the real ``Door``. Used by ``apart``.

Promises: what was handed over with ``Commit`` is stored, whatever becomes of that process; everything else that it had
begun is abandoned when it is gone. Who says what nobody may say is hung up on.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from relay.edge.smtp_in import Door, Intake, replies
from relay.edge.smtp_in.frames import (
    Abandon,
    Answer,
    Begin,
    Channel,
    Commit,
    Connections,
    Count,
    Drained,
    Question,
    Ready,
    Recipient,
    Write,
)
from relay.edge.smtp_in.transfer import finish
from relay.errors import BUSY

T = TypeVar("T")


@dataclass(slots=True)
class _Letter:
    """One message that is arriving, so many octets of it. ``writing``: a chunk is on its way into the store."""

    intake: Intake
    writing: asyncio.Task[None] | None = None
    octets: int = 0

    def takes(self, content: bytes, at_most: int) -> bool:
        """Count the next octets, which come one chunk after the other and are no more than a message may have."""
        self.octets += len(content)
        return self.octets <= at_most and (self.writing is None or self.writing.done())


class Answers:
    """What one process asks, answered.

    ``messages``: how many may be arriving at a time; ``octets``: how many each may have.
    """

    def __init__(self, door: Door, messages: int, octets: int) -> None:
        self._door = door
        self._messages = messages
        self._octets = octets
        self._beginning: dict[int, asyncio.Task[None]] = {}
        self._letters: dict[int, _Letter] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._counting: dict[int, asyncio.Future[int]] = {}
        self._jobs = itertools.count(1)
        self.commits: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[bool] = loop.create_future()
        """Clients are served; ``False``: it was lost before."""
        self.drained: asyncio.Future[bool] = loop.create_future()
        self.channel = Channel(Question, self._heard)
        self.channel.gone.add_done_callback(lambda _: self._lost())

    async def connections(self, within_s: float) -> int:
        """How many clients it serves; 0 when it is gone. Raises ``TimeoutError`` when it does not say in time."""
        if self.channel.gone.done():
            return 0
        job = next(self._jobs)
        counting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._counting[job] = counting
        self.channel.say(Count(job))
        try:
            async with asyncio.timeout(within_s):
                return await counting
        finally:
            self._counting.pop(job, None)

    def _heard(self, question: Question) -> None:
        match question:
            case Recipient():
                self._begin(self._recipient(question))
            case Begin(job):
                self._beginning[job] = beginning = self._begin(self._letter(question))
                beginning.add_done_callback(lambda _: self._beginning.pop(job, None))
            case Write(job, content) if self._takes(job, content):
                letter = self._letters[job]
                letter.writing = self._begin(self._write(job, letter.intake, content))
            case Commit(job, content) if self._takes(job, content):
                commit = self._begin(self._commit(job, self._letters.pop(job).intake, content))
                self.commits.add(commit)
                commit.add_done_callback(self.commits.discard)
            case Abandon(job):
                self._abandon(job)
            case Ready():
                set_once(self.ready, value=True)
            case Drained():
                set_once(self.drained, value=True)
            case Connections(job, count):
                if job in self._counting:  # or nobody waits for it any more
                    set_once(self._counting[job], value=count)
            case _:
                self.channel.close()

    def _takes(self, job: int, content: bytes) -> bool:
        letter = self._letters.get(job)
        return letter is not None and letter.takes(content, self._octets)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _recipient(self, asked: Recipient) -> None:
        try:
            is_known = await self._door.recipient(asked.forward_path.address, asked.client.provenance)
        except Exception as error:  # noqa: BLE001 - whatever it is, this recipient is not lost and not told why
            self.channel.say(Answer.said(asked.job, replies.reply_to(error)))
        else:
            self.channel.say(Answer(asked.job, yes=is_known))

    async def _letter(self, asked: Begin) -> None:
        if asked.job in self._letters:
            self.channel.close()
            return
        if len(self._letters) >= self._messages:
            self.channel.say(Answer.said(asked.job, BUSY))
            return
        addresses = tuple(each.address for each in asked.forward_paths)
        try:
            intake = await self._door.begin(asked.reverse_path, addresses, asked.client.provenance)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told to come again
            self.channel.say(Answer.said(asked.job, replies.reply_to(error)))
        else:
            self._letters[asked.job] = _Letter(intake)
            self.channel.say(Answer(asked.job))

    async def _write(self, job: int, intake: Intake, content: bytes) -> None:
        try:
            await intake.write(content)
        except Exception as error:  # noqa: BLE001 - as above
            self.channel.say(Answer.said(job, replies.reply_to(error)))
        else:
            self.channel.say(Answer(job))

    async def _commit(self, job: int, intake: Intake, content: bytes) -> None:
        self.channel.say(Answer.said(job, await finish(intake, content)))

    def _abandon(self, job: int) -> None:
        if job in self._beginning:
            self._beginning[job].cancel()
        letter = self._letters.pop(job, None)
        if letter is None:
            return
        if letter.writing is None or letter.writing.done():
            letter.intake.abandon()
            return
        letter.writing.add_done_callback(lambda _: letter.intake.abandon())
        letter.writing.cancel()

    def _lost(self) -> None:
        for job in (*self._beginning, *self._letters):
            self._abandon(job)
        set_once(self.ready, value=False)
        set_once(self.drained, value=False)
        for counting in self._counting.values():
            set_once(counting, value=0)


def set_once(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)
