"""Lines, bars and their frame as SVG, for ``relay report`` and the benches. Pure; nothing in it is loaded or runs.

A ``Box`` is the part of a picture in which something is drawn; what is drawn comes as shares of it, from 0 at the left
and the bottom to 1. What tells one line from another beside its colour is its dashes (WCAG 2.2 §1.4.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "12 4")
INK = ("#0b3c5d", "#b3541e", "#3a7d44", "#6b4c9a", "#8c6d1f", "#444444")

Mark = tuple[float, str]
"""Where along a side, and what stands there."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in its units."""

    left: float
    top: float
    width: float
    height: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a share of the width and of the height is."""
        return self.left + self.width * x, self.top + self.height * (1 - y)

    def frame(self, title: str, left: Iterable[Mark], below: Iterable[Mark]) -> Iterator[str]:
        """A border with a title above, marks on the left with a line each, and marks below."""
        bottom = self.top + self.height
        yield f'<text x="{self.left:g}" y="{self.top - 12:g}" font-size="14">{escape(title)}</text>'
        yield (
            f'<rect x="{self.left:g}" y="{self.top:g}" width="{self.width:g}" height="{self.height:g}" '
            'fill="none" stroke="#888"/>'
        )
        for share, label in left:
            x, y = self.place(0, share)
            yield f'<text x="{x - 6:g}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>'
            yield f'<line x1="{x:g}" x2="{x + self.width:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        for share, label in below:
            x, _ = self.place(share, 0)
            yield f'<text x="{x:.1f}" y="{bottom + 16:g}" text-anchor="middle">{escape(label)}</text>'

    def line(self, points: Iterable[tuple[float, float]], look: str) -> str:
        """A line through points. ``look``: attributes, as ``stroke_of`` makes them."""
        places = (self.place(x, y) for x, y in points)
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        return f'<polyline points="{drawn}" fill="none" {look}/>'

    def bars(self, shares: Sequence[float | None], gap: float, look: str) -> Iterator[str]:
        """Bars beside each other, as high as their shares; where there is none, nothing."""
        wide = self.width / max(len(shares), 1)
        for n, share in enumerate(shares):
            if share is None:
                continue
            x, y = self.place(0, share)
            yield (
                f'<rect x="{x + n * wide + gap:.1f}" y="{y:.1f}" width="{wide - 2 * gap:.1f}" '
                f'height="{self.top + self.height - y:.1f}" {look}/>'
            )


def stroke_of(number: int, width: float) -> str:
    """The look of the line of this number: its colour and its dashes."""
    dash = DASHES[number % len(DASHES)]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{INK[number % len(INK)]}" stroke-width="{width:g}"{dashes}'


def ceiling(highest: float) -> int:
    """The next round number for the top of a scale: 1, 2 or 5 with noughts, and at least 5."""
    top = 5
    while top < highest:
        top = top * 2 if str(top)[0] in "15" else top * 5 // 2
    return top
