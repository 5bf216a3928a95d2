"""Figures of a bench: spreads, ratios of pairs, and the table of the goals. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STEADY_SHARE = 0.25
"""Quartiles that differ by more than this share of the median are no result, but a reason to measure again."""

_HEAD = (
    "| goal | what | ours | against | figure | quartiles | reach | |",
    "| --- | --- | ---: | ---: | ---: | --- | --- | --- |",
)


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of all are not above: one that was measured, none between two."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is no percentile of nothing")
    if not 0 <= share <= 1:
        raise ValueError("a share is from 0 to 1")
    rank = max(1, math.ceil(round(share * len(ordered), 9)))
    return ordered[rank - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its quartiles."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value; of fewer than three, the smallest and the largest instead of quartiles."""
        if len(values) < 3:
            return cls(min(values), statistics.median(values), max(values))
        low, median, high = statistics.quantiles(values, n=4)
        return cls(low, median, high)

    @property
    def is_steady(self) -> bool:
        return self.high - self.low <= self.median * STEADY_SHARE


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what was measured in pairs, and what should be reached.

    ``theirs`` is what ``ours`` is divided by, pair by pair; without it the figure is ``ours`` itself. ``at_least``: more
    is better. ``unit`` is of ``ours`` and ``theirs``; a ratio has none.
    """

    goal: str
    what: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float]
    reach: float
    at_least: bool

    @property
    def spread(self) -> Spread:
        if not self.theirs:
            return Spread.of(self.ours)
        return Spread.of([a / b for a, b in zip(self.ours, self.theirs, strict=True)])

    @property
    def is_reached(self) -> bool:
        """By the median, as quoted: whoever reads the table sees the same."""
        median = float(f"{self.spread.median:.2f}")
        return median >= self.reach if self.at_least else median <= self.reach

    def line(self) -> str:
        """As a row of Markdown."""
        spread, sign = self.spread, "≥" if self.at_least else "≤"
        unit = "" if self.theirs else f" {self.unit}"
        against = f"{_short(statistics.median(self.theirs))} {self.unit}" if self.theirs else ""
        verdict = "reached" if self.is_reached else "missed"
        steady = "" if spread.is_steady else ", unsteady"
        cells = (
            self.goal,
            self.what,
            f"{_short(statistics.median(self.ours))} {self.unit}",
            against,
            f"{spread.median:.2f}{unit}",
            f"{spread.low:.2f}..{spread.high:.2f}",
            f"{sign} {self.reach:g}{unit}",
            verdict + steady,
        )
        return f"| {' | '.join(cells)} |"


def table(figures: Iterable[Figure]) -> str:
    """All figures as a Markdown table."""
    return "\n".join((*_HEAD, *(each.line() for each in figures)))


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"
