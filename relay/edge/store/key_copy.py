"""The one copy of what forgetting destroys: data keys, and what is found by a person's address alone.

Without it no backup can be read, and it is never in a backup (``dumping``). It is one file of the operator's choice,
best on another machine's disk, and is replaced as a whole: soon after somebody was forgotten (``forgetting``), and
every few minutes by the daemon. So whoever has all backups, the master key and this file as it is now can open nothing
of those who were forgotten. It is wrapped with the master key; the file before it is overwritten and removed.

It is also what the database is compared with, because whoever can change the database cannot change it:

* its ``generation`` is counted in both; a database that is behind was put back from somewhere as a whole, and is not
  opened (``compared``);
* it holds the version of every conversation; one that is behind was put back row by row. It is parked: its version is
  set to the one that is known, so that it does not open, and ``unreadable`` hears of it (``renew``);
* it holds every seal (``seals``): of blocks, of replies that were reviewed, of keys that are retired. One that is
  older, changed or gone is put right from the copy, which has all of it, and ``unreadable`` hears of it too.

Who can change both files to the state of the same moment is not found out.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Engine, bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError

from relay.edge import randomness
from relay.edge.store import dumping, key_versions, put_back, seals
from relay.edge.store.copies import NotWholeError, frames, written
from relay.edge.store.dumping import APART, DATABASE, GENERATION, Dump
from relay.edge.store.key_versions import Masters
from relay.edge.store.keys import Keyring, check_value
from relay.edge.store.lanes import Lane
from relay.edge.store.put_back import NOTHING, Behind
from relay.edge.store.surroundings import Surroundings
from relay.edge.store.tables import conversations, to_micros
from relay.errors import ConfigError, RelayError

KIND = "data keys"
TOLD_AS = "the copy of the data keys"
"""Its name where tables have names."""
LOCK_S = 30.0
"""How long the one who writes waits for another process that does."""
_FILE_MODE = 0o600
_ID_OCTETS = 16
_GENERATION_OCTETS = 8
_ZEROS = bytes(1 << 16)

_VERSIONS = select(conversations.c.conversation_id, conversations.c.version).order_by(
    conversations.c.conversation_id
)
_PARK = (
    update(conversations)
    .where(conversations.c.conversation_id == bindparam("this"), conversations.c.version < bindparam("known"))
    .values(version=bindparam("known"))
)


class KeyCopy:
    """The copy at ``path``. ``is_stale``: it could not be replaced when it should have been."""

    def __init__(
        self,
        path: Path,
        writer: Lane,
        reader: Engine,
        keyring: Keyring,
        clock: Callable[[], datetime],
        unreadable: Callable[[str], None],
    ) -> None:
        self.path = path
        self.is_stale = False
        self._writer = writer
        self._reader = reader
        self._keyring = keyring
        self._clock = clock
        self._unreadable = unreadable
        self._checks = keyring.former_checks

    async def renew(self) -> bool:
        """Replace the file by one of this moment; ``False`` when it could not be written. Never raises."""
        self.is_stale = True
        try:
            lock = await asyncio.to_thread(_locked, self.path)
            try:
                await self._writer.run(_count_up)
                behind = await asyncio.to_thread(self._replace)
            finally:
                os.close(lock)
            if behind.tables:
                await self._writer.run(lambda connection: _put_right(connection, behind))
        except (OSError, RelayError, SQLAlchemyError):
            return False
        for table in behind.tables:
            self._unreadable(table)
        self.is_stale = False
        return True

    def _replace(self) -> Behind:
        """Write a new file beside the old one, then put it in its place; what of the database is behind the old one."""
        beside = self.path.with_name(f".{self.path.name}.new")
        with self._reader.connect() as connection:
            behind = self._behind(connection)
            values = _values(connection, to_micros(self._clock()), behind)
            pieces = written(KIND, values, self._keyring.copies[0])
            descriptor = os.open(
                beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE
            )
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, _FILE_MODE)
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(descriptor)
        with _former(self.path) as former:
            beside.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            _overwrite(former)
        return behind

    def _behind(self, connection: Connection) -> Behind:
        """What is older than the file knows it, or is gone. Raises ``ConfigError``."""
        checks = [self._keyring.check_value, *self._checks]
        head = ours(self.path, checks, key_versions.read(connection, DATABASE))
        if head is None or head["generation"] == dumping.restored_with(connection, self._keyring):
            return NOTHING
        try:
            with self.path.open("rb") as stream:
                known = put_back.Copied(frames(KIND, stream, self._keyring.copies))
                rows = tuple(put_back.behind(known.versions(), iter(connection.execute(_VERSIONS))))
                if known.seals is None or head["number"] != self._keyring.version:
                    return Behind(rows)  # another master key: rows have other indexes since
                there = seals.every(connection)
                return Behind(rows, tuple(put_back.wrong(self._keyring, known.seals, there, self._clock())))
        except FileNotFoundError:
            return NOTHING
        except NotWholeError:
            self._unreadable(TOLD_AS)
            return NOTHING


def copies_of(
    around: Surroundings, writer: Lane, reader: Engine, keyring: Keyring
) -> tuple[Dump, KeyCopy | None]:
    """What backups are made of, and the copy of the data keys that the operator wants kept, if any."""
    dump = Dump(reader, keyring, around.clock)
    if around.key_copy is None:
        return dump, None
    return dump, KeyCopy(around.key_copy, writer, reader, keyring, around.clock, around.unreadable)


def ours(path: Path, checks: Sequence[bytes], database: bytes | None) -> dict[str, Any] | None:
    """What the file says of itself, ``None`` when there is none; a file that is somebody else's is never written over.

    ``checks``: the check values of the master keys that it may be of. Raises ``ConfigError``.
    """
    try:
        with path.open("rb") as stream:
            head = heading_in(stream)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError((f"{path}: the copy of the data keys cannot be read ({error.strerror})",)) from None
    if head is None:
        problem = (
            f"{path}: this is no copy of data keys; move it away, or name another place as backup.keys_copy"
        )
    elif head["check"] not in checks:
        problem = (
            f"{path}: these data keys belong to another master key; put that key file back from its backup, or move "
            "this file away if it is not needed any more"
        )
    elif head["database"] != database:
        problem = (
            f"{path}: these data keys belong to another database. 'relay restore' makes it anew, from a backup and "
            "them; move the file away if it is not needed any more"
        )
    else:
        return head
    raise ConfigError((problem,))


def heading_in(stream: BinaryIO) -> dict[str, Any] | None:
    """What a copy says of itself, before it is known whether that is true; ``None``: it is none."""
    try:
        head = next(frames(KIND, stream, ()), None)
        return head if isinstance(head, dict) and {"check", "database", "generation"} <= head.keys() else None
    except NotWholeError:
        return None


def compared(path: Path, masters: Masters, connection: Connection, name: str) -> None:
    """See that the database that the operator knows as ``name`` is not older than the copy of its keys.

    Raises ``ConfigError``.
    """
    checks = [check_value(each) for each in (masters.master, masters.former) if each is not None]
    head = ours(path, checks, key_versions.read(connection, DATABASE))
    if head is not None and head["generation"] > _generation(connection):
        raise ConfigError(
            (
                f"{name}: the database is older than the copy of its keys ({path}): somebody put an old one in its "
                "place, and people who were forgotten since are in it again. 'relay restore' puts a backup in place "
                "without them. If you are sure that it is the right one, move the copy away; a new one is written",
            )
        )


def _values(connection: Connection, made_at: int, behind: Behind) -> Iterator[Any]:
    yield dumping.heading(connection, made_at)
    yield from dumping.rows(connection, APART)
    yield ["versions"]
    parked = dict(behind.rows)
    batch: list[list[Any]] = []
    for conversation_id, version in connection.execute(_VERSIONS):
        whose = bytes(conversation_id)
        batch.append([whose, parked.get(whose, version)])
        if len(batch) == 1000:
            yield ["known", batch]
            batch = []
    yield ["known", batch]
    sealed = list(put_back.as_values(seals.every(connection), behind))
    for first in range(0, len(sealed) or 1, 1000):
        yield ["seals", sealed[first : first + 1000]]


def _put_right(connection: Connection, behind: Behind) -> None:
    if behind.rows:
        connection.execute(_PARK, [{"this": whose, "known": version} for whose, version in behind.rows])
    seals.put_right(connection, behind.wrong)


def _generation(connection: Connection) -> int:
    return int.from_bytes(key_versions.read(connection, GENERATION) or b"", "big")


def _count_up(connection: Connection) -> None:
    if key_versions.read(connection, DATABASE) is None:
        key_versions.write(connection, DATABASE, randomness.octets(_ID_OCTETS))
    key_versions.write(
        connection, GENERATION, (_generation(connection) + 1).to_bytes(_GENERATION_OCTETS, "big")
    )


def _locked(path: Path) -> int:
    """Let one process at a time write, so that no older moment takes the place of a later one. Raises ``OSError``."""
    descriptor = os.open(
        path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE
    )
    deadline = time.monotonic() + LOCK_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise
            time.sleep(0.05)
        else:
            return descriptor


@contextlib.contextmanager
def _former(path: Path) -> Iterator[int]:
    """The file that is there now, kept open so that it can be overwritten once nothing names it any more; or -1."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = -1
    try:
        yield descriptor
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    """Zeros over the whole of a file, as ``secure_delete`` has it in the database; as far as a disk writes in place."""
    if descriptor < 0:
        return
    left = os.fstat(descriptor).st_size
    while left > 0:
        left -= os.write(descriptor, _ZEROS[:left])
    os.fsync(descriptor)
