"""``relay queue``: what is under way, one row at a time: look, hold, let go, try again, while the daemon runs or not.

Moves nothing that is being worked on at this moment. A running daemon takes a change up by itself within
``TAKEN_UP_S``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from relay.config import load
from relay.domain.entries import EntryState
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.flow.figures import Row, Thing
from relay.operating.showing import age, as_json, counted, instant, labelled, plain, ref, table
from relay.operating.words import DELIVERY_STATES, ENTRY_STATES, KINDS, READERS, cause
from relay.stores import opened

TAKEN_UP_S = 30
MAX_SHOWN = 500
ALL = "all"
_DIGITS = frozenset("0123456789abcdef")
_MIN_DIGITS = 4


def act(config: Path, action: str, wanted: str | None, state: str | None, *, as_values: bool) -> list[str]:
    """Do it; the lines to print. Raises ``ConfigError`` or ``StoreTrouble``."""
    if action != "list" and not wanted:
        more = " or 'all'" if action == "retry" else ""
        raise ConfigError(
            (f"relay queue {action}: name a row by its id, as `relay queue list` shows it{more}",)
        )
    if wanted and action == "list":
        raise ConfigError(("relay queue list: takes no id; `relay queue show` does",))
    if state is not None and action != "list":
        raise ConfigError((f"relay queue {action}: --state belongs to `relay queue list`",))
    settings = load(config)
    store = opened(settings)
    return asyncio.run(_act(store, action, (wanted or "").lower(), state, as_values=as_values))


async def _act(store: SqlStore, action: str, wanted: str, state: str | None, *, as_values: bool) -> list[str]:
    now = datetime.now(UTC)
    try:
        if action == "list":
            rows = [
                row for row in await store.insight.queue(MAX_SHOWN) if state is None or row.state == state
            ]
            return [as_json(rows)] if as_values else list(_listed(rows, now))
        if action == "retry" and wanted == ALL:
            count = await store.insight.retry(None, now)
            return _done({"retried": count}, f"{_will(count)}.", as_values=as_values)
        row = await found(store, wanted, f"relay queue {action}")
        if action == "show":
            return [as_json(row)] if as_values else list(_shown(row, now))
        return await _move(store, action, row, now, as_values=as_values)
    finally:
        await store.close()


async def found(store: SqlStore, wanted: str, command: str) -> Row:
    """The one row whose id begins so. Raises ``ConfigError``."""
    if len(wanted) < _MIN_DIGITS or len(wanted) > 32 or set(wanted) - _DIGITS:
        raise ConfigError(
            (
                f"{command}: this is no id; give at least {_MIN_DIGITS} digits of one that `relay queue list` shows",
            )
        )
    rows = await store.insight.find(wanted)
    if len(rows) != 1:
        many = "more than one row has" if rows else "no row has"
        raise ConfigError(
            (
                f"{command}: {many} an id that begins like this; `relay queue list` shows those that are under way",
            )
        )
    return rows[0]


async def _move(store: SqlStore, action: str, row: Row, now: datetime, *, as_values: bool) -> list[str]:
    if action == "hold":
        is_done = await store.insight.hold(row, now)
        text = "Held until `relay queue release`."
    elif action == "retry":
        is_done = row.thing is Thing.DELIVERY and bool(await store.insight.retry(row.row_id, now))
        text = f"{_will(1)}."
    elif row.thing is Thing.ENTRY:
        is_done = row.state == EntryState.HELD.value and await store.release(row.row_id, confirmed=True)
        text = "Released; a running daemon takes it up within 20 seconds."
    else:
        is_done = await store.insight.let_go(row.row_id, now)
        text = f"Released; {_will(1)}."
    if not is_done:
        raise ConfigError((f"relay queue {action}: {_cannot(action, row)}; nothing was changed",))
    return _done({action: ref(row.row_id)}, text, as_values=as_values)


def _cannot(action: str, row: Row) -> str:
    """Why nothing was done, as the middle of a sentence."""
    if row.leased_until is not None:
        return "it is being worked on at this moment; try again in a minute"
    if action == "retry" and row.thing is Thing.ENTRY:
        return "this is a message that came in; only what goes out is tried again"
    needs = {
        "hold": "only what is to be worked on, queued or put off can be held",
        "release": "only what is held can be released",
        "retry": "only what was put off can be tried again before its time",
    }
    states = ENTRY_STATES if row.thing is Thing.ENTRY else DELIVERY_STATES
    return f"{states.get(row.state, row.state)}; {needs[action]}"


def _will(count: int) -> str:
    return f"{counted(count, 'delivery', 'deliveries')} due now; a running daemon sends within {TAKEN_UP_S} seconds"


def _done(values: dict[str, object], text: str, *, as_values: bool) -> list[str]:
    return [as_json(values)] if as_values else [text]


def _listed(rows: list[Row], now: datetime) -> Iterator[str]:
    if not rows:
        yield "Nothing is under way."
        return
    heads = ("id", "what", "state", "for", "tries", "of", "why")
    yield from table(heads, [_cells(row, now) for row in rows])


def _cells(row: Row, now: datetime) -> tuple[str, ...]:
    is_entry = row.thing is Thing.ENTRY
    return (
        ref(row.row_id),
        "in" if is_entry else f"to {row.reader}",
        row.state,
        age(row.since, now),
        f"{row.attempts}",
        row.pseudonym or "-",
        row.why.replace("_", " ") + (f" {row.code}" if row.code else ""),
    )


def _shown(row: Row, now: datetime) -> Iterator[str]:
    values = plain(row)
    is_entry = row.thing is Thing.ENTRY
    states = ENTRY_STATES if is_entry else DELIVERY_STATES
    what = (
        "a message that came in"
        if is_entry
        else f"{KINDS.get(row.kind, row.kind)}, to {READERS.get(row.reader, row.reader)}"
    )
    why = row.why.replace("_", " ") if is_entry else cause(row.why, row.code)
    lines = (
        ("id", row.row_id.hex()),
        ("what", what),
        ("state", f"{row.state}: {states.get(row.state, row.state)}"),
        ("since", f"{instant(row.since)}, {age(row.since, now)} ago"),
        ("size", f"{row.size_bytes} octets"),
        ("attempts", f"{row.attempts}"),
        ("why", why if row.why or row.code else ""),
        ("report", row.fact.replace("_", " ")),
        ("due", instant(row.due_at) if row.due_at else ""),
        ("worked on", f"until {instant(row.leased_until)} at the most" if row.leased_until else ""),
        ("ended", instant(row.ended_at) if row.ended_at and not row.leased_until else ""),
        ("of", row.pseudonym),
        ("came of", values["origin"] or ""),
    )
    for label, text in lines:
        if text:
            yield from labelled(label, text, 11)
