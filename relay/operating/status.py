"""``relay status``: how the line is doing, on one page or as values.

Also what ``relay top`` shows again and again. Names counselors by their ids and seekers by their pseudonyms.
"""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from relay.config import load
from relay.flow.figures import Figures, Glimpse, Pile, Row, Thing
from relay.operating.overview import Counts, Overview, QueueDuty, Watcher
from relay.operating.showing import WIDTH, age, as_json, counted, instant, labelled, ref
from relay.operating.words import cause


def show(config: Path, *, as_values: bool) -> list[str]:
    """The lines to print. Raises ``ConfigError`` or ``StoreTrouble``."""
    overview = asyncio.run(_look(config))
    return [as_json(overview)] if as_values else list(page(overview))


async def _look(config: Path) -> Overview:
    watcher = Watcher(load(config))
    try:
        return await watcher.look()
    finally:
        await watcher.close()


def page(overview: Overview) -> Iterator[str]:
    """Everything on one page."""
    yield from textwrap.wrap(f"relay {overview.version}, {instant(overview.at)}. {running(overview)}", WIDTH)
    yield ""
    for label, text in facts(overview):
        yield from labelled(label, text)
    if overview.waiting:
        yield ""
        yield "Longest without a counselor:"
        yield from (f"  {line}" for line in (waiting_line(one, overview.at) for one in overview.waiting))
    if overview.stuck:
        yield ""
        yield "Held or put off ('relay trace ID' tells its whole way):"
        yield from (f"  {line}" for line in (stuck_line(one, overview.at) for one in overview.stuck))


def running(overview: Overview) -> str:
    """Whether the daemon runs, as a sentence."""
    if overview.runs is None:
        return "From here it cannot be seen whether the daemon runs."
    if overview.nodes is not None and overview.nodes > 1:
        return f"{overview.nodes} nodes run."
    return "The daemon runs." if overview.runs else "NO DAEMON RUNS: mail is not taken now."


def facts(overview: Overview) -> Iterator[tuple[str, str]]:
    """What stands on the page, each with its label."""
    now, figures = overview.at, overview.figures
    yield "On duty", "; ".join(_duty(each) for each in overview.duty) or "there is no queue"
    yield "Waiting", _waiting(figures, now)
    yield "Answers owed", _owed(figures, now)
    yield "Came in", _incoming(figures, now)
    yield "Going out", _outgoing(figures, now)
    if overview.counts is not None:
        yield "Since start", _counted(overview.counts, now)


def _duty(each: QueueDuty) -> str:
    if each.on_duty:
        return f"{each.queue}: {', '.join(each.on_duty)}"
    then = f" until {each.next_at:%a %d %b %H:%M} UTC" if each.next_at else " in the next two weeks"
    return f"{each.queue}: NOBODY{then}"


def _waiting(figures: Figures, now: datetime) -> str:
    states = ("waiting", "handover")
    count = figures.count(figures.conversations, *states)
    oldest = figures.oldest(figures.conversations, *states)
    text = "nobody" if not count else counted(count, "conversation")
    text += f", the longest for {age(oldest, now)}" if oldest else ""
    return f"{text}; {figures.count(figures.conversations, 'assigned', 'open')} with a counselor"


def _owed(figures: Figures, now: datetime) -> str:
    if not figures.owed:
        return "none"
    text = f"{figures.owed}, the oldest for {age(figures.owed_since or now, now)}"
    text += f"; {figures.broken} LATER THAN PROMISED" if figures.broken else "; all within the promise"
    return text + (f"; {figures.in_danger} may be in danger" if figures.in_danger else "")


def _incoming(figures: Figures, now: datetime) -> str:
    piles = figures.entries
    held = [pile for pile in piles if pile.state == "held"]
    to_do, since = figures.count(piles, "received"), figures.oldest(piles, "received")
    text = f"{to_do} to be worked on" + (f", the oldest for {age(since, now)}" if since else "")
    text += f"; {figures.count(piles, 'waiting')} for a counselor to come"
    return f"{text}; {_held(held, now)}"


def _outgoing(figures: Figures, now: datetime) -> str:
    piles = figures.deliveries
    deferred = [pile for pile in piles if pile.state == "deferred"]
    text = f"{figures.count(piles, 'queued', 'active')} on the way"
    oldest = figures.oldest(piles, "deferred")
    why = ", ".join(f"{pile.count} because {cause(pile.word, None)}" for pile in deferred)
    text += f"; {sum(pile.count for pile in deferred)} put off" + (f" ({why})" if why else "")
    text += f", the oldest for {age(oldest, now)}" if oldest else ""
    return f"{text}; {_held([pile for pile in piles if pile.state == 'held'], now)}"


def _counted(counts: Counts, now: datetime) -> str:
    hours = max((now - counts.started_at).total_seconds() / 3600, 1 / 60)
    text = f"{age(counts.started_at, now)} ago: {counts.accepted} accepted ({counts.accepted / hours:.1f} an hour), "
    text += (
        f"{counts.delivered} delivered ({counts.delivered / hours:.1f} an hour), {counts.deferred} put off; "
    )
    text += f"{counted(counts.connections, 'connection')} open"
    return text + ("; THE NEXT HOP DOES NOT ANSWER" if counts.next_hop_up is False else "")


def _held(piles: list[Pile], now: datetime) -> str:
    if not piles:
        return "0 held"
    why = ", ".join(f"{pile.word.replace('_', ' ') or 'unknown'} {pile.count}" for pile in piles)
    oldest = min(pile.oldest_at or now for pile in piles)
    return f"{sum(pile.count for pile in piles)} HELD ({why}), the oldest for {age(oldest, now)}"


def waiting_line(one: Glimpse, now: datetime) -> str:
    """One conversation that waits."""
    mark = "  may be in danger" if one.in_danger else ""
    return f"{one.pseudonym:<24}  for {age(one.waiting_since or one.opened_at, now)}{mark}"


def stuck_line(row: Row, now: datetime) -> str:
    """One row that somebody may have to look at."""
    why = row.why.replace("_", " ") if row.thing is Thing.ENTRY else cause(row.why, row.code)
    what = "came in" if row.thing is Thing.ENTRY else f"to {row.reader}"
    line = f"{ref(row.row_id)}  {row.state:<8}  {what:<13}  for {age(row.since, now)}: {why}"
    return line if len(line) <= 78 else line[:75] + "..."
