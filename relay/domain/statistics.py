"""What may be published of a month, made once when it is over, and kept instead of what was counted. Pure.

``publish`` decides by ``disclosure`` and rounds; what it leaves out is nowhere afterwards. So a figure is the same in
every report, in every format and for ever, whatever is erased or set differently later, and a report over several
months can show nothing that the reports of the single months do not. The month that is not over is not published at
all: two looks at it would show what happened between them.

No figure says how many conversations a seeker wrote in in all, nor how many were opened again or erased: with either,
others could be computed from sums over time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relay.domain.disclosure import Shares, amount, mark, protect, rounded
from relay.domain.measures import ABOUT, CONTINUED, NEW, About, Kind, Measure
from relay.domain.roster import GENERAL

Counts = Mapping[str, Mapping[str, int]]
"""What was counted: by measure, by cell."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is shown of a measure. ``shown``: cells by name. ``rest``: all others together, ``others`` the names of
    those of them that everybody may know. ``total``: where the cells add up to something that may be shown.
    """

    measure: str
    shown: tuple[tuple[str, int], ...] = ()
    rest: int | None = None
    total: int | None = None
    others: tuple[str, ...] = ()

    def value(self, cell: str) -> int | None:
        """What is shown of a cell by itself."""
        return dict(self.shown).get(cell)


@dataclass(frozen=True, slots=True)
class Month:
    """All that is kept of a month (``202611``) that is over. ``smallest``: the threshold that held."""

    month: int
    smallest: int
    figures: tuple[Figure, ...]

    def of(self, measure: Measure) -> Figure:
        """The figure of a measure; an empty one when there was none yet in this month."""
        return next((each for each in self.figures if each.measure == measure.value), Figure(measure.value))


@dataclass(frozen=True, slots=True)
class Words:
    """Cells that the settings know beforehand, whatever was counted: languages, the usual one first, and queues."""

    languages: tuple[str, ...]
    queues: tuple[str, ...] = (GENERAL,)

    def cells(self, measure: Measure) -> tuple[str, ...]:
        """The cells of a measure in their fixed order."""
        own = {Measure.LANGUAGES: self.languages, Measure.QUEUES: self.queues}
        return own.get(measure) or tuple(ABOUT[measure].cells)


def publish(month: int, counted: Counts, words: Words, smallest: int) -> Month:
    """Make what is kept of a month."""
    begun = counted.get(Measure.CONVERSATIONS.value, {})
    active = begun.get(NEW, 0) + begun.get(CONTINUED, 0)
    figures = (
        _figure(measure, about, counted.get(measure.value, {}), words.cells(measure), active, smallest)
        for measure, about in ABOUT.items()
    )
    return Month(month, smallest, tuple(figures))


def months_between(first: int, last: int) -> tuple[int, ...]:
    """All months from one to another, both included."""
    count = (last // 100 - first // 100) * 12 + last % 100 - first % 100 + 1
    return tuple(_plus(first, each) for each in range(count))


def _plus(month: int, more: int) -> int:
    years, rest = divmod(month % 100 - 1 + more, 12)
    return (month // 100 + years) * 100 + rest + 1


def _figure(
    measure: Measure,
    about: About,
    counts: Mapping[str, int],
    cells: Sequence[str],
    active: int,
    smallest: int,
) -> Figure:
    name = measure.value
    if about.kind is Kind.MINUTES:
        return Figure(name, tuple((cell, round(counts[cell] / 60)) for cell in cells if cell in counts))
    if about.kind is Kind.SHARES:
        return _of_shares(name, protect(counts, cells, about.keeper or cells[0], smallest), cells, smallest)
    if about.kind is Kind.DAYS:
        return _of_days(name, about, counts, smallest)
    order = [*cells, *sorted(set(counts) - set(cells))]
    shown = {
        cell: amount(counts.get(cell, 0), smallest, active)
        if about.kind is Kind.AMOUNTS
        else mark(counts.get(cell, 0), smallest, active if about.of_active else None)
        for cell in order
    }
    return Figure(name, tuple((cell, rounded(n, smallest)) for cell, n in shown.items() if n is not None))


def _of_shares(name: str, shares: Shares, cells: Sequence[str], smallest: int) -> Figure:
    shown = tuple((cell, rounded(count, smallest)) for cell, count in shares.shown)
    visible = {cell for cell, _ in shown}
    others = tuple(cell for cell in cells if cell not in visible) if shares.rest is not None else ()
    return Figure(name, shown, _rounded(shares.rest, smallest), _rounded(shares.total, smallest), others)


def _of_days(name: str, about: About, counts: Mapping[str, int], smallest: int) -> Figure:
    """For each day that was looked at: all together under the day's number, and what may be shown of its cells."""
    shown: list[tuple[str, int]] = []
    for day in sorted({key.split(" ", 1)[0] for key in counts}):
        of_day = {cell: counts.get(f"{day} {cell}", 0) for cell in about.cells}
        shares = protect(of_day, tuple(about.cells), about.keeper, smallest)
        if shares.total is not None:
            shown.append((day, rounded(shares.total, smallest)))
        if shares.rest is None:
            shown += [(f"{day} {cell}", rounded(count, smallest)) for cell, count in shares.shown]
    return Figure(name, tuple(shown))


def _rounded(count: int | None, base: int) -> int | None:
    return None if count is None else rounded(count, base)
