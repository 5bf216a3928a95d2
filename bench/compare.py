"""How many messages a second we relay, beside Postfix: ``python -m bench.compare --help``.

Both relays stand between the same client (``load``) and the same sink, and take turns: A B B A A B …, so
that what else the machine does hurts both. A pair gives a ratio; the median of the ratios with its quartiles
is the result, and nothing else is worth quoting. After each run the sink must have got as many
messages as were sent (twice as many for requests, which are acknowledged) and the queue must be empty.
Loopback only; all files are in a temporary folder that goes away.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.figures import Spread
from bench.load import LoadError, send
from bench.machine import BenchError, calm, cpu_s, free_port, wait_for
from bench.ours import INTAKE, SIGNATURES, Ours, open_conversations
from bench.postfix import Postfix
from bench.samples import SAMPLES, Body, Letter, letter
from bench.sink import Sink

MAX_COUNT, MAX_PAIRS, MAX_SESSIONS = 20_000, 50, 200
_WARM_UP_SHARE = 5


class Relay(Protocol):
    """What is measured."""

    @property
    def name(self) -> str: ...
    @property
    def pids(self) -> Sequence[int]: ...
    @property
    def ports(self) -> Sequence[int]: ...
    def queued(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one relay: messages a second, and processor time of its processes per message."""

    per_s: float
    accepted_per_s: float
    cpu_ms: float
    daemon_cpu_ms: float
    """Of the first process alone: for us the one that receives, stores and delivers."""


@dataclass
class Course:
    """The options of a run, and what it sends."""

    sample: str
    count: int
    sessions: int
    requests: bool
    limit_s: float
    pairs_of: list[tuple[str, str]] = field(default_factory=list)
    _runs: int = 0

    def letters(self, count: int) -> list[Letter]:
        """What seekers write now: each to their own alias, or all to the intake."""
        self._runs += 1
        body: Body = SAMPLES[self.sample]()
        run = f"run{self._runs}"
        if self.requests:
            return [letter(body, f"s{run}.{n}@mail.test", INTAKE, run=run) for n in range(count)]
        people = self.pairs_of
        return [letter(body, *people[n % len(people)], run=run) for n in range(count)]


def measure(relay: Relay, sink: Sink, course: Course, count: int) -> Run:
    """One run. Raises ``BenchError`` or ``LoadError`` when a message is missing."""
    copies = count * (2 if course.requests and not isinstance(relay, Postfix) else 1)
    letters = course.letters(count)
    before, cpu_before = sink.count(), _cpu_s(relay)
    sent = send(relay.ports, letters, course.sessions, course.limit_s)
    arrived_at = all_arrived(relay, sink, before + copies, course.limit_s)
    cpu_after = _cpu_s(relay)
    return Run(
        per_s=count / (arrived_at - sent.first_at),
        accepted_per_s=count / (sent.accepted_at - sent.first_at),
        cpu_ms=(sum(cpu_after.values()) - sum(cpu_before.values())) * 1000 / count,
        daemon_cpu_ms=(cpu_after[relay.pids[0]] - cpu_before[relay.pids[0]]) * 1000 / count,
    )


def all_arrived(relay: Relay, sink: Sink, total: int, limit_s: float) -> float:
    """Wait until the sink has counted ``total``; the instant. Raises ``BenchError`` for one too few or too many."""
    arrived_at = wait_for(f"all copies of {relay.name}", lambda: sink.count() >= total, limit_s)
    wait_for(f"an empty queue of {relay.name}", lambda: relay.queued() == 0, 60)
    if sink.count() != total:
        raise BenchError(f"{relay.name}: {sink.count() - total} copies too many")
    return arrived_at


def _cpu_s(relay: Relay) -> dict[int, float]:
    """Of all its processes, by process id."""
    return {pid: seconds for root in relay.pids for pid, seconds in cpu_s(root).items()}


def take_turns(relays: Sequence[Relay], sink: Sink, course: Course, pairs: int) -> dict[str, list[Run]]:
    """Warm up, then pairs in changing order, each when the machine is quiet or will not become so."""
    runs: dict[str, list[Run]] = {relay.name: [] for relay in relays}
    for relay in relays:
        measure(relay, sink, course, max(50, course.count // _WARM_UP_SHARE))
    for number in range(pairs):
        for relay in relays if number % 2 == 0 else tuple(reversed(relays)):
            calm()
            runs[relay.name].append(measure(relay, sink, course, course.count))
        print(
            f"pair {number + 1}: " + "  ".join(f"{name} {of[-1].per_s:.0f}/s" for name, of in runs.items()),
            flush=True,
        )
    return runs


def report(runs: dict[str, list[Run]]) -> None:
    """Medians, and the ratio."""
    for name, of in runs.items():
        rates = [run.per_s for run in of]
        medians = [
            statistics.median(values)
            for values in zip(*((r.accepted_per_s, r.cpu_ms, r.daemon_cpu_ms) for r in of), strict=True)
        ]
        print(f"{name:8} {statistics.median(rates):6.0f}/s relayed ({min(rates):.0f}..{max(rates):.0f}), {medians[0]:.0f}/s accepted, "
              f"{medians[1]:.2f} ms of processor time per message, {medians[2]:.2f} of it in its first process")  # fmt: skip
    if len(runs) < 2:
        return
    ours, theirs = runs.values()
    ratios = sorted(a.per_s / b.per_s for a, b in zip(ours, theirs, strict=True))
    spread = Spread.of(ratios)
    print("ratios   " + " ".join(f"{ratio:.2f}" for ratio in ratios))
    print(
        f"RATIO    {spread.median:.2f} x Postfix, quartiles {spread.low:.2f}..{spread.high:.2f}"
        + ("" if spread.is_steady else " (unsteady: measure again)")
    )


def main() -> int:
    """Measure and print; 0 when every message arrived."""
    options = _options()
    course = Course(options.sample, options.count, options.sessions, options.requests, options.limit)
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-bench-")))
            folder.chmod(0o755)  # Postfix and smtp-sink do not work as root
            sink_port = free_port()
            ours = Ours(folder / "ours", sink_port, signed_with=options.signed_with)
            stack.callback(ours.close)
            if not options.requests:
                course.pairs_of = open_conversations(ours, sink_port, folder / "kept", options.conversations)
            sink = Sink(sink_port)
            stack.callback(sink.close)
            relays: list[Relay] = [ours]
            if not options.alone:
                postfix = Postfix(folder / "postfix", free_port(), sink_port)
                stack.callback(postfix.close)
                relays.append(postfix)
            print(
                f"{options.sample}, {options.count} messages, {options.sessions} sessions, "
                f"CPython {platform.python_version()}, pid of ours {ours.pids[0]}",
                flush=True,
            )
            report(take_turns(relays, sink, course, options.pairs))
    except (BenchError, LoadError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.compare", description="Messages a second, beside Postfix in the same run."
    )
    add = parser.add_argument
    add("--sample", choices=tuple(SAMPLES), default="plain2k")
    add("--pairs", type=up_to(MAX_PAIRS), default=7)
    add("--count", type=up_to(MAX_COUNT), default=1500, help="messages in a run (default: 1500)")
    add("--sessions", type=up_to(MAX_SESSIONS), default=20, help="connections at a time (default: 20)")
    add(
        "--conversations",
        type=up_to(2000),
        default=500,
        help="open conversations that are written to (default: 500)",
    )
    add("--signed-with", choices=tuple(SIGNATURES), default="ed25519", help="(default: ed25519)")
    add("--requests", action="store_true", help="new requests to the intake instead: one message in, two out")
    add("--alone", action="store_true", help="without Postfix: for a profile, or where there is no root")
    add("--limit", type=up_to(600), default=120, help="most seconds for a run (default: 120)")
    options = parser.parse_args()
    if os.getuid() != 0 and not options.alone:
        parser.error("Postfix needs root; use --alone without it")
    return options


def up_to(most: int) -> Callable[[str], int]:
    """A whole number from 1 to ``most``, as argparse wants its types."""

    def number(text: str) -> int:
        value = int(text)
        if not 1 <= value <= most:
            raise argparse.ArgumentTypeError(f"give a number from 1 to {most}")
        return value

    return number


if __name__ == "__main__":
    sys.exit(main())
