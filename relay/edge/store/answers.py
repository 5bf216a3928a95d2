"""What a held entry can be found again by, when its author says that it may go: blind indexes only.

Called by ``settling`` when an entry is held and by ``SqlStore`` when an answer comes. An answer stands for
the last entry that was held under it; those of an entry that is held no more find nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from relay.domain.entries import EntryEvent, EntryState, advance
from relay.edge.store import bodies
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.tables import ENTRY_IS_HELD, answers, entries, to_micros

_FORGET = delete(answers).where(answers.c.answer == bindparam("old"))
_FIND = (
    select(answers.c.entry_id)
    .join(entries, entries.c.entry_id == answers.c.entry_id)
    .where(answers.c.answer == bindparam("wanted"), ENTRY_IS_HELD)
)
_CONVERSATION = (
    select(entries.c.conversation_id)
    .join(answers, entries.c.entry_id == answers.c.entry_id)
    .where(answers.c.answer == bindparam("wanted"))
)
_DROP = (
    update(entries)
    .where(entries.c.entry_id == bindparam("this"), ENTRY_IS_HELD)
    .values(
        state=advance(EntryState.HELD, EntryEvent.STOPPED).value,
        settled_at=bindparam("now"),
        envelope=None,
        body=None,
        changes=None,
    )
    .returning(entries.c.chunk_count)
)


def remember(connection: Connection, keyring: Keyring, entry_id: bytes, given: Sequence[str]) -> None:
    """Let an entry that is now held be found by each of ``given``."""
    for answer in given:
        index = keyring.index(Purpose.ANSWER, answer)
        connection.execute(_FORGET, {"old": index})
        connection.execute(insert(answers), {"answer": index, "entry_id": entry_id})


def find(connection: Connection, keyring: Keyring, given: Sequence[str]) -> bytes | None:
    """The held entry under any of ``given``; a later one counts before an earlier one."""
    for answer in reversed(given):
        found = connection.execute(_FIND, {"wanted": keyring.index(Purpose.ANSWER, answer)}).scalar()
        if found is not None:
            return bytes(found)
    return None


def conversation(connection: Connection, keyring: Keyring, given: Sequence[str]) -> bytes | None:
    """The conversation of the entry under any of ``given``, whatever became of that; a later one counts first."""
    for answer in reversed(given):
        found = connection.execute(_CONVERSATION, {"wanted": keyring.index(Purpose.ANSWER, answer)}).scalar()
        if found is not None:
            return bytes(found)
    return None


def drop(connection: Connection, entry_id: bytes, now: datetime) -> bool:
    """End a held entry and forget its content; ``False`` when it is not held."""
    row = connection.execute(_DROP, {"this": entry_id, "now": to_micros(now)}).first()
    if row is None:
        return False
    bodies.forget(connection, Owner.ENTRY, entry_id, row.chunk_count)
    return True
