"""All that is known of the line at one instant, read once: for ``relay status`` and ``relay top``.

Opens the store beside the daemon. Whether a daemon runs on an embedded database is read from the kernel's list of
locks, so that nobody has to take the lock to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay import __version__, rostering
from relay.clock import SystemClock
from relay.config import Settings
from relay.domain.coverage import coverage, queues_in_use
from relay.domain.roster import Roster
from relay.edge.metrics.reading import ask
from relay.edge.store import SqlStore
from relay.flow.figures import Figures, Glimpse, Row
from relay.flow.ports import Clock
from relay.stores import opened

SHOWN = 10
"""Rows of each kind that are shown; ``relay queue list`` has all of them."""

LOOK_AHEAD = timedelta(days=14)
_LOCKS = Path("/proc/locks")


@dataclass(frozen=True, slots=True)
class QueueDuty:
    """Who is there for a queue. ``next_at``: when somebody is next, where nobody is."""

    queue: str
    on_duty: tuple[str, ...]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What a running daemon has counted since its start; it tells where ``[metrics]`` is on."""

    started_at: datetime
    accepted: int
    delivered: int
    deferred: int
    connections: int
    next_hop_up: bool | None
    loop_lag_s: float


@dataclass(frozen=True, slots=True)
class Overview:
    """One look. ``runs``: whether a daemon works on the database; ``None``: it cannot be told from here. ``nodes``: how
    many do, on a server; of late, for one that has died is known as dead after some seconds.

    ``waiting``: the oldest conversations without a counselor; ``stuck``: rows that are held or deferred.
    """

    at: datetime
    version: str
    runs: bool | None
    nodes: int | None
    duty: tuple[QueueDuty, ...]
    figures: Figures
    waiting: tuple[Glimpse, ...] = ()
    stuck: tuple[Row, ...] = ()
    counts: Counts | None = None


class Watcher:
    """Looks again and again over one open store; close it at the end. Raises ``ConfigError``."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._store = opened(settings)
        self._roster = rostering.read(settings, self._clock.now())

    @property
    def store(self) -> SqlStore:
        return self._store

    async def close(self) -> None:
        await self._store.close()

    async def look(self, shown: int = SHOWN) -> Overview:
        """Read everything once. Raises ``StoreTrouble``."""
        now = self._clock.now()
        insight = self._store.insight
        roster = self._roster.with_overrides(await self._store.duties.overrides(now))
        rows = await insight.queue(shown)
        nodes = await insight.nodes()
        return Overview(
            at=now,
            version=__version__,
            runs=runs_on(self._settings.storage.url) if nodes is None else nodes > 0,
            nodes=nodes,
            duty=duty_now(roster, now),
            figures=await insight.figures(now),
            waiting=await insight.waiting(shown),
            stuck=tuple(row for row in rows if row.state in {"held", "deferred"})[:shown],
            counts=await counts_at(self._settings.metrics.listen),
        )


async def counts_at(place: str | None) -> Counts | None:
    """What the daemon says of itself; ``None`` when it is not asked to, or does not answer."""
    sample = await ask(place) if place else None
    if sample is None:
        return None
    is_known = sample.has("relay_next_hop_up")
    return Counts(
        started_at=datetime.fromtimestamp(sample.total("relay_start_time_seconds"), UTC),
        accepted=int(sample.total("relay_messages_received_total")),
        delivered=int(sample.total("relay_deliveries_total", outcome="accepted")),
        deferred=int(sample.total("relay_deliveries_total", outcome="deferred")),
        connections=int(sample.total("relay_connections")),
        next_hop_up=bool(sample.total("relay_next_hop_up")) if is_known else None,
        loop_lag_s=sample.total("relay_loop_lag_seconds"),
    )


def duty_now(roster: Roster, now: datetime) -> tuple[QueueDuty, ...]:
    """Who is on duty for each queue that requests come to."""
    found: list[QueueDuty] = []
    begin = now.astimezone(UTC).replace(second=0, microsecond=0)
    for queue in queues_in_use(roster):
        one = coverage(roster, queue, begin, begin + LOOK_AHEAD)
        there = tuple(who.counselor_id for who in one.people if who.spans.covers(now))
        starts = [since for since, _ in one.covered if since > now]
        found.append(QueueDuty(queue.name, there, min(starts, default=None) if not there else None))
    return tuple(found)


def runs_on(url: str, locks: Path = _LOCKS) -> bool | None:
    """Whether a daemon holds the lock of an embedded database; ``None`` where that cannot be known."""
    if not url.startswith("sqlite:///"):
        return None
    try:
        state = Path(url.removeprefix("sqlite:///") + ".lock").stat()
        lines = locks.read_text("ascii").splitlines()
    except FileNotFoundError:
        return False if locks.exists() else None
    except OSError:
        return None
    return any(_is_lock_on(line.split(), state.st_ino) for line in lines)


def _is_lock_on(words: Sequence[str], inode: int) -> bool:
    """By the file's number alone: layered file systems show the kernel another device than they show us."""
    return "FLOCK" in words and "->" not in words and any(word.endswith(f":{inode}") for word in words)
