"""What became of every letter, and how it is told: one fate each, times, and a table."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field

from tests.corpus.letters import Sample, Writer

FATES = {
    "message.routed": "relayed",
    "message.waiting": "waiting",
    "message.held": "held",
    "message.absorbed": "absorbed",
}
"""The events that end an entry, or give it to a person. ``repeated`` and ``refused`` end it at the door."""


@dataclass(frozen=True)
class Fate:
    """The end of one letter. ``took_s``: from ``250`` to the fate, by the daemon's own clock."""

    sample: Sample
    author: Writer | None
    """Who of ours sent it as their own; ``None`` for the letter's own author."""
    what: str
    reason: str = ""
    took_s: float = 0.0
    received: bytes = b""
    """What the other side got; empty unless relayed."""


@dataclass
class Ledger:
    """All fates of one run."""

    direction: str
    fates: list[Fate] = field(default_factory=list)

    def counted(self) -> Counter[tuple[str, str]]:
        """How many letters of each fate and reason."""
        return Counter((fate.what, fate.reason) for fate in self.fates)

    def table(self) -> str:
        """Fates by number, and times."""
        lines = [f"{len(self.fates)} letters sent as {self.direction}"]
        for (what, reason), count in sorted(self.counted().items(), key=lambda row: (-row[1], row[0])):
            lines.append(f"  {what:9} {reason:16} {count:4}")
        took = sorted((fate.took_s, fate.sample.name) for fate in self.fates if fate.what in FATES.values())
        if took:
            times = [seconds for seconds, _ in took]
            p95 = times[len(times) * 95 // 100]
            lines.append(
                f"  from 250 to fate: median {statistics.median(times) * 1000:.0f} ms,"
                f" p95 {p95 * 1000:.0f} ms, max {times[-1] * 1000:.0f} ms"
            )
            lines.append("  slowest: " + ", ".join(f"{name} {s * 1000:.0f} ms" for s, name in took[:-4:-1]))
        return "\n".join(lines)
