"""``relay trace``: the whole way of one message in words: when it came, what was made of it, where each copy is.

Takes the id of an entry or of a delivery. What has ended leaves its trace for two weeks. Told are times, states, sizes
and pseudonyms; what a message says is not kept, and nobody's address is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from relay.config import load
from relay.edge.store import SqlStore
from relay.flow.figures import Glimpse, Row, Thing
from relay.flow.letters import OPERATOR_LANGUAGE
from relay.mail.texts import Texts
from relay.operating.queue import found
from relay.operating.showing import age, as_json, counted, instant, ref, times, told
from relay.operating.words import CONVERSATIONS, DELIVERY_STATES, ENTRY_STATES, KINDS, READERS, cause
from relay.resources import folder
from relay.stores import opened


@dataclass(frozen=True, slots=True)
class Way:
    """All that is known. ``entry``: none of a notice that no message gave rise to, or when its trace has gone."""

    entry: Row | None
    deliveries: tuple[Row, ...]
    conversation: Glimpse | None


def show(config: Path, wanted: str, *, as_values: bool) -> list[str]:
    """The lines to print. Raises ``ConfigError`` or ``StoreTrouble``."""
    settings = load(config)
    store = opened(settings)
    way = asyncio.run(_way(store, wanted.lower()))
    if as_values:
        return [as_json(way)]
    return list(in_words(way, datetime.now(UTC), Texts.load(folder("templates"))))


async def _way(store: SqlStore, wanted: str) -> Way:
    try:
        row = await found(store, wanted, "relay trace")
        entry: Row | None = row
        if row.thing is Thing.DELIVERY:
            rows = await store.insight.find(row.origin.hex()) if row.origin else ()
            entry = next((each for each in rows if each.thing is Thing.ENTRY), None)
        copies = await store.insight.came_of(entry) if entry else (row,)
        of = row.conversation_id or (entry.conversation_id if entry else None)
        return Way(entry, copies, await store.insight.glimpse(of) if of else None)
    finally:
        await store.close()


def in_words(way: Way, now: datetime, texts: Texts) -> Iterator[str]:
    """The way, a step a paragraph."""
    if way.entry is not None:
        yield from _entry(way.entry, now, texts)
    elif way.deliveries and way.deliveries[0].origin is not None:
        yield from told("What came in is known no more: its trace goes two weeks after it was passed on.")
    else:
        yield from told("No message gave rise to it: it is a notice of ours.")
    if way.conversation is not None:
        yield from _conversation(way.conversation, now)
    if way.entry is not None and not way.deliveries:
        yield from told("No copy of it has gone out, and no notice about it is known any more.")
    for number, row in enumerate(way.deliveries, 1):
        yield from _delivery(number, row)


def _entry(row: Row, now: datetime, texts: Texts) -> Iterator[str]:
    yield from told(
        f"{instant(row.since)}: a message of {row.size_bytes} octets was taken and stored ({ref(row.row_id)})."
    )
    if row.attempts:
        yield from told(f"It was taken up by a worker {times(row.attempts)}.")
    if row.leased_until is not None and row.leased_until > now:
        yield from told("It is being worked on at this moment.")
    when = f"{instant(row.ended_at)}: " if row.ended_at else f"Now, {age(row.since, now)} later: "
    yield from told(f"{when}{ENTRY_STATES.get(row.state, row.state)}.")
    if row.why:
        yield from told(f"Why: {texts.word(f'reason.{row.why}', OPERATOR_LANGUAGE)}")


def _conversation(one: Glimpse, now: datetime) -> Iterator[str]:
    text = f"It belongs to the conversation of {one.pseudonym}, which came in by {one.intake} on "
    text += f"{one.opened_at:%Y-%m-%d} and {CONVERSATIONS.get(one.state, one.state)}"
    text += f" ({one.counselor_id})" if one.counselor_id else ""
    text += f", since {age(one.waiting_since, now)}" if one.waiting_since else ""
    yield from told(text + "." + (" Somebody may be in danger." if one.in_danger else ""))


def _delivery(number: int, row: Row) -> Iterator[str]:
    what = KINDS.get(row.kind, row.kind)
    yield from told(
        f"{number}. {instant(row.since)}: {what} to {READERS.get(row.reader, row.reader)}, {row.size_bytes} octets "
        f"({ref(row.row_id)}).",
    )
    tries = f", after {counted(row.attempts, 'attempt')}" if row.attempts else ""
    when = f"{instant(row.ended_at)}" if row.ended_at else "Now"
    yield from told(f"{when}{tries}: {DELIVERY_STATES.get(row.state, row.state)}.", "   ")
    if row.why or row.code:
        yield from told(f"At the last failure {cause(row.why, row.code)}.", "   ")
    if row.fact:
        yield from told(f"A report said of it later: {row.fact.replace('_', ' ')}.", "   ")
    if row.due_at is not None:
        yield from told(
            f"It is sent at {instant(row.due_at)}, or when somebody says `relay queue retry`.", "   "
        )
