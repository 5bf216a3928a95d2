"""Talking to the service manager over the real protocol, on real sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.edge import notify
from relay.errors import ConfigError

OUR_PID = str(os.getpid())


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def environ_for(manager: socket.socket) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.getsockname()}


def test_the_manager_is_told_in_one_datagram(manager: socket.socket) -> None:
    """Several assignments are lines of one message."""
    assert notify.send("READY=1", "STATUS=Taking mail", environ=environ_for(manager))
    assert manager.recv(200) == b"READY=1\nSTATUS=Taking mail"


def test_an_abstract_socket_is_reached() -> None:
    """A path that begins with @ has a NUL there on the wire."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0relay-test-{OUR_PID}")
        listening.settimeout(5)

        assert notify.send("WATCHDOG=1", environ={"NOTIFY_SOCKET": f"@relay-test-{OUR_PID}"})
        assert listening.recv(200) == b"WATCHDOG=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "relative"}])
def test_without_a_manager_nothing_is_told(environ: dict[str, str]) -> None:
    """Starting the daemon by hand is no error."""
    assert not notify.send("READY=1", environ=environ)


def test_a_manager_that_is_gone_does_not_stop_the_daemon(tmp_path: Path) -> None:
    """Nobody listens at the path: the answer is no, not an exception."""
    assert not notify.send("STOPPING=1", environ={"NOTIFY_SOCKET": str(tmp_path / "gone")})


def test_a_manager_that_does_not_read_is_not_waited_for(manager: socket.socket) -> None:
    """A full queue must not hold the event loop."""
    told = [notify.send("WATCHDOG=1", environ=environ_for(manager)) for _ in range(2_000)]

    assert told[0]
    assert not told[-1]


def test_an_assignment_cannot_be_two(manager: socket.socket) -> None:
    """A line end in a status would be an order to the manager."""
    with pytest.raises(ValueError, match="one line"):
        notify.send("STATUS=x\nMAINPID=1", environ=environ_for(manager))


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": OUR_PID}, 30.0),
        ({"WATCHDOG_USEC": "500000"}, 0.5),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_for_the_process_it_names(environ: dict[str, str], seconds: float | None) -> None:
    """A worker that inherited the environment is not watched."""
    assert notify.watchdog_s(environ) == seconds


def test_passed_sockets_are_taken_and_not_handed_on(door: socket.socket) -> None:
    """They listen at their address, do not block, and are closed in child processes."""
    descriptor = os.dup(door.fileno())
    os.set_inheritable(descriptor, True)
    ((_, taken),) = notify.listen_sockets({"LISTEN_PID": OUR_PID, "LISTEN_FDS": "1"}, descriptor)
    with taken:
        assert taken.getsockname() == door.getsockname()
        assert not taken.getblocking()
        assert not taken.get_inheritable()


@pytest.mark.parametrize("environ", [{}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}])
def test_sockets_of_another_process_are_left_alone(environ: dict[str, str]) -> None:
    """A child of the one that they were passed to sees the same variables."""
    assert notify.listen_sockets(environ) == []


@pytest.mark.parametrize("count", ["many", "-1", "65", "", "\N{SUPERSCRIPT TWO}"])
def test_a_strange_number_of_sockets_is_refused(count: str) -> None:
    """In words, before any descriptor is touched."""
    with pytest.raises(ConfigError, match="LISTEN_FDS"):
        notify.listen_sockets({"LISTEN_PID": OUR_PID, "LISTEN_FDS": count})


def test_what_is_not_a_listening_tcp_socket_is_refused(tmp_path: Path) -> None:
    """A file, a datagram socket, a connected one: the socket unit is wrong, and that is said."""
    with (tmp_path / "file").open("w") as file, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        for descriptor in (os.dup(file.fileno()), os.dup(datagrams.fileno())):
            with pytest.raises(ConfigError, match=r"relay\.socket"):
                notify.listen_sockets({"LISTEN_PID": OUR_PID, "LISTEN_FDS": "1"}, descriptor)


def test_a_new_process_takes_them_from_descriptor_three(door: socket.socket) -> None:
    """As systemd does it: the environment names the process, the sockets begin at 3."""
    program = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3)\n"
        "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
        "from relay.edge import notify; print(notify.listen_sockets()[0][1].getsockname()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(door.fileno())],
        pass_fds=[door.fileno()],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )

    assert int(done.stdout) == door.getsockname()[1]
