"""What is due on clocks: leased, decided by ``flow.promises``, and recorded with the notices that come of it.

``Clockwork`` hangs on the store as ``store.clocks``; each method is one transaction. A step and its notices are
written together, so that after a crash both are there or neither; two nodes never do the same step, for each lease
counts the fence up and a record wants the fence that was leased.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from relay.domain.clocks import Clock
from relay.domain.conversations import HELD_BY_A_COUNSELOR
from relay.domain.measures import BY_RELAY, Measure
from relay.edge.store import clocks as rows
from relay.edge.store import conversations, counts, handing_back
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.record import Record
from relay.edge.store.tables import CLOCK_IS_DUE, CLOCK_IS_LEASED, clocks, from_micros, meta, to_micros
from relay.edge.store.telling import Seal, tell
from relay.errors import CipherError
from relay.flow.dues import Done, DueClock
from relay.flow.outcomes import LeasedDelivery, Told
from relay.flow.ports import Stale

LEASE = timedelta(minutes=2)
"""What is done about a batch takes milliseconds, and the encryption of its notices seconds at most."""

_IS_THIS = clocks.c.conversation_id == bindparam("of")
_CANDIDATES = [
    select(clocks.c.conversation_id)
    .where(is_so, column <= bindparam("now"))
    .order_by(column)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    for is_so, column in ((CLOCK_IS_DUE, clocks.c.look_at), (CLOCK_IS_LEASED, clocks.c.lease_until))
]
_LEASE = (
    update(clocks)
    .where(_IS_THIS)
    .values(look_at=None, lease_until=bindparam("until"), fence=clocks.c.fence + 1)
    .returning(*clocks.c)
)
_RECORD = (
    update(clocks)
    .where(_IS_THIS, clocks.c.fence == bindparam("my_fence"), CLOCK_IS_LEASED)
    .values(
        done=bindparam("now_done"),
        turn_at=bindparam("now_turn_at"),
        look_at=bindparam("look"),
        lease_until=None,
        fence=clocks.c.fence + 1,
    )
)
_VOID_LEASES = update(clocks).where(CLOCK_IS_LEASED).values(look_at=rows.AT_ONCE, lease_until=None)
_QUARANTINE = update(clocks).where(_IS_THIS).values(look_at=None, lease_until=None)
_SELECT_ALL = select(clocks)
_NEXT = select(func.min(clocks.c.look_at)).where(CLOCK_IS_DUE)
_NEXT_LEASE_END = select(func.min(clocks.c.lease_until)).where(CLOCK_IS_LEASED)

_TERMS_NAME = "clock_terms"
_TERMS = select(meta.c.value).where(meta.c.name == bindparam("called"))
_FIRST_TERMS = insert(meta)
_NEW_TERMS = update(meta).where(meta.c.name == bindparam("called")).values(value=bindparam("terms"))
_SOME = (
    select(clocks.c.conversation_id)
    .where(clocks.c.conversation_id > bindparam("after"))
    .order_by(clocks.c.conversation_id)
    .limit(bindparam("at_most"))
)
_LOOK_AT_SOME = (
    update(clocks)
    .where(
        clocks.c.conversation_id > bindparam("after"),
        clocks.c.conversation_id <= bindparam("last"),
        clocks.c.lease_until.is_(None),
    )
    .values(look_at=rows.AT_ONCE)
)


class Clockwork:
    """Clocks on the lanes of a store. ``seal`` makes a delivery of a notice, its body ready to be written."""

    def __init__(
        self, writer: Lane, reader: Lane, keyring: Keyring, seal: Seal, unreadable: Callable[[str], None]
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._seal = seal
        self._unreadable = unreadable

    async def lease_due(self, now: datetime, limit: int) -> tuple[DueClock, ...]:
        return await self._writer.run(lambda c: _lease_due(c, self._keyring, now, limit, self._unreadable))

    async def next_look_at(self) -> datetime | None:
        return await self._reader.run(_next_look_at)

    async def record(
        self, done: Sequence[Done], notices: Sequence[Told], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        return await tell(
            self._writer,
            self._keyring,
            self._seal,
            notices,
            now,
            lambda c: _record(c, self._keyring, done, now),
        )

    async def agree(self, terms: bytes, after: bytes, limit: int) -> bytes | None:
        """The terms are noted at the end, so that after a crash it is done anew."""
        if not after and await self._reader.run(_terms) == terms:
            return None
        return await self._writer.run(lambda c: _agree(c, terms, after, limit))

    async def all(self) -> tuple[DueClock, ...]:
        return await self._reader.run(lambda c: _all(c, self._keyring, self._unreadable))

    async def clock_of(self, conversation_id: bytes) -> Clock | None:
        return await self._reader.run(lambda c: _clock_of(c, self._keyring, conversation_id))


def void_leases(connection: Connection) -> None:
    """Look at once at what is leased: at the start of the only node nobody is working on it."""
    connection.execute(_VOID_LEASES)


def _lease_due(
    connection: Connection, keyring: Keyring, now: datetime, limit: int, unreadable: Callable[[str], None]
) -> tuple[DueClock, ...]:
    """Take clocks that are to be looked at. One whose conversation does not open is left alone and told."""
    found: list[bytes] = []
    for statement in _CANDIDATES:
        values = {"now": to_micros(now), "at_most": limit - len(found)}
        found += connection.execute(statement, values).scalars() if len(found) < limit else ()
    leased = []
    for conversation_id in found:
        until = to_micros(now + LEASE)
        row = connection.execute(_LEASE, {"of": conversation_id, "until": until}).one()
        try:
            record = conversations.load(connection, keyring, conversation_id, to_change=False)
        except CipherError:
            record = None
        if record is None:
            connection.execute(_QUARANTINE, {"of": conversation_id})
            unreadable(clocks.name)
            continue
        leased.append(_due(row, record))
    return tuple(leased)


def _due(row: Any, record: Record) -> DueClock:
    secrets = record.secrets
    is_held = secrets.state in HELD_BY_A_COUNSELOR
    return DueClock(
        conversation_id=record.conversation_id,
        fence=row.fence,
        clock=rows.read(row, secrets.state),
        intake=secrets.intake,
        language=secrets.language,
        pseudonym=secrets.pseudonym,
        seeker_addresses=secrets.seeker_addresses,
        counselor_id=secrets.counselor_id if is_held else None,
        seeker_alias=secrets.seeker_alias if is_held else "",
        excluded=tuple((who, from_micros(until)) for who, until in secrets.excluded),
        queue=secrets.queue,
        tags=secrets.tags,
    )


def _record(connection: Connection, keyring: Keyring, done: Sequence[Done], now: datetime) -> None:
    """Write steps. Raises ``Stale``, and writes nothing, when one of the clocks has changed.

    Conversations are locked before clocks, as everywhere.
    """
    released = [(each, _held(connection, keyring, each)) for each in done if each.excludes_until is not None]
    for each in done:
        values = {
            "of": each.due.conversation_id,
            "my_fence": each.due.fence,
            "now_done": int(each.after.done),
            "now_turn_at": to_micros(each.after.turn_at),
            "look": None if each.look_at is None else to_micros(each.look_at),
        }
        if not connection.execute(_RECORD, values).rowcount:
            raise Stale("a clock was changed meanwhile")
    for each, record in released:
        counts.once(connection, record, Measure.MOVED, BY_RELAY, now)
        handing_back.hand_back(connection, keyring, record, now, presence=None, excludes=each.excludes_until)
        conversations.save(connection, record, now)


def _held(connection: Connection, keyring: Keyring, done: Done) -> Record:
    """A conversation that is still whose it was. Raises ``Stale``."""
    record = conversations.load(connection, keyring, done.due.conversation_id, to_change=True)
    if record is None or record.secrets.counselor_id != done.due.counselor_id:
        raise Stale("a conversation has moved on")
    return record


def _terms(connection: Connection) -> bytes | None:
    found = connection.execute(_TERMS, {"called": _TERMS_NAME}).scalar()
    return None if found is None else bytes(found)


def _agree(connection: Connection, terms: bytes, after: bytes, limit: int) -> bytes | None:
    """The next clocks; the last of them, or ``None`` when there was none."""
    found = list(connection.execute(_SOME, {"after": after, "at_most": limit}).scalars())
    if not found:
        _note(connection, terms)
        return None
    last = bytes(found[-1])
    connection.execute(_LOOK_AT_SOME, {"after": after, "last": last})
    return last


def _note(connection: Connection, terms: bytes) -> None:
    """The terms that all clocks are looked at with from now on."""
    if _terms(connection) is None:
        connection.execute(_FIRST_TERMS, {"name": _TERMS_NAME, "value": terms})
    else:
        connection.execute(_NEW_TERMS, {"called": _TERMS_NAME, "terms": terms})


def _all(connection: Connection, keyring: Keyring, unreadable: Callable[[str], None]) -> tuple[DueClock, ...]:
    """Every clock as it is now, for a digest: a few times a day, one conversation opened after the other."""
    found = []
    for row in connection.execute(_SELECT_ALL).all():
        try:
            record = conversations.load(connection, keyring, row.conversation_id, to_change=False)
        except CipherError:
            unreadable(clocks.name)
            continue
        if record is not None:
            found.append(_due(row, record))
    return tuple(found)


def _clock_of(connection: Connection, keyring: Keyring, conversation_id: bytes) -> Clock | None:
    record = conversations.load(connection, keyring, conversation_id, to_change=False)
    return None if record is None else rows.clock_of(connection, conversation_id, record.secrets.state)


def _next_look_at(connection: Connection) -> datetime | None:
    instants = [connection.execute(statement).scalar() for statement in (_NEXT, _NEXT_LEASE_END)]
    known = [instant for instant in instants if instant is not None]
    return from_micros(min(known)) if known else None
