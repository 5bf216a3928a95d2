"""The files of an embedded database: who may read them, and that only one daemon works on them.

Called by ``opening``. Promises: the folder has mode 0700 and every file in it that we make 0600, whatever
the umask; nothing is made elsewhere. SQLite gives its WAL and shared memory the mode of the database
file. Failures are ``ConfigError`` with a sentence.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from relay.errors import ConfigError

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = 0o077
_LOCK_SUFFIX = ".lock"
_COMPANIONS = ("", "-wal", "-shm")


class Lock:
    """The right to be the one daemon on a database; ends with the process at the latest."""

    def __init__(self, database: Path) -> None:
        """Take the lock. Raises ``ConfigError`` when another process has it."""
        path = database.with_name(database.name + _LOCK_SUFFIX)
        self._descriptor = _open_private(path)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.release()
            problem = f"{database}: another relay is running on this database; stop it first"
            raise ConfigError((problem,)) from None

    def release(self) -> None:
        """Give the lock up; doing so twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def prepare_folder(folder: Path) -> None:
    """Make a folder that only we can look into, or make one of ours so. Raises ``ConfigError``."""
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        status = folder.stat()
        if not status.st_mode & _OTHERS and stat.S_IMODE(status.st_mode) == FOLDER_MODE:
            return
        if status.st_uid != os.geteuid() or status.st_mode & stat.S_ISVTX:
            problem = (
                f"{folder}: others can look into this folder; give the state a folder of its own, mode 0700"
            )
            raise ConfigError((problem,))
        folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise ConfigError((f"{folder}: the state folder cannot be made ({error.strerror})",)) from None


def prepare_database(database: Path) -> None:
    """Make the database file, empty, if there is none, and see to the modes. Raises ``ConfigError``."""
    os.close(_open_private(database))
    for suffix in _COMPANIONS:
        companion = database.with_name(database.name + suffix)
        if companion.exists():
            companion.chmod(FILE_MODE)


def is_new(database: Path) -> bool:
    """Tell whether nothing was ever written to this database."""
    return not database.exists() or database.stat().st_size == 0


def _open_private(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        os.fchmod(descriptor, FILE_MODE)
    except OSError as error:
        raise ConfigError((f"{path}: this file cannot be made or opened ({error.strerror})",)) from None
    return descriptor
