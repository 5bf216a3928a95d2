"""Taking what was read into the directory: what is new, what has changed, what is gone.

Called by ``command``. Writes in small steps with a breath between them, because the daemon writes into the same
database and would wait. What has not changed is not written. What is gone keeps its number. An entry whose row
could not be used this time stays as it was: a slip in a file must not take a service away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Protocol, TypeVar

from relay.domain.referrals import Referral
from relay.flow.directory import Directory, Stored
from relay.referrals.findings import Reading

T = TypeVar("T")

STEP = 200
BREATH_S = 0.01
"""Long enough that a writer who waits is sure to get its turn."""

MAX_ID_CHARS = 120


class Keeper(Directory, Protocol):
    """A directory that can tell whether it has an entry as it is."""

    def digest(self, referral: Referral) -> bytes:
        """What ``known`` tells of an entry that says the same."""


@dataclass(slots=True)
class Summary:
    """What an import did. The lists hold numbers and names."""

    new: list[tuple[int, str]] = field(default_factory=list)
    changed: list[tuple[int, str]] = field(default_factory=list)
    gone: list[tuple[int, str]] = field(default_factory=list)
    same: int = 0


async def take_in(
    directory: Keeper, reading: Reading, source: str, today: date, *, keep: bool, told: Callable[[int], None]
) -> Summary:
    """Do it. ``keep``: what is missing is not gone. ``told`` hears how many entries are done."""
    known = await directory.known(source)
    summary = Summary()
    new: dict[str, str] = {}
    to_write: list[Referral] = []
    for entry in map(_with_short_id, reading.entries):
        stored = known.get(entry.source_id)
        if stored is None:
            new[entry.source_id] = entry.name
            to_write.append(entry)
        elif stored.is_gone or stored.digest != directory.digest(entry):
            changes = summary.new if stored.is_gone else summary.changed
            changes.append((stored.number, entry.name))
            to_write.append(replace(entry, number=stored.number))
        else:
            summary.same += 1
    told(summary.same)
    done = summary.same
    for step in _steps(to_write):
        await directory.put(step)
        done += len(step)
        told(done)
        await asyncio.sleep(BREATH_S)
    if reading.is_whole and not keep:
        summary.gone = await _leave(directory, known, reading, today)
    if new:
        numbers = await directory.known(source)
        summary.new += [(numbers[source_id].number, name) for source_id, name in new.items()]
    return summary


async def _leave(
    directory: Keeper, known: Mapping[str, Stored], reading: Reading, today: date
) -> list[tuple[int, str]]:
    there = {_short(entry.source_id) for entry in reading.entries} | {
        _short(each) for each in reading.refused
    }
    numbers = sorted(one.number for each, one in known.items() if each not in there and not one.is_gone)
    gone: list[tuple[int, str]] = []
    for step in _steps(numbers):
        gone += [(each.number, each.name) for each in await directory.get(step)]
        await directory.leave(step, today)
        await asyncio.sleep(BREATH_S)
    return gone


def _steps(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + STEP] for start in range(0, len(items), STEP))


def _with_short_id(entry: Referral) -> Referral:
    return (
        entry if len(entry.source_id) <= MAX_ID_CHARS else replace(entry, source_id=_short(entry.source_id))
    )


def _short(source_id: str) -> str:
    """An id that fits its column; a longer one is known by its hash."""
    return source_id if len(source_id) <= MAX_ID_CHARS else sha256(source_id.encode()).hexdigest()
