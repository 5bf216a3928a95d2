"""What a dead daemon may leave behind: its state files, sealed and private, and no process.

Used by the tests that kill it.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterable
from pathlib import Path

import psutil

from tests.support import storage
from tests.support.daemon import Daemon

ENDING_S = 5.0


def database(folder: Path) -> Path:
    """The file of the embedded database."""
    return folder / "state" / "relay.db"


def processes_of(daemon: Daemon) -> list[psutil.Process]:
    """All processes of the daemon's that run now, without itself."""
    return psutil.Process(daemon.process.pid).children(recursive=True)


def workers_of(daemon: Daemon) -> list[psutil.Process]:
    """Those that read messages."""
    return [each for each in processes_of(daemon) if "relay.edge.smtp_in.outside" not in each.cmdline()]


async def assert_ended(processes: Iterable[psutil.Process]) -> None:
    """Nothing outlives the daemon: who could read a message must not go on without its guard."""
    left = list(processes)
    try:
        async with asyncio.timeout(ENDING_S):
            while left := [each for each in left if _runs(each)]:
                await asyncio.sleep(0.02)
    except TimeoutError:
        for each in left:
            each.kill()
        raise AssertionError(f"{len(left)} process(es) outlived the daemon") from None


def _runs(process: psutil.Process) -> bool:
    """A zombie has ended; in a container there may be nobody to collect it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_private(folder: Path) -> None:
    """State files are 0600 in a folder 0700, and nothing lies beside them."""
    state = folder / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in state.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name
    assert {path.name for path in folder.iterdir()} == {"relay.toml", "counselors.toml", "state"}


def assert_sealed(folder: Path, canaries: Iterable[str]) -> None:
    """No address and no word of a message lies in clear in any state file, in a journal neither."""
    words = {form for canary in canaries for form in (canary.encode(), canary.encode("utf-16-le"))}
    for name, octets in storage.files(folder).items():
        content = octets.lower()
        found = [word for word in words if word.lower() in content]
        assert not found, f"{len(found)} canaries in {name}"


def assert_sound(folder: Path) -> None:
    """SQLite finds its file whole (``PRAGMA integrity_check``). Only while no daemon runs on it. A server sees to that."""
    if not storage.IS_POSTGRESQL:
        assert storage.run(folder, "PRAGMA integrity_check") == [("ok",)]
        assert storage.run(folder, "PRAGMA foreign_key_check") == []


def counts(folder: Path, table: str) -> dict[str, int]:
    """How many rows of ``entries`` or ``deliveries`` are in which state."""
    return dict(storage.run(folder, f"SELECT state, count(*) FROM {table} GROUP BY state"))


def letters_counted(folder: Path) -> int:
    """How many letters, of both sides, the statistics have counted."""
    query = "SELECT coalesce(sum(amount), 0) FROM counts WHERE measure = 'letters'"
    return int(storage.run(folder, query)[0][0])


def has_leased_entry(folder: Path) -> bool:
    """Tell whether the daemon has an entry in its hands; may be asked while it runs."""
    query = "SELECT count(*) FROM entries WHERE state = 'received' AND lease_until IS NOT NULL"
    return bool(storage.run(folder, query)[0][0])


def make_due(folder: Path) -> None:
    """Let the time of every deferred delivery come, as if the daemon had been dead that long."""
    storage.run(folder, "UPDATE deliveries SET due_at = 0 WHERE due_at IS NOT NULL")
