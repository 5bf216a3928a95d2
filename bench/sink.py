"""The next hop of both relays: Postfix's own ``smtp-sink``, which counts what it takes and keeps nothing."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import tempfile
from email.message import Message
from pathlib import Path
from typing import IO

from bench.machine import BenchError, answers, end, refuse_taken, wait_for

_COUNT = re.compile(rb"mesg=(\d+)")
_BACKLOG = "1000"


class Sink:
    """``smtp-sink`` on a loopback port. With ``keep`` it writes each message into that folder."""

    def __init__(self, port: int, keep: Path | None = None) -> None:
        refuse_taken(port)
        program = shutil.which("smtp-sink", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise BenchError("smtp-sink is missing; it comes with the package postfix")
        command = [program, "-c"]
        if keep is not None:
            keep.mkdir(mode=0o777)
            keep.chmod(0o777)  # smtp-sink gives up root and writes as nobody
            command += ["-d", f"{keep}/%s."]
        if os.getuid() == 0:
            command += ["-u", "nobody"]
        self._keep = keep
        self._counts: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the sink
        self.port = port
        self._process = subprocess.Popen(
            [*command, f"127.0.0.1:{port}", _BACKLOG], stdout=self._counts, stderr=subprocess.DEVNULL
        )
        wait_for("smtp-sink", lambda: answers(port), 5)

    @property
    def pid(self) -> int:
        return self._process.pid

    def count(self) -> int:
        """Messages taken since the start."""
        descriptor = self._counts.fileno()
        size = os.fstat(descriptor).st_size
        found = _COUNT.findall(os.pread(descriptor, 400, max(0, size - 400)))
        return int(found[-1]) if found else 0

    def kept(self) -> list[Message]:
        """The headers of what was kept."""
        assert self._keep is not None
        return [email.message_from_bytes(path.read_bytes()) for path in self._keep.iterdir()]

    def close(self) -> None:
        end(self._process)
        self._counts.close()
