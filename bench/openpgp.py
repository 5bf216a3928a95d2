"""What sealing and opening one message costs with each engine of OpenPGP, in turn, in one run.

    .venv/bin/python -m bench.openpgp [rounds]      # 20 by default

Prints the median time of a call, and how many calls two threads finish in a second, as the daemon makes them; what
that adds to a message on either leg; and how many letters a second are sealed beside gpg by itself, with and without its
signature (``beside_gpg``), in half as many pairs as rounds.
Needs gpg. Keys and homes are in a temporary folder that is removed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.beside_gpg import ENGINES, beside_gpg, letter, rate, reader
from bench.figures import table
from bench.goals import GOALS
from bench.scene import Extent
from relay.edge.openpgp import Engine

SIZES = (2_000, 1_000_000)


def calls(engine: Engine, size: int, now: datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    """The calls that a sealed message costs, with their names."""
    secret, certificate = reader(engine, now)
    content = letter(size)
    sealed = engine.encrypt(content, certificate.octets, now)
    yield "read a certificate", lambda: engine.read_certificate(certificate.octets, now)
    yield "seal", lambda: engine.encrypt(content, certificate.octets, now)
    yield "open", lambda: engine.decrypt(sealed, [secret], [], now, 2 * size)


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    now = datetime.now(UTC).replace(microsecond=0)
    medians: dict[tuple[str, str, int], float] = {}
    print(f"{'':30}{'ms, median':>14}{'calls/s':>12}")
    with tempfile.TemporaryDirectory(prefix="b") as folder:
        engines = {name: make(Path(folder)) for name, make in ENGINES.items()}
        for size in SIZES:
            prepared = {name: list(calls(engine, size, now)) for name, engine in engines.items()}
            for which in range(3):
                for name, them in prepared.items():
                    what, call = them[which]
                    took = []
                    for _ in range(rounds):
                        started = time.perf_counter()
                        call()
                        took.append(time.perf_counter() - started)
                    median = medians[name, what, size] = statistics.median(took) * 1000
                    print(f"{name:10}{what:>20}{median:>10.1f}{rate(call, rounds):>12.1f}   {size} octets")
        for engine in engines.values():
            engine.close()
    print("added to a message, in ms: to somebody with a key, from one")
    for name in ENGINES:
        for size in SIZES:
            to, back = medians[name, "seal", size], medians[name, "open", size]
            print(f"{name:10}{to:>20.1f}{back:>10.1f}   {size} octets")
    goals = [GOALS["G8-gnupg"], GOALS["G8-sequoia"]]
    both = [beside_gpg(f"{name}, alike", name, reach=1.0, how="-e") for name in ENGINES]
    extent = Extent(pairs=max(rounds // 2, 3), share=1.0, grown=0)
    print(table([figure for goal in (*goals, *both) for figure in goal(extent)]))


if __name__ == "__main__":
    main()
