"""Letters sealed to their reader a second, against gpg by itself in a loop of the shell, two at a time each.

Ours is what the daemon does for a letter to somebody with a key: the certificate is judged anew, the letter encrypted to
it, the reader's name taken out, and what came out is looked at. gpg encrypts to a key that it has judged before, and signs
(``-es``), which ours does not: no key of the line's may stand in what a reader gets. Beside ``-e`` both do the same.
"""

from __future__ import annotations

import functools
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.figures import Figure
from bench.machine import BenchError
from bench.scene import Extent, Goal, bench_folder, by_turns
from relay.edge.openpgp import Certificate, Engine
from relay.edge.openpgp.desk import THREADS
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia

ENGINES: Final[dict[str, Callable[[Path], Engine]]] = {
    "gnupg": lambda folder: GnuPg(folder / "homes"),
    "sequoia": lambda _: Sequoia(),
}
LETTERS: Final = 240
"""In one turn: with gpg by itself two seconds."""

_LOOP: Final = (
    'n=0; while [ $n -lt "$COUNT" ]; do gpg "$@" <"$LETTER" >/dev/null || exit 1; n=$((n + 1)); done'
)


def beside_gpg(goal: str, name: str, *, reach: float, how: str = "-es") -> Goal:
    """Letters of 2 kB a second by an engine, against ``gpg`` with ``how``."""

    def measure(extent: Extent) -> Iterator[Figure]:
        now = datetime.now(UTC).replace(microsecond=0)
        content, count = letter(2_000), extent.of(LETTERS)
        with bench_folder() as folder:
            engine = ENGINES[name](folder)
            _, to = reader(engine, now - timedelta(minutes=1))
            bare = _Gpg(folder / "bare", to, content)
            runs: tuple[Callable[[], float], ...] = (
                lambda: rate(lambda: engine.encrypt(content, to.octets, now), count),
                functools.partial(bare.rate, how, count),
            )
            try:
                ours, theirs = by_turns(runs, lambda run: run(), extent.pairs)
            finally:
                bare.close()
                engine.close()
        what = f"sealed/s to their reader, 2 kB, two at a time, {engine.name} against gpg {how}"
        yield Figure(goal, what, "/s", ours, theirs, reach, at_least=True)

    return measure


def letter(octets: int) -> bytes:
    """Words, as people write."""
    return (b"a line of a letter, as people write\r\n" * (octets // 37 + 1))[:octets]


def reader(engine: Engine, now: datetime) -> tuple[bytes, Certificate]:
    """A secret key, and its certificate."""
    secret = engine.generate("Bench <bench@line.test>", now + timedelta(days=30), now)
    return secret, engine.read_certificate(engine.public_of(secret), max(now, datetime.now(UTC)))


def rate(call: Callable[[], object], count: int) -> float:
    """Calls a second, in as many threads as the daemon has for its engine."""
    with ThreadPoolExecutor(THREADS) as threads:
        started = time.perf_counter()
        list(threads.map(lambda _: call(), range(count)))
        return count / (time.perf_counter() - started)


class _Gpg:
    """A home with a reader's certificate and a key to sign with, which needs no passphrase. Close it: it has an agent.

    All options are gpg's own, but for those without which it would ask somebody.
    """

    def __init__(self, home: Path, to: Certificate, letter: bytes) -> None:
        home.mkdir(mode=0o700)
        self._environment = {"GNUPGHOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self._letter = home / "letter"
        self._letter.write_bytes(letter)
        self._to = ("--batch", "--quiet", "--trust-model", "always", "--armor", "--recipient", to.fingerprint)
        self._gpg("--import", given=to.octets)
        self._gpg(
            "--passphrase", "", "--quick-generate-key", "bench@line.test", "ed25519", "sign,cert", "never"
        )

    def rate(self, how: str, count: int) -> float:
        """Letters a second, as many loops at a time as the daemon has threads."""
        command = ("sh", "-c", _LOOP, "sh", *self._to, how)
        each = max(1, count // THREADS)
        environment = self._environment | {"COUNT": str(each), "LETTER": str(self._letter)}
        started = time.perf_counter()
        loops = [subprocess.Popen(command, env=environment) for _ in range(THREADS)]
        if [loop.wait() for loop in loops] != [0] * THREADS:
            raise BenchError("gpg by itself does not work here")
        return each * THREADS / (time.perf_counter() - started)

    def close(self) -> None:
        subprocess.run(["gpgconf", "--kill", "all"], env=self._environment, check=False)

    def _gpg(self, *arguments: str, given: bytes = b"") -> None:
        command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", *arguments]
        subprocess.run(command, input=given, env=self._environment, check=True, stderr=subprocess.DEVNULL)
