"""What ``goals`` measures in: ours and Postfix between the same client and the same next hop, and how they take turns.

Everything is in a temporary folder and on loopback, and ends with the ``with``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.compare import Course, Relay, all_arrived, measure
from bench.figures import Figure
from bench.latency import Stream
from bench.machine import calm, free_port
from bench.ours import Ours, open_conversations
from bench.postfix import Postfix
from bench.samples import SAMPLES, Letter, letter
from bench.sink import Sink
from bench.slow_disk import environment

T = TypeVar("T")

LIMIT_S = 180.0
"""Most time for one run of one relay; what takes longer is broken, or too slow to be measured by these counts."""

CONVERSATIONS = 500
_WARM_UP = 200

People = list[tuple[str, str]]
"""Who writes in open conversations, and the aliases that they answer to."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured. ``share``: of the counts, 1 for real figures; ``grown``: conversations of the grown store."""

    pairs: int
    share: float
    grown: int

    def of(self, count: int) -> int:
        """A count, or as much of it as is wanted."""
        return max(1, round(count * self.share))


Goal = Callable[[Extent], Iterator[Figure]]
"""Measures one goal, which may have several figures."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Both relays, running and warm."""

    sink: Sink
    ours: Ours
    postfix: Postfix
    people: People

    @property
    def relays(self) -> tuple[Relay, Relay]:
        """Ours first: what a ratio is of."""
        return self.ours, self.postfix


@contextmanager
def bench_folder() -> Iterator[Path]:
    """A folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postfix and smtp-sink do not work as root
        yield folder


@contextmanager
def scene(*, sync_ms: float = 0.0, signed_with: str = "ed25519") -> Iterator[Scene]:
    """Both relays. ``sync_ms``: how much longer every sync takes them; ``signed_with``: as for ``Ours``."""
    with bench_folder() as folder, ExitStack() as stack:
        around = environment(folder, sync_ms) if sync_ms else {}
        port = free_port()
        ours = Ours(folder / "ours", port, environment=around, signed_with=signed_with)
        stack.callback(ours.close)
        people = open_conversations(ours, port, folder / "kept", CONVERSATIONS)
        sink = Sink(port)
        stack.callback(sink.close)
        postfix = Postfix(folder / "postfix", free_port(), port, around)
        stack.callback(postfix.close)
        found = Scene(sink, ours, postfix, people)
        for relay in found.relays:
            per_s(relay, sink, people, "plain2k", _WARM_UP, sessions=50)
        yield found


def by_turns(sides: Sequence[T], run: Callable[[T], float], pairs: int) -> list[list[float]]:
    """A B B A A B …, each when the machine is quiet or will not become so; what came, by side."""
    came: dict[int, list[float]] = {which: [] for which in range(len(sides))}
    for number in range(pairs):
        for which in came if number % 2 == 0 else reversed(came):
            calm()
            came[which].append(run(sides[which]))
        print(f"  pair {number + 1}: " + "  ".join(f"{of[-1]:.4g}" for of in came.values()), flush=True)
    return list(came.values())


def letters(sample: str, people: People, count: int, run: str) -> list[Letter]:
    """So many letters of a kind, from these people by turns."""
    body = SAMPLES[sample]()
    return [letter(body, *people[number % len(people)], run=run) for number in range(count)]


def per_s(relay: Relay, sink: Sink, people: People, sample: str, count: int, sessions: int) -> float:
    """Letters a second that went through one relay. Raises ``BenchError`` or ``LoadError`` when one is missing."""
    course = Course(sample, count, sessions, requests=False, limit_s=LIMIT_S, pairs_of=people)
    return measure(relay, sink, course, count).per_s


def waits_ms(relay: Relay, sink: Sink, of: Sequence[Letter], at_per_s: float, beside: Sequence[Letter] = (),
             beside_per_s: float = 1.0) -> list[float]:  # fmt: skip
    """How long each of these letters took to be taken, while others came ``beside`` them; all must arrive."""
    total = sink.count() + len(of) + len(beside)
    (port,) = relay.ports
    with ExitStack() as stack:
        others = Stream(port, beside, beside_per_s) if beside else None
        if others is not None:
            stack.callback(others.close)
        mine = Stream(port, of, at_per_s)
        stack.callback(mine.close)
        waits = mine.waits_ms()
        if others is not None:
            others.waits_ms()
    all_arrived(relay, sink, total, LIMIT_S)
    return waits
