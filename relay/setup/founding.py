"""Writes what ``relay init`` makes: the folder, both files, the keys. Over nothing that is there already.

Everything or nothing: what was written is taken away again when the whole does not load. A master key or a DKIM key
that lies there stays and is used, for a database or records may hang on it.
"""

from __future__ import annotations

import contextlib
import grp
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from relay.config import Settings, load, render_example
from relay.config.schema import COUNSELORS_FILE, RELAY_FILE
from relay.edge.dkim.keys import KeyKind, create_key, read_key
from relay.edge.store.keys import create_master_key, load_master_key
from relay.errors import ConfigError
from relay.setup.plan import Layout, given_of
from relay.setup.questions import Answers

USER = "relay"
_KINDS = {"rsa": KeyKind.RSA, "ed": KeyKind.ED25519}


def refuse_what_is_there(folder: Path) -> None:
    """Raise ``ConfigError`` where there is a configuration, or no place for one."""
    for name in (RELAY_FILE, COUNSELORS_FILE):
        if os.path.lexists(folder / name):
            raise ConfigError((f"{folder / name}: is there already, and nothing is written over; "
                               "change it by hand, or name another folder",))  # fmt: skip
    if os.path.lexists(folder) and not folder.is_dir():
        raise ConfigError((f"{folder}: is not a folder; name one, or one that is to be made",))


def found(answers: Answers, layout: Layout, languages: Collection[str]) -> tuple[Settings, list[str]]:
    """Write everything; the settings that it makes, and a line for each thing made. Raises ``ConfigError``."""
    made: list[Path] = []
    try:
        lines = list(_written(answers, layout, made))
        return load(layout.folder, known_languages=languages), lines
    except OSError as error:
        _take_back(made)
        raise ConfigError(
            (f"{error.filename or layout.folder}: cannot be made ({error.strerror})",)
        ) from None
    except BaseException:
        _take_back(made)
        raise


def _written(answers: Answers, layout: Layout, made: list[Path]) -> Iterator[str]:
    _folder(layout.folder, 0o750 if layout.is_service else 0o700, made, layout)
    yield from _master_key(layout.master_key, made)
    _folder(layout.folder / "dkim", 0o700, made, layout, is_theirs=True)
    for selector, name in layout.selectors.items():
        yield from _dkim_key(layout.folder / name, _KINDS[selector.rstrip("0123456789")], made, layout)
    for name, text in render_example(given_of(answers, layout)).items():
        _file(layout.folder / name, text, made, layout)
        yield f"{layout.folder / name}: every key explained"


def _master_key(path: Path, made: list[Path]) -> Iterator[str]:
    _folder(path.parent, 0o700, made)
    if os.path.lexists(path):
        load_master_key(path)
        yield f"{path}: the master key that lay there stays in use"
        return
    create_master_key(path)
    made.append(path)
    yield f"{path}: the master key; keep a copy apart from this machine, for without it nothing can be read"


def _dkim_key(path: Path, kind: KeyKind, made: list[Path], layout: Layout) -> Iterator[str]:
    if os.path.lexists(path):
        read_key(path)
        yield f"{path}: the key that lay there stays in use"
        return
    create_key(path, kind)
    made.append(path)
    _hand_over(path, layout, is_theirs=True)
    yield f"{path}: a key that signs outgoing mail"


def _file(path: Path, text: str, made: list[Path], layout: Layout) -> None:
    mode = 0o640 if layout.is_service else 0o600
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    made.append(path)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    _hand_over(path, layout)


def _folder(
    path: Path, mode: int, made: list[Path], layout: Layout | None = None, *, is_theirs: bool = False
) -> None:
    if path.is_dir():
        return
    if not path.parent.is_dir():
        _folder(path.parent, 0o755, made)
    path.mkdir(mode)
    made.append(path)
    path.chmod(mode)
    if layout is not None:
        _hand_over(path, layout, is_theirs=is_theirs)


def _hand_over(path: Path, layout: Layout, *, is_theirs: bool = False) -> None:
    """Let the service's user read it, or own what is a secret of theirs, where there is such a user."""
    if not layout.is_service or os.geteuid() != 0:
        return
    with contextlib.suppress(LookupError, KeyError):
        grp.getgrnam(USER)
        shutil.chown(path, USER if is_theirs else None, USER)


def _take_back(made: list[Path]) -> None:
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
