"""Who has which conversations, their notes, and what is owed to a new counselor (``flow.desk.casebook``).

No column says whose a conversation is, so the open ones are opened one after the other: some dozens in a service,
a fraction of a millisecond each, and only when a counselor asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from relay.domain.closing import Closing
from relay.domain.consent import Asked
from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent
from relay.domain.pseudonyms import plain_name
from relay.edge.store import (
    answers,
    consent_timers,
    conversations,
    handing_back,
    leaving,
    notes,
    tally,
)
from relay.edge.store.conversations import WITH_KEY
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.record import Record
from relay.edge.store.tables import (
    IS_WAITING,
    IS_WITH_A_COUNSELOR,
    OWES_BRIEFING,
    data_keys,
    from_micros,
    to_micros,
)
from relay.edge.store.tables import conversations as table
from relay.edge.store.telling import Seal, tell
from relay.errors import CipherError
from relay.flow.desk.casebook import AsksFirst, Left, StoredCase, StoredNote
from relay.flow.outcomes import LeasedDelivery, Told
from relay.flow.ports import Stale

MAX_OPEN = 20_000
"""Open conversations of a service that are looked through; far more than its counselors can have."""

MAX_BRIEFINGS = 200

_WITH_SOMEBODY = (
    select(*table.c, data_keys.c.wrapped)
    .select_from(WITH_KEY)
    .where(IS_WITH_A_COUNSELOR)
    .order_by(table.c.opened_at)
    .limit(bindparam("at_most"))
)
_WITH_NOBODY = (
    select(*table.c, data_keys.c.wrapped)
    .select_from(WITH_KEY)
    .where(IS_WAITING)
    .order_by(table.c.queue_rank, table.c.waiting_since)
    .limit(bindparam("at_most"))
)
_UNBRIEFED = (
    select(table.c.conversation_id)
    .where(OWES_BRIEFING)
    .order_by(table.c.opened_at)
    .limit(bindparam("at_most"))
)


class Casebook:
    """``unreadable`` is told of a row that does not open; the others are still listed. ``seal``: as for the clocks."""

    def __init__(
        self, writer: Lane, reader: Lane, keyring: Keyring, seal: Seal, unreadable: Callable[[str], None]
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._seal = seal
        self._unreadable = unreadable

    async def cases_of(self, counselor_id: str) -> tuple[StoredCase, ...]:
        return await self._reader.run(lambda c: self._cases(c, counselor_id))

    async def named(self, pseudonym: str) -> bytes | None:
        return await self._reader.run(lambda c: self._named(c, pseudonym))

    async def asked_under(self, given: Sequence[str]) -> bytes | None:
        if not given:
            return None
        return await self._reader.run(lambda c: answers.conversation(c, self._keyring, given))

    async def unbriefed(self) -> tuple[bytes, ...]:
        return await self._reader.run(
            lambda c: tuple(c.execute(_UNBRIEFED, {"at_most": MAX_BRIEFINGS}).scalars())
        )

    async def briefed(
        self, conversation_id: bytes, version: int, told: Sequence[Told], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        return await self._tell(
            conversation_id, told, now, lambda c: self._briefed(c, conversation_id, version, now)
        )

    async def close(
        self, conversation_id: bytes, version: int, told: Sequence[Told], how: Closing, now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        return await self._tell(
            conversation_id, told, now, lambda c: self._close(c, conversation_id, version, how, now)
        )

    async def silences(self, now: datetime) -> tuple[bytes, ...]:
        return await self._reader.run(lambda c: consent_timers.due(c, now, MAX_BRIEFINGS))

    async def asked_no_more(self, conversation_id: bytes, now: datetime) -> None:
        await self._writer.run(lambda c: consent_timers.end_due(c, conversation_id, now))

    async def silent(
        self, conversation_id: bytes, version: int, told: Sequence[Told], now: datetime, *, goes: bool
    ) -> tuple[LeasedDelivery, ...]:
        return await self._tell(
            conversation_id, told, now, lambda c: self._silent(c, conversation_id, version, now, goes=goes)
        )

    async def _tell(
        self, conversation_id: bytes, told: Sequence[Told], now: datetime, write: Callable[[Connection], None]
    ) -> tuple[LeasedDelivery, ...]:
        return await tell(self._writer, self._keyring, self._seal, told, now, write, conversation_id)

    async def ask(
        self,
        conversation_id: bytes,
        version: int,
        told: Sequence[Told],
        now: datetime,
        put: tuple[datetime, str],
    ) -> tuple[LeasedDelivery, ...]:
        return await self._tell(
            conversation_id, told, now, lambda c: self._ask(c, conversation_id, version, now, *put)
        )

    async def leave(self, counselor_id: str, now: datetime, until: datetime, asks: AsksFirst) -> Left:
        return await self._writer.run(lambda c: self._leave(c, counselor_id, now, until, asks))

    async def notes(self, conversation_id: bytes) -> tuple[StoredNote, ...]:
        return await self._reader.run(lambda c: self._notes(c, conversation_id))

    def _records(self, connection: Connection, *, waiting: bool) -> Iterator[tuple[Record, datetime]]:
        """Conversations that somebody has, and with ``waiting`` those that nobody has, with their last change."""
        for statement in (_WITH_SOMEBODY, _WITH_NOBODY) if waiting else (_WITH_SOMEBODY,):
            for row in connection.execute(statement, {"at_most": MAX_OPEN}):
                try:
                    yield conversations.opened(self._keyring, row), from_micros(row.changed_at)
                except CipherError:
                    self._unreadable(table.name)

    def _cases(self, connection: Connection, counselor_id: str) -> tuple[StoredCase, ...]:
        found = [
            StoredCase(
                conversation_id=record.conversation_id,
                intake=record.secrets.intake,
                pseudonym=record.secrets.pseudonym,
                state=record.secrets.state,
                language=record.secrets.language,
                risk=record.secrets.risk,
                opened_at=record.opened_at,
                changed_at=changed_at,
            )
            for record, changed_at in self._records(connection, waiting=False)
            if record.secrets.counselor_id == counselor_id
        ]
        return tuple(sorted(found, key=lambda each: (each.risk.rank, each.opened_at)))

    def _named(self, connection: Connection, pseudonym: str) -> bytes | None:
        wanted = plain_name(pseudonym)
        records = self._records(connection, waiting=True)
        return next(
            (r.conversation_id for r, _ in records if plain_name(r.secrets.pseudonym) == wanted), None
        )

    def _briefed(self, connection: Connection, conversation_id: bytes, version: int, now: datetime) -> None:
        record = self._unchanged(connection, conversation_id, version)
        record.change(owes_briefing=False)
        conversations.save(connection, record, now)

    def _close(
        self, connection: Connection, conversation_id: bytes, version: int, how: Closing, now: datetime
    ) -> None:
        record = self._unchanged(connection, conversation_id, version)
        tally.ended(connection, record, how, now)
        conversations.apply(connection, self._keyring, record, ConversationEvent.CLOSED, now)
        record.change(closed_at=to_micros(now), closed_how=how)
        conversations.save(connection, record, now)

    def _silent(
        self, connection: Connection, conversation_id: bytes, version: int, now: datetime, *, goes: bool
    ) -> None:
        record, asked = self._asked(connection, conversation_id, version)
        record.change(asked=None)
        if goes and asked.queue:
            record.change(queue=asked.queue)
        if goes and record.secrets.state in HELD_BY_A_COUNSELOR:
            handing_back.moved(connection, self._keyring, record, now, asked.excludes_until)
        conversations.save(connection, record, now)
        consent_timers.end(connection, conversation_id)

    def _ask(
        self,
        connection: Connection,
        conversation_id: bytes,
        version: int,
        now: datetime,
        answer_by: datetime,
        question: str,
    ) -> None:
        record, asked = self._asked(connection, conversation_id, version)
        record.change(asked=replace(asked, answer_by=answer_by, question=question, is_owed=False))
        conversations.save(connection, record, now)
        consent_timers.start(connection, record, answer_by)

    def _asked(self, connection: Connection, conversation_id: bytes, version: int) -> tuple[Record, Asked]:
        record = self._unchanged(connection, conversation_id, version)
        if record.secrets.asked is None:
            raise Stale("nothing is asked any more")
        return record, record.secrets.asked

    def _unchanged(self, connection: Connection, conversation_id: bytes, version: int) -> Record:
        record = conversations.load(connection, self._keyring, conversation_id, to_change=True)
        if record is None or record.found_version != version:
            raise Stale("a conversation has moved on")
        return record

    def _leave(
        self, connection: Connection, counselor_id: str, now: datetime, until: datetime, asks: AsksFirst
    ) -> Left:
        ids = [case.conversation_id for case in self._cases(connection, counselor_id)]
        return leaving.leave(connection, self._keyring, counselor_id, ids, now, until, asks)

    def _notes(self, connection: Connection, conversation_id: bytes) -> tuple[StoredNote, ...]:
        record = conversations.load(connection, self._keyring, conversation_id, to_change=False)
        return () if record is None else notes.listed(connection, record)
