"""Stretches of time as one value: when somebody is on duty, on leave, or a queue is closed. Pure.

A calendar's events, leave and holidays are turned into these once and then only asked. The value is the sorted
row of instants at which something begins and ends; it is inside at an instant after an odd number of them, so
that a question is one binary search, and union, intersection and difference are one walk over both rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

Interval = tuple[datetime, datetime]
"""From the first instant until before the second, aware."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Disjoint stretches that do not touch. ``edges``: begin, end, begin, end, ..., strictly rising, aware."""

    edges: tuple[datetime, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> Self:
        """Of any stretches, in any order; those that overlap or touch become one, empty ones nothing."""
        edges: list[datetime] = []
        for begin, end in sorted(intervals):
            if begin >= end:
                continue
            if edges and begin <= edges[-1]:
                edges[-1] = max(edges[-1], end)
            else:
                edges += (begin, end)
        return cls(tuple(edges))

    def covers(self, at: datetime) -> bool:
        """Tell whether an instant is in one of them; the end is not."""
        return bisect_right(self.edges, at) % 2 == 1

    def within(self, begin: datetime, end: datetime) -> Self:
        """The parts between two instants."""
        first, last = bisect_right(self.edges, begin), bisect_right(self.edges, end)
        inside = [edge for edge in self.edges[first:last] if begin < edge < end]
        row = [begin, *inside] if first % 2 else inside
        return type(self)((*row, end) if len(row) % 2 else tuple(row)) if begin < end else type(self)()

    def __iter__(self) -> Iterator[Interval]:
        return zip(self.edges[::2], self.edges[1::2], strict=True)

    def __bool__(self) -> bool:
        return bool(self.edges)

    def __or__(self, other: Spans) -> Self:
        return self._combined(other, lambda mine, theirs: mine or theirs)

    def __and__(self, other: Spans) -> Self:
        return self._combined(other, lambda mine, theirs: mine and theirs)

    def __sub__(self, other: Spans) -> Self:
        return self._combined(other, lambda mine, theirs: mine and not theirs)

    def _combined(self, other: Spans, rule: Callable[[bool, bool], bool]) -> Self:
        """Walk along both rows; an edge stays where what the rule says changes."""
        mine, theirs, inside = iter((*self.edges, None)), iter((*other.edges, None)), False
        left, right = next(mine), next(theirs)
        in_mine = in_theirs = False
        edges: list[datetime] = []
        while left is not None or right is not None:
            at = min(edge for edge in (left, right) if edge is not None)
            if left == at:
                in_mine, left = not in_mine, next(mine)
            if right == at:
                in_theirs, right = not in_theirs, next(theirs)
            if rule(in_mine, in_theirs) is not inside:
                inside = not inside
                edges.append(at)
        return type(self)(tuple(edges))


NEVER = Spans()
