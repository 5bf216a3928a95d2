"""The one way to see a real address from outside the daemon: ``relay reveal``, with a reason that stays.

Hung on ``SqlStore`` as ``insight.reveals``. What is remembered is when, by which account of the machine and why, sealed
under a data key of its own; never whose address it was, so that nothing is left to forget when that person asks for it.
The record is committed before the address is returned. Rows go after ``KEPT_FOR``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.edge import randomness
from relay.edge.store import conversations, datakeys, disclosing
from relay.edge.store.datakeys import Owner
from relay.edge.store.inbox import open_envelope
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.sealing import place
from relay.edge.store.tables import entries, from_micros, to_micros
from relay.edge.store.tables_reveals import reveals
from relay.errors import CipherError
from relay.flow.figures import Revealed

KEPT_FOR = timedelta(days=2 * 365)
"""As long as anybody asks who looked, and why."""

MAX_SHOWN = 1000
_ID_OCTETS = 16

_INSERT = insert(reveals)
_LIST = select(*reveals.c).order_by(reveals.c.at.desc()).limit(MAX_SHOWN)
_OLD = select(reveals.c.reveal_id).where(reveals.c.at < bindparam("before")).limit(bindparam("at_most"))
_DROP = delete(reveals).where(reveals.c.reveal_id == bindparam("this"))
_ENVELOPE = select(entries.c.envelope).where(entries.c.entry_id == bindparam("this"))
_DECODER = msgspec.msgpack.Decoder(tuple[str, str])


class Reveals:
    """Looks at addresses, each remembered."""

    def __init__(self, writer: Lane, reader: Lane, keyring: Keyring) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring

    async def of_conversation(self, conversation_id: bytes, note: Revealed) -> tuple[str, ...]:
        """The addresses that a seeker writes from; nothing when the conversation is gone."""

        def look(connection: Connection) -> tuple[str, ...]:
            record = conversations.load(connection, self._keyring, conversation_id, to_change=False)
            if record is None:
                return ()
            _remember(connection, self._keyring, note)
            return record.secrets.seeker_addresses

        return await self._writer.run(look)

    async def of_entry(self, entry_id: bytes, note: Revealed) -> str | None:
        """Whom a message that is still here came from by its envelope, empty for nobody; ``None``: it is gone."""

        def look(connection: Connection) -> str | None:
            sealed = connection.execute(_ENVELOPE, {"this": entry_id}).scalar()
            if sealed is None:
                return None
            key = datakeys.load(connection, self._keyring, Owner.ENTRY, entry_id)
            path = open_envelope(key, entry_id, sealed).reverse_path.reveal()
            _remember(connection, self._keyring, note)
            return path

        return await self._writer.run(look)

    async def of_everything(
        self,
        note: Revealed,
        is_noted: Callable[[], Awaitable[None]],
        show: Callable[[str, int, object], None],
    ) -> None:
        """All there is (``disclosing.everything``), once it is remembered and ``is_noted`` has told whom it has to."""
        await self._writer.run(lambda c: _remember(c, self._keyring, note))
        await is_noted()
        await self._reader.run(lambda c: disclosing.everything(c, self._keyring, show))

    async def listed(self) -> tuple[Revealed, ...]:
        """Who looked, newest first; what does not open is told of without its words."""
        return await self._reader.run(
            lambda c: tuple(_opened(c, self._keyring, row) for row in c.execute(_LIST))
        )


def over(connection: Connection, now: datetime, at_most: int) -> int:
    """Forget what was remembered long enough; how many."""
    ids = list(connection.execute(_OLD, {"before": to_micros(now - KEPT_FOR), "at_most": at_most}).scalars())
    if ids:
        connection.execute(_DROP, [{"this": each} for each in ids])
        datakeys.destroy(connection, Owner.REVEAL, ids)
    return len(ids)


def _remember(connection: Connection, keyring: Keyring, note: Revealed) -> None:
    reveal_id = randomness.octets(_ID_OCTETS)
    key, key_row = datakeys.mint(keyring, Owner.REVEAL, reveal_id)
    sealed = key.seal(msgspec.msgpack.encode((note.account, note.reason)), _place(reveal_id))
    datakeys.keep(connection, [key_row])
    connection.execute(_INSERT, {"reveal_id": reveal_id, "at": to_micros(note.at), "sealed": sealed})


def _opened(connection: Connection, keyring: Keyring, row: Any) -> Revealed:
    reveal_id = bytes(row.reveal_id)
    try:
        key = datakeys.load(connection, keyring, Owner.REVEAL, reveal_id)
        account, reason = _DECODER.decode(key.open(bytes(row.sealed), _place(reveal_id)))
    except (CipherError, msgspec.DecodeError):
        account, reason = "(unreadable)", "(unreadable)"
    return Revealed(from_micros(row.at), account, reason)


def _place(reveal_id: bytes) -> bytes:
    return place("reveals", "sealed", reveal_id)
