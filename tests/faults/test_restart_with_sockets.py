"""A restart under load, with the socket that the service manager holds: nobody is refused and nothing is lost.

The test is the service manager: it opens the port, hands it to each daemon that it starts, and keeps it open between two
of them, as ``relay.socket`` does. Mail servers keep coming all the while, and come again with what was not acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.daemon import Daemon
from tests.support.line import COUNSELORS_TOML

RELAY_TOML = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[limits]
messages_per_hour_per_sender = 10000
"""
FROM_SYSTEMD = """
[smtp]
listen = ["systemd"]

[next_hop]
host = "127.0.0.1"
port = {port}
tls = "never"

[storage]
url = "sqlite:///state/relay.db"
master_key_file = "state/master.key"
"""
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What systemd does between fork and exec (sd_listen_fds(3))."""

SENDERS = 4
RESTARTS = 2
PATIENCE_S = 60.0
"""A connection waits in the queue of the socket until the next daemon takes it."""


@dataclass
class Load:
    """Mail servers, each with one letter after the other until ``ended``; what they saw."""

    port: int
    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0
    put_off: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def sender(self, number: int) -> None:
        count = 0
        while not self.ended.is_set():
            word = f"letter-{number}-{count}"
            if await self._attempt(number, word):
                self.acknowledged.add(word)
                count += 1
            else:
                self.put_off += 1
                await asyncio.sleep(0.05)

    async def _attempt(self, number: int, word: str) -> bool:
        """One connection with one letter; whether it was acknowledged."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            self.refused += 1
            return False
        sender = f"sam{number}@mail{number}.test"
        head = f"From: {sender}\r\nTo: help@relay.test\r\nSubject: Hello\r\nMessage-ID: <{word}@mua.test>\r\n"
        steps = ("", "EHLO mua.test", f"MAIL FROM:<{sender}>", "RCPT TO:<help@relay.test>", "DATA",
                 f"{head}\r\n{word}\r\n.")  # fmt: skip
        try:
            async with asyncio.timeout(PATIENCE_S):
                for step in steps:
                    if step:
                        writer.write(f"{step}\r\n".encode())
                    while (line := await reader.readline())[3:4] == b"-":
                        pass
                    if line[:1] not in (b"2", b"3"):
                        return False
                return True
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def test_a_restart_under_load_refuses_nobody_and_loses_nothing(tmp_path: Path) -> None:
    """Every letter that was acknowledged reaches the counselor, and no connection is ever refused."""
    people = COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["never"]', ben_languages='["en"]')
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as held:
        held.set_inheritable(True)
        daemon = Daemon(
            tmp_path / "line", RELAY_TOML, people, machine=FROM_SYSTEMD, descriptors=(held.fileno(),),
            prefix=(sys.executable, "-c", HAND_OVER, str(held.fileno())),
        )  # fmt: skip
        async with daemon:
            load = Load(held.getsockname()[1])
            senders = [asyncio.create_task(load.sender(number)) for number in range(SENDERS)]
            for _ in range(RESTARTS):
                before = len(load.acknowledged)
                while len(load.acknowledged) < before + SENDERS:
                    await asyncio.sleep(0.02)
                assert await daemon.stop() == 0
                await daemon.start()
            load.ended.set()
            await asyncio.gather(*senders)

            assert load.refused == 0
            assert len(load.acknowledged) > SENDERS * RESTARTS
            async with asyncio.timeout(PATIENCE_S):
                while load.acknowledged - arrived(daemon):
                    await asyncio.sleep(0.05)
    print(
        f"{len(load.acknowledged)} letters, {RESTARTS} restarts, {load.put_off} put off, {load.refused} refused"
    )


def arrived(daemon: Daemon) -> set[str]:
    """The letters that the next hop was given for the counselor."""
    to_ana = [one.message for one in daemon.sink.captured if one.recipient == "ana.ruiz@home.test"]
    return {
        word for message in to_ana for word in message.decode("latin-1").split() if word.startswith("letter-")
    }
