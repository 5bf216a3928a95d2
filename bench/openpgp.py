"""What sealing and opening one message costs with each engine of OpenPGP, in turn, in one run.

    .venv/bin/python -m bench.openpgp [rounds]      # 20 by default

Prints the median time of a call, and how many calls two threads finish in a second, as the daemon makes them; what
that adds to a message on either leg; and how many letters a second are sealed to their reader beside gpg by itself, two
at a time each (goal G8). Everything takes turns, so that what else the machine does hurts all.
Needs gpg. Keys and homes are in a temporary folder that is removed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.bare_gpg import BareGpg
from relay.edge.openpgp import Certificate, Engine
from relay.edge.openpgp.desk import THREADS
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia

SIZES: Final = (2_000, 1_000_000)
GOALS: Final = {"gnupg": 1.0, "sequoia": 3.0}
"""Letters sealed a second, as a multiple of ``gpg -es`` by itself."""

ANCHOR: Final = "gpg -es"
LETTERS: Final = 120
"""In one turn."""


def letter(size: int) -> bytes:
    """Words, as people write."""
    return (b"a line of a letter, as people write\r\n" * (size // 37 + 1))[:size]


def reader(engine: Engine, now: datetime) -> tuple[bytes, Certificate]:
    """A key, and its certificate."""
    secret = engine.generate("Bench <bench@line.test>", now + timedelta(days=30), now)
    return secret, engine.read_certificate(engine.public_of(secret), now)


def calls(engine: Engine, size: int, now: datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    """The calls that a sealed message costs, with their names."""
    secret, certificate = reader(engine, now)
    content = letter(size)
    sealed = engine.encrypt(content, certificate.octets, now)
    yield "read a certificate", lambda: engine.read_certificate(certificate.octets, now)
    yield "seal", lambda: engine.encrypt(content, certificate.octets, now)
    yield "open", lambda: engine.decrypt(sealed, [secret], [], now, 2 * size)


def rate(threads: Executor, call: Callable[[], object], count: int) -> float:
    """Calls a second."""
    started = time.perf_counter()
    list(threads.map(lambda _: call(), range(count)))
    return count / (time.perf_counter() - started)


def print_calls(engines: Sequence[Engine], threads: Executor, rounds: int, now: datetime) -> None:
    """Each call by itself and in two threads."""
    medians: dict[tuple[str, str, int], float] = {}
    print(f"{'':30}{'ms, median':>14}{'calls/s':>12}")
    for size in SIZES:
        prepared = [(engine.name, list(calls(engine, size, now))) for engine in engines]
        for which in range(3):
            for name, them in prepared:
                what, call = them[which]
                took = []
                for _ in range(rounds):
                    started = time.perf_counter()
                    call()
                    took.append(time.perf_counter() - started)
                median = medians[name, what, size] = statistics.median(took) * 1000
                print(
                    f"{name:10}{what:>20}{median:>10.1f}{rate(threads, call, rounds):>12.1f}   {size} octets"
                )
    print("added to a message, in ms: to a counselor with a key, from one")
    for engine in engines:
        for size in SIZES:
            to, back = medians[engine.name, "seal", size], medians[engine.name, "open", size]
            print(f"{engine.name:10}{to:>20.1f}{back:>10.1f}   {size} octets")


def print_goal(
    engines: Sequence[Engine], threads: Executor, rounds: int, now: datetime, folder: Path
) -> None:
    """G8. A letter of ours is encrypted with its key judged anew, and not signed: no key of the line's stands in it."""
    _, to = reader(engines[0], now - timedelta(minutes=1))
    content = letter(SIZES[0])
    bare = BareGpg(folder / "bare", to.octets, to.fingerprint, content)
    runs: dict[str, Callable[[], float]] = {
        ANCHOR: lambda: bare.rate("-es", LETTERS),
        "gpg -e": lambda: bare.rate("-e", LETTERS),
    }
    for engine in engines:
        runs[engine.name] = lambda it=engine: rate(
            threads, lambda: it.encrypt(content, to.octets, now), LETTERS
        )  # type: ignore[misc]
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in (list(runs), list(reversed(runs)))[number % 2]:
            rates[name].append(runs[name]())
    bare.close()
    print(f"sealed to their reader, letters of {SIZES[0]} octets, two at a time, {rounds} rounds by turns")
    for name, found in rates.items():
        ratios = [one / anchor for one, anchor in zip(found, rates[ANCHOR], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        goal = f", goal {GOALS[name]:.1f}" if name in GOALS else ""
        print(
            f"{name:10}{statistics.median(found):>10.0f}/s   {middle:.2f} x {ANCHOR}, quartiles {low:.2f}..{high:.2f}{goal}"
        )


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    now = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="b") as folder, ThreadPoolExecutor(THREADS) as threads:
        engines: tuple[Engine, ...] = (GnuPg(Path(folder) / "h"), Sequoia())
        print_calls(engines, threads, rounds, now)
        print_goal(engines, threads, max(rounds // 2, 3), now, Path(folder))
        for engine in engines:
            engine.close()


if __name__ == "__main__":
    main()
