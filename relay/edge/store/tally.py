"""What is counted when something happens to a conversation (``domain.measures``), in the transaction of the event.

Called by ``settling`` and by the files that end or move conversations; whoever calls saves the record. No count is
made a second time when an entry is routed again: an entry that has been with its conversation before has been counted.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from relay.domain.clocks import Awaits, Terms
from relay.domain.clocks import promise as promised
from relay.domain.closing import Closing
from relay.domain.conversations import ConversationEvent
from relay.domain.measures import (
    CONTINUED,
    FORGOTTEN,
    IN,
    NEVER,
    NEW,
    OUT,
    STOPPED,
    YES,
    Measure,
    answered_in,
    length_of,
)
from relay.edge.store import clocks, counts
from relay.edge.store.record import Record
from relay.flow.outcomes import Settled
from relay.flow.values import LeasedEntry


def settled(connection: Connection, record: Record, each: Settled, entry: LeasedEntry, now: datetime) -> None:
    """A message has been taken up: before its clock is wound, which tells since when it was waited for."""
    if each.opens is not None:
        counts.add(connection, Measure.LANGUAGES, each.opens.language, now)
        counts.add(connection, Measure.QUEUES, each.opens.queue, now)
    event = each.outcome.conversation_event
    if event is ConversationEvent.SEEKER_WROTE and (entry.conversation_id is None or entry.confirmed):
        counts.add(connection, Measure.LETTERS, IN, now)
        record.change(letters=record.secrets.letters + 1)
        is_new = counts.month_of(record.opened_at) == counts.month_of(now)
        counts.once(connection, record, Measure.CONVERSATIONS, NEW if is_new else CONTINUED, now)
    elif event is ConversationEvent.COUNSELOR_WROTE:
        counts.add(connection, Measure.LETTERS, OUT, now)
        if each.terms is not None:
            _answered(connection, record, each.terms, now)


def ended(connection: Connection, record: Record, how: Closing | str, now: datetime) -> None:
    """A conversation comes to its end, and afterwards its clock. ``how``: as it was closed, or as its seeker wished."""
    cell = how.value if isinstance(how, Closing) else how
    if counts.once_as(connection, record, Measure.ENDINGS.value, Measure.ENDINGS, cell, now):
        counts.add(connection, Measure.LENGTHS, length_of(record.secrets.letters), now)
    clock = clocks.clock_of(connection, record.conversation_id, record.secrets.state)
    if clock is not None and clock.is_first:
        _answered_first(connection, record, NEVER, now)


def marked(connection: Connection, record: Record, measure: Measure, now: datetime) -> None:
    """A conversation of which it is so, once a month."""
    counts.once(connection, record, measure, YES, now)


def _answered(connection: Connection, record: Record, terms: Terms, now: datetime) -> None:
    """A counselor's words, held against what was promised; a second letter in a row answers nothing."""
    clock = clocks.clock_of(connection, record.conversation_id, record.secrets.state)
    if clock is None or clock.awaits is not Awaits.COUNSELOR:
        return
    share = (now - clock.since) / promised(clock, terms)
    if clock.is_first:
        _answered_first(connection, record, answered_in(share), now)
    elif share > 1:
        marked(connection, record, Measure.LATE_ANSWERS, now)


def _answered_first(connection: Connection, record: Record, cell: str, now: datetime) -> None:
    counts.once_as(connection, record, Measure.FIRST_ANSWERS.value, Measure.FIRST_ANSWERS, cell, now)


__all__ = ["FORGOTTEN", "STOPPED", "ended", "marked", "settled"]
