"""A report for programs: CSV, one line for each number, and JSON. Pure; the same numbers as everywhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from relay.domain.measures import ABOUT, Kind
from relay.domain.statistics import Month
from relay.report.contents import Contents, key_of, label_of

HEAD = ("month", "measure", "cell", "value", "what")
REST, TOTAL = "(others)", "(total)"
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def as_csv(contents: Contents) -> str:
    """RFC 4180. An empty value is one that is not shown; the text in the last column is for people."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for month in contents.months:
        for row in _lines(month):
            writer.writerow([_harmless(each) for each in row])
    return out.getvalue()


def as_json(contents: Contents) -> str:
    """``null`` is a number that is not shown."""
    months = [
        {
            "month": key_of(month.month),
            "rounded_to": month.smallest,
            "measures": {
                figure.measure: {
                    "cells": {
                        cell: figure.value(cell) for cell in _cells(figure.measure, dict(figure.shown))
                    },
                    "others": figure.rest,
                    "total": figure.total,
                }
                for figure in month.figures
            },
        }
        for month in contents.months
    ]
    return json.dumps({"service": contents.service, "months": months}, indent=2, ensure_ascii=True)


def _lines(month: Month) -> Iterator[tuple[str, str, str, str, str]]:
    key = key_of(month.month)
    for measure, about in ABOUT.items():
        figure = month.of(measure)
        for cell in _cells(measure.value, dict(figure.shown)):
            value = figure.value(cell)
            yield key, measure.value, cell, _number(value), f"{about.title}: {label_of(measure, cell)}"
        if about.kind is Kind.SHARES:
            yield key, measure.value, REST, _number(figure.rest), f"{about.title}: all others together"
            yield key, measure.value, TOTAL, _number(figure.total), f"{about.title}: in all"


def _cells(measure: str, shown: dict[str, int]) -> tuple[str, ...]:
    """Those that everybody knows, and those that are shown."""
    about = next((about for each, about in ABOUT.items() if each.value == measure), None)
    known = () if about is None or about.kind is Kind.DAYS else tuple(about.cells)
    return tuple(dict.fromkeys((*known, *shown)))


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _harmless(text: str) -> str:
    """No word of a counselor becomes a formula of a spreadsheet."""
    return f"'{text}" if text.startswith(_RISKY) else text
