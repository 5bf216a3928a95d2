"""The OpenPGP key of each seeker who gave one (``domain.seeker_keys``), one sealed row for a conversation.

Sealed with the conversation's own data key, so that it is forgotten with it, and by conversation, not by address: who
they are is the alias. The conversation's own sealed record counts the versions of this row, so that a row that was
taken away or put back from before raises ``CipherError``: nobody who can write to the disk turns encryption off.

Called by ``settling``, within its transaction, and through ``SqlStore.seeker_keys`` by ``flow`` and ``relay keys``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from relay.domain.seeker_keys import NO_KEY, KeyStanding, SeekerKey
from relay.edge.store import conversations
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.record import Record
from relay.edge.store.sealing import place
from relay.edge.store.tables_keys import seeker_keys
from relay.errors import CipherError
from relay.flow.outcomes import NewConversation
from relay.flow.ports import Stale

_INSERT = insert(seeker_keys)
_UPDATE = update(seeker_keys).where(seeker_keys.c.conversation_id == bindparam("whose"))
_SELECT = select(seeker_keys.c.sealed).where(seeker_keys.c.conversation_id == bindparam("whose"))
_SELECT_ALL = select(seeker_keys.c.conversation_id)

_DECODER = msgspec.msgpack.Decoder(SeekerKey)


class SeekerKeys:
    """What others ask. ``unreadable`` hears of a row that does not open."""

    def __init__(
        self,
        writer: Lane,
        reader: Lane,
        keyring: Keyring,
        unreadable: Callable[[str], None],
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._unreadable = unreadable

    async def of(self, conversation_id: bytes) -> SeekerKey:
        """The key of a conversation, ``NO_KEY`` where none was given. Raises ``CipherError``."""
        return await self._reader.run(lambda c: _of(c, self._keyring, conversation_id))

    async def listed(self) -> tuple[tuple[str, KeyStanding], ...]:
        """Pseudonyms of seekers who gave a key, and where it stands; those that do not open are left out."""
        return await self._reader.run(self._listed)

    async def drop(self, pseudonym: str, now: datetime) -> bool:
        """Forget the key of the seeker with that pseudonym, in force or not; ``False`` when there is none."""
        return await self._writer.run(lambda c: self._drop(c, pseudonym, now))

    def _records(self, connection: Connection, *, to_change: bool = False) -> list[Record]:
        found = []
        for conversation_id in list(connection.execute(_SELECT_ALL).scalars()):
            try:
                record = conversations.load(connection, self._keyring, conversation_id, to_change=to_change)
            except CipherError:
                self._unreadable(seeker_keys.name)
                continue
            if record is not None:
                found.append(record)
        return found

    def _listed(self, connection: Connection) -> tuple[tuple[str, KeyStanding], ...]:
        found = []
        for record in self._records(connection):
            try:
                standing = read(connection, record).standing
            except CipherError:
                self._unreadable(seeker_keys.name)
                continue
            if standing is not KeyStanding.NONE:
                found.append((record.secrets.pseudonym, standing))
        return tuple(sorted(found, key=lambda each: each[0]))

    def _drop(self, connection: Connection, pseudonym: str, now: datetime) -> bool:
        wanted = " ".join(pseudonym.casefold().split())
        for record in self._records(connection, to_change=True):
            if record.secrets.pseudonym.casefold() == wanted:
                keep(connection, record, NO_KEY)
                conversations.save(connection, record, now)
                return True
        return False


def _of(connection: Connection, keyring: Keyring, conversation_id: bytes) -> SeekerKey:
    record = conversations.load(connection, keyring, conversation_id, to_change=False)
    return NO_KEY if record is None else read(connection, record)


def read(connection: Connection, record: Record) -> SeekerKey:
    """The key of a conversation that was read. Raises ``CipherError``."""
    version = record.secrets.key_version
    if not version:
        return NO_KEY
    sealed = connection.execute(_SELECT, {"whose": record.conversation_id}).scalar()
    if sealed is None:
        raise CipherError("the key of a seeker is gone")
    plain = record.key.open(sealed, _place(record.conversation_id, version))
    try:
        return _DECODER.decode(plain)
    except msgspec.DecodeError:
        raise CipherError("the key of a seeker has not the form it was written in") from None


def keep(connection: Connection, record: Record, key: SeekerKey) -> None:
    """Write what is known of a seeker's key now. Changes ``record`` without saving it."""
    version = record.secrets.key_version + 1
    sealed = record.key.seal(msgspec.msgpack.encode(key), _place(record.conversation_id, version))
    if not connection.execute(_UPDATE, {"whose": record.conversation_id, "sealed": sealed}).rowcount:
        connection.execute(_INSERT, {"conversation_id": record.conversation_id, "sealed": sealed})
    record.change(key_version=version, key_standing=key.standing)


def take_over(connection: Connection, keyring: Keyring, record: Record, new: NewConversation) -> None:
    """The key of the conversation that is taken up anew is that of the new one, too. Changes ``record`` without saving
    it. Raises ``Stale`` when it is not there any more as it was when letters were encrypted to it.
    """
    if new.key_standing is KeyStanding.NONE:
        return
    before = conversations.load(connection, keyring, new.renews, to_change=False)
    key = NO_KEY if before is None else read(connection, before)
    if key.standing is not new.key_standing:
        raise Stale("the key of a seeker has changed meanwhile")
    keep(connection, record, key)


def _place(conversation_id: bytes, version: int) -> bytes:
    return place("seeker_keys", "sealed", conversation_id, version)
