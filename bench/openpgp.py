"""What sealing and opening one message costs with each engine of OpenPGP, in turn, in one run.

    .venv/bin/python -m bench.openpgp [rounds]      # 20 by default

Prints the median time of a call, and how many calls two threads finish in a second, as the daemon makes them; then what
that adds to a message on either leg.
Needs gpg. Keys and homes are in a temporary folder that is removed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay.edge.openpgp import Engine
from relay.edge.openpgp.desk import THREADS
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia

SIZES = (2_000, 1_000_000)


def calls(engine: Engine, size: int, now: datetime) -> Iterator[tuple[str, Callable[[], object]]]:
    """The calls that a sealed message costs, with their names."""
    secret = engine.generate("Bench <bench@line.test>", now + timedelta(days=30), now)
    certificate = engine.read_certificate(engine.public_of(secret), now)
    content = (b"a line of a letter, as people write\r\n" * (size // 37 + 1))[:size]
    sealed = engine.encrypt(content, certificate, now)
    yield "read a certificate", lambda: engine.read_certificate(certificate.octets, now)
    yield "seal", lambda: engine.encrypt(content, certificate, now)
    yield "open", lambda: engine.decrypt(sealed, [secret], [], now, 2 * size)


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    now = datetime.now(UTC).replace(microsecond=0)
    medians: dict[tuple[str, str, int], float] = {}
    print(f"{'':30}{'ms, median':>14}{'calls/s':>12}")
    with tempfile.TemporaryDirectory(prefix="b") as folder, ThreadPoolExecutor(THREADS) as threads:
        engines: tuple[Engine, ...] = (GnuPg(Path(folder) / "h"), Sequoia())
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
                    started = time.perf_counter()
                    list(threads.map(lambda _, run=call: run(), range(rounds)))
                    rate = rounds / (time.perf_counter() - started)
                    median = medians[name, what, size] = statistics.median(took) * 1000
                    print(f"{name:10}{what:>20}{median:>10.1f}{rate:>12.1f}   {size} octets")
    print("added to a message, in ms: to a counselor with a key, from one")
    for engine in engines:
        for size in SIZES:
            to = medians[engine.name, "read a certificate", size] + medians[engine.name, "seal", size]
            print(f"{engine.name:10}{to:>20.1f}{medians[engine.name, 'open', size]:>10.1f}   {size} octets")


if __name__ == "__main__":
    main()
