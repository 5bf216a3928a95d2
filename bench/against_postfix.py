"""Goals whose other side is Postfix: letters a second, how long one waits for ``250``, and memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count as counter

from bench.compare import Course, Relay, all_arrived
from bench.figures import Figure, percentile
from bench.load import send
from bench.memory import Peak, pss_mib
from bench.scene import LIMIT_S, Extent, Goal, Scene, by_turns, letters, per_s, scene, waits_ms

SYNC_MS = 5.0
"""A disk without a write cache, of the quicker kind."""

LARGE_PER_S = 2
AT_ONCE = 20
IDLE_MIB = 200.0
_REST_S = 3.0
"""Before memory is looked at: what ends by itself has ended."""


def relaying(goal: str, what: str, *, sample: str, count: int, sessions: int, reach: float, sync_ms: float = 0.0,
             signed_with: str = "ed25519") -> Goal:  # fmt: skip
    """Letters a second. ``sync_ms`` and ``signed_with``: as for ``scene``."""

    def measure(extent: Extent) -> Iterator[Figure]:
        with scene(sync_ms=sync_ms, signed_with=signed_with) as on:
            ours, theirs = by_turns(
                on.relays,
                lambda relay: per_s(relay, on.sink, on.people, sample, extent.of(count), sessions),
                extent.pairs,
            )
        yield Figure(goal, what, "/s", ours, theirs, reach, at_least=True)

    return measure


def waiting(goal: str, what: str, *, count: int, at_per_s: int, reach: float, beside: str = "") -> Goal:
    """The 99th percentile from connecting to ``250``. ``beside``: a sample that comes twice a second meanwhile."""

    def measure(extent: Extent) -> Iterator[Figure]:
        numbers = counter()
        with scene() as on:

            def late_ms(relay: Relay) -> float:
                number = next(numbers)
                of = letters("plain2k", on.people, extent.of(count), f"small{number}")
                large = max(1, len(of) * LARGE_PER_S // at_per_s) if beside else 0
                with_them = letters(beside, on.people, large, f"large{number}") if beside else []
                return percentile(waits_ms(relay, on.sink, of, at_per_s, with_them, LARGE_PER_S), 0.99)

            ours, theirs = by_turns(on.relays, late_ms, extent.pairs)
        yield Figure(goal, what, "ms", ours, theirs, reach, at_least=False)

    return measure


def remembering(goal: str, *, reach: float) -> Goal:
    """The most memory while twenty letters of 20 MiB come at once, until all are delivered; and at rest before."""

    def measure(extent: Extent) -> Iterator[Figure]:
        idle: list[float] = []
        with scene() as on:
            ours, theirs = by_turns(on.relays, lambda relay: _peak_mib(on, relay, idle), extent.pairs)
        what = f"peak PSS, {AT_ONCE} letters of 20 MiB at once"
        yield Figure(goal, what, "MiB", ours, theirs, reach, at_least=False)
        yield Figure(goal, "PSS at rest between them", "MiB", idle, (), IDLE_MIB, at_least=False)

    return measure


def _peak_mib(on: Scene, relay: Relay, idle: list[float]) -> float:
    per_s(
        relay, on.sink, on.people, "plain2k", 300, sessions=50
    )  # Postfix has as many processes as it had then
    time.sleep(_REST_S)
    if relay is on.ours:
        idle.append(pss_mib(relay.pids))
    course = Course("pdf20m", AT_ONCE, AT_ONCE, requests=False, limit_s=LIMIT_S, pairs_of=on.people)
    large, total = course.letters(AT_ONCE), on.sink.count() + AT_ONCE
    with Peak(relay.pids) as peak:
        send(relay.ports, large, AT_ONCE, LIMIT_S)
        all_arrived(relay, on.sink, total, LIMIT_S)
    return peak.mib
