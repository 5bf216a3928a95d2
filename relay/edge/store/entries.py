"""Hops 3 to 7 in the store: leasing entries, reading them, holding and releasing them.

Called by ``SqlStore``. A lease is a time and a fence: every lease counts the fence up, and whoever comes
with an older one writes nothing. Attempts are counted before the work is done, so that an entry that
breaks its worker cannot do so for ever. An entry that does not open is held at once, where a person
sees it, and the queue goes on (P3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from relay.domain.entries import EntryEvent, EntryState, advance
from relay.edge.store import bodies, datakeys
from relay.edge.store.datakeys import Owner
from relay.edge.store.inbox import LEASE, Marks, envelope_place, open_envelope
from relay.edge.store.keys import Keyring
from relay.edge.store.sealing import SealingKey, place
from relay.edge.store.surroundings import Surroundings
from relay.edge.store.tables import (
    ENTRY_IS_HELD,
    ENTRY_IS_LEASED,
    ENTRY_IS_RECEIVED,
    ENTRY_IS_WAITING,
    data_keys,
    entries,
    from_micros,
    to_micros,
)
from relay.errors import CipherError
from relay.flow.outcomes import Change, HeldEntry
from relay.flow.ports import Stale
from relay.flow.values import LeasedEntry, Reason

MAX_HELD_SHOWN = 1000

_IS_THIS = entries.c.entry_id == bindparam("this")
_IS_MINE = and_(_IS_THIS, entries.c.fence == bindparam("my_fence"), ENTRY_IS_LEASED, ENTRY_IS_RECEIVED)
_IS_FREE = or_(entries.c.lease_until.is_(None), entries.c.lease_until <= bindparam("now"))

_LEASE = (
    update(entries)
    .where(_IS_THIS, ENTRY_IS_RECEIVED, _IS_FREE)
    .values(
        fence=entries.c.fence + 1,
        attempts=entries.c.attempts + 1,
        lease_until=bindparam("until"),
        node=bindparam("holder"),
    )
    .returning(
        entries.c.envelope,
        entries.c.received_at,
        entries.c.size_bytes,
        entries.c.attempts,
        entries.c.fence,
        entries.c.conversation_id,
        entries.c.confirmed,
        entries.c.approved,
        select(data_keys.c.wrapped)
        .where(data_keys.c.owner == Owner.ENTRY.value, data_keys.c.owner_id == bindparam("this"))
        .scalar_subquery()
        .label("wrapped"),
    )
)
_RECEIVED = (
    select(entries.c.entry_id)
    .where(ENTRY_IS_RECEIVED, _IS_FREE)
    .order_by(entries.c.received_at)
    .limit(bindparam("at_most"))
)
_BODY = select(entries.c.body, entries.c.chunk_count).where(_IS_THIS)
_SIZE = select(entries.c.size_bytes).where(_IS_THIS)
_GIVE_BACK = update(entries).where(_IS_MINE).values(lease_until=None)
_FREE_ALL = update(entries).where(ENTRY_IS_RECEIVED, ENTRY_IS_LEASED).values(lease_until=None)
_OUTCOME: dict[str, Any] = {
    "state": bindparam("new_state"),
    "reason": bindparam("new_reason"),
    "conversation_id": func.coalesce(bindparam("new_conversation_id"), entries.c.conversation_id),
    "changes": bindparam("new_changes"),
    "settled_at": bindparam("now"),
    "lease_until": None,
}
_KEEP = update(entries).where(_IS_MINE).values(_OUTCOME).returning(entries.c.chunk_count)
_END = _KEEP.values(envelope=None, body=None)
_HELD = (
    select(
        entries.c.entry_id,
        entries.c.reason,
        entries.c.received_at,
        entries.c.size_bytes,
        entries.c.changes,
        data_keys.c.wrapped,
    )
    .select_from(
        entries.join(
            data_keys,
            and_(data_keys.c.owner == Owner.ENTRY.value, data_keys.c.owner_id == entries.c.entry_id),
            isouter=True,
        )
    )
    .where(ENTRY_IS_HELD)
    .order_by(entries.c.received_at)
    .limit(MAX_HELD_SHOWN)
)
_MARKED = (
    select(entries.c.envelope, entries.c.confirmed, entries.c.approved)
    .where(_IS_THIS, ENTRY_IS_HELD)
    .with_for_update()
)
_RELEASE = (
    update(entries)
    .where(_IS_THIS, ENTRY_IS_HELD)
    .values(
        state=advance(EntryState.HELD, EntryEvent.RELEASED).value,
        confirmed=bindparam("is_confirmed"),
        approved=bindparam("is_approved"),
        envelope=bindparam("marked"),
        attempts=0,
        reason=None,
        changes=None,
        settled_at=None,
    )
)
_ASSIGNED = (
    update(entries)
    .where(entries.c.conversation_id == bindparam("of_conversation"), ENTRY_IS_WAITING)
    .values(
        state=advance(EntryState.WAITING, EntryEvent.ASSIGNED).value, attempts=0, reason=None, settled_at=None
    )
    .returning(entries.c.entry_id, entries.c.received_at)
)
_KEPT_STATES = frozenset({EntryState.WAITING, EntryState.HELD, EntryState.KEPT})
"""States in which the content is still needed."""


def lease(
    connection: Connection,
    keyring: Keyring,
    entry_id: bytes,
    now: datetime,
    around: Surroundings,
) -> LeasedEntry | None:
    """Take an entry if it is to be had. One that does not open is held instead and told to ``unreadable``."""
    until = to_micros(now + LEASE)
    row = connection.execute(
        _LEASE, {"this": entry_id, "now": to_micros(now), "until": until, "holder": around.node}
    ).first()
    if row is None:
        return None
    try:
        key = datakeys.unwrap(keyring, Owner.ENTRY, entry_id, row.wrapped or b"")
        marks = (bool(row.confirmed), bool(row.approved))
        envelope = open_envelope(key, entry_id, row.envelope or b"", marks)
    except CipherError:
        _settle(
            connection,
            entry_id,
            fence=row.fence,
            state=EntryState.HELD,
            reason=Reason.UNREADABLE,
            now=now,
        )
        around.unreadable(entries.name)
        return None
    return LeasedEntry(
        entry_id,
        envelope,
        from_micros(row.received_at),
        row.size_bytes,
        row.attempts,
        row.fence,
        row.conversation_id,
        *marks,
    )


def received(connection: Connection, now: datetime, limit: int) -> tuple[bytes, ...]:
    """Ids of entries that a worker can take, oldest first."""
    return tuple(connection.execute(_RECEIVED, {"now": to_micros(now), "at_most": limit}).scalars())


def size_of(connection: Connection, entry_id: bytes) -> int | None:
    """Octets of the content of an entry; ``None`` when there is no such entry."""
    size: int | None = connection.execute(_SIZE, {"this": entry_id}).scalar()
    return size


def read_body(connection: Connection, keyring: Keyring, entry_id: bytes) -> bytes:
    """Open the content of an entry. Raises ``CipherError``, also when there is none any more."""
    row = connection.execute(_BODY, {"this": entry_id}).first()
    if row is None:
        raise CipherError("a body is gone")
    return bodies.read(
        connection, keyring, Owner.ENTRY, entry_id, inline=row.body, chunk_count=row.chunk_count
    )


def give_back(connection: Connection, entry: LeasedEntry) -> None:
    """End a lease; nothing happens when it is not ours any more."""
    connection.execute(_GIVE_BACK, {"this": entry.entry_id, "my_fence": entry.fence})


def void_leases(connection: Connection) -> None:
    """End all leases: at the start of the only node their holders are dead."""
    connection.execute(_FREE_ALL)


def finish(
    connection: Connection,
    keyring: Keyring,
    entry: LeasedEntry,
    event: EntryEvent,
    now: datetime,
    *,
    reason: Reason | None = None,
    conversation_id: bytes | None = None,
    changes: Sequence[Change] = (),
) -> None:
    """Write what came of a leased entry; forgets its content unless it waits, is held or kept.

    Raises ``Stale`` when the lease is not ours any more, ``StateError`` for an event that a received
    entry does not take.
    """
    state = advance(EntryState.RECEIVED, event)
    sealed = None
    if state is EntryState.HELD and changes:
        key = datakeys.load(connection, keyring, Owner.ENTRY, entry.entry_id)
        sealed = key.seal(msgspec.msgpack.encode(list(changes)), _changes_place(entry.entry_id))
    _settle(
        connection,
        entry.entry_id,
        fence=entry.fence,
        state=state,
        reason=reason,
        now=now,
        conversation_id=conversation_id,
        changes=sealed,
    )


def assigned(connection: Connection, conversation_id: bytes) -> tuple[bytes, ...]:
    """Make the entries that waited for a conversation RECEIVED again; their ids, oldest first."""
    rows = connection.execute(_ASSIGNED, {"of_conversation": conversation_id}).all()
    return tuple(entry_id for entry_id, _ in sorted(rows, key=lambda row: row.received_at))


def held(connection: Connection, keyring: Keyring) -> tuple[HeldEntry, ...]:
    """The oldest held entries, at most ``MAX_HELD_SHOWN``; changes that do not open are left out."""
    return tuple(
        HeldEntry(
            row.entry_id,
            row.reason or "",
            from_micros(row.received_at),
            row.size_bytes,
            _changes(keyring, row),
        )
        for row in connection.execute(_HELD)
    )


def release(connection: Connection, keyring: Keyring, entry_id: bytes, confirmed: bool) -> bool:
    """Let a held entry be worked on again, with all its attempts; ``False`` when it is not held."""
    return _let_go(connection, keyring, entry_id, lambda before: (confirmed, before[1]))


def approve(connection: Connection, keyring: Keyring, entry_id: bytes) -> bool:
    """Let a held entry be routed again with a supervisor's word; ``False`` when it is not held."""
    return _let_go(connection, keyring, entry_id, lambda before: (before[0], True))


def _let_go(
    connection: Connection, keyring: Keyring, entry_id: bytes, decided: Callable[[Marks], Marks]
) -> bool:
    """With the decision bound to its envelope; one that does not open stays so, and ``lease`` holds it again."""
    row = connection.execute(_MARKED, {"this": entry_id}).first()
    if row is None:
        return False
    before = (bool(row.confirmed), bool(row.approved))
    after, envelope = decided(before), row.envelope
    try:
        key = datakeys.load(connection, keyring, Owner.ENTRY, entry_id)
        envelope = key.seal(
            key.open(envelope or b"", envelope_place(entry_id, before)), envelope_place(entry_id, after)
        )
    except CipherError:
        pass
    values = {"this": entry_id, "marked": envelope, "is_confirmed": after[0], "is_approved": after[1]}
    return bool(connection.execute(_RELEASE, values).rowcount)


def _settle(
    connection: Connection,
    entry_id: bytes,
    *,
    fence: int,
    state: EntryState,
    reason: Reason | None,
    now: datetime,
    conversation_id: bytes | None = None,
    changes: bytes | None = None,
) -> None:
    values = {
        "new_state": state.value,
        "new_reason": reason.value if reason else None,
        "new_conversation_id": conversation_id,
        "new_changes": changes,
        "now": to_micros(now),
    }
    is_kept = state in _KEPT_STATES
    row = connection.execute(
        _KEEP if is_kept else _END, {"this": entry_id, "my_fence": fence, **values}
    ).first()
    if row is None:
        raise Stale("the lease of an entry has moved on")
    if not is_kept:
        bodies.forget(connection, Owner.ENTRY, entry_id, row.chunk_count)


def _changes(keyring: Keyring, row: Any) -> tuple[Change, ...]:
    if row.changes is None or row.wrapped is None:
        return ()
    try:
        key: SealingKey = datakeys.unwrap(keyring, Owner.ENTRY, row.entry_id, row.wrapped)
        plain = key.open(row.changes, _changes_place(row.entry_id))
        return msgspec.msgpack.decode(plain, type=tuple[Change, ...])
    except (CipherError, msgspec.DecodeError):
        return ()


def _changes_place(entry_id: bytes) -> bytes:
    return place("entries", "changes", entry_id)
