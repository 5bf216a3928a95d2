"""The listening sockets, all sessions behind them and the commits in work. Made and run by ``app``.

Promises: every session is counted and can be told to end; a commit that began is waited for, whether or
not its client is still there; after ``drain`` nothing of ours is left on the loop.
On failure: an address that cannot be bound raises ``OSError`` from ``start`` and leaves nothing open.
aiosmtpd's ``Controller`` is not used: it has a thread of its own and cancels what is in work.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from relay.edge.smtp_in import Door, OnEvent, ignore_event
from relay.edge.smtp_in.connection import Connection, House
from relay.edge.smtp_in.limits import Crowd, Limits
from relay.edge.smtp_in.session import Session
from relay.edge.smtp_in.settings import ListenerSettings
from relay.edge.smtp_in.submission import Gate, Submission
from relay.errors import Reply

__all__ = ["Limits", "Listener", "ListenerSettings"]

Place = str | socket.socket

BACKLOG: Final = 256
"""Connections the kernel keeps for us while the loop is busy; a little over ``Limits.connections``."""
_LAST_PORT: Final = 65_535
_COMMIT_GRACE_S: Final = 5.0
"""For commits whose clients were cut off at the end of a drain."""


class Listener:
    """Accepts mail for one ``Door``."""

    def __init__(
        self,
        door: Door,
        settings: ListenerSettings,
        on_event: OnEvent = ignore_event,
        session: Callable[[House, asyncio.AbstractEventLoop], Session] = Session,
    ) -> None:
        self._session = session
        self.door = door
        self.settings = settings
        self.on_event = on_event
        self.crowd = Crowd(settings.limits)
        self.addresses: tuple[str, ...] = ()
        self._servers: list[asyncio.Server] = []
        self._sessions: set[Connection] = set()
        self._commits: set[asyncio.Task[Reply]] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self, places: Sequence[Place], implicit_tls: Sequence[Place] = ()) -> None:
        """Listen on ``"host:port"`` or ``"[v6]:port"`` (numeric; port 0: any), or on given sockets.

        At ``implicit_tls`` everything is under TLS from the first octet. Sets ``addresses`` to what was bound, in
        that order. Raises ``OSError`` or ``ValueError``, with all sockets closed.
        """
        loop = asyncio.get_running_loop()
        sockets: list[socket.socket] = []
        try:
            for place in (*places, *implicit_tls):
                sockets.append(place if isinstance(place, socket.socket) else bound(place))  # noqa: PERF401 - a failure halfway closes what was bound
            for number, each in enumerate(sockets):
                make = self._new_session if number < len(places) else self._new_gate
                self._servers.append(await loop.create_server(make, sock=each, backlog=BACKLOG))
        except (OSError, ValueError):
            for server in self._servers:
                server.close()
            for each in sockets:
                each.close()
            raise
        self.addresses = tuple(shown(each.getsockname()) for each in sockets)

    async def connections(self) -> int:
        """How many are open."""
        return len(self._sessions)

    def renew(self, certificate: str, key: str) -> None:
        """Show the certificate that lies there now to whoever comes from now on. Raises ``OSError`` (``SSLError``)."""
        if self.settings.tls_context is not None:
            self.settings.tls_context.load_cert_chain(certificate, key)

    def _new_session(self) -> Session:
        return self._session(self, asyncio.get_running_loop())

    def _new_gate(self) -> Gate:
        session, context = self._new_session(), self.settings.tls_context
        if context is None or not isinstance(session, Submission):
            raise ValueError("implicit TLS is for submission, with a certificate")
        return Gate(session, self, context)

    async def drain(self, timeout_s: float) -> None:
        """Stop accepting; let messages in work finish; say 421 to all others; return when all is quiet.

        Sessions that are not done after ``timeout_s`` are cut off; their commits get a few seconds more.
        """
        for server in self._servers:
            server.close()
        for session in tuple(self._sessions):
            session.close_down()
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            for session in tuple(self._sessions):
                session.abort()
        if self._commits:
            await asyncio.wait(self._commits, timeout=max(timeout_s, _COMMIT_GRACE_S))

    # For sessions

    def arrived(self, session: Connection) -> None:
        """Count a session."""
        self._sessions.add(session)
        self._empty.clear()

    def left(self, session: Connection) -> None:
        """Forget a session."""
        self._sessions.discard(session)
        if not self._sessions:
            self._empty.set()

    def make_room(self, *, trusted: bool) -> bool:
        """End the session that has longest brought no message nearer, a stranger's first.

        A trusted host gives way to trusted hosts alone. ``False``: all have a claim to their place.
        """
        before = asyncio.get_running_loop().time() - self.settings.limits.crowded_s
        idle = [each for each in self._sessions if each.useful_at < before and trusted >= each.trusted]
        if not idle:
            return False
        min(idle, key=lambda each: (each.trusted, each.useful_at)).give_way()
        return True

    def commit(self, work: Coroutine[Any, Any, Reply]) -> asyncio.Task[Reply]:
        """Run a commit in a task that no connection can cancel."""
        task = asyncio.get_running_loop().create_task(work)
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)
        return task


def bound(place: str) -> socket.socket:
    """Bind a socket; raises ``OSError`` or ``ValueError``.

    asyncio sets TCP_NODELAY on its connections only when ``IPPROTO_TCP`` is named.
    """
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > _LAST_PORT:
        raise ValueError("a place to listen is written host:port")
    host = host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setblocking(False)
        bound.bind((host, int(port)))
    except OSError:
        bound.close()
        raise
    return bound


def shown(name: tuple[Any, ...]) -> str:
    """The name of a socket, as a place to listen is written."""
    host, port = name[0], name[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
