"""``relay report``: reads its arguments, closes months that are over and not closed yet, and writes what is asked for.

Raises ``ConfigError`` with a sentence for everything that somebody can write wrong, and for months of which there is
nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from relay.config import Settings, load
from relay.domain.statistics import Month, months_between
from relay.errors import ConfigError
from relay.report.contents import Contents, name_of
from relay.report.page import as_page
from relay.report.plain import as_csv, as_json
from relay.report.text import as_text
from relay.stores import opened

MOST_MONTHS = 24
"""In one report: what still is a table."""

_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")


def report(options: argparse.Namespace) -> int:
    """Do it; the exit code."""
    now = datetime.now(UTC)
    wanted = _wanted(options, now)
    settings = load(options.config)
    contents = Contents(settings.service.name, asyncio.run(_months(settings, wanted, now)), wanted)
    written = [
        (path, make(contents)) for path, make in ((options.csv, as_csv), (options.html, as_page)) if path
    ]
    for path, text in written:
        _write(path, text)
        print(f"The report is in {path}. Nobody can be found in it; it may be passed on.")
    if options.json:
        print(as_json(contents))
    elif not written:
        as_text(contents, sys.stdout, is_plain="NO_COLOR" in os.environ)
    return 0


def _wanted(options: argparse.Namespace, now: datetime) -> tuple[int, ...]:
    """The months that are asked for."""
    over = _before(now)
    if options.month and (options.first or options.last):
        raise ConfigError(("relay report: give --month, or --from and --to, not both",))
    if options.last and not options.first:
        raise ConfigError(("relay report: --to needs --from, the first month",))
    first = _read(options.month or options.first, over, now)
    last = _read(options.month or options.last, over, now)
    if first > last:
        raise ConfigError(
            (f"relay report: {name_of(first)} is after {name_of(last)}; give the earlier month to --from",)
        )
    months = months_between(first, last)
    if len(months) > MOST_MONTHS:
        raise ConfigError(
            (f"relay report: {len(months)} months are more than fit into one report; at most {MOST_MONTHS}",)
        )
    return months


def _read(text: str | None, default: int, now: datetime) -> int:
    if text is None:
        return default
    found = _MONTH.match(text)
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1970:
        raise ConfigError(("relay report: that is no month; write it as 2026-10",))
    month = int(found[1]) * 100 + int(found[2])
    if month == now.year * 100 + now.month:
        raise ConfigError(
            (
                f"relay report: {name_of(month)} is not over. Two reports of a month that still grows would show what "
                "happened between them, so there is one once it is over; 'relay status' shows how things stand now.",
            )
        )
    if month > now.year * 100 + now.month:
        raise ConfigError((f"relay report: {name_of(month)} has not been yet",))
    return month


def _before(now: datetime) -> int:
    return (now.year - 1) * 100 + 12 if now.month == 1 else now.year * 100 + now.month - 1


async def _months(settings: Settings, wanted: tuple[int, ...], now: datetime) -> tuple[Month, ...]:
    store = opened(settings)
    try:
        await store.statistics.close(now, *settings.counted())
        found = await store.statistics.months(wanted[0], wanted[-1])
        if not found:
            raise ConfigError((_nothing(wanted, await store.statistics.known()),))
        return found
    finally:
        await store.close()


def _nothing(wanted: tuple[int, ...], known: tuple[int, int] | None) -> str:
    which = name_of(wanted[0]) if len(wanted) == 1 else f"{name_of(wanted[0])} to {name_of(wanted[-1])}"
    if known is None:
        there = "There are no figures yet: the daemon counts while it runs, and a month is reported once it is over."
    elif known[0] == known[1]:
        there = f"There are figures of {name_of(known[0])} alone."
    else:
        there = f"There are figures from {name_of(known[0])} to {name_of(known[1])}."
    return f"relay report: nothing was counted in {which}. {there}"


def _write(path: Path, text: str) -> None:
    """Raises ``ConfigError``."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError((f"{path}: cannot be written: {error.strerror}",)) from None
