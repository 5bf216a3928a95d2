"""A disk that fails when told to, and one whose power is cut: ``disk_shim.c`` around the daemon's own calls.

disk = Disk(folder)
async with Daemon(folder, …, environment=disk.environment) as daemon:
    disk.fail_syncs(errno.EIO)

``power_cut`` builds what a disk may hold when the power went at one point of the log: everything before a file's last
sync, and of what was written after it any part, in any order, torn at sectors.
"""

from __future__ import annotations

import functools
import mmap
import random
import shutil
import struct
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
_NEVER = -1
_NUMBERS = struct.Struct("=6i")
_RECORD = struct.Struct("=cHQI")
_SOURCE = Path(__file__).with_name("disk_shim.c")
_WRITES, _SYNCS, _DELAY, _FAILED = 0, 8, 16, 20


@functools.cache
def _shim() -> Path:
    """The library, made once in a run."""
    compiler = shutil.which("cc")
    assert compiler, "cc is missing; .ci/setup test installs it (gcc, libc6-dev)"
    made = Path(tempfile.mkdtemp(prefix="disk")) / "shim.so"
    subprocess.run(
        [
            compiler,
            "-shared",
            "-fPIC",
            "-O2",
            "-Wall",
            "-Werror",
            "-o",
            str(made),
            str(_SOURCE),
            "-ldl",
            "-pthread",
        ],
        check=True,
    )
    return made


@dataclass(frozen=True, slots=True)
class Record:
    """One call that succeeded: W(rite), T(runcate), S(ync), U(nlink); ``end``: size of the log with it."""

    kind: str
    path: Path
    offset: int
    octets: bytes
    end: int


class Disk:
    """What the state folder of one daemon lies on."""

    def __init__(self, folder: Path, *, is_logged: bool = False) -> None:
        """``folder``: the daemon's, in which ``state`` is or will be; our own files lie beside it."""
        self._control = folder.with_name(folder.name + ".control")
        self.log = folder.with_name(folder.name + ".log")
        self._control.write_bytes(_NUMBERS.pack(_NEVER, 0, _NEVER, 0, 0, 0))
        with self._control.open("r+b") as file:
            self._numbers = mmap.mmap(file.fileno(), _NUMBERS.size)
        self.environment = {
            "LD_PRELOAD": str(_shim()),
            "RELAY_DISK_CONTROL": str(self._control),
            "RELAY_DISK_FOLDER": str(folder / "state"),
            **({"RELAY_DISK_LOG": str(self.log)} if is_logged else {}),
        }

    def fail_writes(self, number: int, after: int = 0) -> None:
        """Let every write fail with this errno, once ``after`` more have succeeded."""
        struct.pack_into("=2i", self._numbers, _WRITES, after, number)

    def fail_syncs(self, number: int, after: int = 0) -> None:
        """Let every sync fail with this errno, once ``after`` more have succeeded."""
        struct.pack_into("=2i", self._numbers, _SYNCS, after, number)

    def slow_syncs(self, seconds: float) -> None:
        struct.pack_into("=i", self._numbers, _DELAY, int(seconds * 1_000_000))

    def work(self) -> None:
        """Fail no more."""
        struct.pack_into("=i", self._numbers, _WRITES, _NEVER)
        struct.pack_into("=i", self._numbers, _SYNCS, _NEVER)

    @property
    def failed(self) -> int:
        """How many calls were made to fail."""
        return int(struct.unpack_from("=i", self._numbers, _FAILED)[0])

    def records(self) -> Iterator[Record]:
        """What the log says; a last record that is not whole is left out."""
        octets, at = self.log.read_bytes(), 0
        while at + _RECORD.size <= len(octets):
            kind, path_length, offset, length = _RECORD.unpack_from(octets, at)
            begin = at + _RECORD.size
            carried = length if kind == b"W" else 0
            at = begin + path_length + carried
            if at > len(octets):
                return
            path = Path(octets[begin : begin + path_length].decode())
            yield Record(kind.decode(), path, offset, octets[begin + path_length : at], at)


def power_cut(records: list[Record], source: random.Random) -> dict[Path, bytes]:
    """The files as the disk may hold them after a power cut behind the last of these records.

    A sync makes all of one file certain. A removal is certain with the next sync of any file, as a directory's entry
    of a journaling file system is; before, it may have happened or not.
    """
    certain: dict[Path, bytearray] = {}
    pending: dict[Path, list[Record]] = defaultdict(list)
    for record in records:
        if record.kind == "S":
            for change in pending.pop(record.path, []):
                _apply(certain, change)
            for path in [path for path, changes in pending.items() if changes[-1].kind == "U"]:
                for change in pending.pop(path):
                    _apply(certain, change)
        else:
            pending[record.path].append(record)
    for changes in pending.values():
        kept = [part for change in changes for part in _sectors(change) if source.random() < 0.5]
        source.shuffle(kept)
        for part in kept:
            _apply(certain, part)
    return {path: bytes(content) for path, content in certain.items()}


def _sectors(change: Record) -> Iterator[Record]:
    if change.kind != "W":
        yield change
        return
    at = 0
    while at < len(change.octets):
        room = SECTOR - (change.offset + at) % SECTOR
        yield Record("W", change.path, change.offset + at, change.octets[at : at + room], change.end)
        at += room


def _apply(files: dict[Path, bytearray], change: Record) -> None:
    if change.kind == "U":
        files.pop(change.path, None)
        return
    content = files.setdefault(change.path, bytearray())
    if change.kind == "T":
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.octets)] = change.octets
