"""A report as one page: no script, no reference to anything outside, and a policy that forbids both.

Called by ``command``. Every plot stands beside the numbers that it is made of, so that nobody has to see it, and is
hidden from those who listen. Words of the operator and of counselors (queues, topics) are escaped and stand in no
attribute. Pure; the same report gives the same page.

Standards: HTML, CSP level 3 in a meta element; WCAG 2.2 §1.1.1, §1.3.1, §1.4.1 (colour is not all), §1.4.3, §1.4.10
(320 px), §1.4.11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from relay.domain.measures import WAITING, Measure
from relay.plots import Box, ceiling
from relay.report.contents import Contents, Part, Row, days, headline, key_of, name_of, shown
from relay.report.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CURVE = Box(0, 4, 100, 92)
_DAYS_IN_A_MONTH = 31
_HIDDEN = 'aria-hidden="true" focusable="false" preserveAspectRatio="none"'


def as_page(contents: Contents) -> str:
    """The whole page, lines ended by LF."""
    return "\n".join(_page(contents)) + "\n"


def _page(contents: Contents) -> Iterator[str]:
    service, title = escape(contents.service), contents.title
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{service}: {title}</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield f"<h1>{service}: {title}</h1>"
    yield '<ul class="heads">'
    yield from (f"<li><b>{number}</b> {escape(words)}</li>" for number, words in headline(contents))
    yield "</ul>"
    yield "</header>"
    yield '<main class="long">' if len(contents.months) > 1 else "<main>"
    for part in contents.parts():
        yield from _part(contents, part)
    yield "</main>"
    yield "<footer>"
    yield from (f"<p>{escape(note)}</p>" for note in contents.notes())
    yield "</footer>"
    yield "</body>"
    yield "</html>"


def _part(contents: Contents, part: Part) -> Iterator[str]:
    name = part.measure.value
    yield f'<section class="part" aria-labelledby="{name}">'
    yield f'<h2 id="{name}">{escape(part.title)}</h2>'
    yield f'<p class="unit">{escape(part.unit)}</p>'
    if part.measure is Measure.OPEN:
        yield from _days(contents)
    elif len(contents.months) > 1:
        yield from _months(contents, part)
    if not part.rows:
        yield "<p>Nothing that may be shown.</p>"
    elif len(contents.months) > 1:
        yield from _wide(contents, part)
    else:
        yield from _single(part)
    yield from (f'<p class="said">{escape(each)}</p>' for each in part.sentences)
    yield "</section>"


def _single(part: Part) -> Iterator[str]:
    """One month: each row with its number and its bar."""
    highest = max((row.values[0] or 0 for row in part.rows if not row.is_total), default=0)
    yield f'<table class="one"><caption>{escape(part.title)}: {escape(part.unit)}</caption>'
    yield '<colgroup><col class="what"><col class="count"><col></colgroup><tbody>'
    for row in part.rows:
        kind = ' class="all"' if row.is_total else ""
        bar = "" if row.is_total else _bar(row, highest)
        yield (
            f'<tr{kind}><th scope="row">{escape(row.label)}</th><td class="number">{shown(row.values[0])}</td>'
            f'<td class="plot" aria-hidden="true">{bar}</td></tr>'
        )
    yield "</tbody></table>"


def _bar(row: Row, highest: int) -> str:
    value = row.values[0]
    if not value or not highest:
        return ""
    look = 'class="rest"' if row.is_rest else 'class="bar"'
    drawn = f'<rect x="0" y="1" width="{100 * value / highest:.1f}" height="8" {look}/>'
    return f'<svg viewBox="0 0 100 10" {_HIDDEN}>{drawn}</svg>'


def _wide(contents: Contents, part: Part) -> Iterator[str]:
    """Several months beside each other; where there is no room, this table alone is moved sideways (WCAG §1.4.10)."""
    has_sum = part.measure is not Measure.OPEN
    heads = [key_of(month.month) for month in contents.months] + (["all"] if has_sum else [])
    title = escape(f"{part.title} by month: {part.unit}")
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{part.measure.value} by month">'
    yield f'<table class="months"><caption>{title}</caption>'
    columns = "".join(f'<th scope="col" class="number">{head}</th>' for head in heads)
    yield f'<thead><tr><th scope="col">What</th>{columns}</tr></thead><tbody>'
    for row in part.rows:
        values = (*row.values, *((row.total,) if has_sum else ()))
        cells = "".join(f'<td class="number">{shown(value)}</td>' for value in values)
        kind = ' class="all"' if row.is_total else ""
        yield f'<tr{kind}><th scope="row">{escape(row.label)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _days(contents: Contents) -> Iterator[str]:
    """Open and waiting, day by day; a day that is not shown is a gap."""
    figures = [month.of(Measure.OPEN) for month in contents.months]
    lines = []
    for cell in ("", WAITING):
        points: list[int | None] = []
        for figure in figures:
            of_day = days(figure, cell)
            points += [of_day.get(day) for day in range(1, _DAYS_IN_A_MONTH + 1)]
        lines.append(points)
    ends = name_of(contents.months[0].month), name_of(contents.months[-1].month)
    below = (f"1 {ends[0]}", f"end of {ends[1]}")
    yield from _curve(lines, ("open, all together", "waiting for a counselor"), below)


def _months(contents: Contents, part: Part) -> Iterator[str]:
    """The largest row, or all of a table, and the second, by month."""
    totals = [row for row in part.rows if row.is_total]
    drawn = (totals or [row for row in part.rows if not row.is_rest])[:2]
    if not drawn or len(contents.months) < 2:
        return
    ends = name_of(contents.months[0].month), name_of(contents.months[-1].month)
    yield from _curve([row.values for row in drawn], [row.label for row in drawn], ends)


def _curve(
    lines: Sequence[Sequence[int | None]], names: Sequence[str], below: tuple[str, str]
) -> Iterator[str]:
    highest = max((value for line in lines for value in line if value is not None), default=0)
    if not highest:
        return
    top = ceiling(highest)
    yield '<div class="curve" aria-hidden="true">'
    yield f'<div class="ends"><span>0 to {shown(top)}</span></div>'
    yield f'<svg viewBox="0 0 100 100" {_HIDDEN}>'
    for number, line in enumerate(lines):
        look = 'class="second"' if number else 'class="first"'
        yield from (_CURVE.line(piece, look) for piece in _pieces(line, top))
    yield "</svg>"
    yield f'<div class="ends"><span>{escape(below[0])}</span><span>{escape(below[1])}</span></div>'
    yield '<ul class="key">'
    for number, name in enumerate(names):
        look = ' class="second"' if number else ""
        sample = f'<svg viewBox="0 0 20 6" {_HIDDEN}><line x1="0" x2="20" y1="3" y2="3"{look}/></svg>'
        yield f"<li>{sample}{escape(name)}</li>"
    yield "</ul>"
    yield "</div>"


def _pieces(line: Sequence[int | None], top: int) -> Iterator[list[tuple[float, float]]]:
    """Runs of values that are shown, as steps; between them nothing is drawn."""
    piece: list[tuple[float, float]] = []
    for number, value in enumerate(line):
        if value is None:
            if piece:
                yield piece
            piece = []
            continue
        piece += [((number + side) / len(line), value / top) for side in (0, 1)]
    if piece:
        yield piece
