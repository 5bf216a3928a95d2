"""From what an operator names (a file, a folder, a zip) to the octets of its tables, within bounds.

Called by ``command``. Nothing is unpacked to the disk, and a name in an archive is only ever a name: no path in it is
followed. What is no directory of services is refused with one sentence that says what it is and what to give instead.
Raises ``ConfigError`` and nothing else.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from relay.errors import ConfigError

MAX_MEMBERS = 2000
MAX_FILE_OCTETS = 1 << 30
MAX_TOTAL_OCTETS = 2 << 30
MAX_RATIO = 300
"""Tables shrink to a tenth, very dull ones to a hundredth; a bomb to a thousandth."""
_RATIO_FROM_OCTETS = 10 << 20
"""Below this nobody is hurt, whatever the ratio."""

TEXTS = frozenset({".csv", ".tsv", ".txt", ".json"})
_STEP_OCTETS = 1 << 20

_WHAT = "give a CSV or JSON file, a zip of them, or a folder"
_FOREIGN = (
    (b"%PDF", "is a PDF"),
    (b"\xd0\xcf\x11\xe0", "is an old Office file"),
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"SQLite format 3\x00", "is a database"),
    (b"Rar!", "is a RAR archive"),
    (b"7z\xbc\xaf", "is a 7-Zip archive"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a directory. ``folder``: where it lay in an archive, to tell apart what has one name."""

    name: str
    folder: str
    raw: bytes
    table: str = ""
    """What a description of the package calls it, where there is one."""

    @property
    def stem(self) -> str:
        """What a table is known by: the name without its ending, in small letters."""
        return self.table or PurePosixPath(self.name).stem.casefold()

    @property
    def is_json(self) -> bool:
        """By its ending; where that says nothing, by how it begins."""
        suffix = PurePosixPath(self.name).suffix.casefold()
        return suffix == ".json" or (suffix not in TEXTS and self.raw.lstrip()[:1] in {b"{", b"["})


def collect(path: Path) -> list[Source]:
    """The files at a path. Raises ``ConfigError``."""
    try:
        if path.is_dir():
            return _folder(path)
        if not path.is_file():
            kind = "is no file" if path.exists() else "does not exist"
            raise ConfigError((f"{path}: {kind}; {_WHAT}",))
        with path.open("rb") as file:
            head = file.read(16)
        if head.startswith(b"PK"):
            return _zip(path)
        return [Source(path.name, "", _checked(path, _read(path)))]
    except OSError as error:
        raise ConfigError((f"{path}: cannot be read: {error.strerror}; {_WHAT}",)) from None


def _folder(path: Path) -> list[Source]:
    names = sorted(each for each in path.iterdir() if each.suffix.casefold() in TEXTS and each.is_file())
    if not names:
        raise ConfigError((f"{path}: holds no CSV or JSON file; name the folder in which they lie",))
    if len(names) > MAX_MEMBERS:
        raise ConfigError((f"{path}: holds more than {MAX_MEMBERS} files; name the folder of the tables",))
    found, total = [], 0
    for each in names:
        total += each.stat().st_size
        if total > MAX_TOTAL_OCTETS:
            raise _too_large(path)
        found.append(Source(each.name, "", _checked(each, _read(each))))
    return found


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE_OCTETS:
        raise _too_large(path)
    return path.read_bytes()


def _checked(path: Path, raw: bytes) -> bytes:
    """Refuse what is no text. Raises ``ConfigError``."""
    if not raw.strip():
        raise ConfigError((f"{path}: is empty; {_WHAT}",))
    for magic, what in _FOREIGN:
        if raw.startswith(magic):
            raise ConfigError((f"{path}: {what}; {_WHAT}",))
    head = raw[:4096]
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError((f"{path}: is no text; {_WHAT}",))
    return raw


def _zip(path: Path) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(name.startswith(("xl/", "word/", "content.xml")) for name in names):
                raise ConfigError(
                    (f"{path}: is an Office file; save the sheet as CSV (UTF-8) and give that",)
                )
            found = list(_members(path, archive))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise ConfigError((f"{path}: is a zip that is damaged, locked or of a rare kind; {_WHAT}",)) from None
    if not found:
        raise ConfigError((f"{path}: is a zip without any CSV or JSON file in it; {_WHAT}",))
    return found


def _members(path: Path, archive: zipfile.ZipFile) -> Iterator[Source]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise ConfigError((f"{path}: holds more than {MAX_MEMBERS} files; give a zip of the tables alone",))
    room = MAX_TOTAL_OCTETS
    for info in infos:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        is_hidden = inside.name.startswith(".") or "__MACOSX" in inside.parts
        if info.is_dir() or is_hidden or inside.suffix.casefold() not in TEXTS:
            continue
        raw = _unpacked(path, archive, info, min(room, MAX_FILE_OCTETS))
        room -= len(raw)
        if raw.strip():
            folder = "/".join(part for part in inside.parts[:-1] if part not in {"..", "/", "."})
            yield Source(inside.name, folder, _checked(path / inside.name, raw))


def _unpacked(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> bytes:
    """One member, no more of it than its own word, the bounds and common sense allow."""
    parts, size = [], 0
    with archive.open(info) as member:
        while part := member.read(_STEP_OCTETS):
            size += len(part)
            if size > room:
                raise _too_large(path)
            if size > _RATIO_FROM_OCTETS and size > MAX_RATIO * max(info.compress_size, 1):
                raise ConfigError((f"{path}: unpacks to far more than tables do; it is not read",))
            parts.append(part)
    return b"".join(parts)


def _too_large(path: Path) -> ConfigError:
    return ConfigError((f"{path}: is larger than any directory; give the files of the services alone",))
