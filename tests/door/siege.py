"""Those who besiege the door and those who watch it, each in a process of their own.

    python -m tests.door.siege slow PORT COUNT SECONDS     clients that bring nothing, back as soon as they are thrown out
    python -m tests.door.siege watch PORT SECONDS PID      how long until a newcomer of a trusted host is greeted
    python -m tests.door.siege write PORT SECONDS          people from many addresses, each with one letter

``watch`` and ``write`` print one JSON line of seconds at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import time
from pathlib import Path

KINDS = ("silent", "command", "data", "handshake")
DRIP_S = 1.0
COME_AGAIN_S = 0.5
RETRY_S = 0.5
"""What a mail server's queue does in minutes, a test does at once: the wait counts."""


def stranger(number: int, network: int) -> tuple[str, int]:
    """One of many addresses of this machine, none of them trusted."""
    return f"127.{network}.{number // 250}.{number % 250 + 1}", 0


async def slow(port: int, count: int, seconds: float) -> None:
    """Hold as many places as there are to be had, for as long as it takes."""

    async def besiege(number: int) -> None:
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await linger(port, number)
            await asyncio.sleep(COME_AGAIN_S)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(besiege(number))


async def linger(port: int, number: int) -> None:
    kind = KINDS[number % len(KINDS)]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=stranger(number, 1))
    opening = {
        "silent": [],
        "command": [b"EHLO slow.test\r\n"],
        "data": [
            b"EHLO slow.test\r\n",
            b"MAIL FROM:<s@slow.test>\r\n",
            b"RCPT TO:<help@relay.test>\r\n",
            b"DATA\r\n",
        ],
        "handshake": [b"EHLO slow.test\r\n", b"STARTTLS\r\n"],
    }[kind]
    try:
        if not (await reader.readline()).startswith(b"220"):
            return
        for command in opening:
            writer.write(command)
            while (await reader.readline())[3:4] == b"-":
                pass
        while not reader.at_eof():
            if kind != "silent":
                writer.write(b"x")
                await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRIP_S):
                    await reader.read()
    finally:
        writer.transport.abort()


def waited_s(pid: int | str) -> float:
    """How long a process has waited for a processor that others had: no fault of its own."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def watch(port: int, seconds: float, pid: int) -> list[float]:
    """Greet every 20 ms, from the trusted address; blocking sockets, so that no loop of ours is measured.

    Without the time in which the daemon or we waited for a processor: what is left, the daemon's loop was busy.
    """
    took: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began, idle = time.monotonic(), waited_s(pid) + waited_s("self")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as probe:
            if probe.recv(100).startswith(b"220"):
                took.append(time.monotonic() - began - (waited_s(pid) + waited_s("self") - idle))
            probe.sendall(b"QUIT\r\n")
            probe.recv(100)
        time.sleep(0.02)
    return took


def write(port: int, seconds: float) -> list[float]:
    """One letter after the other, each from an address of its own; how long until 250, retries included."""
    took: list[float] = []
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until:
        number += 1
        began = time.monotonic()
        while not submit(port, number):
            time.sleep(RETRY_S)
        took.append(time.monotonic() - began)
        time.sleep(0.1)
    return took


def submit(port: int, number: int) -> bool:
    author = f"person{number}@mail.test"
    letter = f"From: {author}\r\nSubject: help\r\nMessage-ID: <p{number}@mua.test>\r\n\r\nPlease answer {number}.\r\n.\r\n"
    steps = [b"", b"EHLO mua.test\r\n", f"MAIL FROM:<{author}>\r\n".encode(), b"RCPT TO:<help@relay.test>\r\n", b"DATA\r\n",
             letter.encode()]  # fmt: skip
    address = stranger(number, 2)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20, source_address=address) as connection:
            replies = connection.makefile("rb")
            for step in steps:
                connection.sendall(step)
                while (line := replies.readline())[3:4] == b"-":
                    pass
                if line[:1] not in b"23":
                    return False
            return line.startswith(b"250")
    except OSError:
        return False


def main() -> None:
    role, port, *rest = sys.argv[1:]
    if role == "slow":
        asyncio.run(slow(int(port), int(rest[0]), float(rest[1])))
    elif role == "watch":
        print(json.dumps(watch(int(port), float(rest[0]), int(rest[1]))))
    else:
        print(json.dumps(write(int(port), float(rest[0]))))


if __name__ == "__main__":
    main()
