"""``relay referrals map | given``: what the directory covers, and what of it was given to seekers.

Called by the command line. What was given is shown of months that are over, by the rules of all statistics: rounded,
and nothing of what was given few times, not even of how many entries that is so (``domain.disclosure``).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from relay.config import Settings, load
from relay.domain.referrals import Referral
from relay.domain.statistics import months_between
from relay.errors import ConfigError
from relay.referrals.coverage import EVERYWHERE, NOWHERE, Coverage
from relay.referrals.map_page import as_page
from relay.referrals.names import country_name
from relay.stores import opened

_PAGE = 2000
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])\Z")


def map_(options: argparse.Namespace) -> int:
    """Write the page, and say where."""
    settings = load(options.config)
    coverage = asyncio.run(_coverage(settings, datetime.now(UTC).date()))
    wanted = dict.fromkeys(code for intake in settings.intake for code in intake.countries)
    spoken = dict.fromkeys(each for counselor in settings.counselor for each in counselor.languages)
    missing = list(coverage.missing(wanted, spoken))
    _write(options.out, as_page(coverage, missing, _named, settings.service.name))
    print(
        f"The page is in {options.out}. It holds what is in the directory and nothing about anybody who asked."
    )
    return 0


def given(options: argparse.Namespace) -> int:
    """Print a month's counts, the most given first."""
    settings = load(options.config)
    found = _MONTH.match(options.month) if options.month else None
    if options.month and found is None:
        raise ConfigError(("the month: write it as 2026-11",))
    now = datetime.now(UTC)
    this = now.year * 100 + now.month
    month = int(found[1]) * 100 + int(found[2]) if found else months_between(this - 100, this)[-2]
    if month >= this:
        raise ConfigError(
            ("relay referrals given: that month is not over, and what is counted in it is not shown before",)
        )
    for line in asyncio.run(_given(settings, month, now)):
        print(line)
    return 0


async def _coverage(settings: Settings, today: date) -> Coverage:
    store = opened(settings)
    coverage = Coverage(today)
    try:
        after = 0
        while page := await store.referrals.page(after, _PAGE):
            for each in page:
                coverage.add(each)
            after = page[-1].number
    finally:
        await store.close()
    return coverage


async def _given(settings: Settings, month: int, now: datetime) -> Iterable[str]:
    store = opened(settings)
    try:
        await store.statistics.close(now, *settings.counted())
        counts = await store.referrals.given(month)
        names = {each.number: each for each in await store.referrals.get([number for number, _ in counts])}
    finally:
        await store.close()
    return list(_lines(counts, names, month, settings.statistics.smallest))


def _lines(
    counts: Sequence[tuple[int, int]], names: dict[int, Referral], month: int, smallest: int
) -> Iterable[str]:
    for number, count in counts:
        name = names[number].name if number in names else "(not in the directory any more)"
        yield f"#{number}  {name}: {count}"
    which = f"{month // 100}-{month % 100:02}"
    if counts:
        yield f"Given in {which}, rounded to multiples of {smallest}. All others: fewer times, or never."
    else:
        yield f"Nothing was given {smallest} times or more in {which}."


def _named(code: str) -> str:
    return {EVERYWHERE: "For everybody", NOWHERE: "Country not known"}.get(code) or country_name(code)


def _write(path: Path, page: str) -> None:
    """Readable by its owner alone. Raises ``ConfigError``."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            os.fchmod(descriptor, 0o600)
            file.write(page)
    except OSError as error:
        raise ConfigError((f"{path}: cannot be written: {error.strerror}",)) from None
