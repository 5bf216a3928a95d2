"""Seals: what a row in clear says of whom it protects, once more, sealed and with a version.

``blocks``, ``counselors`` and ``openpgp_keys`` have columns that are counted, looked up and swept in clear. Whoever can
write to the database could change one of them, or put a whole row of before in its place. So what matters of such a row
(until when a block holds, how many replies a supervisor has read, whether a key of the line may be given out) stands in
a row of its own here, bound to table, row and version, and that is what counts. As with conversations, the copy of the
data keys knows the version: a seal that is older than that, changed or gone is put right from the copy, and told
(``key_copy``). What is in a seal is the business of the file of its table; it ends up here with ``put`` and ``read``.

A version is an instant in µs, and always later than the one before it, so that no seal of a row that is gone by now can
pass for one of a row that was made later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.sealing import place
from relay.edge.store.tables import to_micros
from relay.edge.store.tables_seals import seals
from relay.errors import CipherError
from relay.flow.ports import Stale


class Of(Enum):
    """Whose rows have a seal."""

    BLOCK = "blocks"
    COUNSELOR = "counselors"
    KEY = "openpgp_keys"


INDEXED: Final[Mapping[Of, Purpose]] = {Of.BLOCK: Purpose.BLOCK, Of.COUNSELOR: Purpose.COUNSELOR}
"""Rows that are found by a blind index, which changes with the master key."""


class Broken(Enum):
    """Instead of what a seal says."""

    BROKEN = "broken"


BROKEN: Final = Broken.BROKEN


@dataclass(frozen=True, slots=True)
class Seal:
    """A row as it is kept."""

    of: Of
    row_id: bytes
    version: int
    sealed: bytes

    def opened(self, keyring: Keyring) -> bytes:
        """What it says. Raises ``CipherError``."""
        return keyring.seals.open(self.sealed, place_of(self.of, self.row_id, self.version))

    def is_whole(self, keyring: Keyring) -> bool:
        """Tell whether it opens."""
        try:
            self.opened(keyring)
        except CipherError:
            return False
        return True


_ONE = (seals.c.of_table == bindparam("table"), seals.c.row_id == bindparam("wanted"))
_SELECT = select(seals).where(*_ONE)
_SELECT_FOR_UPDATE = _SELECT.with_for_update()
_SELECT_OF = select(seals).where(seals.c.of_table == bindparam("table")).order_by(seals.c.row_id)
_SELECT_ALL = select(seals).order_by(seals.c.of_table, seals.c.row_id)
_INSERT = insert(seals)
_UPDATE = (
    update(seals)
    .where(*_ONE, seals.c.version == bindparam("was"))
    .values(version=bindparam("now"), sealed=bindparam("anew"))
)
_DELETE = delete(seals).where(*_ONE)
_MOVE = update(seals).where(*_ONE).values(row_id=bindparam("index"), sealed=bindparam("anew"))


def put(connection: Connection, keyring: Keyring, of: Of, row_id: bytes, says: bytes, now: datetime) -> None:
    """Say something of a row from now on. Raises ``Stale`` when somebody else says the first word at this moment."""
    one = {"table": of.value, "wanted": row_id}
    row = connection.execute(_SELECT_FOR_UPDATE, one).first()
    before = 0 if row is None else int(row.version)
    version = max(before + 1, to_micros(now))
    sealed = keyring.seals.seal(says, place_of(of, row_id, version))
    if row is not None:
        connection.execute(_UPDATE, {**one, "was": before, "now": version, "anew": sealed})
        return
    try:
        connection.execute(
            _INSERT, {"of_table": of.value, "row_id": row_id, "version": version, "sealed": sealed}
        )
    except IntegrityError:
        raise Stale("somebody else has sealed a row") from None


def read(
    connection: Connection, keyring: Keyring, of: Of, row_id: bytes, *, to_change: bool = False
) -> bytes | Broken | None:
    """What was said of a row last; ``None``: nothing."""
    statement = _SELECT_FOR_UPDATE if to_change else _SELECT
    row = connection.execute(statement, {"table": of.value, "wanted": row_id}).first()
    return None if row is None else said(keyring, row)


def listed(connection: Connection, keyring: Keyring, of: Of) -> dict[bytes, bytes | Broken]:
    """What was said of every row of a table, by id."""
    found = connection.execute(_SELECT_OF, {"table": of.value}).all()
    return {bytes(row.row_id): said(keyring, row) for row in found}


def said(keyring: Keyring, row: Any) -> bytes | Broken:
    """What a row of the table says."""
    try:
        return _seal(row).opened(keyring)
    except CipherError:
        return BROKEN


def drop(connection: Connection, of: Of, row_id: bytes) -> None:
    """Say nothing of a row any more."""
    connection.execute(_DELETE, {"table": of.value, "wanted": row_id})


def every(connection: Connection) -> list[Seal]:
    """All that there are: a handful for each counselor, block and key."""
    return [_seal(row) for row in connection.execute(_SELECT_ALL)]


def put_right(connection: Connection, pairs: Sequence[tuple[Seal | None, Seal]]) -> None:
    """Put seals that are known in the place of what was found, unless something else is there by now."""
    for found, known in pairs:
        row = connection.execute(
            _SELECT_FOR_UPDATE, {"table": known.of.value, "wanted": known.row_id}
        ).first()
        if (None if row is None else _seal(row)) != found:
            continue
        drop(connection, known.of, known.row_id)
        values = {
            "of_table": known.of.value,
            "row_id": known.row_id,
            "version": known.version,
            "sealed": known.sealed,
        }
        connection.execute(_INSERT, values)


def make_over(connection: Connection, before: Keyring, after: Keyring) -> None:
    """Seal all with the keys of a new master key, at the index that it gives. What does not open stays as it is."""
    for seal in every(connection):
        purpose = INDEXED.get(seal.of)
        index = after.keyed_anew(purpose, seal.row_id) if purpose else seal.row_id
        anew = seal.sealed
        if seal.is_whole(before):
            anew = after.seals.seal(seal.opened(before), place_of(seal.of, index, seal.version))
        values = {"table": seal.of.value, "wanted": seal.row_id, "index": index, "anew": anew}
        connection.execute(_MOVE, values)


def place_of(of: Of, row_id: bytes, version: int) -> bytes:
    return place("seals", of.value, row_id, version)


def _seal(row: Any) -> Seal:
    return Seal(Of(row.of_table), bytes(row.row_id), int(row.version), bytes(row.sealed))
