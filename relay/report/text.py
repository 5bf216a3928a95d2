"""A report in a terminal, or in a file or a pipe: plain, aligned text; colours and lines only where somebody looks."""

from __future__ import annotations

import textwrap
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relay.report.contents import Contents, Part, headline, key_of, shown

WIDTH = 100
"""Columns where nobody says how many there are."""


def as_text(contents: Contents, out: TextIO, *, is_plain: bool = False) -> None:
    """Write it. ``is_plain``: no colours, also in a terminal."""
    is_terminal = out.isatty()
    encoding = (out.encoding or "ascii").lower()
    console = Console(
        file=out,
        force_terminal=is_terminal,
        no_color=is_plain,
        width=None if is_terminal else max(WIDTH, 44 + 10 * (len(contents.months) + 1)),
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        safe_box="utf" not in encoding,
    )
    _say(console, f"{contents.service}: {contents.title}", "bold")
    for number, words in headline(contents):
        _say(console, f"{_plain(number, encoding):>9}  {words}")
    for part in contents.parts():
        _table(console, contents, part, encoding)
    console.print()
    for note in contents.notes():
        for line in textwrap.wrap(_plain(note, encoding), min(console.width, WIDTH)):
            _say(console, line, "dim")


def _table(console: Console, contents: Contents, part: Part, encoding: str) -> None:
    console.print()
    _say(console, f"{part.title} ({part.unit})", "bold")
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim", expand=False
    )
    table.add_column("", overflow="fold", min_width=34)
    has_sum = len(contents.months) > 1 and part.measure.value != "open"
    for head in (*(key_of(month.month) for month in contents.months), *(["all"] if has_sum else [])):
        table.add_column(head, justify="right", no_wrap=True, min_width=7)
    for row in part.rows:
        values = [*row.values, *([row.total] if has_sum else [])]
        style = "bold" if row.is_total else ""
        cells = (Text(_plain(shown(value), encoding), style=style) for value in values)
        table.add_row(Text(_plain(row.label, encoding), style=style), *cells)
    if part.rows:
        console.print(table)
    else:
        _say(console, "nothing that may be shown")
    for sentence in part.sentences:
        _say(console, sentence)


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)


def _plain(text: str, encoding: str) -> str:
    """What the other end can show."""
    text = text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")
    if "utf" in encoding:
        return text
    return text.replace("\N{EN DASH}", "-").encode(encoding, "replace").decode(encoding)
