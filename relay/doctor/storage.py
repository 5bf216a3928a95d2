"""The database: whether it is whole and ours, lies on a disk that keeps what it is told to, and how quick that is."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relay import stores
from relay.config.machine import is_credential
from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.edge.store import database_file, parse_url
from relay.errors import ConfigError

SYNCS = 5
SLOW_S = 0.1
"""A commit waits for one; at 100 ms the line still takes ten letters a second, and something is wrong with the disk."""

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_OVER_A_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs", "afs"})


@dataclass(frozen=True, slots=True)
class Facts:
    """``problems``: what opening it says; ``sync_s``: what one write takes."""

    problems: tuple[str, ...] = ()
    folder: str = ""
    kind: str = ""
    sync_s: float = 0.0
    sync_error: str = ""


async def look(around: Around) -> list[Finding]:
    """Open it to read, and write beside it."""
    return list(judge(await asyncio.to_thread(_facts, around)))


def _facts(around: Around) -> Facts:
    url = around.settings.storage.url
    problems: tuple[str, ...] = ()
    key = around.settings.storage.master_key_file
    try:
        if not is_credential(key) or key.exists():  # else only the service could look
            stores.look(around.settings)
    except ConfigError as error:
        problems = error.problems
    file = database_file(parse_url(url))
    if file is None:
        return Facts(problems)
    folder = nearest(file.parent)
    try:
        return Facts(problems, str(folder), kind_of(folder), _sync_s(folder))
    except OSError as error:
        return Facts(problems, str(folder), kind_of(folder), sync_error=error.strerror or "")


def nearest(folder: Path) -> Path:
    """The folder itself, or the one above in which it would be made."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def kind_of(folder: Path, mounts: str | None = None) -> str:
    """The kind of file system that a folder is on, as the kernel calls it; empty when it does not say."""
    text = Path("/proc/self/mounts").read_text("utf-8", "replace") if mounts is None else mounts
    found = [line.split()[1:3] for line in text.splitlines() if len(line.split()) > 2]
    inside = [(Path(at), kind) for at, kind in found if folder.is_relative_to(at)]
    return max(inside, key=lambda each: len(each[0].parts), default=(folder, ""))[1]


def _sync_s(folder: Path) -> float:
    """The middle one of some writes that wait for the disk. Raises ``OSError``."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            began = time.monotonic()
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.monotonic() - began)
    return sorted(taken)[len(taken) // 2]


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing for a whole database on a disk of this machine."""
    for problem in facts.problems:
        what, _, remedy = problem.rpartition("; ")
        yield critical(
            what or problem,
            "the daemon does not start on it, and takes no mail",
            remedy if what else "'relay check' says the same; look at [storage]",
        )
    if facts.sync_error:
        yield critical(
            f"nothing can be written in {facts.folder} ({facts.sync_error})",
            "no mail can be taken",
            "run this as the relay's user; else look at the disk, its mount and who owns the folder",
        )
    if facts.kind in _IN_MEMORY:
        yield critical(
            f"{facts.folder} is in memory ({facts.kind})",
            "when the machine stops, all mail and every conversation is gone",
            "name a place on a disk in storage.url",
        )
    if facts.kind in _OVER_A_NETWORK:
        yield critical(
            f"{facts.folder} is on another machine ({facts.kind})",
            "SQLite cannot lock there, and a database can be destroyed",
            "name a place on a disk of this machine in storage.url, or use PostgreSQL",
        )
    if facts.sync_s > SLOW_S:
        yield warning(
            f"a write to {facts.folder} takes {facts.sync_s * 1000:.0f} ms",
            "each letter waits for one before it is acknowledged, and some of them time out under load",
            "see what else writes to that disk, and whether it is about to fail",
        )
