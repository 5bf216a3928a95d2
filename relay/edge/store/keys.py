"""Keys: the master key's file, and everything that is derived from the master key.

``opening`` loads or makes the file, ``relay keygen`` makes one. The master key itself seals nothing:
for each purpose a separate key is derived (HKDF-SHA256, RFC 5869), so that no use can be turned
against another. Data keys are random, one per conversation, entry and delivery, and kept wrapped
(``datakeys``); destroying one forgets what it sealed.

A blind index is HMAC-SHA256 (RFC 2104) cut to 16 octets: equal values find each other, and without the
key nobody can test a guess. After a rotation it is the HMAC of the index before, so that also those rows are keyed anew
whose value nobody knows any more (``rotation``). Failures are ``ConfigError`` with a sentence for the operator.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relay.edge.store.sealing import KEY_OCTETS, SealingKey
from relay.errors import ConfigError

KEY_VERSION = 1
INDEX_OCTETS = 16
"""128 bits: a chance of one in 10**20 that any two of a hundred million values share an index."""

_LABEL = "relay-master-key-1"
_CHECKSUM_DIGITS = 8
_MAX_FILE_OCTETS = 4096
_FILE_MODE = 0o600
_OTHERS = 0o077
_OTHERS_BUT_GROUP_READ = 0o037


class MasterKey:
    """32 random octets. Its ``repr`` shows nothing, and it is not to be pickled."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        if len(octets) != KEY_OCTETS:
            raise ValueError("a master key has 32 octets")
        self._octets = octets

    def derive(self, purpose: str) -> bytes:
        """The 32 octets for one purpose."""
        kdf = HKDF(algorithm=SHA256(), length=KEY_OCTETS, salt=None, info=b"relay/" + purpose.encode())
        return kdf.derive(self._octets)

    def __repr__(self) -> str:
        return "MasterKey(<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")


class Purpose(Enum):
    """What a blind index is for; each has its own key, so that those of different purposes never compare."""

    TOKEN = "token"  # noqa: S105 - the name of a purpose
    DEDUPE = "dedupe"
    PSEUDONYM = "pseudonym"
    COUNSELOR = "counselor"
    ANSWER = "answer"
    BLOCK = "block"
    SIGNATURE = "signature"
    TOLD = "told"
    ACQUAINTANCE = "acquaintance"
    MAILBOX = "mailbox"
    INVITATION = "invitation"


_ANY_CASE = frozenset({Purpose.TOKEN, Purpose.PSEUDONYM})
"""Tokens come back in any case, and "Maple Heron" must not be told from "maple heron"."""


def check_value(master: MasterKey) -> bytes:
    """Kept in the database: tells whether it was made with this master key, and nothing else of it."""
    return master.derive("check")[:INDEX_OCTETS]


IndexKeys = Mapping[str, bytes]
"""The keys of one master key's blind indexes, by the word of their purpose."""


def index_keys(master: MasterKey) -> IndexKeys:
    """The keys of all blind indexes that come from one master key."""
    return {purpose.value: master.derive(f"index/{purpose.value}") for purpose in Purpose}


@dataclass(frozen=True, slots=True)
class Version:
    """A master key with the number that it has in one database; all that its keys sealed begins with that number."""

    master: MasterKey
    number: int


class Keyring:
    """All keys that come from one master key.

    ``number``: which one it is in this database. ``former``: the one before it, while something is still sealed with
    its keys. ``chain``: the index keys of all before it, oldest first; a purpose that one did not know is left out.
    """

    __slots__ = (
        "_indexers",
        "check_value",
        "copies",
        "counselors",
        "former_checks",
        "openpgp",
        "seals",
        "version",
        "wrapping",
    )

    def __init__(
        self,
        master: MasterKey,
        number: int = KEY_VERSION,
        former: Version | None = None,
        chain: Sequence[IndexKeys] = (),
    ) -> None:
        links = (*chain, index_keys(master))
        self._indexers = {
            purpose: tuple(
                hmac.new(keys[purpose.value], digestmod="sha256") for keys in links if purpose.value in keys
            )
            for purpose in Purpose
        }

        def sealing(purpose: str) -> SealingKey:
            before = SealingKey(former.master.derive(purpose), former.number) if former is not None else None
            return SealingKey(master.derive(purpose), number, before)

        self.version = number
        self.wrapping = sealing("wrapping")
        """Seals data keys."""
        self.counselors = sealing("counselors")
        """Seals counselor ids."""
        self.openpgp = sealing("openpgp")
        """Seals the line's own secret keys."""
        self.seals = sealing("seals")
        """Seals what rows in clear say (``seals``)."""
        self.copies = tuple(each.derive("copies") for each in (master, *((former.master,) if former else ())))
        """Authenticate copies that leave the database: the first when they are made, any when they are read."""
        self.check_value = check_value(master)
        self.former_checks = (check_value(former.master),) if former is not None else ()

    def index(self, purpose: Purpose, text: str) -> bytes:
        """The blind index of a value: 16 octets. Spellings that mean the same have the same index."""
        normal = unicodedata.normalize("NFC", text)
        if purpose in _ANY_CASE:
            normal = normal.casefold()
        # A copy of a keyed state: hmac.digest lets go of the interpreter lock for microseconds of work, and
        # has to wait for the writing thread to get it back.
        found = normal.encode("utf-8", "surrogatepass")
        for link in self._indexers[purpose]:
            indexer = link.copy()
            indexer.update(found)
            found = indexer.digest()[:INDEX_OCTETS]
        return found

    def keyed_anew(self, purpose: Purpose, index: bytes) -> bytes:
        """What an index that was made before this master key came is from now on."""
        indexer = self._indexers[purpose][-1].copy()
        indexer.update(index)
        return indexer.digest()[:INDEX_OCTETS]

    def __repr__(self) -> str:
        return "Keyring(<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")


def create_master_key(path: Path) -> None:
    """Write a new master key to a new file of mode 0600, and onto the disk, before returning.

    Raises ``ConfigError`` when the file exists (it is never written over: whatever the old key
    sealed would be lost) or cannot be made.
    """
    octets = os.urandom(KEY_OCTETS)
    line = f"{_LABEL} {base64.urlsafe_b64encode(octets).decode()} {_checksum(octets)}\n"
    try:
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE
        )
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, _FILE_MODE)
            file.write(line)
            file.flush()
            os.fsync(descriptor)
        _sync_folder(path.parent)
    except FileExistsError:
        raise ConfigError((f"{path}: there is a file already; a master key is never written over",)) from None
    except OSError as error:
        raise ConfigError((f"{path}: the master key cannot be written ({error.strerror})",)) from None


def load_master_key(path: Path) -> MasterKey:
    """Read a master key file. Raises ``ConfigError`` when it is missing, readable by others, or malformed."""
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()))
            content = file.read(_MAX_FILE_OCTETS)
    except FileNotFoundError:
        remedy = "put the key file back from its backup, or make one with 'relay keygen' for a new database"
        raise ConfigError((f"{path}: the master key file is missing; {remedy}",)) from None
    except OSError as error:
        raise ConfigError((f"{path}: the master key file cannot be read ({error.strerror})",)) from None
    return MasterKey(_octets_of(path, content))


def _check_mode(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError((f"{path}: the master key must be a regular file",))
    # systemd hands a credential over as root's file with an access list for us, which shows as group read.
    is_credential = status.st_uid == 0 and os.geteuid() != 0
    if status.st_mode & (_OTHERS_BUT_GROUP_READ if is_credential else _OTHERS):
        found = f"{stat.S_IMODE(status.st_mode):04o}"
        raise ConfigError(
            (f"{path}: others can read or change the master key (mode {found}); run: chmod 600 {path}",)
        )


def _octets_of(path: Path, content: bytes) -> bytes:
    try:
        label, encoded, checksum = content.decode("ascii").split()
        octets = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise ConfigError(
            (f"{path}: this is not a master key file; it holds one line made by 'relay keygen'",)
        ) from None
    if label != _LABEL:
        raise ConfigError((f"{path}: this master key is of a kind that this version of relay does not know",))
    if len(octets) != KEY_OCTETS or not hmac.compare_digest(checksum, _checksum(octets)):
        raise ConfigError(
            (f"{path}: the master key is damaged (its checksum is wrong); put it back from its backup",)
        )
    return octets


def _checksum(octets: bytes) -> str:
    return hashlib.sha256(_LABEL.encode() + octets).hexdigest()[:_CHECKSUM_DIGITS]


def _sync_folder(path: Path) -> None:
    """Make the new name itself durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
