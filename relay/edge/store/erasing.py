"""Forgetting a conversation: everything that the store holds of it goes, in one transaction.

Called by ``settling`` (FORGET ME), ``forgetting`` (the operator's word) and ``purging`` (its time is over). What a
data key sealed is gone with the key; the rows go as well, so that nobody can count what there was. SQLite's
``secure_delete`` writes zeros over what was deleted, but not over copies that it left behind when it moved rows to
other pages (measured: of 24,000 keys that were deleted among others, up to eight could still be read in the file),
and a wrapped data key is a few octets that the master key opens: so keys are kept in slots that are written over where
they lie (``tables_key_slots``), and the WAL, which holds pages as they were, is cut off afterwards (``forgetting``).

Tables are found by their reference to a conversation, so that a table that is added later is emptied, too. What only
finds something by a person's address (``_BY_ADDRESS``) is deleted by the addresses that the conversation knew.

What stays: blocks, which are the operator's and end by themselves; blind indexes of messages that were taken, for two
days, and of the pseudonym, so that it is never given to somebody else. None of them can be turned into an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, LargeBinary, Table, bindparam, delete, select

from relay.domain.conversations import HELD_BY_A_COUNSELOR, OVER, ConversationEvent, advance
from relay.domain.measures import FORGOTTEN
from relay.edge import randomness
from relay.edge.store import bodies, conversations, counselors, datakeys, key_versions, tally
from relay.edge.store.datakeys import Owner
from relay.edge.store.dumping import SOMEBODY_LEFT
from relay.edge.store.inbox import open_envelope
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.record import Record
from relay.edge.store.tables import (
    ENTRY_IS_HELD,
    ENTRY_IS_RECEIVED,
    acquaintances,
    aliases,
    deliveries,
    entries,
    metadata,
    signatures,
    told,
)
from relay.edge.store.tables import conversations as table
from relay.errors import CipherError
from relay.flow.outcomes import bound_to_entry
from relay.flow.seeker_keys import TOLD_KEY

MAX_UNSORTED = 5_000
"""Entries that no conversation is known of and that are looked through for this one's aliases."""

_BY_ADDRESS: tuple[tuple[Table, Column[bytes], Purpose], ...] = (
    (told, told.c.person, Purpose.TOLD),
    (acquaintances, acquaintances.c.seeker, Purpose.ACQUAINTANCE),
)

_MARK_OCTETS = 16

_TOLD_AS = ("", "commands ", TOLD_KEY)
"""What stands before an address where it is noted for what it was written to (``Settled.answers_automatically``)."""

_ENTRIES = select(entries.c.entry_id, entries.c.chunk_count).where(
    entries.c.conversation_id == bindparam("erased")
)
_UNSORTED = [
    select(entries.c.entry_id, entries.c.chunk_count, entries.c.envelope)
    .where(is_so, entries.c.conversation_id.is_(None), entries.c.envelope.is_not(None))
    .limit(MAX_UNSORTED)
    for is_so in (ENTRY_IS_RECEIVED, ENTRY_IS_HELD)
]
_DELIVERIES = select(deliveries.c.delivery_id, deliveries.c.chunk_count).where(
    deliveries.c.conversation_id == bindparam("erased")
)
_TOKENS = select(aliases.c.token).where(aliases.c.conversation_id == bindparam("erased"))
_DROP_ENTRY = delete(entries).where(entries.c.entry_id == bindparam("this"))
_DROP_DELIVERY = delete(deliveries).where(deliveries.c.delivery_id == bindparam("this"))
_DROP_SIGNATURES = delete(signatures).where(signatures.c.bound == bindparam("bound_to"))
_DROP = delete(table).where(table.c.conversation_id == bindparam("erased"))


def referring() -> tuple[tuple[Table, Column[bytes]], ...]:
    """Every table whose rows belong to a conversation, beside those whose rows have bodies."""
    return tuple(
        (each, column)
        for each in reversed(metadata.sorted_tables)
        if each not in (entries, deliveries)
        for column in each.columns
        if any(key.references(table) for key in column.foreign_keys) and isinstance(column.type, LargeBinary)
    )


def erase(connection: Connection, keyring: Keyring, record: Record) -> None:
    """Forget a conversation that is read ``to_change``, with all that hangs on it. Raises ``StateError``."""
    secrets = record.secrets
    advance(secrets.state, ConversationEvent.ERASED)
    if secrets.counselor_id is not None and secrets.state in HELD_BY_A_COUNSELOR:
        counselors.free_slot(connection, keyring, secrets.counselor_id)
    _drop_rows(connection, keyring, record.conversation_id)
    for each, column, purpose in _BY_ADDRESS:
        for address in secrets.seeker_addresses:
            for known in {before + form for before in _TOLD_AS for form in (address, address.lower())}:
                connection.execute(delete(each).where(column == keyring.index(purpose, known)))


def _drop_rows(connection: Connection, keyring: Keyring, conversation_id: bytes) -> None:
    """Delete every row that belongs to a conversation, what they sealed, and its data key."""
    tokens = {bytes(token) for token in connection.execute(_TOKENS, {"erased": conversation_id}).scalars()}
    bound = [*tokens, keyring.index(Purpose.TOKEN, conversation_id.hex())]
    for entry_id, chunk_count in (
        *connection.execute(_ENTRIES, {"erased": conversation_id}).all(),
        *_unsorted(connection, keyring, tokens),
    ):
        bodies.forget(connection, Owner.ENTRY, entry_id, chunk_count)
        connection.execute(_DROP_ENTRY, {"this": entry_id})
        bound += [keyring.index(Purpose.TOKEN, each) for each in (entry_id.hex(), bound_to_entry(entry_id))]
    for delivery_id, chunk_count in connection.execute(_DELIVERIES, {"erased": conversation_id}).all():
        drop_delivery(connection, delivery_id, chunk_count)
    for each, column in referring():
        connection.execute(delete(each).where(column == conversation_id))
    for bound_to in bound:
        connection.execute(_DROP_SIGNATURES, {"bound_to": bound_to})
    datakeys.destroy(connection, Owner.CONVERSATION, [conversation_id])
    connection.execute(_DROP, {"erased": conversation_id})
    key_versions.write(connection, SOMEBODY_LEFT, randomness.octets(_MARK_OCTETS))


def erase_all(connection: Connection, keyring: Keyring, records: Sequence[Record], entry_id: bytes) -> None:
    """Forget conversations, with the entry that asked for it and whose content has gone already."""
    for record in records:
        erase(connection, keyring, record)
        connection.execute(_DROP_ENTRY, {"this": entry_id})


def erase_by_id(
    connection: Connection, keyring: Keyring, conversation_id: bytes, asked_at: datetime | None = None
) -> bool:
    """The same for whoever has only the id; ``False`` when there is no such conversation.

    ``asked_at``: somebody has asked for it, which is counted where it is the end of the conversation.
    One that does not open any more is forgotten as far as its rows say what belongs to it.
    """
    try:
        record = conversations.load(connection, keyring, conversation_id, to_change=True)
    except CipherError:
        _drop_rows(connection, keyring, conversation_id)
        return True
    if record is None:
        return False
    if asked_at is not None and record.secrets.state not in OVER:
        tally.ended(connection, record, FORGOTTEN, asked_at)
    erase(connection, keyring, record)
    return True


def drop_entry(connection: Connection, entry_id: bytes) -> None:
    """Forget that an entry was ever there, once its content has gone: nobody is to know when it came."""
    connection.execute(_DROP_ENTRY, {"this": entry_id})


def drop_delivery(connection: Connection, delivery_id: bytes, chunk_count: int) -> None:
    """Forget a delivery with its trace."""
    bodies.forget(connection, Owner.DELIVERY, delivery_id, chunk_count)
    connection.execute(_DROP_DELIVERY, {"this": delivery_id})


def _unsorted(connection: Connection, keyring: Keyring, tokens: set[bytes]) -> list[tuple[bytes, int]]:
    """Entries that are for aliases of this conversation alone and were never linked to it: held before they were
    understood, or not routed yet.
    """
    found = []
    for entry_id, chunk_count, sealed in [
        row for each in _UNSORTED for row in connection.execute(each).all()
    ]:
        try:
            key = datakeys.load(connection, keyring, Owner.ENTRY, entry_id)
            paths = open_envelope(key, entry_id, sealed).forward_paths
        except CipherError:
            continue
        if all(keyring.index(Purpose.TOKEN, path.local) in tokens for path in paths):
            found.append((entry_id, chunk_count))
    return found
