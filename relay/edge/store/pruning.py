"""Taking away what has no data key in a database that was restored, and counting what is left.

Called by ``restoring``, within its transaction. What lost its key was forgotten, delivered or done with after the
backup was made; nothing of it can be read, so its rows go, as forgetting would have had it. Keys without a row came
later than the backup: what they were for is lost.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, true, update

from relay.domain.conversations import HELD_BY_A_COUNSELOR
from relay.edge.store import conversations, counselors, erasing
from relay.edge.store import tables as t
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring
from relay.edge.store.tables_keys import kept_notices
from relay.edge.store.tables_reveals import reveals
from relay.errors import CipherError


@dataclass(frozen=True, slots=True)
class Pruned:
    """``conversations``, ``messages``: what is there. ``forgotten``, ``done``: of these the backup had more, and their
    keys are gone. ``lost_conversations``, ``lost_messages``: whose keys are there, and that came after the backup.
    """

    conversations: int
    messages: int
    forgotten: int
    done: int
    lost_conversations: int
    lost_messages: int


_HAS_CONTENT = {
    Owner.ENTRY: (t.entries, t.entries.c.entry_id, t.entries.c.envelope.is_not(None)),
    Owner.DELIVERY: (t.deliveries, t.deliveries.c.delivery_id, t.deliveries.c.address.is_not(None)),
    Owner.NOTICE: (kept_notices, kept_notices.c.notice_id, kept_notices.c.conversation_id.is_(None)),
    Owner.REVEAL: (reveals, reveals.c.reveal_id, true()),
    Owner.CONVERSATION: (t.conversations, t.conversations.c.conversation_id, true()),
}
"""Which row a data key belongs to, and which of these rows need theirs."""

_IS_GONE = ~exists().where(
    t.data_keys.c.owner == Owner.CONVERSATION.value,
    t.data_keys.c.owner_id == t.conversations.c.conversation_id,
)
_GONE = select(t.conversations.c.conversation_id).where(_IS_GONE)
_CHUNK_IS_ALONE = ~exists().where(
    t.data_keys.c.owner == t.chunks.c.owner, t.data_keys.c.owner_id == t.chunks.c.owner_id
)
_MESSAGES = (Owner.ENTRY, Owner.DELIVERY)


def prune(connection: Connection) -> Pruned:
    """Take it away; what was found and what was not."""
    forgotten = _count(connection, _GONE)
    for owner in _MESSAGES:
        table, _, _ = _HAS_CONTENT[owner]
        connection.execute(delete(table).where(table.c.conversation_id.in_(_GONE)))
    for table, column in erasing.referring():
        connection.execute(delete(table).where(column.in_(_GONE)))
    connection.execute(delete(t.conversations).where(_IS_GONE))
    done = 0
    for owner, (table, column, needs) in _HAS_CONTENT.items():
        has_key = exists().where(t.data_keys.c.owner == owner.value, t.data_keys.c.owner_id == column)
        found = connection.execute(delete(table).where(needs, ~has_key)).rowcount
        done += found if owner in _MESSAGES else 0
    connection.execute(delete(t.unclaimed))
    lost = {owner: _drop_keys_without_rows(connection, owner) for owner in Owner}
    connection.execute(delete(t.chunks).where(_CHUNK_IS_ALONE))
    return Pruned(
        conversations=_count(connection, select(t.conversations.c.conversation_id)),
        messages=sum(
            _count(connection, select(_HAS_CONTENT[each][1]).where(_HAS_CONTENT[each][2]))
            for each in _MESSAGES
        ),
        forgotten=forgotten,
        done=done,
        lost_conversations=lost[Owner.CONVERSATION],
        lost_messages=sum(lost[each] for each in _MESSAGES),
    )


def count_slots(connection: Connection, keyring: Keyring) -> None:
    """What each counselor carries is what is left of it."""
    held: dict[str, int] = {}
    for each in list(connection.execute(select(t.conversations.c.conversation_id)).scalars()):
        with contextlib.suppress(CipherError):
            record = conversations.load(connection, keyring, bytes(each), to_change=False)
            if record and record.secrets.counselor_id and record.secrets.state in HELD_BY_A_COUNSELOR:
                held[record.secrets.counselor_id] = held.get(record.secrets.counselor_id, 0) + 1
    for row in connection.execute(select(t.counselors.c.counselor, t.counselors.c.sealed)).all():
        with contextlib.suppress(CipherError):
            who = keyring.counselors.open(row.sealed, counselors.place_of(bytes(row.counselor))).decode()
            carried = update(t.counselors).where(t.counselors.c.counselor == row.counselor)
            connection.execute(carried.values(open_count=held.get(who, 0)))


def _drop_keys_without_rows(connection: Connection, owner: Owner) -> int:
    _, column, _ = _HAS_CONTENT[owner]
    is_alone = ~exists().where(column == t.data_keys.c.owner_id)
    lost = (t.data_keys.c.owner == owner.value, is_alone)
    count = _count(connection, select(t.data_keys.c.owner_id).where(*lost))
    connection.execute(delete(t.data_keys).where(*lost))  # a view counts no rows that go
    return count


def _with_content(connection: Connection, owner: Owner) -> int:
    _, column, has_content = _HAS_CONTENT[owner]
    return _count(connection, select(column).where(has_content))


def _count(connection: Connection, rows: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one())
