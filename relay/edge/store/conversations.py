"""Conversations in the store: one sealed record each, its aliases and its thread links.

Called by ``settling``, ``duty`` and ``SqlStore``, always within their transaction. A ``Record`` is read,
changed in memory and saved; saving checks that nobody saved in between (``Stale``) and counts the version up.
The version and the state are sealed in with the rest, so that a row whose columns were changed, or
whose sealed part was put back from before, raises ``CipherError`` instead of speaking to the wrong person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from relay.domain.conversations import (
    HELD_BY_A_COUNSELOR,
    ConversationEvent,
    ConversationState,
    Side,
    advance,
)
from relay.edge.store import acquaintances, aliases, clocks, counselors, datakeys
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.record import Record, Secrets, opened_secrets, place_of
from relay.edge.store.sealing import place
from relay.edge.store.tables import (
    IS_WAITING,
    conversations,
    data_keys,
    from_micros,
    pseudonyms_used,
    thread_links,
    to_micros,
)
from relay.errors import CipherError, StateError
from relay.flow.outcomes import NewConversation
from relay.flow.ports import Stale, StoredConversation, Waiting
from relay.flow.values import ThreadLink

NEWEST_LINKS = 100
"""Thread links in a snapshot, beside the very first. Each is opened for each letter (3.5 us), and hardly anybody
answers what was written a hundred letters ago: who does finds their answer at the end of the thread."""

_WORDS = frozenset({ConversationEvent.SEEKER_WROTE, ConversationEvent.COUNSELOR_WROTE})
"""Steps that leave a question before a hand-over open."""

_NOBODY_RESPONSIBLE = frozenset({ConversationState.WAITING, ConversationState.HANDOVER})

WITH_KEY = conversations.join(
    data_keys,
    and_(
        data_keys.c.owner == Owner.CONVERSATION.value,
        data_keys.c.owner_id == conversations.c.conversation_id,
    ),
    isouter=True,
)
_SELECT = (
    select(*conversations.c, data_keys.c.wrapped)
    .select_from(WITH_KEY)
    .where(conversations.c.conversation_id == bindparam("wanted"))
)
_SELECT_FOR_UPDATE = _SELECT.with_for_update(of=conversations)
_SELECT_WAITING = (
    select(*conversations.c, data_keys.c.wrapped)
    .select_from(WITH_KEY)
    .where(IS_WAITING)
    .order_by(conversations.c.queue_rank, conversations.c.waiting_since)
    .limit(bindparam("at_most"))
)
_INSERT = insert(conversations)
_SAVE = update(conversations).where(
    conversations.c.conversation_id == bindparam("saved_id"),
    conversations.c.version == bindparam("read_version"),
)
_INSERT_PSEUDONYM = insert(pseudonyms_used)
_INSERT_LINK = insert(thread_links)
_SELECT_LINKS = (
    select(thread_links.c.position, thread_links.c.sealed)
    .where(
        thread_links.c.conversation_id == bindparam("wanted"), thread_links.c.position >= bindparam("lowest")
    )
    .order_by(thread_links.c.position)
)
_SELECT_FIRST_LINK = select(thread_links.c.position, thread_links.c.sealed).where(
    thread_links.c.conversation_id == bindparam("wanted"), thread_links.c.position == 0
)


def create(connection: Connection, keyring: Keyring, new: NewConversation, now: datetime) -> Record:
    """Write a new conversation in state ``WAITING``, or ``ASSIGNED`` when ``new`` names a counselor.

    Raises ``Stale`` when its pseudonym was ever used, an alias is taken, or the counselor has no free slot.
    """
    key, key_row = datakeys.mint(keyring, Owner.CONVERSATION, new.conversation_id)
    secrets = Secrets(
        state=advance(ConversationState.NEW, ConversationEvent.REQUESTED),
        intake=new.intake,
        language=new.language,
        seeker_addresses=new.seeker_addresses,
        seeker_names=new.seeker_names,
        pseudonym=new.pseudonym,
        seeker_alias=new.seeker_alias,
        counselor_alias=new.counselor_alias,
        counselor_id=None,
        acknowledged=False,
        links=0,
        excluded=tuple((who, to_micros(until)) for who, until in new.excluded),
        wishes=new.wishes,
    )
    record = Record(new.conversation_id, key, secrets, 0, now, now)
    if new.counselor_id is not None:
        counselors.take_slot(connection, keyring, new.counselor_id, now, capacity=new.capacity)
        state = advance(secrets.state, ConversationEvent.ASSIGNED)
        acquaintances.remember(connection, keyring, new.seeker_addresses, new.counselor_id, now)
        record.change(state=state, counselor_id=new.counselor_id)
        record.waiting_since = None
    try:
        connection.execute(_INSERT_PSEUDONYM, {"pseudonym": keyring.index(Purpose.PSEUDONYM, new.pseudonym)})
        datakeys.keep(connection, [key_row])
        connection.execute(_INSERT, _columns(record, now))
    except IntegrityError:
        raise Stale("a pseudonym or a conversation id is taken") from None
    record.found_version, record.is_changed = 1, False
    for side, alias in ((Side.SEEKER, new.seeker_alias), (Side.COUNSELOR, new.counselor_alias)):
        aliases.add(
            connection, keyring, key, conversation_id=new.conversation_id, stands_for=side, alias=alias
        )
    return record


def load(
    connection: Connection, keyring: Keyring, conversation_id: bytes, *, to_change: bool
) -> Record | None:
    """Read a conversation. Raises ``CipherError``."""
    statement = _SELECT_FOR_UPDATE if to_change else _SELECT
    row = connection.execute(statement, {"wanted": conversation_id}).first()
    return None if row is None else opened(keyring, row)


def save(connection: Connection, record: Record, now: datetime) -> None:
    """Write a changed record and count its version up. Raises ``Stale`` when somebody else did meanwhile."""
    if not record.is_changed:
        return
    read_version = record.found_version
    key = {"saved_id": record.conversation_id, "read_version": read_version}
    columns = _columns(record, now)
    del columns["conversation_id"], columns["opened_at"]
    if not connection.execute(_SAVE, {**columns, **key}).rowcount:
        raise Stale("a conversation has moved on")
    record.found_version, record.is_changed = read_version + 1, False


def apply(
    connection: Connection, keyring: Keyring, record: Record, event: ConversationEvent, now: datetime
) -> None:
    """Take one step of the state table, with what follows for slots, aliases, waiting and the clock.

    A conversation that leaves its counselor for the queue retires the alias that this counselor wrote to.
    Raises ``StateError``.
    """
    before = record.secrets.state
    after = advance(before, event)
    if after is ConversationState.ERASED:
        raise StateError("erasing is not something that a message does")
    counselor_id = record.secrets.counselor_id
    if counselor_id is not None and (before in HELD_BY_A_COUNSELOR) != (after in HELD_BY_A_COUNSELOR):
        if after in HELD_BY_A_COUNSELOR:
            counselors.take_slot(connection, keyring, counselor_id, None, capacity=None)
        else:
            counselors.free_slot(connection, keyring, counselor_id)
    if after in _NOBODY_RESPONSIBLE and before not in _NOBODY_RESPONSIBLE:
        aliases.retire(connection, keyring, record.secrets.seeker_alias, now)
        record.change(counselor_id=None)
    clocks.follow(connection, record.conversation_id, event, now)
    if event not in _WORDS and record.secrets.asked is not None:
        record.change(asked=None)
    record.waiting_since = (record.waiting_since or now) if after in _NOBODY_RESPONSIBLE else None
    record.change(state=after)


def add_link(connection: Connection, record: Record, link: ThreadLink) -> None:
    """Remember one relayed message at the end of the thread."""
    position = record.secrets.links
    plain = msgspec.msgpack.encode((link.author.value, link.author_id, link.our_id))
    sealed = record.key.seal(plain, _link_place(record.conversation_id, position))
    row = {"conversation_id": record.conversation_id, "position": position, "sealed": sealed}
    try:
        connection.execute(_INSERT_LINK, row)
    except IntegrityError:
        raise Stale("a thread has moved on") from None
    record.change(links=position + 1)


def snapshot(
    connection: Connection, keyring: Keyring, conversation_id: bytes, *, with_thread: bool = True
) -> StoredConversation | None:
    """A conversation, with its thread if wanted: the very first link and the newest. Raises ``CipherError``."""
    record = load(connection, keyring, conversation_id, to_change=False)
    if record is None:
        return None
    secrets = record.secrets
    return StoredConversation(
        conversation_id=conversation_id,
        state=secrets.state,
        version=record.found_version,
        intake=secrets.intake,
        language=secrets.language,
        seeker_addresses=secrets.seeker_addresses,
        seeker_names=secrets.seeker_names,
        pseudonym=secrets.pseudonym,
        seeker_alias=secrets.seeker_alias,
        counselor_alias=secrets.counselor_alias,
        counselor_id=secrets.counselor_id,
        acknowledged=secrets.acknowledged,
        opened_at=record.opened_at,
        thread=_thread(connection, record) if with_thread else (),
        excluded=_excluded(secrets),
        wishes=secrets.wishes,
        risk=secrets.risk,
        key_standing=secrets.key_standing,
        call=secrets.call,
        asked=secrets.asked,
        tags=secrets.tags,
        closed_at=from_micros(secrets.closed_at) if secrets.closed_at else None,
        queue=secrets.queue,
    )


def waiting(
    connection: Connection, keyring: Keyring, limit: int, unreadable: Callable[[str], None]
) -> tuple[Waiting, ...]:
    """Conversations that nobody is responsible for, longest waiting first.

    One that does not open must not keep the others waiting: it is passed over and told to ``unreadable``.
    """
    found = []
    for row in connection.execute(_SELECT_WAITING, {"at_most": limit}):
        try:
            record = opened(keyring, row)
        except CipherError:
            unreadable(conversations.name)
            continue
        secrets = record.secrets
        found.append(
            Waiting(
                record.conversation_id,
                record.found_version,
                secrets.intake,
                secrets.language,
                record.waiting_since or record.opened_at,
                secrets.seeker_addresses,
                _excluded(secrets),
                secrets.tags,
                secrets.queue,
                secrets.asked,
            )
        )
    return tuple(found)


def _excluded(secrets: Secrets) -> tuple[tuple[str, datetime], ...]:
    return tuple((counselor_id, from_micros(until)) for counselor_id, until in secrets.excluded)


def _thread(connection: Connection, record: Record) -> tuple[ThreadLink, ...]:
    count = record.secrets.links
    if not count:
        return ()
    lowest = max(0, count - NEWEST_LINKS)
    rows = connection.execute(_SELECT_LINKS, {"wanted": record.conversation_id, "lowest": lowest}).all()
    expected = list(range(lowest, count))
    if lowest:
        rows = [*connection.execute(_SELECT_FIRST_LINK, {"wanted": record.conversation_id}).all(), *rows]
        expected.insert(0, 0)
    if [position for position, _ in rows] != expected:
        raise CipherError("thread links are missing")
    return tuple(_open_link(record, position, sealed) for position, sealed in rows)


def _open_link(record: Record, position: int, sealed: bytes) -> ThreadLink:
    plain = record.key.open(sealed, _link_place(record.conversation_id, position))
    author, author_id, our_id = msgspec.msgpack.decode(plain, type=tuple[str, str, str])
    return ThreadLink(Side(author), author_id, our_id)


def opened(keyring: Keyring, row: Any) -> Record:
    """A row with its data key (``WITH_KEY``) as a record. Raises ``CipherError``."""
    if row.wrapped is None:
        raise CipherError("the data key of a conversation is gone")
    key = datakeys.unwrap(keyring, Owner.CONVERSATION, row.conversation_id, row.wrapped)
    secrets = opened_secrets(key, row.conversation_id, row.version, row.sealed)
    is_waiting = secrets.state in _NOBODY_RESPONSIBLE
    shown = (row.state, row.waiting_since is not None, row.queue_rank)
    if shown != (secrets.state.value, is_waiting, secrets.risk.rank):
        raise CipherError("the columns of a conversation were changed")
    waiting_since = None if row.waiting_since is None else from_micros(row.waiting_since)
    return Record(row.conversation_id, key, secrets, row.version, from_micros(row.opened_at), waiting_since)


def _columns(record: Record, now: datetime) -> dict[str, Any]:
    version = record.found_version + 1
    plain = msgspec.msgpack.encode(record.secrets)
    return {
        "conversation_id": record.conversation_id,
        "state": record.secrets.state.value,
        "version": version,
        "opened_at": to_micros(record.opened_at),
        "changed_at": to_micros(now),
        "waiting_since": None if record.waiting_since is None else to_micros(record.waiting_since),
        "owes_briefing": record.secrets.owes_briefing,
        "queue_rank": record.secrets.risk.rank,
        "sealed": record.key.seal(plain, place_of(record.conversation_id, version)),
    }


def _link_place(conversation_id: bytes, position: int) -> bytes:
    return place("thread_links", "sealed", conversation_id, position)
