"""A real daemon on loopback with a next hop that keeps what it is given: what ``demo`` and ``quickstart`` play on.

stage = Stage()
async with stage.set_up(command):
    await stage.send("sam@mail.example", "help@line.example", message)
    await stage.sink.next_for("ana@home.example")
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable

import aiosmtplib

from relay.demo.sink import Sink
from relay.errors import ConfigError

START_LIMIT_S = 60.0
"""A first start makes a database and starts the workers: two seconds on an idle machine."""

SHOWN_LINES = 20


class Stage:
    """``log``: every line that the daemon said; ``sink``: what it gave to its next hop; ``port``: its door."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.log: list[str] = []
        self.port = 0

    @contextlib.asynccontextmanager
    async def set_up(self, command: Callable[[int], list[str]]) -> AsyncIterator[None]:
        """Run it while the block lasts. ``command``: what Python is to run, given the next hop's port.

        Raises ``ConfigError`` when the daemon does not start.
        """
        await self.sink.start()
        daemon = await asyncio.create_subprocess_exec(
            sys.executable, *command(self.sink.port), stderr=asyncio.subprocess.PIPE
        )
        assert daemon.stderr is not None
        reading = asyncio.create_task(self._read_log(daemon.stderr))
        try:
            await self._until_started(daemon)
            yield
        finally:
            if daemon.returncode is None:
                daemon.terminate()
            await daemon.wait()
            await reading
            self.sink.close()

    async def send(self, envelope: str, to: str, message: bytes) -> None:
        """Hand a message to the daemon's door. Raises ``aiosmtplib.SMTPException`` when it is not taken."""
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=self.port, local_hostname="mua.example", start_tls=False
        )
        async with client:
            await client.sendmail(envelope, [to], message)

    async def _read_log(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.log.append(line.decode("utf-8", "replace"))

    async def _until_started(self, daemon: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and daemon.returncode is None:
            for line in self.log:
                if '"relay.started"' in line:
                    self.port = int(json.loads(line)["listeners"].split()[0].rpartition(":")[2])
                    return
            await asyncio.sleep(0.02)
        said = "".join(self.log[-SHOWN_LINES:]).rstrip()
        raise ConfigError((f"The daemon did not start; it said: {said or 'nothing'}",))
