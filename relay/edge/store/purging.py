"""Conversations whose time is over, and counselors who have none and are not in the configuration any more.

Called by ``broom``. A conversation is forgotten exactly as with FORGET ME, but for the farewell: nobody is told. It
stays while anything of it is under way: a message that was not read yet, waits or is held, or that was not delivered.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, or_, select

from relay.domain.entries import EntryState
from relay.domain.retention import Retention
from relay.edge.store import erasing, seals
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.seals import Of
from relay.edge.store.tables import conversations, counselors, deliveries, entries, overrides, to_micros
from relay.edge.store.tables_over import CONVERSATION_IS_OVER

STEP = 20
"""Conversations in one transaction: each is some dozens of statements, so that mail waits a few milliseconds."""

_UNFINISHED = (EntryState.RECEIVED, EntryState.WAITING, EntryState.HELD)

_OVER = (
    select(conversations.c.conversation_id)
    .where(
        CONVERSATION_IS_OVER,
        conversations.c.changed_at <= bindparam("before"),
        ~exists().where(
            entries.c.conversation_id == conversations.c.conversation_id,
            or_(*(entries.c.state == each.value for each in _UNFINISHED)),
        ),
        ~exists().where(
            deliveries.c.conversation_id == conversations.c.conversation_id, deliveries.c.ended_at.is_(None)
        ),
    )
    .order_by(conversations.c.changed_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_COUNTED = select(counselors.c.counselor)
_SAID = select(overrides.c.counselor)
_DROP_COUNSELOR = delete(counselors).where(
    counselors.c.counselor == bindparam("who"), counselors.c.open_count == 0
)
_DROP_SAID = delete(overrides).where(overrides.c.counselor == bindparam("who"))


def over_conversations(connection: Connection, keyring: Keyring, now: datetime, kept: Retention) -> int:
    """Conversations that ended, or were changed last, longer ago than is kept; returns how many."""
    values = {"before": to_micros(now - kept.closed), "at_most": STEP}
    found = [bytes(each) for each in connection.execute(_OVER, values).scalars()]
    return sum(erasing.erase_by_id(connection, keyring, conversation_id) for conversation_id in found)


def departed(connection: Connection, keyring: Keyring, staff: Collection[str]) -> int:
    """What is kept of counselors who are not among ``staff`` and have nothing open; returns of how many.

    Who is taken back later begins anew: nothing is counted of them, and what they said of their duty is gone.
    """
    known = {keyring.index(Purpose.COUNSELOR, each) for each in staff}
    found = {bytes(each) for each in connection.execute(_COUNTED).scalars()}
    gone = [who for who in found - known if connection.execute(_DROP_COUNSELOR, {"who": who}).rowcount]
    for who in gone:
        seals.drop(connection, Of.COUNSELOR, who)
    said = {bytes(each) for each in connection.execute(_SAID).scalars()} - known
    for who in said:
        connection.execute(_DROP_SAID, {"who": who})
    return len({*gone, *said})
