"""``relay backup`` and ``relay restore``, and the part of the daemon that keeps the copy of the data keys current.

A backup is what ``relay.edge.store.dumping`` gives, encrypted for the operator, while the daemon runs or not. It is
written beside its place and put there when it is whole; what goes to standard output lies in a file without a name
first, encrypted, because a slow reader must not keep what somebody asked to be forgotten. Neither the master key nor a
data key is in it. ``docs/backup.md`` says what follows from that.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from relay import stores
from relay.config import Settings, load
from relay.config.backup import BackupSection
from relay.edge import age
from relay.edge.openpgp import OpenPgpError, streaming
from relay.edge.store import UPGRADE_COPY, Restored, SqlStore
from relay.edge.store.dumping import OverError
from relay.errors import ConfigError
from relay.flow.ports import Clock
from relay.log import Event, say
from relay.rewrapping import Rewrapping

EVERY_S = 300.0
"""Between two copies of the data keys: what is younger than the copy is lost when the machine is."""
AGAIN_S = 30.0
"""After one that could not be written: a minute is promised to whoever asks to be forgotten."""
TRIES = 3
_FILE_MODE = 0o600
_COPY = 1 << 20
_AGE = b"age-encryption.org/"
_PLAIN = b"relay backup "

_AGE_SENTENCES = {
    "identity": "holds no secret key of age; give the file that age-keygen wrote",
    "not-for-us": "was encrypted to another key; give the file with the secret key of one of backup.recipients",
    "damaged": "is damaged, or ends too soon: it was not written or not copied whole",
    "form": "is damaged at its beginning",
}


class Copied(Protocol):
    """The part of the store that keeps the copy."""

    is_stale: bool

    async def renew(self) -> bool: ...


class KeyCopier:
    """Renews the copy of the data keys every few minutes, and soon again when that failed."""

    def __init__(self, copy: Copied | None, clock: Clock) -> None:
        self._copy = copy
        self._clock = clock

    async def run(self) -> None:
        """Go on until cancelled."""
        never = asyncio.Event()
        while self._copy is not None:
            if not await self._copy.renew():
                say(Event.STORE_FAILED, cause="keys_copy")
            waited_s = 0.0
            while waited_s < EVERY_S and not self._copy.is_stale:
                await self._clock.wait(never, AGAIN_S)
                waited_s += AGAIN_S
            if self._copy.is_stale:
                await self._clock.wait(never, AGAIN_S)
        await never.wait()


def keys_parts(store: SqlStore, clock: Clock) -> tuple[Rewrapping, KeyCopier]:
    """The parts of the daemon that look after keys."""
    return Rewrapping(store.rotation, clock), KeyCopier(store.key_copy, clock)


# --- making one --------------------------------------------------------------------------------------


def backup(config: Path, target: str | None, tell: Callable[[str], None]) -> int:
    """Make a backup; the exit code. ``target``: a file, or ``-``. Raises ``ConfigError``."""
    settings = load(config)
    section = settings.backup
    if not section.recipients and section.openpgp_key is None:
        sentence = "say in [backup] of relay.toml for whom it is to be encrypted (recipients or openpgp_key)"
        raise ConfigError((f"relay backup: {sentence}",))
    for number, each in enumerate(section.recipients, 1):
        try:
            age.check(each)
        except age.AgeError:
            raise ConfigError(
                (f"relay.toml: backup.recipients: number {number} is no public key of age",)
            ) from None
    asyncio.run(_backup(settings, target or _name(section), tell))
    return 0


def _name(section: BackupSection) -> str:
    return f"relay-{datetime.now(UTC):%Y%m%d-%H%M%S}.{'age' if section.recipients else 'pgp'}"


async def _backup(settings: Settings, target: str, tell: Callable[[str], None]) -> None:
    path = None if target == "-" else Path(target)
    if path is not None and path.exists():
        raise ConfigError((f"{path}: there is a file already; a backup is never written over",))
    store = stores.opened(settings)
    try:
        assert store.key_copy is not None
        if not await store.key_copy.renew():
            sentence = "the copy of the data keys cannot be written; without it no backup can be read, so none was made"
            raise ConfigError((f"{store.key_copy.path}: {sentence}",))
        try:
            octets = await asyncio.to_thread(_write, store, settings, path)
        except OSError as error:
            raise ConfigError((f"{target}: the backup cannot be written ({error.strerror})",)) from None
    finally:
        await store.close()
    where = "standard output" if path is None else str(path)
    tell(f"The backup is in {where}: {octets} octets, encrypted. It holds neither the master key")
    tell(f"({settings.storage.master_key_file}) nor data keys ({settings.backup.keys_copy}).")
    tell("Keep the master key in a third place, and of the data keys nothing but that one file as it is now.")


def _write(store: SqlStore, settings: Settings, path: Path | None) -> int:
    """Try until nobody is forgotten while it is written. Raises ``ConfigError`` or ``OSError``."""
    for _ in range(TRIES):
        with contextlib.suppress(OverError):
            return _to_file(store, settings, path) if path is not None else _to_output(store, settings)
    sentence = "somebody was forgotten while it was written, three times; nothing was made, try again"
    raise ConfigError((f"relay backup: {sentence}",))


def _to_file(store: SqlStore, settings: Settings, path: Path) -> int:
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(
        beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            _encrypt(store.dump.pieces(), file, settings)
            file.flush()
            os.fsync(descriptor)
            octets = os.fstat(descriptor).st_size
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return octets


def _to_output(store: SqlStore, settings: Settings) -> int:
    with tempfile.TemporaryFile(dir=stores.folder(settings)) as file:
        _encrypt(store.dump.pieces(), file, settings)
        octets = file.seek(0, io.SEEK_END)
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout.buffer, _COPY)
        sys.stdout.buffer.flush()
    return octets


def _encrypt(pieces: Iterator[bytes], target: BinaryIO, settings: Settings) -> None:
    section = settings.backup
    try:
        if section.openpgp_key is not None:
            streaming.encrypt(pieces, target, section.openpgp_key, stores.folder(settings))
        else:
            age.encrypt(pieces, target, section.recipients)
    except age.AgeError:
        raise ConfigError(("relay backup: it could not be encrypted; nothing was made",)) from None
    except OpenPgpError as error:
        what = {"no-program": "there is no program gpg"}.get(
            error.reason,
            "gpg refused; is backup.openpgp_key a public key that can encrypt, and has not expired?",
        )
        raise ConfigError((f"relay backup: it could not be encrypted: {what}; nothing was made",)) from None


# --- putting one in place ----------------------------------------------------------------------------


def restore(
    config: Path,
    source: str,
    identity: Path | None,
    keys: Path | None,
    *,
    replaces: bool,
    takes_old_keys: bool,
    tell: Callable[[str], None],
) -> int:
    """Make the database anew from a backup; the exit code. Raises ``ConfigError``."""
    settings = load(config)
    if _is_upgrade_copy(source):
        if replaces:
            asyncio.run(_renewed(settings))
        found = stores.put_back(settings, Path(source), replaces=replaces)
        asyncio.run(_renewed(settings))
        lost = f"{found.lost_conversations} conversation(s), {found.lost_messages} message(s)"
        tell(
            f"As before the upgrade: {found.conversations} conversation(s), {found.messages} message(s) under way."
        )
        tell(f"Forgotten since, and so here: {found.forgotten} conversation(s).")
        tell(f"Delivered or done with since: {found.done} message(s). Lost, because they came since: {lost}.")
        return 0
    keys = keys or settings.backup.keys_copy
    if keys is None:
        raise ConfigError(
            ("relay restore: name the copy of the data keys, with --keys or as backup.keys_copy",)
        )
    with _opened(source) as stream, _decrypted(source, stream, identity) as plain:
        if replaces:
            asyncio.run(_renewed(settings))
        restored = stores.restored(settings, plain, keys, replaces=replaces, takes_old_keys=takes_old_keys)
    asyncio.run(_renewed(settings))
    for line in _told(restored):
        tell(line)
    return 0


def _is_upgrade_copy(source: str) -> bool:
    """Whether it is what lies beside a database since its last upgrade."""
    with contextlib.suppress(OSError), Path(source).open("rb") as stream:
        return stream.read(len(UPGRADE_COPY)) == UPGRADE_COPY
    return False


@contextlib.contextmanager
def _opened(source: str) -> Iterator[io.BufferedReader]:
    if source == "-":
        yield cast("io.BufferedReader", sys.stdin.buffer)
        return
    try:
        with Path(source).open("rb") as stream:
            yield stream
    except OSError as error:
        raise ConfigError((f"{source}: the backup cannot be read ({error.strerror})",)) from None


@contextlib.contextmanager
def _decrypted(source: str, stream: io.BufferedReader, identity: Path | None) -> Iterator[BinaryIO]:
    """What is in it: opened here with age, or opened already by somebody else."""
    begins = stream.peek(len(_AGE))[: len(_AGE)]
    if begins.startswith(_PLAIN):
        yield stream
        return
    if not begins.startswith(_AGE):
        sentence = (
            "is not encrypted with age; of one for an OpenPGP key: gpg --decrypt FILE | relay restore -"
        )
        raise ConfigError((f"{source}: {sentence}",))
    if identity is None:
        raise ConfigError(("relay restore: name the file with the secret key of age, with --identity",))
    try:
        with age.decrypted(stream, identity) as plain:
            yield plain
    except age.AgeError as error:
        which = str(identity) if error.reason == "identity" else source
        raise ConfigError((f"{which}: {_AGE_SENTENCES[error.reason]}. Nothing was changed.",)) from None


async def _renewed(settings: Settings) -> None:
    """Bring the copy of the data keys up to the database that is there, if one is that can be used."""
    with contextlib.suppress(ConfigError):
        store = stores.opened(settings, exclusive=True)
        try:
            if store.key_copy is not None:
                await store.key_copy.renew()
        finally:
            await store.close()


def _told(restored: Restored) -> Iterator[str]:
    found, at, keys_at = (
        restored.pruned,
        f"{restored.made_at:%Y-%m-%d %H:%M}",
        f"{restored.keys_at:%Y-%m-%d %H:%M}",
    )
    yield f"Restored as of {at} UTC: {found.conversations} conversation(s), {found.messages} message(s) under way."
    yield f"Forgotten since, and so here: {found.forgotten} conversation(s). Delivered or done with since, and not sent"
    yield f"again: {found.done} message(s), as of the copy of the data keys of {keys_at} UTC."
    lost = f"{found.lost_conversations} conversation(s), {found.lost_messages} message(s)"
    yield f"Lost, because they came after the backup: {lost}."
    yield "What was delivered in the last minutes before the loss may be sent once more. Conversations stand as they"
    yield "did then: somebody may be reminded of an answer that was given. Start the daemon when you have read this."
