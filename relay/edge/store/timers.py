"""Timers in the store: what is to be told at an instant, once: a counselor's own reminder, a supervisor's digest.

``Timers`` hangs on the store as ``store.timers``; ``reminders`` writes those of counselors. A digest names its
supervisor by a blind index.

A lease puts the instant off by two minutes and counts the fence up; what is told is written together with the timer's
end, or its next instant, and only under the fence that was leased: after a crash both are there or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from relay.domain.conversations import HELD_BY_A_COUNSELOR
from relay.domain.reasons import Reason
from relay.domain.risk import Risk
from relay.edge.store import answers, conversations
from relay.edge.store.consent_timers import CONSENT
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.lanes import Lane
from relay.edge.store.record import Record
from relay.edge.store.reminders import REVIEW, Review, place_of
from relay.edge.store.tables import ENTRY_IS_HELD, entries, from_micros, to_micros
from relay.edge.store.tables_timers import timers
from relay.edge.store.telling import Seal, tell
from relay.errors import CipherError
from relay.flow.outcomes import LeasedDelivery, Told
from relay.flow.ports import Stale
from relay.flow.reviews import AGAIN, Waiting
from relay.flow.timers import DueDigest, DueReminder, DueReview, DueTimer

LEASE = timedelta(minutes=2)

_DIGEST = "digest"

_IS_THIS = timers.c.timer_id == bindparam("this")
_IS_MINE = timers.c.fence == bindparam("my_fence")
_INSERT = insert(timers)
_CANDIDATES = (
    select(timers.c.timer_id)
    .where(timers.c.due_at <= bindparam("now"), timers.c.kind != CONSENT)
    .order_by(timers.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(timers)
    .where(_IS_THIS)
    .values(due_at=bindparam("until"), fence=timers.c.fence + 1)
    .returning(*timers.c)
)
_END = delete(timers).where(_IS_THIS, _IS_MINE)
_AGAIN = update(timers).where(_IS_THIS, _IS_MINE).values(due_at=bindparam("due"), fence=timers.c.fence + 1)
_DROP = delete(timers).where(_IS_THIS)
_SEAL = update(timers).where(_IS_THIS).values(sealed=bindparam("new"))
_IN_REVIEW = select(entries.c.conversation_id).where(
    entries.c.entry_id == bindparam("this"), ENTRY_IS_HELD, entries.c.reason == Reason.REVIEW.value
)
_NEXT = select(func.min(timers.c.due_at)).where(timers.c.kind != CONSENT)
_DIGESTS = select(timers.c.timer_id).where(timers.c.conversation_id.is_(None), timers.c.kind == _DIGEST)
_NOT_YET = (
    update(timers)
    .where(_IS_THIS, timers.c.due_at > bindparam("now"))
    .values(due_at=bindparam("due"), fence=timers.c.fence + 1)
)


class Timers:
    """Timers on the lanes of a store. ``seal`` makes a delivery of a notice, its body ready to be written."""

    def __init__(
        self, writer: Lane, reader: Lane, keyring: Keyring, seal: Seal, unreadable: Callable[[str], None]
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._seal = seal
        self._unreadable = unreadable

    async def lease_due(self, now: datetime, limit: int) -> tuple[DueTimer, ...]:
        return await self._writer.run(lambda c: _lease_due(c, self._keyring, now, limit, self._unreadable))

    async def next_due_at(self) -> datetime | None:
        due = await self._reader.run(lambda c: c.execute(_NEXT).scalar())
        return None if due is None else from_micros(due)

    async def record(
        self,
        due: DueTimer,
        notices: Sequence[Told],
        now: datetime,
        again_at: datetime | None = None,
        answers: Sequence[str] = (),
    ) -> tuple[LeasedDelivery, ...]:
        def write(connection: Connection) -> None:
            _record(connection, due, again_at)
            if isinstance(due, DueReview) and answers:
                _step(connection, self._keyring, due, answers, goes_on=again_at is not None)

        about = due.conversation_id if isinstance(due, DueReminder | DueReview) else None
        return await tell(self._writer, self._keyring, self._seal, notices, now, write, about)

    async def agree(self, digests: Mapping[str, datetime], now: datetime) -> None:
        await self._writer.run(lambda c: _agree(c, self._keyring, digests, now))


def _lease_due(
    connection: Connection, keyring: Keyring, now: datetime, limit: int, unreadable: Callable[[str], None]
) -> tuple[DueTimer, ...]:
    """Take timers that are due. One that does not open is dropped and told: nobody could ever be told of it."""
    leased: list[DueTimer] = []
    found = list(connection.execute(_CANDIDATES, {"now": to_micros(now), "at_most": limit}).scalars())
    for timer_id in found:
        row = connection.execute(_LEASE, {"this": timer_id, "until": to_micros(now + LEASE)}).one()
        if row.kind == REVIEW and connection.execute(_IN_REVIEW, {"this": timer_id}).first() is None:
            connection.execute(_DROP, {"this": timer_id})
            continue  # a supervisor has read it, or it is gone
        try:
            leased.append(_open(connection, keyring, row))
        except CipherError:
            connection.execute(_DROP, {"this": timer_id})
            unreadable(timers.name)
    return tuple(leased)


def _open(connection: Connection, keyring: Keyring, row: Any) -> DueTimer:
    if row.kind == _DIGEST:
        supervisor_id = keyring.counselors.open(row.sealed, place_of(row.timer_id)).decode()
        return DueDigest(row.timer_id, row.fence, supervisor_id)
    record = conversations.load(connection, keyring, row.conversation_id, to_change=False)
    if record is None:
        raise CipherError("the conversation of a reminder is gone")
    plain = record.key.open(row.sealed, place_of(row.timer_id))
    if row.kind == REVIEW:
        return DueReview(row.timer_id, row.fence, _waiting(record, plain), record.conversation_id)
    counselor_id, text = msgspec.msgpack.decode(plain, type=tuple[str, str])
    secrets = record.secrets
    is_held = secrets.state in HELD_BY_A_COUNSELOR
    return DueReminder(
        timer_id=row.timer_id,
        fence=row.fence,
        text=text,
        pseudonym=secrets.pseudonym,
        counselor_id=(secrets.counselor_id if is_held else None) or counselor_id,
        seeker_alias=secrets.seeker_alias if is_held else "",
        conversation_id=record.conversation_id,
    )


def _waiting(record: Record, plain: bytes) -> Waiting:
    review, secrets = msgspec.msgpack.decode(plain, type=Review), record.secrets
    return Waiting(
        review.step,
        from_micros(review.since),
        review.author,
        review.draft,
        secrets.pseudonym,
        secrets.intake,
        secrets.risk is Risk.HIGH,
        secrets.queue,
        review.subject,
        review.files,
    )


def _step(
    connection: Connection, keyring: Keyring, due: DueReview, given: Sequence[str], *, goes_on: bool
) -> None:
    """The step is done: the reply is found by answers to its notices, too, and the next one is due after it."""
    row = connection.execute(_IN_REVIEW, {"this": due.timer_id}).first()
    if row is None:
        raise Stale("a supervisor has read it meanwhile")
    answers.remember(connection, keyring, due.timer_id, given)
    if goes_on:
        record = conversations.load(connection, keyring, row.conversation_id, to_change=False)
        if record is None:
            raise Stale("the conversation of a review is gone")
        one = due.waiting
        files = one.files if one.step == AGAIN else ()
        review = Review(one.step + 1, to_micros(one.since), one.author, one.draft, one.subject, files)
        sealed = review.sealed(record, due.timer_id)
        connection.execute(_SEAL, {"this": due.timer_id, "new": sealed})


def _record(connection: Connection, due: DueTimer, again_at: datetime | None) -> None:
    """Write the end of a timer, or its next instant. Raises ``Stale`` and writes nothing."""
    values: dict[str, Any] = {"this": due.timer_id, "my_fence": due.fence}
    if again_at is None:
        is_ours = connection.execute(_END, values).rowcount
    else:
        is_ours = connection.execute(_AGAIN, {**values, "due": to_micros(again_at)}).rowcount
    if not is_ours:
        raise Stale("a timer was changed meanwhile")


def _agree(connection: Connection, keyring: Keyring, digests: Mapping[str, datetime], now: datetime) -> None:
    """Supervisors who want digests have a timer each, due then unless it is due already; those who want none, none."""
    wanted = {keyring.index(Purpose.COUNSELOR, f"{_DIGEST} {who}"): who for who in digests}
    known = {row.timer_id for row in connection.execute(_DIGESTS).all()}
    for timer_id in known - wanted.keys():
        connection.execute(_DROP, {"this": timer_id})
    for timer_id, who in wanted.items():
        due = to_micros(digests[who])
        if timer_id in known:
            connection.execute(_NOT_YET, {"this": timer_id, "due": due, "now": to_micros(now)})
            continue
        sealed = keyring.counselors.seal(who.encode(), place_of(timer_id))
        row = {"timer_id": timer_id, "kind": _DIGEST, "conversation_id": None, "due_at": due}
        connection.execute(_INSERT, {**row, "fence": 0, "sealed": sealed})
