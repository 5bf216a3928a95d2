"""What letters to counselors with a key cost the others: the wait for ``250`` of plain letters, with and without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count as counter
from pathlib import Path

from bench.figures import Figure, percentile
from bench.machine import free_port
from bench.ours import DOMAIN, Ours, open_conversations
from bench.scene import CONVERSATIONS, Extent, Goal, bench_folder, by_turns, letters, per_s, waits_ms
from bench.sink import Sink
from relay.edge.openpgp.gnupg import GnuPg

PLAIN_PER_S = 100
SEALED_PER_S = 20
"""Sealing so many takes half of a core, and the plain letters more than another."""

_INTAKE = f"sealed@{DOMAIN}"
_SECTIONS = f"""
[[intake]]
address = "{_INTAKE}"
queue = "sealed"
"""
_PERSON = """
[[counselor]]
id = "keyed"
pseudonym = "Alder"
name = "Eva Novak"
address = "keyed@home.test"
duty = ["always"]
capacity = 10000
queues = ["sealed"]
openpgp_key = "{key}"
"""


def beside_sealed(goal: str, *, reach: float) -> Goal:
    """The 99th percentile of plain letters beside sealed ones, against that without them, of the same daemon."""

    def measure(extent: Extent) -> Iterator[Figure]:
        numbers = counter()
        with bench_folder() as folder, ExitStack() as stack:
            port = free_port()
            person = _PERSON.format(key=_certificate(folder))
            ours = Ours(folder / "ours", port, extra=_SECTIONS, people=person)
            stack.callback(ours.close)
            plain = open_conversations(ours, port, folder / "plain", CONVERSATIONS)
            sealed = open_conversations(ours, port, folder / "sealed", CONVERSATIONS // 5, _INTAKE)
            sink = Sink(port)
            stack.callback(sink.close)
            per_s(ours, sink, plain, "plain2k", extent.of(500), sessions=20)

            def late_ms(is_beside: bool) -> float:
                number = next(numbers)
                of = letters("plain2k", plain, extent.of(1000), f"plain{number}")
                count = max(1, len(of) * SEALED_PER_S // PLAIN_PER_S) if is_beside else 0
                beside = letters("plain2k", sealed, count, f"sealed{number}")
                return percentile(waits_ms(ours, sink, of, PLAIN_PER_S, beside, SEALED_PER_S), 0.99)

            with_them, without = by_turns((True, False), late_ms, extent.pairs)
        what = f"p99 of the wait for 250, {PLAIN_PER_S}/s, beside {SEALED_PER_S} sealed/s, against without"
        yield Figure(goal, what, "ms", with_them, without, reach, at_least=False)

    return measure


def _certificate(folder: Path) -> Path:
    """A counselor's certificate in a file."""
    now = datetime.now(UTC).replace(microsecond=0)
    engine = GnuPg(folder / "gnupg")
    secret = engine.generate("Counselor <keyed@home.test>", now + timedelta(days=1000), now)
    path = folder / "keyed.asc"
    path.write_bytes(engine.public_of(secret))
    return path
