"""The daemon's pulse: whether it is well, for ``[metrics]``.

Made by ``app``, which it looks at and never changes. One look is shared by whoever asks within ``FRESH_S``; nothing is
asked of the store or the next hop while nobody looks. The next hop counts as up or down by what deliveries found; when
none has been under way for ``PROBE_AFTER_S``, it is greeted once, and left alone for as long again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from relay import __version__, log
from relay.config import Settings
from relay.domain.coverage import coverage, queues_in_use
from relay.doors import Doors
from relay.edge import certificates
from relay.edge.metrics import MetricsServer
from relay.edge.smtp_out import NextHop
from relay.edge.store import SqlStore
from relay.edge.workers.pool import WorkerPool
from relay.errors import NextHopError, RelayError
from relay.flow.figures import Figures
from relay.flow.keywatch import KeyEnd
from relay.flow.ports import Clock
from relay.flow.resolve import Plan
from relay.flow.vitals import Vitals
from relay.log import Event
from relay.parts import free_where_kept

FRESH_S = 5.0
PROBE_AFTER_S = 300.0
PROBE_S = 8.0
"""How long one greeting may take; a scrape waits for it."""

STORE_S = 8.0
BEAT_S = 1.0
LAG_KEPT_S = 60.0

_DOWN = frozenset({"connect", "timeout", "closed", "greeting", "ehlo", "tls", "auth", "protocol"})
"""Causes that speak of the next hop and not of a message."""


class Watched(Protocol):
    """What of the daemon is looked at."""

    clock: Clock
    store: SqlStore
    workers: WorkerPool
    doors: Doors
    next_hop: NextHop

    @property
    def settings(self) -> Settings: ...

    @property
    def plan(self) -> Plan: ...

    async def key_ends(self) -> list[KeyEnd]:
        """When OpenPGP keys end: the line's own, by intake address, and those of counselors."""


class Pulse:
    """Runs as long as the daemon does; ``look`` may be called at any time and does not raise."""

    def __init__(self, daemon: Watched) -> None:
        self._daemon = daemon
        self._started_at = daemon.clock.now()
        self._next_hop: tuple[bool, datetime, float] | None = None
        self._lags: list[tuple[float, float]] = []
        self._last: tuple[float, Vitals] | None = None
        self._looking = asyncio.Lock()
        self.metrics: MetricsServer | None = None

    async def run(self) -> None:
        """Feel the event loop for ever; cancel to stop."""
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(BEAT_S)
            now = loop.time()
            self._lags = [each for each in self._lags if each[0] > now - LAG_KEPT_S]
            self._lags.append((now, max(now - before - BEAT_S, 0.0)))

    async def open(self) -> None:
        """Show it where ``[metrics]`` says. Raises ``ConfigError``."""
        place = self._daemon.settings.metrics.listen
        if place is not None:
            self.metrics = MetricsServer(place, self.look)
            await self.metrics.start()
            log.observe(self._hear)

    async def close(self) -> None:
        """Show it no more."""
        if self.metrics is not None:
            log.observe(None)
            await self.metrics.close()

    def _hear(self, event: Event, fields: Mapping[str, Any]) -> None:
        """What was logged, as it is logged."""
        if self.metrics is not None:
            self.metrics.counters.count(event, fields)
        if event is Event.DELIVERY_ACCEPTED or event is Event.DELIVERY_BOUNCED:
            self._found(is_up=True)
        elif event is Event.DELIVERY_DEFERRED:
            self._found(is_up=fields.get("cause") not in _DOWN)

    def _found(self, *, is_up: bool) -> None:
        self._next_hop = (is_up, self._daemon.clock.now(), time.monotonic())

    async def look(self) -> Vitals:
        """How the daemon is, at most ``FRESH_S`` old."""
        async with self._looking:
            if self._last is None or time.monotonic() - self._last[0] > FRESH_S:
                vitals = await self._taken()
                self._last = (time.monotonic(), vitals)
            return self._last[1]

    async def _taken(self) -> Vitals:
        daemon, settings = self._daemon, self._daemon.settings
        now = daemon.clock.now()
        (writes, figures, ends), _ = await asyncio.gather(self._of_store(now), self._probe())
        up, up_at, _ = self._next_hop or (None, None, 0.0)
        return Vitals(
            at=now,
            version=__version__,
            started_at=self._started_at,
            store_writes=writes,
            next_hop_up=up,
            next_hop_at=up_at,
            workers=daemon.workers.alive,
            workers_wanted=settings.workers.processes,
            connections=await daemon.doors.connections(),
            connections_limit=settings.smtp.max_connections,
            loop_lag_s=max((lag for _, lag in self._lags), default=0.0),
            figures=figures,
            on_duty=_on_duty(daemon.plan, now),
            key_ends={**ends, **_certificate(settings)},
            disk_free_bytes=free_where_kept(settings),
        )

    async def _of_store(self, now: datetime) -> tuple[bool, Figures | None, Mapping[str, datetime]]:
        """Whether it takes a write, what is in it, and when the keys that are in it end."""
        daemon = self._daemon
        writes, figures = False, None
        ends: dict[str, datetime] = {}
        try:
            async with asyncio.timeout(STORE_S):
                figures = await daemon.store.insight.figures(now)
                ours = frozenset(intake.address.key for intake in daemon.plan.roster.intakes)
                for key in await daemon.key_ends():
                    kind = "openpgp_line" if key.whose in ours else "openpgp_counselor"
                    ends[kind] = min(key.at, ends.get(kind, key.at))
                await daemon.store.insight.write()
                writes = True
        except (RelayError, TimeoutError):
            pass  # what was read so far is shown, and that it cannot be written is the news
        return writes, figures, ends

    async def _probe(self) -> None:
        """Greet the next hop when nobody has for a while."""
        if self._next_hop is not None and time.monotonic() - self._next_hop[2] < PROBE_AFTER_S:
            return
        try:
            async with asyncio.timeout(PROBE_S):
                await self._daemon.next_hop.probe()
        except (NextHopError, TimeoutError):
            self._found(is_up=False)
        else:
            self._found(is_up=True)


def _on_duty(plan: Plan, now: datetime) -> dict[str, int]:
    begin = now.replace(second=0, microsecond=0)
    return {
        queue.name: coverage(plan.roster, queue, begin, begin + timedelta(minutes=1)).at(now)
        for queue in queues_in_use(plan.roster)
    }


def _certificate(settings: Settings) -> dict[str, datetime]:
    """When the certificate of the doors ends; one that cannot be read has ended long ago."""
    file = settings.smtp.tls_certificate
    if file is None:
        return {}
    try:
        return {"tls": certificates.read(file).ends_at}
    except (OSError, ValueError):
        return {}
