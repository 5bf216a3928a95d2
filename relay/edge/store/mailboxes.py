"""What was taken from mailboxes, and what was left there (``flow.gather.Mailboxes``). Hung on ``SqlStore``.

One row for each folder says up to which UID everything was looked at; one row for each message that still has to be
moved, flagged or deleted, or was left. ``note`` writes both in the transaction that takes the message (``inbox``):
after a crash between that and the move, the message is known as taken and only moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from relay.domain.mailboxes import Fetched, Left
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.lanes import Lane
from relay.edge.store.tables_mailboxes import mailbox_folders, mailbox_messages

_TAKEN = "taken"

_ROW = mailbox_messages.c
_HERE = (_ROW.place == bindparam("at"), _ROW.validity == bindparam("since"))
_THIS = (*_HERE, _ROW.uid == bindparam("this"))
_FOLDER = select(mailbox_folders).where(mailbox_folders.c.place == bindparam("at"))
_ADVANCE = (
    update(mailbox_folders)
    .where(
        mailbox_folders.c.place == bindparam("at"),
        mailbox_folders.c.validity == bindparam("since"),
        mailbox_folders.c.uid < bindparam("reached"),
    )
    .values(uid=bindparam("reached"))
)
_BEGIN = insert(mailbox_folders)
_BEGIN_ANEW = (
    update(mailbox_folders)
    .where(mailbox_folders.c.place == bindparam("at"))
    .values(validity=bindparam("since"), uid=0)
)
_FORGET_OTHERS = delete(mailbox_messages).where(
    _ROW.place == bindparam("at"), _ROW.validity != bindparam("since")
)
_INSERT = insert(mailbox_messages)
_MARK = update(mailbox_messages).where(*_THIS).values(state=bindparam("becomes"))
_DELETE = delete(mailbox_messages).where(*_THIS)
_TO_PUT_AWAY = (
    select(_ROW.uid).where(*_HERE, _ROW.state == _TAKEN).order_by(_ROW.uid).limit(bindparam("at_most"))
)
_LEFT = select(_ROW.uid).where(*_HERE, _ROW.state != _TAKEN).order_by(_ROW.uid)
_UNTOLD = (
    select(_ROW.state, func.count()).where(_ROW.state != _TAKEN, _ROW.is_told.is_(False)).group_by(_ROW.state)
)
_TOLD = update(mailbox_messages).where(_ROW.state != _TAKEN, _ROW.is_told.is_(False)).values(is_told=True)


@dataclass(frozen=True, slots=True)
class Noted:
    """Where a message lies, as the store writes it."""

    place: bytes
    validity: int
    uid: int


def noted(keyring: Keyring, fetched: Fetched | None) -> Noted | None:
    """The same with a blind index for the place; ``None`` for what lies in no mailbox."""
    if fetched is None:
        return None
    return Noted(keyring.index(Purpose.MAILBOX, fetched.place), fetched.validity, fetched.uid)


def note(connection: Connection, taken: Sequence[Noted]) -> None:
    """These were taken, now or before: they are to be put away, and never looked at again."""
    for each in taken:
        _put(connection, each, _TAKEN)


def _put(connection: Connection, at: Noted, state: str) -> None:
    this = {"at": at.place, "since": at.validity, "this": at.uid}
    if not connection.execute(_MARK, {**this, "becomes": state}).rowcount:
        row = {"place": at.place, "validity": at.validity, "uid": at.uid, "state": state}
        connection.execute(_INSERT, row)
    connection.execute(_ADVANCE, {"at": at.place, "since": at.validity, "reached": at.uid})


def _begin(connection: Connection, place: bytes, validity: int) -> int:
    at = {"at": place, "since": validity}
    row = connection.execute(_FOLDER, {"at": place}).first()
    if row is not None and row.validity == validity:
        return int(row.uid)
    if row is None:
        connection.execute(_BEGIN, {"place": place, "validity": validity, "uid": 0})
    else:
        connection.execute(_BEGIN_ANEW, at)
    connection.execute(_FORGET_OTHERS, at)
    return 0


class Mailboxes:
    """Mailboxes on the lanes of a store."""

    def __init__(self, writer: Lane, reader: Lane, keyring: Keyring) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring

    async def begin(self, place: str, validity: int) -> int:
        index = self._index(place)
        return await self._writer.run(lambda c: _begin(c, index, validity))

    async def to_put_away(self, place: str, validity: int, limit: int) -> tuple[int, ...]:
        at = {"at": self._index(place), "since": validity, "at_most": limit}
        return await self._reader.run(lambda c: tuple(c.execute(_TO_PUT_AWAY, at).scalars()))

    async def put_away(self, place: str, validity: int, uids: tuple[int, ...]) -> None:
        await self._drop(place, validity, uids)

    async def left(self, place: str, validity: int) -> tuple[int, ...]:
        at = {"at": self._index(place), "since": validity}
        return await self._reader.run(lambda c: tuple(c.execute(_LEFT, at).scalars()))

    async def leave(self, fetched: Fetched, why: Left) -> None:
        at = noted(self._keyring, fetched)
        assert at is not None
        await self._writer.run(lambda c: _put(c, at, why.value))

    async def forget_left(self, place: str, validity: int, uids: tuple[int, ...]) -> None:
        await self._drop(place, validity, uids)

    async def untold(self) -> Mapping[Left, int]:
        rows = await self._reader.run(lambda c: c.execute(_UNTOLD).all())
        return {Left(state): count for state, count in rows}

    async def told(self) -> None:
        await self._writer.run(lambda c: c.execute(_TOLD).rowcount)

    async def _drop(self, place: str, validity: int, uids: tuple[int, ...]) -> None:
        index = self._index(place)
        these = [{"at": index, "since": validity, "this": uid} for uid in uids]
        if these:
            await self._writer.run(lambda c: c.execute(_DELETE, these).rowcount)

    def _index(self, place: str) -> bytes:
        return self._keyring.index(Purpose.MAILBOX, place)
