"""One, two and three nodes on one PostgreSQL, beside one on SQLite: ``python -m bench.nodes --help``.

All stand between the same client and the same sink and take turns, as in ``compare``; letters go to the doors of the
nodes by turns. Each round gives a ratio of each to SQLite; the medians of the ratios with their quartiles are the
result. The server is stock PostgreSQL on this machine, on the same disk as SQLite's file, and its processor time is
counted: on two cores more nodes have nothing to win but what waits for the disk. With ``--cores`` nodes, server, client
and sink have cores of their own where the machine has enough.

Needs ``postfix`` for ``smtp-sink``, and the package ``postgresql``. Loopback only; nothing is left behind.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.compare import Course, Relay, Run, measure, up_to
from bench.load import LoadError
from bench.machine import BenchError, calm, free_port
from bench.ours import UNFINISHED, Ours, open_conversations
from bench.postgresql import Server
from bench.samples import SAMPLES
from bench.sink import Sink

MOST_NODES = 3


class Nodes:
    """Daemons on one database of a server, running from ``__init__`` until ``close``."""

    def __init__(self, folder: Path, sink_port: int, server: Server, count: int) -> None:
        self.name = f"postgresql, {count} node{'s' if count > 1 else ''}"
        self._server = server
        self._database = f"nodes{count}"
        url = server.database(self._database)
        self._nodes: list[Ours] = []
        for number in range(count):
            here = folder / f"{self._database}-{number}"
            if number:
                (here / "state").mkdir(parents=True, mode=0o700)
                here.chmod(0o700)
                key = Path("state") / "master.key"
                shutil.copy(folder / f"{self._database}-0" / key, here / key)
            self._nodes.append(Ours(here, sink_port, url))
        self.ports = tuple(port for node in self._nodes for port in node.ports)
        self.pids = (*(pid for node in self._nodes for pid in node.pids), server.pid)

    def queued(self) -> int:
        """Entries and deliveries that are not at their end."""
        return int(self._server.run(self._database, UNFINISHED)[0][0])

    def close(self) -> None:
        for node in self._nodes:
            node.close()


def take_turns(
    relays: Sequence[Relay], sink: Sink, courses: dict[str, Course], rounds: int
) -> dict[str, list[Run]]:
    """Warm up, then rounds in changing order, each when the machine is quiet or will not become so."""
    runs: dict[str, list[Run]] = {relay.name: [] for relay in relays}
    for relay in relays:
        course = courses[relay.name]
        measure(relay, sink, course, max(50, course.count // 5))
    for number in range(rounds):
        for relay in relays if number % 2 == 0 else tuple(reversed(relays)):
            calm()
            course = courses[relay.name]
            runs[relay.name].append(measure(relay, sink, course, course.count))
        print(
            f"round {number + 1}: " + "  ".join(f"{name} {of[-1].per_s:.0f}/s" for name, of in runs.items()),
            flush=True,
        )
    return runs


def report(runs: dict[str, list[Run]]) -> None:
    """Medians, and the ratios to the first."""
    first = next(iter(runs.values()))
    for name, of in runs.items():
        rate = statistics.median(run.per_s for run in of)
        accepted = statistics.median(run.accepted_per_s for run in of)
        cpu = statistics.median(run.cpu_ms for run in of)
        ratios = sorted(a.per_s / b.per_s for a, b in zip(of, first, strict=True))
        low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        print(f"{name:20} {rate:5.0f}/s relayed, {accepted:5.0f}/s accepted, {cpu:5.2f} ms of processor time per message  "
              f"RATIO {middle:.2f} x SQLite, quartiles {low:.2f}..{high:.2f}")  # fmt: skip


def keep_apart(relays: Sequence[Relay], sink: Sink) -> None:
    """A core for each node, one for the server, the rest for client and sink. Raises ``BenchError``."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < MOST_NODES + 2:
        raise BenchError(f"--cores needs {MOST_NODES + 2} cores or more, and here are {len(cores)}")
    for relay in relays:
        for number, pid in enumerate(relay.pids):
            is_server = len(relay.pids) > 1 and number == len(relay.pids) - 1
            for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
                process.cpu_affinity([cores[MOST_NODES if is_server else number]])
    for pid in (os.getpid(), sink.pid):
        psutil.Process(pid).cpu_affinity(cores[MOST_NODES + 1 :])


def main() -> int:
    """Measure and print; 0 when every message arrived."""
    options = _options()
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-bench-")))
            folder.chmod(0o755)  # neither smtp-sink nor PostgreSQL works as root
            sink_port = free_port()
            server = Server(folder)
            stack.callback(server.close)
            relays: list[Ours | Nodes] = [Ours(folder / "sqlite", sink_port)]
            stack.callback(relays[0].close)
            for count in range(1, options.nodes + 1):
                relays.append(Nodes(folder, sink_port, server, count))
                stack.callback(relays[-1].close)
            courses: dict[str, Course] = {}
            for number, relay in enumerate(relays):
                course = Course(options.sample, options.count, options.sessions, False, options.limit)
                course.pairs_of = open_conversations(
                    relay, sink_port, folder / f"kept{number}", options.conversations
                )
                courses[relay.name] = course
            sink = Sink(sink_port)
            stack.callback(sink.close)
            if options.cores:
                keep_apart(relays, sink)
            print(f"{options.sample}, {options.count} messages, {options.sessions} sessions", flush=True)
            report(take_turns(relays, sink, courses, options.rounds))
    except (BenchError, LoadError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.nodes",
        description="Messages a second of nodes on one PostgreSQL, beside SQLite in the same run.",
    )
    add = parser.add_argument
    add("--sample", choices=tuple(SAMPLES), default="plain2k")
    add("--rounds", type=up_to(50), default=7)
    add("--count", type=up_to(20_000), default=1500, help="messages in a run (default: 1500)")
    add("--sessions", type=up_to(200), default=20, help="connections at a time (default: 20)")
    add("--nodes", type=up_to(MOST_NODES), default=MOST_NODES, help="up to how many nodes (default: 3)")
    add("--conversations", type=up_to(2000), default=500, help="open conversations of each (default: 500)")
    add("--cores", action="store_true", help="a core for each node and one for the server")
    add("--limit", type=up_to(600), default=120, help="most seconds for a run (default: 120)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
