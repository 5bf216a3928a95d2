"""What commands look up (``flow.desk.casebook``): who has which conversations, and their notes. Reads only.

No column says whose a conversation is, so the open ones are opened one after the other: some dozens in a service,
a fraction of a millisecond each, and only when a counselor asks.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, select

from relay.edge.store import conversations, notes
from relay.edge.store.conversations import WITH_KEY
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.tables import IS_WITH_A_COUNSELOR, data_keys, from_micros
from relay.edge.store.tables import conversations as table
from relay.errors import CipherError
from relay.flow.desk.casebook import StoredCase, StoredNote

MAX_OPEN = 20_000
"""Open conversations of a service that are looked through; far more than its counselors can have."""

_OPEN = (
    select(*table.c, data_keys.c.wrapped)
    .select_from(WITH_KEY)
    .where(IS_WITH_A_COUNSELOR)
    .order_by(table.c.opened_at)
    .limit(bindparam("at_most"))
)


class Casebook:
    """``unreadable`` is told of a row that does not open; the others are still listed."""

    def __init__(self, reader: Lane, keyring: Keyring, unreadable: Callable[[str], None]) -> None:
        self._reader = reader
        self._keyring = keyring
        self._unreadable = unreadable

    async def cases_of(self, counselor_id: str) -> tuple[StoredCase, ...]:
        return await self._reader.run(lambda c: self._cases(c, counselor_id))

    async def notes(self, conversation_id: bytes) -> tuple[StoredNote, ...]:
        return await self._reader.run(lambda c: self._notes(c, conversation_id))

    def _cases(self, connection: Connection, counselor_id: str) -> tuple[StoredCase, ...]:
        found = []
        for row in connection.execute(_OPEN, {"at_most": MAX_OPEN}):
            try:
                record = conversations.opened(self._keyring, row)
            except CipherError:
                self._unreadable(table.name)
                continue
            secrets = record.secrets
            if secrets.counselor_id == counselor_id:
                found.append(
                    StoredCase(
                        conversation_id=record.conversation_id,
                        version=record.found_version,
                        pseudonym=secrets.pseudonym,
                        state=secrets.state,
                        language=secrets.language,
                        risk=secrets.risk,
                        opened_at=record.opened_at,
                        changed_at=from_micros(row.changed_at),
                    )
                )
        return tuple(sorted(found, key=lambda each: (each.risk.rank, each.opened_at)))

    def _notes(self, connection: Connection, conversation_id: bytes) -> tuple[StoredNote, ...]:
        record = conversations.load(connection, self._keyring, conversation_id, to_change=False)
        return () if record is None else notes.listed(connection, record)
