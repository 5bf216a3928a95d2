"""Words that are kept, and a conversation that goes back to the queue with them.

Called by ``settling`` and ``SqlStore``, within their transaction. What a seeker wrote stays, sealed, after it was
passed on, for a report may still come that its reader cannot be reached, or the answer may not come, and then somebody
else must read it. It goes when the reader has answered, or a grace after it was delivered, and two weeks later while
an answer is owed; when a report comes later than that, its author is asked to write again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, exists, func, or_, select, update

from relay.domain.clocks import Awaits
from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent
from relay.domain.entries import EntryEvent, EntryState, advance
from relay.domain.measures import BY_COUNSELOR, BY_RELAY, Measure
from relay.domain.presence import Presence
from relay.edge.store import aliases, bodies, conversations, counselors, counts
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring
from relay.edge.store.record import Record
from relay.edge.store.tables import ENTRY_IS_KEPT, clocks, deliveries, entries, to_micros
from relay.flow.outcomes import Face
from relay.flow.ports import Stale

ANSWERED_AFTER = timedelta(hours=1)
"""Most reports come within minutes: an answer lets go what was passed on this long before it, and no less."""

_OF_CONVERSATION = entries.c.conversation_id == bindparam("of_conversation")
_UNREAD = (
    update(entries)
    .where(_OF_CONVERSATION, ENTRY_IS_KEPT)
    .values(state=advance(EntryState.KEPT, EntryEvent.UNREAD).value, attempts=0, settled_at=None)
)
_IS_ON_ITS_WAY = exists().where(
    deliveries.c.entry_id == entries.c.entry_id,
    deliveries.c.reader == Face.COUNSELOR.value,
    deliveries.c.ended_at.is_(None),
)
"""Whoever answers has not read what their mail server has not taken yet."""
_UNANSWERED = _UNREAD.where(or_(entries.c.settled_at > bindparam("answered_at"), _IS_ON_ITS_WAY))
_ANSWERED_AT = select(func.max(entries.c.settled_at)).where(
    _OF_CONVERSATION, entries.c.state == EntryState.ROUTED.value
)
"""A counselor's letter is routed once; a seeker's is kept, and routed only when nobody needs it any more."""
_LET_GO = (
    update(entries)
    .where(entries.c.entry_id == bindparam("this"), ENTRY_IS_KEPT)
    .values(state=advance(EntryState.KEPT, EntryEvent.LET_GO).value, envelope=None, body=None)
)
_ANSWERED = select(entries.c.entry_id, entries.c.chunk_count).where(
    _OF_CONVERSATION, ENTRY_IS_KEPT, entries.c.settled_at <= bindparam("before"), ~_IS_ON_ITS_WAY
)
_OLD = (
    select(entries.c.entry_id, entries.c.chunk_count)
    .where(
        ENTRY_IS_KEPT,
        entries.c.settled_at <= bindparam("before"),
        or_(
            entries.c.settled_at <= bindparam("long_before"),
            ~exists().where(
                clocks.c.conversation_id == entries.c.conversation_id,
                clocks.c.awaits == Awaits.COUNSELOR.value,
            ),
        ),
        ~exists().where(
            deliveries.c.entry_id == entries.c.entry_id,
            or_(deliveries.c.ended_at.is_(None), deliveries.c.ended_at > bindparam("before")),
        ),
    )
    .limit(bindparam("at_most"))
)


def hand_back(
    connection: Connection,
    keyring: Keyring,
    record: Record,
    now: datetime,
    *,
    presence: Presence | None,
    excludes: datetime | None,
    reached_them: bool = False,
) -> None:
    """Take a conversation from its counselor; what they have not answered waits for the next one.

    ``excludes``: it does not go to them again before that instant. ``reached_them``: they can be reached, so that what
    was delivered before their last letter is answered. Changes ``record`` without saving it.
    """
    counselor_id = record.secrets.counselor_id
    if counselor_id is not None and excludes is not None:
        others = [each for each in record.secrets.excluded if each[0] != counselor_id]
        still = [each for each in others if each[1] > to_micros(now)]
        record.change(excluded=(*still, (counselor_id, to_micros(excludes))))
    conversations.apply(connection, keyring, record, ConversationEvent.RELEASED, now)
    of_it = {"of_conversation": record.conversation_id}
    if reached_them:
        answered_at = connection.execute(_ANSWERED_AT, of_it).scalar() or 0
        connection.execute(_UNANSWERED, {**of_it, "answered_at": answered_at})
    else:
        connection.execute(_UNREAD, of_it)
    if presence is not None:
        counselors.set_presence(connection, keyring, presence)


def moved(
    connection: Connection, keyring: Keyring, record: Record, now: datetime, excludes: datetime | None
) -> None:
    """A counselor gives a conversation to somebody else. Whoever is next hears of it, also when no words of the seeker
    are left to be passed on.
    """
    counts.once(connection, record, Measure.MOVED, BY_COUNSELOR, now)
    hand_back(connection, keyring, record, now, presence=None, excludes=excludes, reached_them=True)
    record.change(owes_briefing=True)


def undeliverable(
    connection: Connection,
    keyring: Keyring,
    return_path: str,
    now: datetime,
    presence: Presence | None,
    excludes: datetime,
) -> None:
    """A delivery to a counselor has failed: hand its conversation back, if it is still theirs.

    Raises ``Stale`` when it has moved on already: whoever took it away from them has told of it.
    """
    meaning = aliases.meaning(connection, keyring, return_path)
    if meaning is None or meaning.conversation_id is None:
        raise Stale("a delivery is not known any more")
    record = conversations.load(connection, keyring, meaning.conversation_id, to_change=True)
    # Looked up once more, for nobody else changes the conversation from now on.
    meaning = aliases.meaning(connection, keyring, return_path)
    if record is None or meaning is None or meaning.is_retired or meaning.was_left:
        raise Stale("a conversation has been handed back")
    if record.secrets.state not in HELD_BY_A_COUNSELOR:
        return
    counts.once(connection, record, Measure.MOVED, BY_RELAY, now)
    hand_back(connection, keyring, record, now, presence=presence, excludes=excludes)
    conversations.save(connection, record, now)


def answered(connection: Connection, conversation_id: bytes, now: datetime) -> None:
    """A counselor has written: what reached them some time ago is kept no longer."""
    values = {"of_conversation": conversation_id, "before": to_micros(now - ANSWERED_AFTER)}
    for entry_id, chunk_count in connection.execute(_ANSWERED, values).all():
        _let_go(connection, entry_id, chunk_count)


def let_go(connection: Connection, before: datetime, owed: timedelta, at_most: int) -> int:
    """Forget what was passed on, and delivered, before that instant; returns how many.

    While its answer is owed it stays, for somebody else may have to give it, but not longer than ``owed`` beyond that.
    """
    values = {
        "before": to_micros(before),
        "long_before": to_micros(before - owed),
        "at_most": at_most,
    }
    rows = connection.execute(_OLD, values).all()
    for entry_id, chunk_count in rows:
        _let_go(connection, entry_id, chunk_count)
    return len(rows)


def _let_go(connection: Connection, entry_id: bytes, chunk_count: int) -> None:
    connection.execute(_LET_GO, {"this": entry_id})
    bodies.leave(connection, Owner.ENTRY, entry_id, chunk_count)
