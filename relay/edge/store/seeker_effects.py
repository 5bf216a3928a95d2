"""What a seeker's words to the relay change (``flow.effects``), applied by ``effects`` in the settling transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, select, update

from relay.domain.conversations import HELD_BY_A_COUNSELOR, TABLE, ConversationEvent, ConversationState
from relay.domain.entries import EntryEvent, EntryState, advance
from relay.domain.measures import BY_SEEKER, STOPPED, Measure
from relay.domain.wishes import Wishes, is_span
from relay.edge.store import acquaintances, bodies, cancelling, conversations, counts, handing_back, tally
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring
from relay.edge.store.record import Record
from relay.edge.store.tables import ENTRY_IS_KEPT, ENTRY_IS_WAITING, entries, to_micros
from relay.errors import StateError
from relay.flow.outcomes import Face

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Until when somebody is not asked again for a seeker who wanted another counselor."""

_OF_CONVERSATION = entries.c.conversation_id == bindparam("of_conversation")
_UNREAD = {
    event: (
        select(entries.c.entry_id, entries.c.chunk_count).where(_OF_CONVERSATION, is_so),
        update(entries)
        .where(entries.c.entry_id == bindparam("this"), is_so)
        .values(state=advance(state, event).value, settled_at=bindparam("now"), envelope=None, body=None),
    )
    for event, state, is_so in (
        (EntryEvent.STOPPED, EntryState.WAITING, ENTRY_IS_WAITING),
        (EntryEvent.LET_GO, EntryState.KEPT, ENTRY_IS_KEPT),
    )
}


def stop_mail(connection: Connection, keyring: Keyring, record: Record, now: datetime) -> None:
    """No more mail: what is on its way to them is cancelled, what nobody has read is forgotten, the conversation ends.

    One that is closed or blocked stays so. A message that is held stays held: released, it finds the wish.
    """
    cancelling.cancel_to(connection, record.conversation_id, Face.SEEKER, now)
    forget_unread(connection, record, now)
    if ConversationEvent.CLOSED in TABLE[record.secrets.state]:
        tally.ended(connection, record, STOPPED, now)
        conversations.apply(connection, keyring, record, ConversationEvent.CLOSED, now)
        record.change(closed_at=to_micros(now))
    record.change(wishes=replace(record.secrets.wishes, no_mail=True))


def forget_unread(connection: Connection, record: Record, now: datetime) -> None:
    """What nobody has read, or answered, is forgotten."""
    for find, end in _UNREAD.values():
        for row in connection.execute(find, {"of_conversation": record.conversation_id}).all():
            connection.execute(end, {"this": row.entry_id, "now": to_micros(now)})
            bodies.forget(connection, Owner.ENTRY, row.entry_id, row.chunk_count)


def want_mail(record: Record) -> None:
    """They have written again, so they may be written to."""
    if record.secrets.wishes.no_mail:
        record.change(wishes=replace(record.secrets.wishes, no_mail=False))


def set_discretion(record: Record, discreet: bool, hours: str) -> None:
    """How mail to them looks, and when it may reach them. Raises ``StateError`` for hours that nobody can read."""
    if hours and not is_span(hours):
        raise StateError("hours that no clock shows")
    record.change(wishes=Wishes(record.secrets.wishes.no_mail, discreet, hours))


def ask_other(connection: Connection, keyring: Keyring, record: Record, now: datetime) -> None:
    """The conversation waits for somebody else, with what has not been answered; nobody is theirs any more."""
    acquaintances.forget(connection, keyring, record.secrets.seeker_addresses)
    if record.secrets.state is ConversationState.CLOSED:
        conversations.apply(connection, keyring, record, ConversationEvent.SEEKER_WROTE, now)
    if record.secrets.state in HELD_BY_A_COUNSELOR:
        counts.once(connection, record, Measure.MOVED, BY_SEEKER, now)
        handing_back.hand_back(connection, keyring, record, now, presence=None, excludes=FOR_EVER)
