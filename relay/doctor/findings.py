"""What the doctor says of one thing, and what its exit code tells a monitoring system."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is. The exit code is that of the worst: 0, 1 or 2, as monitoring plug-ins have it."""

    HINT = "hint"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def exit_code(self) -> int:
        """A hint is something to think about, and no state of the line."""
        return {Level.HINT: 0, Level.WARNING: 1, Level.CRITICAL: 2}[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. Each text is one sentence or more and ends without a full stop."""

    level: Level
    what: str
    why: str
    remedy: str


def hint(what: str, why: str, remedy: str) -> Finding:
    """What may be left as it is."""
    return Finding(Level.HINT, what, why, remedy)


def warning(what: str, why: str, remedy: str) -> Finding:
    """What should be seen to soon."""
    return Finding(Level.WARNING, what, why, remedy)


def critical(what: str, why: str, remedy: str) -> Finding:
    """What keeps mail from being taken, kept or read now, or soon."""
    return Finding(Level.CRITICAL, what, why, remedy)


def exit_code(findings: Iterable[Finding]) -> int:
    """Of the worst; 0 when there is none."""
    return max((each.level.exit_code for each in findings), default=0)
