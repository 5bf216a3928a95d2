"""Our daemon as an operator starts it, on SQLite in a folder of its own, with conversations that are already open."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol

from bench.load import send
from bench.machine import BenchError, end, wait_for
from bench.samples import SAMPLES, letter
from bench.sink import Sink

ROOT = Path(__file__).resolve().parents[1]
DOMAIN = "relay.bench.test"
INTAKE = f"help@{DOMAIN}"

_RELAY = """
[service]
name = "Bench"
domain = "{domain}"
operator = "operator@ops.test"

[[intake]]
address = "{intake}"

[smtp]
listen = ["127.0.0.1:0"]

[next_hop]
host = "127.0.0.1"
port = {sink_port}
tls = "never"

[storage]
url = "sqlite:///state/relay.db"
master_key_file = "state/master.key"
"""

_COUNSELOR = """
[[counselor]]
id = "c{number}"
pseudonym = "{pseudonym}"
name = "{name}"
private = ["+34 600 555 01{number}"]
address = "c{number}@home.test"
duty = ["always"]
capacity = 10000
"""
_PEOPLE = (("Robin", "Ana Ruiz"), ("Linden", "Ben Okafor"), ("Hazel", "Mia Lindqvist"))

UNFINISHED = (
    "select (select count(*) from entries where state in ('received', 'waiting', 'held'))"
    " + (select count(*) from deliveries where ended_at is null)"
)


class Ours:
    """The daemon, running from ``__init__`` until ``close``. ``url``: a database of a server, instead of a file;
    ``extra``: more sections of its configuration.
    """

    name = "relay"

    def __init__(self, folder: Path, sink_port: int, url: str = "", extra: str = "") -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        relay = _RELAY.format(domain=DOMAIN, intake=INTAKE, sink_port=sink_port) + extra
        (folder / "relay.toml").write_text(relay.replace("sqlite:///state/relay.db", url) if url else relay)
        (folder / "counselors.toml").write_text(
            "".join(
                _COUNSELOR.format(number=number, pseudonym=pseudonym, name=name)
                for number, (pseudonym, name) in enumerate(_PEOPLE)
            )
        )
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "relay", "run", "--config", str(folder)], cwd=ROOT, stderr=log
            )
        self.pids = (self._process.pid,)
        wait_for("relay", lambda: self._started() is not None or self._process.poll() is not None, 20)
        started = self._started()
        if started is None:
            raise BenchError(f"relay did not start: {self._log.read_text()[-500:]}")
        self.ports = (int(str(started["listeners"]).split()[0].rpartition(":")[2]),)

    def _started(self) -> dict[str, object] | None:
        for line in self._log.read_text().splitlines():
            if '"relay.started"' in line:
                found: dict[str, object] = json.loads(line)
                return found
        return None

    def queued(self) -> int:
        """Entries and deliveries that are not at their end."""
        connection = sqlite3.connect(f"file:{self._folder}/state/relay.db?mode=ro", uri=True)
        try:
            count: int = connection.execute(UNFINISHED).fetchone()[0]
        finally:
            connection.close()
        return count

    def close(self) -> None:
        end(self._process)


class Service(Protocol):
    """One of ours, or several that are one."""

    @property
    def ports(self) -> Sequence[int]: ...
    def queued(self) -> int: ...


def first_letters(ours: Service, sink_port: int, keep: Path, count: int) -> list[Message]:
    """Have ``count`` people write to the intake for the first time; the heads of all that came of it."""
    sink = Sink(sink_port, keep)
    try:
        body = SAMPLES["plain2k"]()
        letters = [letter(body, f"seeker{n}@mail.test", INTAKE, run="open") for n in range(count)]
        send(ours.ports, letters, sessions=8, limit_s=60 + count)
        wait_for("the first letters", lambda: sink.count() >= 2 * count and not ours.queued(), 60 + count)
        return sink.kept()
    finally:
        sink.close()


def open_conversations(ours: Service, sink_port: int, keep: Path, count: int) -> list[tuple[str, str]]:
    """Let ``count`` seekers write to the intake; who each is, and the alias they answer to."""
    found = [_pair(each) for each in first_letters(ours, sink_port, keep, count) if each["Auto-Submitted"]]
    if len(found) != count:
        raise BenchError(f"{len(found)} of {count} conversations were acknowledged")
    return found


def _pair(acknowledgement: Message) -> tuple[str, str]:
    return parseaddr(str(acknowledgement["To"]))[1], parseaddr(str(acknowledgement["From"]))[1]
