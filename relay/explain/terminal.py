"""An explanation as lines for a terminal. Called by the command line. Pure; no control characters come out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from relay.explain import sent
from relay.explain.values import Piece, Report, Row

WIDTH = 100
"""Columns; what the author wrote is not wrapped, so that it stays as it is."""


def as_text(report: Report) -> Iterator[str]:
    """Yield the lines: first what was sent and what became of it, then what is received."""
    author, reader = report.author.value, report.author.other.value
    yield f"Written by: the {author}. Read by: the {reader}."
    for sentence in (report.verdict, *report.notes):
        yield from textwrap.wrap(sentence, WIDTH)
    if report.headers:
        yield from _title(f"WHAT THE {author.upper()} SENT")
        yield from _grouped("Header fields", report.headers)
        yield from _listed("Parts", report.parts)
        yield from ("", f"  Subject: {sent.plain(report.subject) or '(none)'}", "")
        yield from _text(report.text)
        yield from _listed("Changes", report.changes)
    if report.received is not None:
        yield from _title(f"WHAT THE {reader.upper()} RECEIVES")
        yield ""
        yield from (f"  {name}: {value}" for name, value in report.received.headers)
        yield ""
        yield from ("  | " + line for line in report.received.text.split("\n"))
        yield from (f"  [file: {name}]" for name in report.received.files)


def _title(words: str) -> Iterator[str]:
    yield ""
    yield f"{words} {'-' * max(0, WIDTH - len(words) - 1)}"


def _grouped(title: str, rows: Iterable[Row]) -> Iterator[str]:
    """Rows of one fate and reason together, because there are dozens of header fields."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row.fate.value, row.why), []).append(_counted(row))
    yield from ("", f"  {title}")
    for (fate, why), names in groups.items():
        yield from _wrapped(f"{', '.join(names)}: {fate}. {why}", "    ")


def _listed(title: str, rows: Iterable[Row]) -> Iterator[str]:
    shown = [
        (f"{row.where} " if row.where else "") + f"{_counted(row)}: {row.fate.value}. {row.why}{_also(row)}"
        for row in rows
    ]
    if shown:
        yield from ("", f"  {title}")
    for line in shown:
        yield from _wrapped(line, "    ")


def _also(row: Row) -> str:
    return f" Its fields {', '.join(row.also)} are not passed on." if row.also else ""


def _counted(row: Row) -> str:
    return row.what if row.count == 1 else f"{row.count} x {row.what}"


def _text(pieces: tuple[Piece, ...]) -> Iterator[str]:
    yield from ("  | " + line for line in sent.plain(pieces).split("\n"))


def _wrapped(line: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
