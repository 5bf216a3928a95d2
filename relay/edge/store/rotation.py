"""A new master key takes the place of the one before, and with it every key that is derived from it.

Called by ``opening`` (``take_over``) and through ``SqlStore.rotation`` by the daemon and ``relay keys master``. In two
parts, because they have to be done in different ways:

1. Blind indexes are what rows are found by, so all of them change at once, in one transaction, before anybody looks
   anything up: when the daemon starts with both keys and has the database to itself. Nobody knows any more what most of
   them are of (a pseudonym of somebody who was forgotten, a blocked address), so a new index is the HMAC of
   the old one. Values that are bound to the index they stand beside are sealed anew with it.
2. Data keys and the line's own OpenPGP keys are only wrapped anew, in small steps while mail flows; every sealed value
   says which master key it is of, so a reader knows what to open it with, and after a crash the work goes on with what
   is left. Content is not touched: a data key stays what it is.

Raises ``ConfigError`` when other nodes work on the database. A value that does not open stays as it is and is told of.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, bindparam, func, select, tuple_, update

from relay.domain.conversations import Side
from relay.edge.store import (
    acquaintances,
    aliases,
    counselors,
    datakeys,
    key_versions,
    openpgp_keys,
    overrides,
    postgresql,
    seals,
)
from relay.edge.store import tables as t
from relay.edge.store.datakeys import Owner
from relay.edge.store.key_versions import Masters
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.lanes import Lane
from relay.edge.store.reminders import place_of as timer_place
from relay.edge.store.tables_invitations import invitations
from relay.edge.store.tables_keys import openpgp_keys as openpgp_table
from relay.edge.store.tables_mailboxes import mailbox_folders, mailbox_messages
from relay.edge.store.tables_timers import timers
from relay.errors import CipherError, ConfigError

STEP = 500
"""Rows in one transaction: a few milliseconds of the writing lane."""


GONE_S = 3.0
"""How long connections of a node that was killed may still be there."""


Seen = tuple[str, bytes]
"""The data key that was looked at last: its owner's kind and id."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A rotation while it is written: on which connection, from which keys to which."""

    connection: Connection
    before: Keyring
    after: Keyring


Bound = Callable[[Turn, Any, bytes], bytes]
"""Seals anew what is bound to the index beside it, for a row and its new index. Raises ``CipherError``."""


def _counselor(place: Callable[[bytes], bytes], old: str) -> Bound:
    def anew(turn: Turn, row: Any, index: bytes) -> bytes:
        plain = turn.before.counselors.open(row["sealed"], place(row[old]))
        return turn.after.counselors.seal(plain, place(index))

    return anew


def _alias(turn: Turn, row: Any, index: bytes) -> bytes:
    whose, side = bytes(row["conversation_id"]), Side(row["stands_for"])
    key = datakeys.load(turn.connection, turn.before, Owner.CONVERSATION, whose)
    plain = key.open(row["sealed"], aliases.place_of(bytes(row["token"]), whose, side))
    return key.seal(plain, aliases.place_of(index, whose, side))


INDEXES: tuple[tuple[Table, Mapping[str, Purpose], Bound | None], ...] = (
    (t.aliases, {"token": Purpose.TOKEN}, _alias),
    (t.counselors, {"counselor": Purpose.COUNSELOR}, _counselor(counselors.place_of, "counselor")),
    (t.overrides, {"counselor": Purpose.COUNSELOR}, _counselor(overrides.place_of, "counselor")),
    (t.acquaintances, {"seeker": Purpose.ACQUAINTANCE}, _counselor(acquaintances.place_of, "seeker")),
    (t.deliveries, {"return_path": Purpose.TOKEN, "alias": Purpose.TOKEN}, None),
    (t.signatures, {"signature": Purpose.SIGNATURE, "bound": Purpose.TOKEN}, None),
    (t.pseudonyms_used, {"pseudonym": Purpose.PSEUDONYM}, None),
    (t.answers, {"answer": Purpose.ANSWER}, None),
    (t.blocks, {"sender": Purpose.BLOCK}, None),
    (t.told, {"person": Purpose.TOLD}, None),
    (t.seen, {"dedupe": Purpose.DEDUPE}, None),
    (mailbox_folders, {"place": Purpose.MAILBOX}, None),
    (mailbox_messages, {"place": Purpose.MAILBOX}, None),
    (invitations, {"token": Purpose.INVITATION}, None),
)
"""Every column with a blind index, and what is sealed for the place that it names. A test knows all others."""

_IS_DIGEST = timers.c.conversation_id.is_(None)
"""Timers of supervisors have an index for an id."""

_KEYS = (
    select(*t.data_keys.c)
    .where(
        tuple_(t.data_keys.c.owner, t.data_keys.c.owner_id)
        > tuple_(bindparam("owner_seen"), bindparam("id_seen"))
    )
    .order_by(t.data_keys.c.owner, t.data_keys.c.owner_id)
    .limit(bindparam("at_most"))
)
_REWRAP = (
    update(t.data_keys)
    .where(
        t.data_keys.c.owner == bindparam("for_owner"),
        t.data_keys.c.owner_id == bindparam("for_id"),
        t.data_keys.c.wrapped == bindparam("was"),
    )
    .values(wrapped=bindparam("anew"))
)
_SELECT_ALL = select(openpgp_table.c.key_id, openpgp_table.c.sealed)
_RESEAL_OPENPGP = (
    update(openpgp_table)
    .where(openpgp_table.c.key_id == bindparam("for_id"), openpgp_table.c.sealed == bindparam("was"))
    .values(sealed=bindparam("anew"))
)


def take_over(writer: Engine, reader: Engine, masters: Masters, name: str) -> None:
    """The first part: afterwards the database belongs to the new master key, or as before. Raises ``ConfigError``."""
    with writer.begin() as connection, reader.connect() as beside:
        _alone(connection, beside, name)
        before = key_versions.former_keyring(connection, masters, name)
        number = key_versions.next_number(connection)
        chain = key_versions.chain_for_next(connection, masters, name)
        turn = Turn(connection, before, Keyring(masters.master, number, None, chain))
        for table, columns, bound in INDEXES:
            _key_anew(turn, beside, table, columns, bound)
        digest = _counselor(timer_place, "timer_id")
        _key_anew(turn, beside, timers, {"timer_id": Purpose.COUNSELOR}, digest, _IS_DIGEST)
        seals.make_over(connection, turn.before, turn.after)
        key_versions.take_over(connection, masters, number, chain)


def _alone(connection: Connection, beside: Connection, name: str) -> None:
    """A node that knows only the former key would find nothing any more, and refuse mail for aliases that live.

    A process that was killed a moment ago is no node any more, but the server may not have noticed yet.
    """
    if connection.dialect.name != "postgresql":
        return
    ours = beside.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    deadline = time.monotonic() + GONE_S
    while postgresql.others(connection, ours):
        if time.monotonic() < deadline:
            time.sleep(0.1)
            continue
        raise ConfigError(
            (
                f"{name}: other nodes are connected, and they know only the former master key; stop all of them, start "
                "this one, and then the others with both keys",
            )
        )


def _key_anew(
    turn: Turn,
    beside: Connection,
    table: Table,
    columns: Mapping[str, Purpose],
    bound: Bound | None,
    which: Any = None,
) -> None:
    """All rows of a table. They are read beside the transaction, which sees none of what it writes."""
    keys = list(table.primary_key.columns)
    wanted = (
        list(table.columns) if bound else list(dict.fromkeys([*keys, *(table.c[each] for each in columns)]))
    )
    rows = select(*wanted) if which is None else select(*wanted).where(which)
    changed = [*columns, *(["sealed"] if bound else [])]
    statement = (
        update(table)
        .where(and_(*(each == bindparam(f"was_{each.name}") for each in keys)))
        .values({each: bindparam(f"new_{each}") for each in changed})
    )
    for page in _pages(beside, rows):
        values = []
        for row in page:
            new = {
                f"new_{each}": row[each] and turn.after.keyed_anew(purpose, bytes(row[each]))
                for each, purpose in columns.items()
            }
            if bound:
                new["new_sealed"] = _bound_anew(turn, bound, row, next(iter(new.values())))
            values.append({**new, **{f"was_{each.name}": row[each.name] for each in keys}})
        turn.connection.execute(statement, values)


def _bound_anew(turn: Turn, bound: Bound, row: Any, index: bytes) -> bytes:
    """What does not open is kept as it is: it does not open afterwards either, and who needs it says so."""
    try:
        return bound(turn, row, index)
    except CipherError:
        return bytes(row["sealed"])


def _pages(connection: Connection, rows: Any) -> Iterator[Any]:
    result = connection.execution_options(stream_results=True, max_row_buffer=STEP).execute(rows).mappings()
    while page := result.fetchmany(STEP):
        yield page


class Rotation:
    """The second part, on the lanes of a store. ``scrub``: take what was replaced out of the files."""

    def __init__(
        self,
        writer: Lane,
        reader: Lane,
        keyring: Keyring,
        scrub: Callable[[], Awaitable[bool]],
        unreadable: Callable[[str], None],
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._scrub = scrub
        self._unreadable = unreadable

    async def is_finished(self) -> bool:
        """Tell whether no row needs the former master key any more."""
        return await self._reader.run(key_versions.is_finished)

    async def left(self) -> int:
        """How many rows still need it."""
        return await self._reader.run(
            lambda c: len(_openpgp_left(c, self._keyring)) + _left(c, self._keyring)
        )

    async def run(self, progress: Callable[[int], None]) -> bool:
        """Wrap anew what is left, in steps; ``progress`` hears how many rows were done. ``False``: nothing was left.

        Raises ``StoreTrouble``; whoever calls again goes on with the rest.
        """
        if await self.is_finished():
            return False
        done = await self._writer.run(lambda c: _seal_openpgp_anew(c, self._keyring, self._unreadable))
        seen = ("", b"")
        while True:
            found = await self._writer.run(partial(self._step, seen=seen))
            if found is None:
                break
            seen, count = found
            done += count
            progress(done)
        await self._writer.run(key_versions.finish)
        await self._scrub()
        return True

    def _step(self, connection: Connection, seen: Seen) -> tuple[Seen, int] | None:
        return _step(connection, self._keyring, seen, self._unreadable)


def _step(
    connection: Connection, keyring: Keyring, seen: Seen, unreadable: Callable[[str], None]
) -> tuple[Seen, int] | None:
    """The next rows after the one that was ``seen`` last; how far it went, and how many were wrapped anew."""
    values = {"owner_seen": seen[0], "id_seen": seen[1], "at_most": STEP}
    rows = connection.execute(_KEYS, values).all()
    if not rows:
        return None
    changes = []
    for row in rows:
        if keyring.wrapping.has_sealed(row.wrapped):
            continue
        try:
            place = datakeys.place_of(Owner(row.owner), bytes(row.owner_id))
            anew = keyring.wrapping.seal(keyring.wrapping.open(row.wrapped, place), place)
        except CipherError:
            unreadable(t.data_keys.name)
            continue
        changes.append({"for_owner": row.owner, "for_id": row.owner_id, "was": row.wrapped, "anew": anew})
    if changes:
        connection.execute(_REWRAP, changes)
    return (rows[-1].owner, bytes(rows[-1].owner_id)), len(changes)


def _seal_openpgp_anew(connection: Connection, keyring: Keyring, unreadable: Callable[[str], None]) -> int:
    changes = []
    for key_id, sealed in _openpgp_left(connection, keyring):
        try:
            place = openpgp_keys.place_of(key_id)
            anew = keyring.openpgp.seal(keyring.openpgp.open(sealed, place), place)
        except CipherError:
            unreadable(openpgp_table.name)
            continue
        changes.append({"for_id": key_id, "was": sealed, "anew": anew})
    if changes:
        connection.execute(_RESEAL_OPENPGP, changes)
    return len(changes)


def _openpgp_left(connection: Connection, keyring: Keyring) -> list[tuple[bytes, bytes]]:
    """A handful: two or three for each intake address."""
    found = ((bytes(row.key_id), bytes(row.sealed)) for row in connection.execute(_SELECT_ALL).all())
    return [(key_id, sealed) for key_id, sealed in found if not keyring.openpgp.has_sealed(sealed)]


def _left(connection: Connection, keyring: Keyring) -> int:
    number = func.substr(t.data_keys.c.wrapped, 2, 1)
    count = select(func.count()).select_from(t.data_keys).where(number != bytes((keyring.version,)))
    return int(connection.execute(count).scalar_one())
