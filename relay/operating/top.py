"""``relay top``: the page of ``relay status`` again and again in a terminal, with how things change; Ctrl-C ends it.

Drawn with rich, which honours ``NO_COLOR`` and shows nothing by colour alone. Where there is no terminal it prints one
picture and ends.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from relay.config import load
from relay.errors import ConfigError, RelayError
from relay.flow.figures import Row, Thing
from relay.operating.overview import Overview, Watcher
from relay.operating.showing import WIDTH, age, instant, ref
from relay.operating.status import facts, running
from relay.operating.words import cause

SHORTEST_S, LONGEST_S = 1.0, 3600.0


def run(config: Path, every_s: float, *, once: bool) -> int:
    """Show it until somebody has seen enough; the exit code. Raises ``ConfigError`` or ``StoreTrouble``."""
    if not SHORTEST_S <= every_s <= LONGEST_S:
        raise ConfigError((f"relay top --every: takes {SHORTEST_S:.0f} to {LONGEST_S:.0f} seconds",))
    settings = load(config)
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    watcher = Watcher(settings)
    asyncio.run(_watch(watcher, console, every_s, once=once or not console.is_terminal))
    return 0


async def _watch(watcher: Watcher, console: Console, every_s: float, *, once: bool) -> None:
    try:
        if once:
            console.print(picture(await watcher.look()))
            return
        with Live(console=console, screen=True, auto_refresh=False) as live:
            before: Overview | None = None
            while True:
                try:
                    overview = await watcher.look()
                    live.update(picture(overview, before), refresh=True)
                    before = overview
                except RelayError:
                    live.update(Text("The store cannot be read at the moment; trying again."), refresh=True)
                await asyncio.sleep(every_s)
    finally:
        await watcher.close()


def picture(overview: Overview, before: Overview | None = None) -> RenderableType:
    """One look as rich draws it. ``before``: the look before, for what happens a minute."""
    head = Text(f"relay {overview.version}  {instant(overview.at)}  {running(overview)}", style="bold")
    about = Table.grid(padding=(0, 2))
    about.add_column(style="bold", no_wrap=True)
    about.add_column(overflow="fold")
    for label, text in facts(overview):
        about.add_row(label, Text(text, style=_style(text)))
    if (rates := _rates(overview, before)) is not None:
        about.add_row("A minute", rates)
    parts: list[RenderableType] = [head, "", about]
    if overview.waiting:
        parts += ["", _waiting(overview)]
    if overview.stuck:
        parts += ["", _stuck(overview.stuck, overview.at)]
    return Group(*parts)


def _rates(overview: Overview, before: Overview | None) -> str | None:
    """What has happened since the look before, for a minute; nothing after a start in between."""
    new, old = overview.counts, before.counts if before else None
    if new is None or old is None or before is None or new.started_at != old.started_at:
        return None
    minutes = max((overview.at - before.at).total_seconds() / 60, 1 / 600)
    accepted, delivered = new.accepted - old.accepted, new.delivered - old.delivered
    return f"{accepted / minutes:.0f} accepted, {delivered / minutes:.0f} delivered"


def _style(text: str) -> str:
    """What is written in capitals is also shown so that it is seen from afar."""
    return "bold red" if any(word in text for word in ("NOBODY", "LATER THAN PROMISED", "HELD")) else ""


def _waiting(overview: Overview) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, title="Longest without a counselor", title_justify="left", expand=False
    )
    for name in ("seeker", "for", "state", ""):
        table.add_column(name)
    for one in overview.waiting:
        since = one.waiting_since or one.opened_at
        table.add_row(
            one.pseudonym, age(since, overview.at), one.state, "in danger?" if one.in_danger else ""
        )
    return table


def _stuck(rows: tuple[Row, ...], now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Held or put off", title_justify="left", expand=False)
    for name in ("id", "what", "state", "for", "tries", "why"):
        table.add_column(name, overflow="fold" if name == "why" else "ellipsis", no_wrap=name != "why")
    for row in rows:
        is_entry = row.thing is Thing.ENTRY
        why = row.why.replace("_", " ") if is_entry else cause(row.why, row.code)
        what = "in" if is_entry else f"to {row.reader}"
        table.add_row(ref(row.row_id), what, row.state, age(row.since, now), str(row.attempts), why)
    return table
