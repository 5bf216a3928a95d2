"""Hop 8 in the store: outgoing messages, leased to be sent, and what came of each attempt.

Called by ``settling`` (which creates them) and ``SqlStore``. A delivery holds its message sealed under a
data key of its own, so that an end forgets it at once; the row stays a while, for a bounce may still
come back to its return-path. Attempts are counted when a lease is taken, and a fence keeps whoever was
too slow from writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from relay.domain.bounces import Fact
from relay.domain.deliveries import RETRY_LAST_S, DeliveryEvent, DeliveryState, advance
from relay.domain.reasons import Reason
from relay.edge.store import bodies, datakeys
from relay.edge.store.bodies import SealedBody
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.sealing import place
from relay.edge.store.surroundings import Surroundings
from relay.edge.store.tables import DELIVERY_IS_DUE, DELIVERY_IS_LEASED, deliveries, from_micros, to_micros
from relay.errors import CipherError
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind

LEASE = timedelta(seconds=600 + 60)
"""A next hop may take ten minutes to answer the end of data (RFC 5321 §4.5.3.2.6), and a minute to spare."""

SPARE: Final = 11
"""The part of a lease, one in so many, that may be over when an attempt begins; after that it is taken anew."""

MAX_LEASED_OCTETS = 32 * 1024 * 1024
"""Octets of messages handed out in one call; one delivery is always given, whatever its size."""

_FARTHEST = timedelta(seconds=RETRY_LAST_S + 60)
"""How far ahead the next attempt of a deferred delivery can be, and a minute to spare."""

_STEP_MICROS = 1_000_000
"""A second between two messages that would leave together and are one reader's: the first arrives first."""

_S, _E = DeliveryState, DeliveryEvent
_ENDS = frozenset({_S.DELIVERED, _S.BOUNCED, _S.EXPIRED, _S.CANCELLED})
_SENDABLE = frozenset({_S.QUEUED, _S.DEFERRED})

_IS_THIS = deliveries.c.delivery_id == bindparam("this")
_INSERT = insert(deliveries)
_CANDIDATES = [
    select(deliveries.c.delivery_id, deliveries.c.state, deliveries.c.size_bytes)
    .where(is_so)
    .order_by(column)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    for column, is_so in (
        (deliveries.c.due_at, and_(DELIVERY_IS_DUE, deliveries.c.due_at <= bindparam("now"))),
        (deliveries.c.lease_until, and_(DELIVERY_IS_LEASED, deliveries.c.lease_until <= bindparam("now"))),
        # Nothing that failed waits that long: the clock was set back. What waits for a safe hour has no cause.
        (
            deliveries.c.due_at,
            and_(
                DELIVERY_IS_DUE,
                deliveries.c.cause.is_not(None),
                deliveries.c.due_at > bindparam("too_far"),
            ),
        ),
    )
]
_LEASE = (
    update(deliveries)
    .where(_IS_THIS)
    .values(
        state=_S.ACTIVE.value,
        attempts=deliveries.c.attempts + 1,
        fence=deliveries.c.fence + 1,
        lease_until=bindparam("until"),
        due_at=None,
        node=bindparam("holder"),
    )
    .returning(*deliveries.c)
)
_RENEW = (
    update(deliveries)
    .where(_IS_THIS, deliveries.c.fence == bindparam("my_fence"), deliveries.c.state == _S.ACTIVE.value)
    .values(lease_until=bindparam("until"))
)
_UNREADABLE = Reason.UNREADABLE.value
_QUARANTINE = (
    update(deliveries)
    .where(_IS_THIS)
    .values(state=_S.HELD.value, lease_until=None, due_at=None, cause=_UNREADABLE)
)
_RECORD = (
    update(deliveries)
    .where(
        and_(_IS_THIS, deliveries.c.fence == bindparam("my_fence"), deliveries.c.state == _S.ACTIVE.value),
    )
    .values(
        state=bindparam("new_state"),
        due_at=bindparam("due"),
        ended_at=bindparam("ended"),
        last_code=bindparam("code"),
        cause=bindparam("its_cause"),
        fact=func.coalesce(bindparam("its_fact"), deliveries.c.fact),
        lease_until=None,
    )
    .returning(deliveries.c.chunk_count)
)
_RECORD_END = _RECORD.values(address=None, body=None)
_VOID_LEASES = (
    update(deliveries)
    .where(DELIVERY_IS_LEASED)
    .values(state=advance(_S.ACTIVE, _E.LEASE_ENDED).value, due_at=bindparam("due"), lease_until=None)
)
_LAST_WAITING = select(func.max(deliveries.c.due_at)).where(
    DELIVERY_IS_DUE,
    deliveries.c.state == _S.QUEUED.value,
    deliveries.c.conversation_id == bindparam("conversation"),
    deliveries.c.reader == bindparam("its_reader"),
)
_NEXT_DUE = select(func.min(deliveries.c.due_at)).where(DELIVERY_IS_DUE)
_NEXT_LEASE_END = select(func.min(deliveries.c.lease_until)).where(DELIVERY_IS_LEASED)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a delivery came of: the entry, and the alias that it is from; empty for what has none."""

    entry_id: bytes | None = None
    alias: str = ""


NOWHERE = Origin()


def insert_leased(
    connection: Connection,
    keyring: Keyring,
    delivery: LeasedDelivery,
    body: SealedBody,
    origin: Origin = NOWHERE,
) -> None:
    """Write a new delivery that its caller sends at once: leased, its first attempt counted."""
    state = advance(_S.QUEUED, _E.LEASED)
    row = _row(connection, keyring, delivery, body, origin)
    lease_until = to_micros(delivery.created_at + LEASE)
    connection.execute(_INSERT, row | {"state": state.value, "lease_until": lease_until, "node": body.node})


def insert_queued(
    connection: Connection,
    keyring: Keyring,
    delivery: LeasedDelivery,
    body: SealedBody,
    leaves_at: datetime,
    origin: Origin = NOWHERE,
) -> None:
    """Write a new delivery that waits until ``leaves_at``, or until what waits for the same reader has left."""
    row = _row(connection, keyring, delivery, body, origin)
    before = connection.execute(
        _LAST_WAITING, {"conversation": delivery.conversation_id, "its_reader": delivery.reader.value}
    ).scalar()
    due = to_micros(leaves_at) if before is None else max(to_micros(leaves_at), before + _STEP_MICROS)
    connection.execute(_INSERT, row | {"state": _S.QUEUED.value, "attempts": 0, "fence": 0, "due_at": due})


def _row(
    connection: Connection, keyring: Keyring, delivery: LeasedDelivery, body: SealedBody, origin: Origin
) -> dict[str, Any]:
    """Take over the body of a new delivery, and give the columns that do not depend on when it is sent."""
    finished = body.finish()
    bodies.claim(connection, Owner.DELIVERY, [(delivery.delivery_id, finished)])
    facts = _facts(delivery.kind.value, delivery.reader.value, delivery.conversation_id)
    plain = msgspec.msgpack.encode((delivery.recipient, delivery.return_path, facts))
    return {
        "delivery_id": delivery.delivery_id,
        "conversation_id": delivery.conversation_id,
        "kind": delivery.kind.value,
        "reader": delivery.reader.value,
        "attempts": delivery.attempts,
        "fence": delivery.fence,
        "created_at": to_micros(delivery.created_at),
        "lease_until": None,
        "due_at": None,
        "size_bytes": finished.size_bytes,
        "chunk_count": finished.chunk_count,
        "return_path": _index(keyring, delivery.return_path),
        "address": body.key.seal(plain, _address_place(delivery.delivery_id)),
        "body": finished.inline,
        "entry_id": origin.entry_id,
        "alias": _index(keyring, origin.alias.partition("@")[0]),
        "node": None,
    }


def lease_due(
    connection: Connection, keyring: Keyring, now: datetime, limit: int, around: Surroundings
) -> tuple[LeasedDelivery, ...]:
    """Take deliveries that are due or whose lease ran out, the longest due first.

    One that does not open is held and told to ``unreadable``, and the others go on.
    """
    taken = {"until": to_micros(now + LEASE), "holder": around.node}
    leased: list[LeasedDelivery] = []
    octets = 0
    instants = {"now": to_micros(now), "too_far": to_micros(now + _FARTHEST)}
    for statement in _CANDIDATES:
        at_most = limit - len(leased)
        found = connection.execute(statement, instants | {"at_most": at_most}).all() if at_most else []
        for delivery_id, state, size_bytes in found:
            if leased and octets + size_bytes > MAX_LEASED_OCTETS:
                return tuple(leased)
            delivery = _lease(connection, keyring, delivery_id, DeliveryState(state), taken)
            if delivery is None:
                around.unreadable(deliveries.name)
                continue
            leased.append(delivery)
            octets += size_bytes
    return tuple(leased)


def covers(lease_until: int | None, now: datetime) -> bool:
    """Tell whether an attempt that begins now ends before its lease does, however long the next hop takes."""
    return lease_until is not None and lease_until >= to_micros(now + LEASE - LEASE / SPARE)


def renew(connection: Connection, delivery: LeasedDelivery, now: datetime) -> bool:
    """Lease it for as long again from now; ``False`` when it is somebody else's by now."""
    values = {"this": delivery.delivery_id, "my_fence": delivery.fence, "until": to_micros(now + LEASE)}
    return bool(connection.execute(_RENEW, values).rowcount)


def next_due_at(connection: Connection) -> datetime | None:
    """When the next delivery can be leased, in the past when one waits already."""
    instants = [connection.execute(statement).scalar() for statement in (_NEXT_DUE, _NEXT_LEASE_END)]
    known = [instant for instant in instants if instant is not None]
    return from_micros(min(known)) if known else None


def record(
    connection: Connection,
    delivery: LeasedDelivery,
    event: DeliveryEvent,
    now: datetime,
    *,
    due_at: datetime | None,
    code: int | None,
    fact: Fact | None,
    cause: str = "",
) -> bool:
    """Write what came of an attempt; ``False`` when the lease is not ours any more.

    ``due_at``: when it is tried again, for events after which it is (now, if not given). ``cause``: of what failed.
    Raises ``StateError`` for an event that an active delivery does not take.
    """
    state = advance(_S.ACTIVE, event)
    is_end = state in _ENDS
    values = {
        "new_state": state.value,
        "due": to_micros(due_at or now) if state in _SENDABLE else None,
        "ended": to_micros(now) if is_end else None,
        "code": code,
        "its_fact": fact.value if fact else None,
        "its_cause": cause or None,
    }
    row = connection.execute(
        _RECORD_END if is_end else _RECORD,
        {"this": delivery.delivery_id, "my_fence": delivery.fence, **values},
    ).first()
    if row is None:
        return False
    if is_end:
        bodies.leave(connection, Owner.DELIVERY, delivery.delivery_id, row.chunk_count)
    return True


def void_leases(connection: Connection, now: datetime) -> None:
    """Queue all deliveries that are being sent: at the start of the only node their senders are dead."""
    connection.execute(_VOID_LEASES, {"due": to_micros(now)})


def _lease(
    connection: Connection, keyring: Keyring, delivery_id: bytes, state: DeliveryState, taken: dict[str, Any]
) -> LeasedDelivery | None:
    if state is _S.ACTIVE:
        state = advance(state, _E.LEASE_ENDED)
    advance(state, _E.LEASED)
    row = connection.execute(_LEASE, {"this": delivery_id, **taken}).one()
    try:
        return _open(connection, keyring, row)
    except CipherError:
        advance(state, _E.HELD)
        connection.execute(_QUARANTINE, {"this": delivery_id})
        return None


def _open(connection: Connection, keyring: Keyring, row: Any) -> LeasedDelivery:
    key = datakeys.load(connection, keyring, Owner.DELIVERY, row.delivery_id)
    plain = key.open(row.address or b"", _address_place(row.delivery_id))
    recipient, return_path, facts = msgspec.msgpack.decode(
        plain, type=tuple[str, str, tuple[str, str, bytes]]
    )
    if facts != _facts(row.kind, row.reader, row.conversation_id) or row.return_path != _index(
        keyring, return_path
    ):
        raise CipherError("the columns of a delivery were changed")
    return LeasedDelivery(
        delivery_id=row.delivery_id,
        kind=OutgoingKind(row.kind),
        reader=Face(row.reader),
        recipient=recipient,
        return_path=return_path,
        message=bodies.read(
            connection,
            keyring,
            Owner.DELIVERY,
            row.delivery_id,
            inline=row.body,
            chunk_count=row.chunk_count,
        ),
        attempts=row.attempts,
        created_at=from_micros(row.created_at),
        fence=row.fence,
        conversation_id=row.conversation_id,
    )


def _facts(kind: str, reader: str, conversation_id: bytes | None) -> tuple[str, str, bytes]:
    """Columns that say whose words go to whom: sealed in with the address, so that a change is seen."""
    return kind, reader, conversation_id or b""


def _index(keyring: Keyring, return_path: str) -> bytes | None:
    return keyring.index(Purpose.TOKEN, return_path) if return_path else None


def _address_place(delivery_id: bytes) -> bytes:
    return place("deliveries", "address", delivery_id)
