"""The service manager: telling it how we are, and taking the sockets that it opened for us.

The composition root calls it. Without a service manager nothing is told and no socket comes; when telling
fails, the daemon goes on, as mail matters more, and the manager's own time limit decides. What is told goes
to the journal: only constant words and numbers may be in it.

Standards: sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3); the protocols, not the library.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping

from relay.errors import ConfigError

FIRST_DESCRIPTOR = 3
"""Passed sockets begin after standard input, output and error (SD_LISTEN_FDS_START)."""

MAX_SOCKETS = 64
"""More than any unit of ours passes; a larger number is a mistake in the environment."""


def send(*assignments: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell the manager, as in ``send("READY=1", "STATUS=Taking mail")``; whether it was told.

    Never waits: when the manager's queue is full, the datagram is dropped and the answer is ``False``.
    Raises ``ValueError`` for an assignment that would be read as two.
    """
    if any("\n" in assignment for assignment in assignments):
        raise ValueError("an assignment is one line")
    path = environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return False
    address = "\0" + path[1:] if path.startswith("@") else path  # "@" stands for an abstract socket (unix(7))
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            channel.sendto("\n".join(assignments).encode(), address)
    except OSError:
        return False
    return True


def watchdog_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds after which the manager takes a silent process for dead; ``None`` when it does not watch us.

    Tell it ``WATCHDOG=1`` two or three times as often.
    """
    microseconds = environ.get("WATCHDOG_USEC", "")
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1e6 if _is_number(microseconds) and int(microseconds) > 0 else None


async def watchdog() -> None:
    """Tell the manager that the event loop still turns (``WatchdogSec=``), for ever; cancel to stop."""
    interval_s = watchdog_s()
    while interval_s:
        await asyncio.sleep(interval_s / 3)
        send("WATCHDOG=1")
    await asyncio.Event().wait()


def listen_sockets(
    environ: Mapping[str, str] = os.environ, first_descriptor: int = FIRST_DESCRIPTOR
) -> list[tuple[str, socket.socket]]:
    """Take the listening sockets that the manager passed to this very process, with their names; call it once.

    They are not handed on to child processes. Raises ``ConfigError`` when one is not a TCP socket that
    listens: the socket unit is not ours, or not right.
    """
    if environ.get("LISTEN_PID", "") != str(os.getpid()):
        return []
    count = environ.get("LISTEN_FDS", "")
    if not _is_number(count) or int(count) > MAX_SOCKETS:
        raise ConfigError(("relay.socket: LISTEN_FDS of the service manager is not a number of sockets",))
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    names += [""] * (int(count) - len(names))
    return [(names[place], _taken(first_descriptor + place)) for place in range(int(count))]


def _taken(descriptor: int) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        taken = socket.socket(fileno=descriptor)
    except OSError:
        raise ConfigError(
            ("relay.socket: passes something that is not a socket; see ListenStream=",)
        ) from None
    listens = (
        taken.family in (socket.AF_INET, socket.AF_INET6)
        and taken.type == socket.SOCK_STREAM
        and taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    )
    if not listens:
        taken.close()
        raise ConfigError(("relay.socket: passes a socket that takes no TCP connections; see ListenStream=",))
    taken.setblocking(False)
    return taken


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
