"""What an operator may see and move of the queue: hung on ``SqlStore`` as ``insight``, for commands and metrics.

Reads counts by state, which partial indexes keep cheap, and single rows by the first digits of their ids. Opens of a
conversation no more than its pseudonym and who is responsible; no address, no subject, no content. Moves one delivery
or entry by its state table, under the rules of ``deliveries`` and ``entries``; what somebody is working on is left
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, null, or_, select, update

from relay.domain.clocks import Awaits, Rung
from relay.domain.deliveries import DeliveryEvent, DeliveryState, advance
from relay.domain.entries import EntryEvent, EntryState
from relay.domain.entries import advance as advance_entry
from relay.domain.reasons import Reason
from relay.domain.risk import Risk
from relay.edge.store import conversations, nodes
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.revealing import Reveals
from relay.edge.store.tables import (
    DELIVERY_IS_DUE,
    DELIVERY_IS_HELD,
    DELIVERY_IS_LEASED,
    ENTRY_IS_HELD,
    ENTRY_IS_KEPT,
    ENTRY_IS_RECEIVED,
    ENTRY_IS_WAITING,
    IS_WAITING,
    IS_WITH_A_COUNSELOR,
    clocks,
    deliveries,
    entries,
    from_micros,
    meta,
    to_micros,
)
from relay.edge.store.tables import conversations as conversations_table
from relay.errors import CipherError
from relay.flow.figures import Figures, Glimpse, Pile, Row, Thing

_OUT_OF_TIME = Rung.ENDED | Rung.SUPERVISOR | Rung.OPERATOR
"""Rungs that stand for a promise that was not kept."""

_ENTRY_PILES = [
    select(entries.c.state, func.count(), func.min(entries.c.received_at), entries.c.reason)
    .where(is_so)
    .group_by(entries.c.state, entries.c.reason)
    for is_so in (ENTRY_IS_RECEIVED, ENTRY_IS_WAITING, ENTRY_IS_HELD, ENTRY_IS_KEPT)
]
_DELIVERY_PILES = [
    select(deliveries.c.state, func.count(), func.min(deliveries.c.created_at), deliveries.c.cause)
    .where(is_so)
    .group_by(deliveries.c.state, deliveries.c.cause)
    for is_so in (DELIVERY_IS_DUE, DELIVERY_IS_LEASED, DELIVERY_IS_HELD)
]
_CONVERSATION_PILES = [
    select(conversations_table.c.state, func.count(), func.min(since), null())
    .where(is_so)
    .group_by(conversations_table.c.state)
    for is_so, since in (
        (IS_WAITING, conversations_table.c.waiting_since),
        (IS_WITH_A_COUNSELOR, conversations_table.c.opened_at),
    )
]
_OWES = clocks.c.awaits == Awaits.COUNSELOR.value
_OWED = select(func.count(), func.min(clocks.c.since)).where(_OWES)
_BROKEN = select(func.count()).where(_OWES, clocks.c.done.op("&")(int(_OUT_OF_TIME)) != 0)
_IN_DANGER = select(func.count()).where(_OWES, clocks.c.flagged_at.is_not(None))

_ENTRIES = select(*entries.c)
_DELIVERIES = select(*deliveries.c)
_QUEUE = [
    *(
        (_ENTRIES.where(is_so).order_by(entries.c.received_at).limit(bindparam("at_most")), Thing.ENTRY)
        for is_so in (ENTRY_IS_RECEIVED, ENTRY_IS_WAITING, ENTRY_IS_HELD)
    ),
    *(
        (
            _DELIVERIES.where(is_so).order_by(deliveries.c.created_at).limit(bindparam("at_most")),
            Thing.DELIVERY,
        )
        for is_so in (DELIVERY_IS_DUE, DELIVERY_IS_LEASED, DELIVERY_IS_HELD)
    ),
]
_BEGINS_SO = [
    (_ENTRIES.where(entries.c.entry_id.between(bindparam("low"), bindparam("high"))).limit(3), Thing.ENTRY),
    (
        _DELIVERIES.where(deliveries.c.delivery_id.between(bindparam("low"), bindparam("high"))).limit(3),
        Thing.DELIVERY,
    ),
]
_CAME_OF = (
    _DELIVERIES.where(
        or_(
            deliveries.c.entry_id == bindparam("this"),
            and_(
                deliveries.c.conversation_id == bindparam("its"), deliveries.c.created_at == bindparam("then")
            ),
        )
    )
    .order_by(deliveries.c.created_at, deliveries.c.kind.desc())
    .limit(200)
)
"""Notices name no entry; they are written in the transaction that settles it, and so at the same microsecond."""
_S, _E = DeliveryState, DeliveryEvent
_MOVABLE = or_(*(deliveries.c.state == each.value for each in (_S.QUEUED, _S.DEFERRED)))
_HOLD = (
    update(deliveries)
    .where(deliveries.c.delivery_id == bindparam("this"), _MOVABLE)
    .values(state=advance(_S.QUEUED, _E.HELD).value, due_at=None)
)
_LET_GO = (
    update(deliveries)
    .where(deliveries.c.delivery_id == bindparam("this"), DELIVERY_IS_HELD)
    .values(state=advance(_S.HELD, _E.RELEASED).value, due_at=bindparam("now"))
)
_AGAIN = update(deliveries).where(
    deliveries.c.delivery_id == bindparam("this"), deliveries.c.state == _S.DEFERRED.value
)
_RETRY = _AGAIN.values(due_at=bindparam("now"))
_RETRY_ALL = (
    update(deliveries)
    .where(deliveries.c.state == _S.DEFERRED.value, DELIVERY_IS_DUE, deliveries.c.due_at > bindparam("now"))
    .values(due_at=bindparam("now"))
)
_WRITE = update(meta).where(meta.c.name == "key_check").values(value=meta.c.value)
_HOLD_ENTRY = (
    update(entries)
    .where(
        and_(
            entries.c.entry_id == bindparam("this"),
            ENTRY_IS_RECEIVED,
            or_(entries.c.lease_until.is_(None), entries.c.lease_until <= bindparam("now")),
        )
    )
    .values(
        state=advance_entry(EntryState.RECEIVED, EntryEvent.HELD).value,
        reason=Reason.OPERATOR.value,
        settled_at=bindparam("now"),
        lease_until=None,
        fence=entries.c.fence + 1,
    )
)


class Insight:
    """Looks at the queue, and moves of it what an operator names."""

    def __init__(
        self, writer: Lane, reader: Lane, keyring: Keyring, unreadable: Callable[[str], None]
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._unreadable = unreadable
        self.reveals = Reveals(writer, reader, keyring)

    async def figures(self, now: datetime) -> Figures:
        """How much of what there is."""
        return await self._reader.run(lambda c: _figures(c, now))

    async def nodes(self) -> int | None:
        """How many daemons work on a server's database now; ``None`` where it is embedded."""
        return await self._reader.run(nodes.at_work)

    async def write(self) -> None:
        """Commit a write that changes nothing. Raises ``StoreTrouble`` when that cannot be done."""
        await self._writer.run(lambda c: c.execute(_WRITE))

    async def queue(self, limit: int) -> tuple[Row, ...]:
        """Whatever has not come to its end, oldest first, at most ``limit`` of each state."""

        def look(connection: Connection) -> tuple[Row, ...]:
            found = [
                self._row(connection, thing, row)
                for statement, thing in _QUEUE
                for row in connection.execute(statement, {"at_most": limit}).all()
            ]
            return tuple(sorted(found, key=lambda row: row.since))

        return await self._reader.run(look)

    async def find(self, digits: str) -> tuple[Row, ...]:
        """Entries and deliveries, ended ones too, whose ids begin with these hex digits; of many only some."""
        low, high = _bounds(digits)
        return await self._reader.run(
            lambda c: tuple(
                self._row(c, thing, row)
                for statement, thing in _BEGINS_SO
                for row in c.execute(statement, {"low": low, "high": high}).all()
            )
        )

    async def came_of(self, entry: Row) -> tuple[Row, ...]:
        """The deliveries that came of an entry, notices about it too."""
        then = to_micros(entry.ended_at) if entry.ended_at else -1
        values = {"this": entry.row_id, "its": entry.conversation_id or b"", "then": then}
        return await self._reader.run(
            lambda c: tuple(self._row(c, Thing.DELIVERY, row) for row in c.execute(_CAME_OF, values).all())
        )

    async def glimpse(self, conversation_id: bytes) -> Glimpse | None:
        """A conversation; ``None`` when it is gone or does not open."""
        return await self._reader.run(lambda c: self._glimpse(c, conversation_id))

    async def waiting(self, limit: int) -> tuple[Glimpse, ...]:
        """Conversations that nobody is responsible for, longest waiting first."""

        def look(connection: Connection) -> tuple[Glimpse, ...]:
            found = conversations.waiting(connection, self._keyring, limit, self._unreadable)
            seen = (self._glimpse(connection, each.conversation_id) for each in found)
            return tuple(each for each in seen if each is not None)

        return await self._reader.run(look)

    async def hold(self, row: Row, now: datetime) -> bool:
        """Keep a row from going on; ``False`` when it has gone on meanwhile, or is being worked on."""
        statement = _HOLD if row.thing is Thing.DELIVERY else _HOLD_ENTRY
        values = {"this": row.row_id}
        if row.thing is Thing.ENTRY:
            values["now"] = to_micros(now)  # type: ignore[assignment]
        return await self._writer.run(lambda c: bool(c.execute(statement, values).rowcount))

    async def let_go(self, delivery_id: bytes, now: datetime) -> bool:
        """Queue a held delivery again, due at once; ``False`` when it is not held."""
        values = {"this": delivery_id, "now": to_micros(now)}
        return await self._writer.run(lambda c: bool(c.execute(_LET_GO, values).rowcount))

    async def retry(self, delivery_id: bytes | None, now: datetime) -> int:
        """Make a deferred delivery due at once, or all of them; how many."""
        values: dict[str, Any] = {"now": to_micros(now)}
        if delivery_id is None:
            return await self._writer.run(lambda c: c.execute(_RETRY_ALL, values).rowcount)
        return await self._writer.run(lambda c: c.execute(_RETRY, {**values, "this": delivery_id}).rowcount)

    def _glimpse(self, connection: Connection, conversation_id: bytes) -> Glimpse | None:
        try:
            record = conversations.load(connection, self._keyring, conversation_id, to_change=False)
        except CipherError:
            return None
        if record is None:
            return None
        secrets = record.secrets
        return Glimpse(
            secrets.pseudonym,
            secrets.state.value,
            secrets.counselor_id,
            secrets.intake,
            record.opened_at,
            record.waiting_since,
            secrets.risk is not Risk.NONE,
        )

    def _row(self, connection: Connection, thing: Thing, row: Any) -> Row:
        glimpse = (
            None if row.conversation_id is None else self._glimpse(connection, bytes(row.conversation_id))
        )
        return (_entry if thing is Thing.ENTRY else _delivery)(row, glimpse.pseudonym if glimpse else "")


def _figures(connection: Connection, now: datetime) -> Figures:
    owed, owed_since = connection.execute(_OWED).one()
    return Figures(
        at=now,
        entries=_piles(connection, _ENTRY_PILES),
        deliveries=_piles(connection, _DELIVERY_PILES),
        conversations=_piles(connection, _CONVERSATION_PILES),
        owed=owed,
        owed_since=_instant(owed_since),
        broken=int(connection.execute(_BROKEN).scalar() or 0),
        in_danger=int(connection.execute(_IN_DANGER).scalar() or 0),
    )


def _piles(connection: Connection, statements: Iterable[Select[Any]]) -> tuple[Pile, ...]:
    return tuple(
        Pile(state, count, _instant(oldest), word or "")
        for statement in statements
        for state, count, oldest, word in connection.execute(statement).all()
    )


def _entry(row: Any, pseudonym: str) -> Row:
    return Row(
        Thing.ENTRY,
        bytes(row.entry_id),
        row.state,
        from_micros(row.received_at),
        row.size_bytes,
        row.attempts,
        why=row.reason or "",
        leased_until=_instant(row.lease_until),
        ended_at=_instant(row.settled_at),
        pseudonym=pseudonym,
        conversation_id=_octets(row.conversation_id),
    )


def _delivery(row: Any, pseudonym: str) -> Row:
    return Row(
        Thing.DELIVERY,
        bytes(row.delivery_id),
        row.state,
        from_micros(row.created_at),
        row.size_bytes,
        row.attempts,
        why=row.cause or "",
        code=row.last_code,
        fact=row.fact or "",
        kind=row.kind,
        reader=row.reader,
        due_at=_instant(row.due_at),
        leased_until=_instant(row.lease_until),
        ended_at=_instant(row.ended_at),
        pseudonym=pseudonym,
        conversation_id=_octets(row.conversation_id),
        origin=_octets(row.entry_id),
    )


def _bounds(digits: str) -> Sequence[bytes]:
    """The lowest and the highest id that begin with these digits."""
    return bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _octets(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
