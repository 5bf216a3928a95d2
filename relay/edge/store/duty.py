"""What happens in the store when a counselor becomes responsible for a conversation that waited, or is no longer.

Called by ``SqlStore.assign`` and ``duties``. Slot, alias, conversation, clock and waiting entries change in one
transaction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from relay.domain.conversations import ConversationEvent, ConversationState, Side, advance
from relay.edge.store import acquaintances, aliases, clocks, conversations, counselors, entries, handing_back
from relay.edge.store.keys import Keyring
from relay.edge.store.record import Record
from relay.errors import StateError
from relay.flow.ports import Stale, Waiting


def assign(
    connection: Connection,
    keyring: Keyring,
    waiting: Waiting,
    counselor_id: str,
    capacity: int,
    seeker_alias: str,
    now: datetime,
) -> tuple[bytes, ...]:
    """Make a counselor responsible; the ids of the entries that waited, oldest first.

    The alias that an earlier counselor wrote to accepts nothing from now on. Raises ``Stale`` when the
    conversation has moved on or the counselor has no free slot.
    """
    record = conversations.load(connection, keyring, waiting.conversation_id, to_change=True)
    if record is None or record.found_version != waiting.version:
        raise Stale("a conversation has moved on")
    give(
        connection,
        keyring,
        record,
        counselor_id=counselor_id,
        capacity=capacity,
        seeker_alias=seeker_alias,
        now=now,
    )
    conversations.save(connection, record, now)
    return entries.assigned(connection, record.conversation_id)


def give(
    connection: Connection,
    keyring: Keyring,
    record: Record,
    *,
    counselor_id: str,
    capacity: int,
    seeker_alias: str,
    now: datetime,
) -> None:
    """Give a conversation that waits to a counselor; changes ``record`` without saving it. Raises ``Stale``."""
    try:
        state = advance(record.secrets.state, ConversationEvent.ASSIGNED)
    except StateError:
        raise Stale("a conversation does not wait any more") from None
    counselors.take_slot(connection, keyring, counselor_id, now, capacity=capacity)
    aliases.retire(connection, keyring, record.secrets.seeker_alias, now)
    aliases.add(
        connection,
        keyring,
        record.key,
        conversation_id=record.conversation_id,
        stands_for=Side.SEEKER,
        alias=seeker_alias,
    )
    record.waiting_since = None
    acquaintances.remember(connection, keyring, record.secrets.seeker_addresses, counselor_id, now)
    record.change(state=state, counselor_id=counselor_id, seeker_alias=seeker_alias, asked=None)
    clocks.turn(connection, record.conversation_id, now)


def let_go(
    connection: Connection, keyring: Keyring, conversation_id: bytes, version: int, now: datetime
) -> None:
    """A conversation of a pool waits for whoever is on duty next, with what has not been answered.

    One that was closed is opened again. Raises ``Stale`` when it has moved on.
    """
    record = conversations.load(connection, keyring, conversation_id, to_change=True)
    if record is None or record.found_version != version:
        raise Stale("a conversation has moved on")
    try:
        if record.secrets.state is ConversationState.CLOSED:
            conversations.apply(connection, keyring, record, ConversationEvent.SEEKER_WROTE, now)
        handing_back.hand_back(
            connection, keyring, record, now, presence=None, excludes=None, reached_them=True
        )
    except StateError:
        raise Stale("a conversation is nobody's to let go") from None
    conversations.save(connection, record, now)
