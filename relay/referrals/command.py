"""``relay referrals import | search | stale | check``: the operator's side of the directory, beside the daemon.

Called by the command line. Prints what is in the directory, which is public; wrong input is one sentence that says
what, where and what to do (``ConfigError``). Nothing is fetched from the network. A running daemon finds a change
at once.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from relay.config import load
from relay.domain.referral_ranking import Freshness, Ranked, freshness
from relay.domain.referrals import Referral
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.flow.directory import Directory
from relay.flow.directory import search as search_directory
from relay.referrals import checking, values
from relay.referrals.archive import collect
from relay.referrals.context import Context
from relay.referrals.findings import Reading, report
from relay.referrals.importing import Summary, take_in
from relay.referrals.mapping import read_mapping
from relay.referrals.names import country
from relay.referrals.progress import Bar, said
from relay.referrals.reading import read
from relay.referrals.showing import ranked_lines
from relay.stores import opened

T = TypeVar("T")

MAX_SOURCE_CHARS = 80
_PAGE = 2000
_NUMBERS = re.compile(r"(?:#\d{1,9}[ ,]*)+")
_NAMED = 20
"""So many of each kind of change are named; the rest are counted."""


def import_(options: argparse.Namespace) -> int:
    """Read a directory, report what is wrong with it, and take in the rest."""
    settings = load(options.config)
    context = _context(options)
    mapping = read_mapping(options.mapping) if options.mapping else None
    gc.disable()  # a million rows are made and none in a circle; looking for circles would double the time
    with said(sys.stderr, "reading …"):
        reading = read(collect(options.path), context, mapping)
    for line in report(reading.findings, is_full=options.all):
        _say(line)
    _say(
        f"{options.path}: {reading.form}, {len(reading.entries)} usable, {reading.bad_rows} row(s) not used."
    )
    if not reading.entries:
        raise ConfigError((f"{options.path}: no service in it can be used, so nothing was changed",))
    if options.dry_run:
        _say("Nothing was changed (--dry-run).")
        return 0
    store = opened(settings)
    summary = asyncio.run(_with(store, lambda one: _import(one, reading, context, keep=options.keep)))
    for line in _told(summary, context.source, is_whole=reading.is_whole):
        _say(line)
    return 0


def search(options: argparse.Namespace) -> int:
    """Show what would be offered."""
    text = " ".join(options.words)
    if _NUMBERS.fullmatch(text):
        return _show(options, [int(number) for number in re.findall(r"\d+", text)])
    found = _ask(options, lambda store: search_directory(store.referrals, text, _today()))
    if not found:
        _say("Nothing in the directory may be offered for that.")
    for one in found[: max(options.limit, 1)]:
        for line in ranked_lines(one):
            _say(line)
    if len(found) > max(options.limit, 1):
        _say(f"And {len(found) - options.limit} more; say more, or give --limit.")
    return 0


def _show(options: argparse.Namespace, numbers: Sequence[int]) -> int:
    """Entries by their numbers, whatever their state."""
    found = _ask(options, lambda store: store.referrals.get(numbers))
    for each in found:
        for line in ranked_lines(Ranked(each, None, freshness(each, _today()))):
            _say(line)
    for number in sorted(set(numbers) - {each.number for each in found}):
        _say(f"#{number}  is not in the directory, or not any more.")
    return 0


def stale(options: argparse.Namespace) -> int:
    """List what was last checked more than a year ago, oldest first, and count what has no date."""
    today = _today()
    entries = [each for each in _ask(options, _all) if checking.to_check(each)]
    kinds = {each.number: freshness(each, today) for each in entries}
    old = [each for each in entries if kinds[each.number] in {Freshness.OLD, Freshness.EXPIRED}]
    for each in sorted(old, key=lambda one: one.verified or date.min):
        gone = "not offered any more" if kinds[each.number] is Freshness.EXPIRED else "marked"
        _say(f"#{each.number}  {each.verified}  {each.name}  ({each.source}; {gone})")
    unknown = sum(kind is Freshness.UNKNOWN for kind in kinds.values())
    _say(f"{len(old)} of {len(entries)} were last checked more than a year ago.")
    if unknown:
        _say(f"{unknown} do not say when; if you know, import them again with --verified.")
    return 0


def check(options: argparse.Namespace) -> int:
    """List everything that is wrong with entries that are offered."""
    today = _today()
    entries = [each for each in _ask(options, _all) if checking.to_check(each)]
    count = 0
    for each in entries:
        for problem in dict.fromkeys(checking.problems(each, today)):
            _say(f"#{each.number}  {each.name}: {problem}")
            count += 1
    for first, second in checking.doubles(entries):
        _say(f"#{second.number}  {second.name}: seems to be the same as #{first.number} ({first.source})")
        count += 1
    _say(f"{len(entries)} entries, {count} problem(s).")
    return 0


def _context(options: argparse.Namespace) -> Context:
    """What the operator says of the directory. Raises ``ConfigError``."""
    path: Path = options.path
    source = (options.source or path.resolve().stem).strip().casefold()
    if not source or len(source) > MAX_SOURCE_CHARS:
        raise ConfigError((f"--source: a name of 1 to {MAX_SOURCE_CHARS} characters is needed",))
    home = country(options.country)
    if options.country and not home:
        raise ConfigError((f"--country: '{options.country}' is no country; give its two letters, as in GB",))
    try:
        verified = values.day(options.verified) if options.verified else None
    except ValueError as error:
        raise ConfigError((f"--verified: {error}",)) from None
    if verified and verified > _today():
        raise ConfigError((f"--verified: {verified} has not been yet",))
    return Context(source, _today(), home, verified)


async def _import(store: SqlStore, reading: Reading, context: Context, *, keep: bool) -> Summary:
    bar = Bar(sys.stderr, len(reading.entries))
    try:
        return await take_in(
            store.referrals, reading, context.source, context.today, keep=keep, told=bar.show
        )
    finally:
        bar.close()


def _told(summary: Summary, source: str, *, is_whole: bool) -> Iterable[str]:
    for word, changes in (("new", summary.new), ("changed", summary.changed), ("gone", summary.gone)):
        for number, name in changes[:_NAMED]:
            yield f"{word}: #{number}  {name}"
        if len(changes) > _NAMED:
            yield f"{word}: {len(changes) - _NAMED} more"
    new, changed, gone = (len(each) for each in (summary.new, summary.changed, summary.gone))
    yield f"{source}: {new} new, {changed} changed, {gone} gone, {summary.same} as before."
    if not is_whole:
        yield "This was not the whole directory, so nothing that is missing counts as gone."


def _ask(options: argparse.Namespace, question: Callable[[SqlStore], Awaitable[T]]) -> T:
    """Open the store, ask, close it."""
    return asyncio.run(_with(opened(load(options.config)), question))


async def _with(store: SqlStore, work: Callable[[SqlStore], Awaitable[T]]) -> T:
    try:
        return await work(store)
    finally:
        await store.close()


async def _all(store: SqlStore) -> Sequence[Referral]:
    return [each async for page in _pages(store.referrals) for each in page]


async def _pages(directory: Directory) -> AsyncIterator[Sequence[Referral]]:
    after = 0
    while page := await directory.page(after, _PAGE):
        yield page
        after = page[-1].number


def _today() -> date:
    return datetime.now(UTC).date()


def _say(line: str) -> None:
    """A line on standard output, in whatever letters the terminal has."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding))
