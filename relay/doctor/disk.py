"""Room: for the database, and for what the system writes beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.doctor.storage import nearest
from relay.edge.store import database_file, parse_url

LOW = (0.10, 2 << 30)
"""Under both of a share and a size: room for two thousand photographs is enough on any disk."""

FEW_FILES = 0.03
"""Of all that there can be."""


@dataclass(frozen=True, slots=True)
class Facts:
    """``least_bytes``: what is kept free for conversations (``limits.free_disk_mb``). ``files``: how many more there
    can be, and of how many; 0 of 0 where the file system does not count them.
    """

    folder: str
    free_bytes: int
    all_bytes: int
    least_bytes: int
    free_files: int = 0
    all_files: int = 0


async def look(around: Around) -> list[Finding]:
    """Ask the file system; a server's disk is not ours to see."""
    file = database_file(parse_url(around.settings.storage.url))
    if file is None:
        return []
    folder = nearest(file.parent)
    found = os.statvfs(folder)
    least_bytes = around.settings.limits.bounds(around.settings.smtp.max_message_bytes).free_bytes
    room = (found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, least_bytes)
    return list(judge(Facts(str(folder), *room, found.f_favail, found.f_files)))


def judge(facts: Facts) -> Iterator[Finding]:
    """The worse of two, or nothing."""
    why = "without room no mail is taken, first letters first: their senders are asked to come again"
    remedy = "make room: old logs and packages first; 'relay status' shows whether mail piles up"
    share = facts.free_bytes / max(facts.all_bytes, 1)
    what = f"{facts.free_bytes >> 20} MB ({share:.0%}) are free on the disk of {facts.folder}"
    if facts.free_bytes < facts.least_bytes:
        yield critical(what, why, remedy)
    elif share < LOW[0] and facts.free_bytes < LOW[1]:
        yield warning(what, why, remedy)
    if facts.all_files and facts.free_files / facts.all_files < FEW_FILES:
        yield critical(
            f"hardly any more files can be made on the disk of {facts.folder}",
            why,
            "remove files that nobody needs",
        )
