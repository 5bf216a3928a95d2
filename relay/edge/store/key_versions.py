"""Which master key a database belongs to, and the keyring that follows from it.

Called by ``opening``. Four rows of ``meta`` say it: the check value of the master key that holds; its number; the check
value of the one before, while something is still sealed with that (``rotation``); and the index keys of all before it,
sealed with the one that holds, for a blind index is the HMAC of the one before it. A former master key is never kept:
whoever has the new one and this database must not be able to open old copies.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from relay.edge.store.keys import KEY_VERSION, IndexKeys, Keyring, MasterKey, Version, check_value, index_keys
from relay.edge.store.sealing import SealingKey, place
from relay.edge.store.tables import meta
from relay.errors import CipherError, ConfigError

CHECK = "key_check"
MAX_NUMBER = 255
"""The number is one octet of every sealed value."""

_NUMBER = "key_number"
_NEXT = "key_next"
_FORMER = "key_former"
_CHAIN = "key_chain"

_SELECT = select(meta.c.value).where(meta.c.name == bindparam("called"))
_UPDATE = update(meta).where(meta.c.name == bindparam("called")).values(value=bindparam("said"))
_INSERT = insert(meta)
_DELETE = delete(meta).where(meta.c.name == bindparam("called"))

_CHAINS = msgspec.msgpack.Decoder(list[dict[str, bytes]])


@dataclass(frozen=True, slots=True)
class Masters:
    """What the operator gives: the master key that is to hold and, for a rotation, the one that held before."""

    master: MasterKey
    former: MasterKey | None = None


class RotationDueError(Exception):
    """The database still belongs to the former master key, and the new one was given with it."""


def read(connection: Connection, name: str) -> bytes | None:
    """A row of ``meta``."""
    found = connection.execute(_SELECT, {"called": name}).scalar()
    return None if found is None else bytes(found)


def write(connection: Connection, name: str, value: bytes) -> None:
    """Write a row of ``meta``."""
    if not connection.execute(_UPDATE, {"called": name, "said": value}).rowcount:
        connection.execute(_INSERT, {"name": name, "value": value})


def drop(connection: Connection, name: str) -> None:
    """Take a row of ``meta`` away."""
    connection.execute(_DELETE, {"called": name})


def keyring(connection: Connection, masters: Masters, name: str) -> Keyring:
    """The keys of the database that the operator knows as ``name``.

    Raises ``RotationDueError``, and ``ConfigError`` when it belongs to none of the keys that are given, or when it is
    not done yet with a former one that is not given.
    """
    check = read(connection, CHECK) or b""
    if not _is_of(masters.master, check):
        if masters.former is not None and _is_of(masters.former, check):
            raise RotationDueError
        raise ConfigError((_other_key(name),))
    own = number_of(connection)
    chain = _chain(connection, masters.master, own, name)
    waits_for = read(connection, _FORMER)
    if waits_for is None:
        return Keyring(masters.master, own, None, chain)
    if masters.former is None or not _is_of(masters.former, waits_for[:-1]):
        raise ConfigError(
            (
                f"{name}: the change of the master key is not finished, and some rows still need the one before; "
                "name its file as storage.former_master_key_file until 'relay keys master' says that it can go",
            )
        )
    return Keyring(masters.master, own, Version(masters.former, waits_for[-1]), chain)


def former_keyring(connection: Connection, masters: Masters, name: str) -> Keyring:
    """The keys that the database still belongs to when a rotation is due. Raises ``ConfigError``."""
    assert masters.former is not None
    return keyring(connection, Masters(masters.former), name)


def holding(connection: Connection, masters: Masters, name: str) -> Keyring:
    """The keys that the database belongs to now, whether a rotation is due or not. Raises ``ConfigError``."""
    try:
        return keyring(connection, masters, name)
    except RotationDueError:
        return former_keyring(connection, masters, name)


def next_number(connection: Connection) -> int:
    """The number that the next master key will have. Raises ``ConfigError`` after the two hundred and fifty-fourth."""
    planned = read(connection, _NEXT)
    number = planned[0] if planned else number_of(connection) + 1
    if number > MAX_NUMBER:
        raise ConfigError(("storage.master_key_file: this database has had all the master keys that it can",))
    return number


def chain_for_next(connection: Connection, masters: Masters, name: str) -> list[IndexKeys]:
    """The index keys of all master keys up to the one that holds now."""
    assert masters.former is not None
    before = _chain(connection, masters.former, number_of(connection), name)
    return [*before, index_keys(masters.former)]


def take_over(connection: Connection, masters: Masters, number: int, chain: list[IndexKeys]) -> None:
    """From now on the database belongs to the new master key; the former is waited for until ``finish``."""
    assert masters.former is not None
    write(connection, _FORMER, check_value(masters.former) + bytes((number_of(connection),)))
    write(connection, CHECK, check_value(masters.master))
    write(connection, _NUMBER, bytes((number,)))
    sealed = _chain_key(masters.master, number).seal(
        msgspec.msgpack.encode(chain), place("meta", _CHAIN, b"")
    )
    write(connection, _CHAIN, sealed)
    drop(connection, _NEXT)


def is_finished(connection: Connection) -> bool:
    """Tell whether nothing is sealed any more with the keys of a former master key."""
    return read(connection, _FORMER) is None


def finish(connection: Connection) -> None:
    """The former master key is not waited for any more."""
    drop(connection, _FORMER)


def plan_next(connection: Connection, number: int) -> None:
    """Have the next master key get this number: some rows were sealed with its keys before it holds (``restoring``)."""
    write(connection, _NEXT, bytes((number,)))


def _is_of(master: MasterKey, check: bytes) -> bool:
    return hmac.compare_digest(check_value(master), check)


def number_of(connection: Connection) -> int:
    """The number of the master key that holds."""
    found = read(connection, _NUMBER)
    return found[0] if found else KEY_VERSION


def _chain(connection: Connection, master: MasterKey, number: int, name: str) -> list[dict[str, bytes]]:
    sealed = read(connection, _CHAIN)
    if sealed is None:
        return []
    try:
        return _CHAINS.decode(_chain_key(master, number).open(sealed, place("meta", _CHAIN, b"")))
    except (CipherError, msgspec.DecodeError):
        problem = f"{name}: what it says of its master keys was changed by somebody; restore it from a backup"
        raise ConfigError((problem,)) from None


def _chain_key(master: MasterKey, number: int) -> SealingKey:
    return SealingKey(master.derive("chain"), number)


def _other_key(name: str) -> str:
    return f"{name}: the database was made with another master key; put that key file back from its backup"
