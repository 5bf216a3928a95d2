"""Every goal of speed and memory: ``python -m bench.goals``, or ``--only G4`` for one of them.

Ours is the whole product with its defaults and an Ed25519 signature; `G1-both` has one of RSA as well. The other side takes turns with it in the same run,
on the same machine, with the same client and next hop; each pair gives a ratio, and the figure is their median. Prints the
table for ``docs/performance.md``. Needs root and the package ``postfix``; G7 a C compiler, G8 ``gpg``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime

from bench.against_postfix import SYNC_MS, relaying, remembering, waiting
from bench.beside_gpg import beside_gpg
from bench.beside_sealed import beside_sealed
from bench.compare import MAX_PAIRS, up_to
from bench.figures import Figure, table
from bench.grown import growing
from bench.load import LoadError
from bench.machine import BenchError, described
from bench.scene import Extent, Goal

MAX_GROWN = 2_000_000
_SMALL_SHARE, _SMALL_PAIRS, _SMALL_GROWN = 0.2, 2, 20_000

GOALS: dict[str, Goal] = {
    "G1": relaying(
        "G1", "relayed/s, 2 kB of text, 20 sessions", sample="plain2k", count=1500, sessions=20, reach=1.5
    ),
    "G1-both": relaying(
        "G1-both", "the same, signed with RSA as well", sample="plain2k", count=1500, sessions=20, reach=1.5,
        signed_with="both",
    ),
    "G2": relaying(
        "G2",
        "relayed/s, 10 kB with HTML, 20 sessions",
        sample="alt10k",
        count=1500,
        sessions=20,
        reach=1.1,
    ),
    "G3": relaying(
        "G3", "relayed/s, a PDF, 1 MiB, 10 sessions", sample="pdf1m", count=150, sessions=10, reach=0.8
    ),
    "G3-picture": relaying(
        "G3-picture",
        "the same with a picture, which is drawn anew",
        sample="attach1m",
        count=150,
        sessions=10,
        reach=0.8,
    ),
    "G4": waiting(
        "G4", "p99 from connecting to 250, 2 kB, 200/s", count=2000, at_per_s=200, reach=0.5
    ),
    "G4-large": waiting(
        "G4-large",
        "the same at 100/s, beside two letters of 7 MB a second",
        count=1000,
        at_per_s=100,
        reach=1.0,
        beside="pdf7m",
    ),
    "G5": remembering("G5", reach=1.5),
    "G6": growing("G6", reach=0.97),
    "G7": relaying(
        "G7",
        f"relayed/s, 2 kB, every sync {SYNC_MS:g} ms longer, 50 sessions",
        sample="plain2k",
        count=1500,
        sessions=50,
        reach=3.0,
        sync_ms=SYNC_MS,
    ),
    "G7-one": relaying(
        "G7-one", "the same with one session", sample="plain2k", count=300, sessions=1, reach=1.0,
        sync_ms=SYNC_MS,
    ),
    "G8": beside_sealed("G8", reach=1.3),
    "G8-gnupg": beside_gpg("G8-gnupg", "gnupg", reach=1.0),
    "G8-sequoia": beside_gpg("G8-sequoia", "sequoia", reach=3.0),
}  # fmt: skip
"""By name. How many letters, and what is to be reached, stand here and nowhere else."""


def main() -> int:
    """Measure and print; 0 when everything could be measured, whether it was reached or not."""
    options = _options()
    small = options.small
    extent = Extent(
        pairs=options.pairs or (_SMALL_PAIRS if small else 7),
        share=_SMALL_SHARE if small else 1.0,
        grown=options.grown or (_SMALL_GROWN if small else 1_000_000),
    )
    print(
        f"{described()}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {extent.pairs} pairs{', small counts' if small else ''}"
    )
    figures: list[Figure] = []
    failed: list[str] = []
    began = time.monotonic()
    for name in options.only or GOALS:
        print(f"{name}: load {os.getloadavg()[0]:.1f}", flush=True)
        try:
            for figure in GOALS[name](extent):
                figures.append(figure)
                print(f"  {figure.line()}", flush=True)
        except (BenchError, LoadError) as error:
            failed.append(name)
            print(f"bench: {name}: {error}", file=sys.stderr, flush=True)
    print(
        f"\n{table(figures)}\n\n{(time.monotonic() - began) / 60:.0f} minutes, load at the end {os.getloadavg()[0]:.1f}"
    )
    if failed:
        print(f"bench: not measured: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.goals", description="All goals of speed and memory in one table."
    )
    add = parser.add_argument
    add(
        "--only",
        nargs="+",
        choices=tuple(GOALS),
        metavar="GOAL",
        help=f"of {', '.join(GOALS)} (default: all)",
    )
    add("--pairs", type=up_to(MAX_PAIRS), help="(default: 7)")
    add("--grown", type=up_to(MAX_GROWN), help="conversations of the grown store of G6 (default: 1000000)")
    add(
        "--small",
        action="store_true",
        help="small counts, to see that it works: its figures are worth nothing",
    )
    options = parser.parse_args()
    if os.getuid() != 0:
        parser.error("Postfix needs root")
    return options


if __name__ == "__main__":
    sys.exit(main())
