"""Everything that is stored, unsealed, table by table: what somebody with all keys can be made to show, and no more.

Called by ``SqlStore.disclose`` for ``relay disclose``. It knows no table by itself: it goes through the inventory, and
opens what that says is sealed, with the key that it names, at the place that is bound to it (``PLACES``; else the row's
own id). A value that does not open is shown as such. Of secret keys only that they are there is shown: they are the
line's and tell of nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select

from relay.edge.store import conversations, datakeys
from relay.edge.store.datakeys import Owner
from relay.edge.store.inbox import envelope_place
from relay.edge.store.inventory import INVENTORY, Field, Held
from relay.edge.store.keys import Keyring
from relay.edge.store.sealing import SealingKey, place
from relay.edge.store.tables import from_micros, metadata
from relay.errors import CipherError

Row = Any
Shown = Mapping[str, object]

NOT_OPEN = "[does not open]"
SECRET = "[a secret key, not shown]"  # noqa: S105 - says that there is one

BATCH = 200


def _body(owner: Owner, column: str) -> Callable[[Row], list[bytes]]:
    return lambda row: [place("bodies", owner.value, getattr(row, column))]


PLACES: Mapping[tuple[str, str], Callable[[Row], list[bytes]]] = {
    ("data_keys", "wrapped"): lambda row: [place("data_keys", row.owner, row.owner_id)],
    ("conversations", "sealed"): lambda row: [
        place("conversations", "sealed", row.conversation_id, row.version)
    ],
    ("aliases", "sealed"): lambda row: [place("aliases", row.stands_for, row.token + row.conversation_id)],
    ("thread_links", "sealed"): lambda row: [
        place("thread_links", "sealed", row.conversation_id, row.position)
    ],
    ("notes", "sealed"): lambda row: [place("notes", "sealed", row.conversation_id, row.position)],
    ("seals", "sealed"): lambda row: [place("seals", row.of_table, row.row_id, row.version)],
    ("entries", "envelope"): lambda row: [
        envelope_place(row.entry_id, (bool(row.confirmed), bool(row.approved)))
    ],
    ("entries", "body"): _body(Owner.ENTRY, "entry_id"),
    ("deliveries", "body"): _body(Owner.DELIVERY, "delivery_id"),
    ("chunks", "sealed"): lambda row: [
        place("chunks", row.owner, row.owner_id, row.number, is_last) for is_last in (False, True)
    ],
}
"""Where a sealed value is bound to, as its own file does it; of a chunk one of two: it may be the last."""

TEXTS = frozenset(
    {
        ("aliases", "sealed"),
        ("counselors", "sealed"),
        ("acquaintances", "sealed"),
        ("entries", "body"),
        ("deliveries", "body"),
        ("chunks", "sealed"),
    }
)
"""What is sealed as it is; all else is msgpack."""

_SECRET_PARTS: Mapping[tuple[str, str], int] = {("openpgp_keys", "sealed"): 2}
"""Which part of a value is a secret key."""


def everything(connection: Connection, keyring: Keyring, show: Callable[[str, int, object], None]) -> None:
    """Show of each table its name and count with ``None``, then every row; of what is public only how much it is."""
    for name, kept in INVENTORY.items():
        table = metadata.tables.get(name)
        if table is None:
            continue  # the words of the directory, which SQLite keeps beside it
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        show(name, count, None)
        if any(field.held is not Held.PUBLIC for field in kept.fields.values()):
            for row in rows(connection, keyring, table):
                show(name, count, row)


def rows(connection: Connection, keyring: Keyring, table: Table) -> Iterator[Shown]:
    """Every row of a table, each column opened."""
    fields = INVENTORY[table.name].fields
    order = list(table.primary_key.columns)
    after = 0
    while found := connection.execute(select(table).order_by(*order).offset(after).limit(BATCH)).all():
        for row in found:
            yield {
                name: shown(connection, keyring, table.name, name, row, field)
                for name, field in fields.items()
                if hasattr(row, name)
            }
        after += len(found)


def shown(connection: Connection, keyring: Keyring, table: str, name: str, row: Row, field: Field) -> object:
    """One value as it is to be read."""
    value = getattr(row, name)
    if value is None:
        return None
    if field.held is Held.INSTANT:
        return from_micros(value).isoformat(timespec="seconds")
    if field.held is Held.FLAG:
        return bool(value)
    if not field.held.is_sealed:
        return value.hex() if isinstance(value, bytes) else value
    try:
        plain = opened(connection, keyring, table, name, row, field.held)
        if field.held is Held.WRAPPED:
            return SECRET
        is_text = (table, name) in TEXTS or _is_digest(table, row)
        return _plain(plain) if is_text else _read(table, name, plain)
    except (CipherError, msgspec.DecodeError):
        return NOT_OPEN


def opened(connection: Connection, keyring: Keyring, table: str, name: str, row: Row, held: Held) -> bytes:
    """Open a sealed value as the inventory says that it is sealed. Raises ``CipherError``."""
    key = _key(connection, keyring, table, row, held)
    bound_to = PLACES.get((table, name), lambda one: [_own_place(connection, keyring, table, name, one)])(row)
    for where in bound_to:
        try:
            return key.open(getattr(row, name), where)
        except CipherError:
            if where is bound_to[-1]:
                raise
    raise CipherError("a sealed value has no place")


def _own_place(connection: Connection, keyring: Keyring, table: str, name: str, row: Row) -> bytes:
    """The place that most values are bound to: the row's own id, and its version where another row counts it."""
    first = next(iter(metadata.tables[table].primary_key.columns)).name
    if table == "seeker_keys":
        record = conversations.load(connection, keyring, row.conversation_id, to_change=False)
        return place(table, name, row.conversation_id, record.secrets.key_version if record else 0)
    return place(table, name, getattr(row, first))


def _key(connection: Connection, keyring: Keyring, table: str, row: Row, held: Held) -> SealingKey:
    if held is Held.WRAPPED:
        return keyring.wrapping
    if held is Held.OF_LINE:
        return keyring.openpgp
    if held is Held.OF_ROWS:
        return keyring.seals
    if held is Held.OF_COUNSELORS or (held is Held.OF_OWNER and _is_digest(table, row)):
        return keyring.counselors
    owner, owner_id = _owner(table, row, held)
    return datakeys.load(connection, keyring, owner, owner_id)


def _owner(table: str, row: Row, held: Held) -> tuple[Owner, bytes]:
    if held is Held.OF_ENTRY:
        return Owner.ENTRY, row.entry_id
    if held is Held.OF_DELIVERY:
        return Owner.DELIVERY, row.delivery_id
    if held is Held.OF_CONVERSATION:
        return Owner.CONVERSATION, row.conversation_id
    if table == "chunks":
        return Owner(row.owner), row.owner_id
    if table == "kept_notices" and row.conversation_id is None:
        return Owner.NOTICE, row.notice_id
    if table == "reveals":
        return Owner.REVEAL, row.reveal_id
    if table in {"kept_notices", "timers"}:
        return Owner.CONVERSATION, row.conversation_id
    raise CipherError("nothing says whose key it is")


def _is_digest(table: str, row: Row) -> bool:
    """A digest of a supervisor belongs to no conversation."""
    return table == "timers" and row.conversation_id is None


def _read(table: str, name: str, plain: bytes) -> object:
    value = msgspec.msgpack.decode(plain)
    secret = _SECRET_PARTS.get((table, name))
    if secret is not None:
        value = [SECRET if number == secret else each for number, each in enumerate(value)]
    return _plain(value)


def _plain(value: object) -> object:
    """The same in types that JSON has; octets are text where they are text."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(_plain(name)): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
