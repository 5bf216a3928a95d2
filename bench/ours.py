"""Our daemon as an operator starts it, on SQLite in a folder of its own, with conversations that are already open."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from bench.load import send
from bench.machine import BenchError, end, wait_for
from bench.samples import SAMPLES, letter
from bench.sink import Sink
from relay.edge.dkim.keys import KeyKind, create_key

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

{dkim}
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
queues = ["general"]
"""
_DKIM = {"rsa": KeyKind.RSA, "ed": KeyKind.ED25519}
SIGNATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"none": (), "ed25519": ("ed",), "both": ("rsa", "ed")}
)
"""What every message is signed with. ``relay init`` makes both keys; Ed25519 is what the goals are defined with."""

PEOPLE = (("Robin", "Ana Ruiz"), ("Linden", "Ben Okafor"), ("Hazel", "Mia Lindqvist"))

_START_S = 180.0
"""With a million conversations on a crowded machine a start took a minute."""

MORE_PEOPLE = "".join(
    _COUNSELOR.format(number=number, pseudonym=pseudonym, name=f"Kim {pseudonym}sson")
    for number, pseudonym in enumerate(("Alder", "Aspen", "Rowan", "Maple", "Cedar", "Larch"), len(PEOPLE))
)
"""For a bench with more first letters than the three have places for, 10,000 each: the others would wait for good."""

UNFINISHED = (
    "select (select count(*) from entries where state in ('received', 'waiting', 'held'))"
    " + (select count(*) from deliveries where ended_at is null)"
)


class Ours:
    """The daemon, running from ``__init__`` until ``close``; what it kept in the folder is there the next time. ``url``: a
    database of a server, instead of a file; ``extra`` and ``people``: more sections of ``relay.toml`` and
    ``counselors.toml``; ``environment``: beside that of this process; ``signed_with``:
    one of ``SIGNATURES``. ``started_s``: from its start until it took mail.
    """

    def __init__(
        self,
        folder: Path,
        sink_port: int,
        url: str = "",
        extra: str = "",
        people: str = "",
        environment: Mapping[str, str] = MappingProxyType({}),
        name: str = "relay",
        signed_with: str = "ed25519",
    ) -> None:
        self.name = name
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        dkim = _dkim(folder / "dkim", SIGNATURES[signed_with])
        relay = _RELAY.format(domain=DOMAIN, intake=INTAKE, sink_port=sink_port, dkim=dkim) + extra
        (folder / "relay.toml").write_text(relay.replace("sqlite:///state/relay.db", url) if url else relay)
        (folder / "counselors.toml").write_text(
            "".join(
                _COUNSELOR.format(number=number, pseudonym=pseudonym, name=real)
                for number, (pseudonym, real) in enumerate(PEOPLE)
            )
            + people
        )
        self._log = folder / "log"
        with self._log.open("wb") as log:
            began = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "relay", "run", "--config", str(folder)],
                cwd=ROOT,
                stderr=log,
                env={**os.environ, **environment},
            )
        self.pids = (self._process.pid,)
        wait_for("relay", lambda: self._started() is not None or self._process.poll() is not None, _START_S)
        self.started_s = time.monotonic() - began
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
        return self._count(UNFINISHED)

    def has_promised(self) -> bool:
        """Whether it has noted what it promises."""
        return self._count("select count(*) from meta where name = 'clock_terms'") > 0

    def _count(self, question: str) -> int:
        connection = sqlite3.connect(f"file:{self._folder}/state/relay.db?mode=ro", uri=True)
        try:
            count: int = connection.execute(question).fetchone()[0]
        finally:
            connection.close()
        return count

    def close(self) -> None:
        end(self._process)


def _dkim(folder: Path, selectors: Sequence[str]) -> str:
    """The section of the configuration; makes the keys that are not there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for selector in selectors:
        path = folder / f"{selector}.pem"
        if not path.exists():
            create_key(path, _DKIM[selector])
    pairs = ", ".join(f'{selector} = "dkim/{selector}.pem"' for selector in selectors)
    return f"[dkim]\nselectors = {{ {pairs} }}\n" if pairs else ""


class Service(Protocol):
    """One of ours, or several that are one."""

    @property
    def ports(self) -> Sequence[int]: ...
    def queued(self) -> int: ...


def first_letters(
    ours: Service, sink_port: int, keep: Path, count: int, intake: str = INTAKE
) -> list[Message]:
    """Have ``count`` people write to an intake for the first time; the heads of all that came of it."""
    sink = Sink(sink_port, keep)
    try:
        body, who = SAMPLES["plain2k"](), "seeker" if intake == INTAKE else "other"
        letters = [letter(body, f"{who}{n}@mail.test", intake, run="open") for n in range(count)]
        send(ours.ports, letters, sessions=8, limit_s=60 + count)
        wait_for("the first letters", lambda: sink.count() >= 2 * count and not ours.queued(), 60 + count)
        return sink.kept()
    finally:
        sink.close()


def open_conversations(
    ours: Service, sink_port: int, keep: Path, count: int, intake: str = INTAKE
) -> list[tuple[str, str]]:
    """Let ``count`` seekers write to an intake; who each is, and the alias they answer to."""
    letters = first_letters(ours, sink_port, keep, count, intake)
    found = [_pair(each) for each in letters if each["Auto-Submitted"]]
    if len(found) != count:
        raise BenchError(f"{len(found)} of {count} conversations were acknowledged")
    return found


def _pair(acknowledgement: Message) -> tuple[str, str]:
    return parseaddr(str(acknowledgement["To"]))[1], parseaddr(str(acknowledgement["From"]))[1]
