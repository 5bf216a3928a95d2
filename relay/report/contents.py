"""What stands in a report, whatever it looks like: for each measure rows with a value for each month. Pure.

A value is a number, or nothing where it may not be shown. All that is added here are sums over months in which
everything is shown, and shares of what is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relay.domain.measures import (
    ABOUT,
    CONTINUED,
    COUNTED,
    COVERED,
    HELD,
    IN,
    NEW,
    OFFERED,
    OUT,
    WAITING,
    YES,
    Kind,
    Measure,
)
from relay.domain.statistics import Figure, Month

NOT_SHOWN = "\N{EN DASH}"
_NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip

KEPT = ("quarter", "half", "kept")
"""First answers within the time promised."""


@dataclass(frozen=True, slots=True)
class Row:
    """``values``: one for each month. ``total``: of all months, where each of them shows a value."""

    label: str
    values: tuple[int | None, ...]
    cell: str = ""
    is_rest: bool = False
    is_total: bool = False

    @property
    def total(self) -> int | None:
        shown = [value for value in self.values if value is not None]
        return sum(shown) if shown and len(shown) == len(self.values) else None


@dataclass(frozen=True, slots=True)
class Part:
    """One table. ``sentences``: what can be said of it in words."""

    measure: Measure
    title: str
    unit: str
    rows: tuple[Row, ...]
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """``months``: those that there are figures of. ``wanted``: those that were asked for."""

    service: str
    months: tuple[Month, ...]
    wanted: tuple[int, ...]

    @property
    def title(self) -> str:
        first, last = self.wanted[0], self.wanted[-1]
        return name_of(first) if first == last else f"{name_of(first)} to {name_of(last)}"

    @property
    def smallest(self) -> int:
        return max(each.smallest for each in self.months)

    @property
    def missing(self) -> tuple[int, ...]:
        """Months in which nothing was counted."""
        there = {each.month for each in self.months}
        return tuple(each for each in self.wanted if each not in there)

    def parts(self) -> Iterator[Part]:
        """Every table, in the order of the list of measures; of days only what can be said of a month."""
        for measure, about in ABOUT.items():
            figures = [month.of(measure) for month in self.months]
            rows = _of_days(figures) if about.kind is Kind.DAYS else tuple(_rows(measure, figures))
            yield Part(measure, about.title, about.unit, rows, tuple(_said(measure, figures)))

    def notes(self) -> Iterator[str]:
        """What has to be known to read it."""
        t = self.smallest
        yield (
            f"Every number is rounded to a multiple of {t}, so sums may differ by a little. {NOT_SHOWN} stands for a "
            f"number that is not shown: it is under {t}, perhaps none, or one under {t} could be computed from it. "
            "Nobody can be found in this report, and no other report of these months shows more."
        )
        if self.missing:
            which = ", ".join(name_of(each) for each in self.missing)
            yield f"Nothing was counted in {which}."


def name_of(month: int) -> str:
    """``October 2026``."""
    return f"{_NAMES[month % 100 - 1]} {month // 100}"


def key_of(month: int) -> str:
    """``2026-10``."""
    return f"{month // 100}-{month % 100:02}"


def shown(value: int | None) -> str:
    """A value as people read it."""
    return NOT_SHOWN if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def label_of(measure: Measure, cell: str) -> str:
    """A cell in words; a language, queue or topic is its own word."""
    return ABOUT[measure].cells.get(cell, cell)


def _rows(measure: Measure, figures: Sequence[Figure]) -> Iterator[Row]:
    about = ABOUT[measure]
    seen = dict.fromkeys((*about.cells, *(cell for each in figures for cell, _ in each.shown)))
    for cell in seen:
        yield Row(label_of(measure, cell), tuple(each.value(cell) for each in figures), cell)
    if about.kind is not Kind.SHARES:
        return
    if any(each.rest is not None for each in figures):
        others = {each.others for each in figures if each.rest is not None}
        named = f": {', '.join(others.pop())} …" if len(others) == 1 and not about.cells else ""
        yield Row(f"all others together{named}", tuple(each.rest for each in figures), is_rest=True)
    yield Row("in all", tuple(each.total for each in figures), is_total=True)


def _of_days(figures: Sequence[Figure]) -> tuple[Row, ...]:
    """Of a month the least and the most that were open on a day."""
    labels = {"": "open, all together", HELD: "with a counselor", WAITING: "waiting for one"}
    rows = []
    for cell, label in labels.items():
        per_month = [days(each, cell) for each in figures]
        values = tuple(max(of.values()) if of else None for of in per_month)
        rows.append(Row(f"{label}: most on a day", values, cell))
    return tuple(rows)


def days(figure: Figure, cell: str = "") -> dict[int, int]:
    """What is shown of each day of a month: of a cell, or of all together."""
    found = {}
    for key, value in figure.shown:
        day, _, name = key.partition(" ")
        if name == cell:
            found[int(day)] = value
    return found


def _said(measure: Measure, figures: Sequence[Figure]) -> Iterator[str]:
    if measure is Measure.FIRST_ANSWERS:
        yield from _within("answered within the time promised", figures, KEPT)
    elif measure is Measure.LENGTHS:
        yield from _within("one letter and no more", figures, ("one",))
    elif measure is Measure.DUTY:
        counted = _sum(figures, COUNTED)
        covered = _sum(figures, COVERED)
        if counted and covered is not None:
            yield f"Somebody was on duty in {_percent(covered, counted)} of the time."


def _within(words: str, figures: Sequence[Figure], cells: Sequence[str]) -> Iterator[str]:
    """A share, as exactly as what is shown allows: what is among others may be in it or not."""
    figures = [each for each in figures if each.total and (each.shown or each.rest)]
    total = sum(each.total or 0 for each in figures)
    if not total:
        return
    least = sum(each.value(cell) or 0 for each in figures for cell in cells)
    hidden = sum(each.rest or 0 for each in figures if any(each.value(cell) is None for cell in cells))
    if hidden:
        yield f"Between {_percent(least, total)} and {_percent(least + hidden, total)}: {words}."
    else:
        yield f"About {_percent(least, total)}: {words}."


def _sum(figures: Sequence[Figure], cell: str) -> int | None:
    values = [each.value(cell) for each in figures]
    return None if any(value is None for value in values) else sum(filter(None, values))


def _percent(part: int, whole: int) -> str:
    return f"{min(round(100 * part / whole), 100)} %"


def headline(contents: Contents) -> Iterator[tuple[str, str]]:
    """A few figures that most people look for first: a number, and what it is."""
    for measure, cell, words in (
        (Measure.CONVERSATIONS, NEW, "conversations begun"),
        (Measure.CONVERSATIONS, CONTINUED, "gone on from before"),
        (Measure.LETTERS, IN, "letters from seekers"),
        (Measure.LETTERS, OUT, "letters to seekers"),
        (Measure.DUTY, OFFERED, "hours of duty"),
        (Measure.RISK, YES, "conversations in which somebody may have been in danger"),
    ):
        yield shown(_sum([month.of(measure) for month in contents.months], cell)), words
