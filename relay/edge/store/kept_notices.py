"""Notices that could not be encrypted to their reader: kept in the store until they can, never sent in clear.

One about a conversation is sealed with its data key, and so forgotten with it; any other with a key of its own. Called
by ``settling`` within its transaction, and through ``SqlStore.kept_notices`` by ``flow.posting``, and by ``flow.kept``,
which tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge import randomness
from relay.edge.store import datakeys
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.sealing import place
from relay.edge.store.tables import to_micros
from relay.edge.store.tables_keys import kept_notices
from relay.errors import CipherError
from relay.flow.outcomes import KeptNotice

_ID_OCTETS = 16

_INSERT = insert(kept_notices)
_OLDEST = select(*kept_notices.c).order_by(kept_notices.c.since).limit(bindparam("at_most"))
_ALL = select(*kept_notices.c)
_DELETE = delete(kept_notices).where(kept_notices.c.notice_id == bindparam("which"))

_DECODER = msgspec.msgpack.Decoder(KeptNotice)


class KeptNotices:
    """What others ask. ``unreadable`` hears of a row that does not open; it stays."""

    def __init__(
        self, writer: Lane, reader: Lane, keyring: Keyring, unreadable: Callable[[str], None]
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._unreadable = unreadable

    async def keep(self, notice: KeptNotice, now: datetime) -> None:
        """Keep one until it can be encrypted."""
        await self._writer.run(lambda c: keep(c, self._keyring, notice, now))

    async def waiting(self, limit: int) -> tuple[KeptNotice, ...]:
        """Those that wait, the longest first."""
        return await self._reader.run(lambda c: self._waiting(c, limit))

    def _waiting(self, connection: Connection, limit: int) -> tuple[KeptNotice, ...]:
        found = []
        for row in connection.execute(_OLDEST, {"at_most": limit}).all():
            try:
                owner = _owner(row.conversation_id, row.notice_id)
                key = datakeys.load(connection, self._keyring, *owner)
                plain = key.open(row.sealed, _place(row.notice_id))
                found.append(replace(_DECODER.decode(plain), notice_id=bytes(row.notice_id)))
            except (CipherError, msgspec.DecodeError):
                self._unreadable(kept_notices.name)
        return tuple(found)


def keep(connection: Connection, keyring: Keyring, notice: KeptNotice, now: datetime) -> None:
    """Write a notice that waits."""
    notice_id = randomness.octets(_ID_OCTETS)
    if notice.conversation_id is not None:
        key = datakeys.load(connection, keyring, *_owner(notice.conversation_id, notice_id))
    else:
        key, row = datakeys.mint(keyring, Owner.NOTICE, notice_id)
        datakeys.keep(connection, [row])
    connection.execute(
        _INSERT,
        {
            "notice_id": notice_id,
            "conversation_id": notice.conversation_id,
            "since": to_micros(now),
            "sealed": key.seal(msgspec.msgpack.encode(notice), _place(notice_id)),
        },
    )


def drop_of(connection: Connection, keyring: Keyring, counselor_id: str) -> None:
    """Forget those for a counselor, or of them; one that does not open is for nobody, and stays."""
    for row in connection.execute(_ALL).all():
        try:
            key = datakeys.load(connection, keyring, *_owner(row.conversation_id, row.notice_id))
            notice = _DECODER.decode(key.open(row.sealed, _place(row.notice_id)))
        except (CipherError, msgspec.DecodeError):
            continue
        if notice.counselor_id == counselor_id:
            let_go(connection, bytes(row.notice_id))


def let_go(connection: Connection, notice_id: bytes) -> bool:
    """Forget one, because it leaves now; ``False`` when it is gone already."""
    datakeys.destroy(connection, Owner.NOTICE, [notice_id])
    return bool(connection.execute(_DELETE, {"which": notice_id}).rowcount)


def _owner(conversation_id: bytes | None, notice_id: bytes) -> tuple[Owner, bytes]:
    """Whose data key a notice is sealed with."""
    return (Owner.NOTICE, notice_id) if conversation_id is None else (Owner.CONVERSATION, conversation_id)


def _place(notice_id: bytes) -> bytes:
    return place("kept_notices", "sealed", notice_id)
