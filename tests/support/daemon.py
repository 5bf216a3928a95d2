"""The daemon as an operator has it: ``python -m relay run`` in a process of its own, a capture next hop behind it.

async with Daemon(folder, relay_toml, counselors_toml) as daemon:
    async with daemon.connect() as door:
        await door.submit("sam@mail.test", ["help@relay.test"], message)
    routed = await daemon.said("message.routed")

``tests.support.line`` is the same helpline inside the test, with a clock that stands still; take this one where
real processes, real signals or the real log matter. ``daemon.sink`` holds what went out, ``daemon.log`` every event.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from tests.support import storage, watch
from tests.support.sink import Sink

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
STOP_S = 40.0
"""The daemon promises to drain within 30 s; more is a failure and not a slow machine."""
PATIENCE_S = 30.0

MACHINE_TOML = """
[smtp]
listen = ["127.0.0.1:0"]

[next_hop]
host = "127.0.0.1"
port = {port}
tls = "never"

[storage]
url = "sqlite:///state/relay.db"
master_key_file = "state/master.key"
"""
"""The half of relay.toml that is the same for every test: loopback, a port of the system's choice, our next hop."""


@dataclass(frozen=True)
class LogLine:
    """One event of the daemon's log; ``number`` is its place in it."""

    number: int
    event: str
    at: datetime
    fields: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.fields.get(name)


class Daemon:
    """Start it, talk to ``port``, read ``log`` and ``sink``, stop or kill it, and start it again on the same folder."""

    def __init__(
        self,
        folder: Path,
        relay_toml: str,
        counselors_toml: str,
        *,
        sink: Sink | None = None,
        machine: str = MACHINE_TOML,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        smtp: str = "",
        program: str = "relay",
        descriptors: Sequence[int] = (),
    ) -> None:
        """``relay_toml``: the sections ``service`` and ``intake`` (and more); the machine's half is added.

        ``environment`` is added to ours; ``prefix``: a command that runs the daemon, such as ``prlimit``;
        ``smtp``: lines for the section of that name; ``program``: the module that is run; ``descriptors``: of ours
        that it inherits.
        """
        self.folder = folder
        self.sink: Sink = sink or Sink()
        self.log: list[LogLine] = []
        self.other_output: list[str] = []
        """Lines on standard error that are no event: there must be none."""
        self.port = 0
        self._owns_sink = sink is None
        self._files = {
            "relay.toml": relay_toml + machine.replace("[smtp]\n", f"[smtp]\n{smtp}"),
            "counselors.toml": counselors_toml,
        }
        self._grown = asyncio.Condition()
        self._added = dict(environment or {})
        self._program = program
        self._descriptors = tuple(descriptors)
        self._prefix = tuple(prefix)

    async def __aenter__(self) -> Self:
        if self._owns_sink:
            await self.sink.start()
        self.folder.mkdir(exist_ok=True, mode=0o700)
        for name, text in self._files.items():
            here = text.replace("{port}", str(self.sink.port))
            if name == "relay.toml" and "[logging]" not in here:
                here += '\n[logging]\nlevel = "debug"\n'
            (self.folder / name).write_text(storage.fit(here, self.folder))
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            if self.process.returncode is None:
                await self.stop()
        finally:
            if self._owns_sink:
                await self.sink.stop()

    async def start(self) -> None:
        """Start the process and wait until every listener accepts mail."""
        came_before = len(self.log)
        self.process = await asyncio.create_subprocess_exec(
            *self._prefix, sys.executable, "-m", self._program, "run", "--config", str(self.folder),
            cwd=ROOT, env=os.environ | self._added, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            pass_fds=self._descriptors,
        )  # fmt: skip
        self._ended = False
        self._reading = asyncio.create_task(self._read_log())
        started = await self.said("relay.started", after=came_before, at_most_s=START_S)
        self.port = int(str(started["listeners"]).split()[0].rpartition(":")[2])

    def set_environment(self, **added: str) -> None:
        """What is added to the environment of the next start."""
        self._added = added

    async def stop(self) -> int:
        """Stop as the service manager does; the exit code."""
        return await self.signal(signal.SIGTERM)

    async def kill(self) -> int:
        """Stop as a power cut does."""
        return await self.signal(signal.SIGKILL)

    async def signal(self, number: signal.Signals) -> int:
        """Send a signal that ends the process, and wait for the end; the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        async with asyncio.timeout(STOP_S):
            code = await self.process.wait()
            await self._reading
        if watch.IS_FULL:
            for one in self.sink.captured:
                watch.written((one.recipient, one.return_path), one.message)
            watch.left_folder(self.folder / "state")
        return code

    def connect(self) -> Submission:
        """A client's connection to the door, as a context manager."""
        return Submission(self.port)

    async def said(
        self,
        *events: str,
        after: int = 0,
        at_most_s: float = PATIENCE_S,
        where: Callable[[LogLine], bool] = lambda _: True,
    ) -> LogLine:
        """Wait for the first of these events from line ``after`` on.

        Raises ``TimeoutError``, or ``ProcessLookupError`` when the daemon ended.
        """
        async with asyncio.timeout(at_most_s), self._grown:
            while True:
                for line in self.log[after:]:
                    if line.event in events and where(line):
                        return line
                after = len(self.log)
                if self._ended:
                    raise ProcessLookupError("the daemon ended:\n" + "".join(self.other_output[-20:]))
                await self._grown.wait()

    async def _read_log(self) -> None:
        assert self.process.stderr is not None
        async for raw in self.process.stderr:
            text = raw.decode("utf-8", "replace")
            watch.heard(text)
            async with self._grown:
                try:
                    fields = json.loads(text)
                    at = datetime.fromisoformat(fields["at"])
                    self.log.append(LogLine(len(self.log), fields["event"], at, fields))
                except (ValueError, KeyError, TypeError):
                    self.other_output.append(text)
                self._grown.notify_all()
        async with self._grown:
            self._ended = True
            self._grown.notify_all()


_LINE_START_DOT = re.compile(rb"(?:\A|(?<=\r\n))\.")


class Submission:
    """A client that changes no octet: what mail libraries put right, a test wants to send as it is."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await self._reply()
            await self._ask(b"EHLO mua.test")
        except BaseException:  # the daemon went away, and nobody will leave what was never entered
            self._writer.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def submit(self, reverse_path: str, forward_paths: list[str], message: bytes) -> str:
        """Offer one message (dots are doubled, RFC 5321 §4.5.2); the reply to its end, or the first refusal."""
        watch.written((reverse_path, *forward_paths), message)
        commands = [f"MAIL FROM:<{reverse_path}>", *(f"RCPT TO:<{path}>" for path in forward_paths), "DATA"]
        for command in commands:
            reply = await self._ask(command.encode())
            if reply[0] not in "23":
                await self._ask(b"RSET")
                return reply
        end = b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
        self._writer.write(_LINE_START_DOT.sub(b"..", message) + end)
        return await self._reply()

    async def _ask(self, command: bytes) -> str:
        self._writer.write(command + b"\r\n")
        return await self._reply()

    async def _reply(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            await self._writer.drain()
            while True:
                line = (await self._reader.readuntil(b"\r\n")).decode("ascii")
                if line[3:4] != "-":
                    return line.rstrip()
