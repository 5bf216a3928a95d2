"""The daemon's side of the process at the door (``outside``): starts it, answers it, replaces one that was lost.

The sockets that clients connect to are the daemon's: while there is no such process, clients wait in their queue.
Promises: what was handed over to be stored is stored, whatever becomes of that process; what was not is abandoned.
On failure: a process that ended, or said what nobody may say, is replaced after a pause; who was connected comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from typing import Final

from relay.edge.smtp_in import Door
from relay.edge.smtp_in.answers import Answers, set_once
from relay.edge.smtp_in.frames import Drain, Open, Renew
from relay.edge.smtp_in.listener import BACKLOG, Place, bound, shown
from relay.edge.smtp_in.settings import ListenerSettings
from relay.log import Event, say

PAUSE_S: Final = 0.2
MAX_PAUSE_S: Final = 5.0
"""Before a lost process is replaced: twice as long each time, until one serves again."""

START_LIMIT_S: Final = 120.0
"""Until it serves. Starting Python takes a tenth of a second, and on a crowded machine with a slow disk much longer."""

BEAT_S: Final = 30.0
"""Between two looks at whether it still answers."""

SILENT_S: Final = 30.0
"""A process that does not answer for so long on the most crowded machine is none."""

COUNT_S: Final = 2.0

_END_S: Final = 2.0
_LAST_COMMITS_S: Final = 5.0

_ENVIRONMENT: Final = {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


class Apart:
    """A ``Listener`` in a process of its own. ``files``: its certificate and key, or nothing."""

    def __init__(self, door: Door, settings: ListenerSettings, files: tuple[str, str] | None) -> None:
        self.settings = settings
        self.addresses: tuple[str, ...] = ()
        self._door = door
        self._files = files or ("", "")
        self._sockets: list[socket.socket] = []
        self._answers: Answers | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._commits: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[Answers] | None = None

    async def start(self, places: Sequence[Place]) -> None:
        """Listen, as ``Listener.start``; returns when clients are served."""
        try:
            for place in places:
                self._sockets.append(place if isinstance(place, socket.socket) else bound(place))
                self._sockets[-1].listen(BACKLOG)  # fails here, where somebody else has the port
        except (OSError, ValueError):
            self._close_sockets()
            raise
        self.addresses = tuple(shown(each.getsockname()) for each in self._sockets)
        serving: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._keeping = asyncio.create_task(self._keep(serving))
        async with asyncio.timeout(START_LIMIT_S):
            await serving

    async def connections(self) -> int:
        """How many are open; 0 when the process does not say."""
        if self._answers is None:
            return 0
        try:
            return await self._answers.connections(COUNT_S)
        except TimeoutError:
            return 0

    def renew(self, certificate: str, key: str) -> None:
        """As ``Listener.renew``: the files are the same, so that only what is in them is new."""
        self._files = (certificate, key)
        if self._answers is not None:
            self._answers.channel.say(Renew())

    async def drain(self, timeout_s: float) -> None:
        """As ``Listener.drain``; afterwards there is no process any more."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._starting is not None:
            await asyncio.wait([self._starting])  # half a process could not be ended
        self._close_sockets()
        if self._answers is not None:
            self._answers.channel.say(Drain(timeout_s))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s + _LAST_COMMITS_S):
                    await asyncio.shield(self._answers.drained)
            self._answers.channel.close()
        if self._commits:
            await asyncio.wait(self._commits, timeout=max(timeout_s, _LAST_COMMITS_S))
        await self._end()

    async def _keep(self, serving: asyncio.Future[bool]) -> None:
        """Have such a process all the time."""
        pause_s = PAUSE_S
        while True:
            try:
                self._starting = asyncio.create_task(self._begin())
                answers = await asyncio.shield(self._starting)
                async with asyncio.timeout(START_LIMIT_S):
                    is_serving = await asyncio.shield(answers.ready)
                if is_serving:
                    say(Event.RECEPTION_STARTED)
                    set_once(serving, value=True)
                    pause_s = PAUSE_S
                await self._watch(answers)
            except OSError:  # no process, or none in time
                pass
            say(Event.RECEPTION_LOST)
            await self._end()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)

    async def _watch(self, answers: Answers) -> None:
        """Return when it is gone, or has not answered for so long that no client can be answered either."""
        gone = answers.channel.gone
        while not gone.done():
            await asyncio.wait([gone], timeout=BEAT_S)  # to stop waiting is not to hang up
            try:
                await answers.connections(SILENT_S)
            except TimeoutError:
                if self._process is not None:
                    self._process.kill()
                return

    async def _begin(self) -> Answers:
        ours, theirs = socket.socketpair()
        with theirs:
            given = (theirs.fileno(), *(each.fileno() for each in self._sockets))
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "relay.edge.smtp_in.outside",
                str(given[0]),
                str(os.getpid()),
                *(str(each) for each in given[1:]),
                pass_fds=given,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", ""), **_ENVIRONMENT},
                start_new_session=True,
            )
        settings = self.settings
        answers = Answers(self._door, 2 * settings.limits.connections, settings.max_message_bytes)
        answers.commits = self._commits
        self._answers = answers
        await asyncio.get_running_loop().create_unix_connection(lambda: answers.channel, sock=ours)
        answers.channel.say(
            Open(
                settings.domain,
                tuple(settings.other_domains),
                settings.max_message_bytes,
                tuple(str(each) for each in settings.trusted_hosts),
                settings.limits,
                *self._files,
            )
        )
        return answers

    async def _end(self) -> None:
        """Let the process end, and end it when it does not."""
        self._answers = None
        process = self._process
        if process is None:
            return
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        self._process = None  # now, so that whoever is stopped before leaves it to the next

    def _close_sockets(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()
