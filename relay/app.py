"""The composition root: builds everything once, runs it in one event loop, and takes it down in order.

    listener (edge.smtp_in) -> Door (flow.accept) -> store
    mailboxes (edge.imap_in) -> the same Door -> store
    store -> Router (flow.route) -> worker processes (edge.workers) -> store
    store -> Courier (flow.deliver) -> signature (edge.dkim) -> next hop (edge.smtp_out)
    Duty (flow.duty) watches the rota, Promises (flow.promises) who owes an answer
    Announcer (flow.announce) tells people what went wrong

The only file that knows all of them, and the only one that knows the settings and the parts. Stops on
SIGTERM or SIGINT: no new connections, what is in flight is finished or given back, within ``DRAIN_S``.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Protocol

import uvloop

from relay import log, nodes
from relay.backing import keys_parts
from relay.clock import SystemClock as SystemClock  # noqa: PLC0414 (known from here)
from relay.config import Settings, load, warnings
from relay.domain.retention import Retention
from relay.domain.roster import Roster
from relay.doors import doors_of
from relay.edge import notify, randomness
from relay.edge.dns import Dns
from relay.edge.logins import Logins
from relay.edge.openpgp import Engine
from relay.edge.smtp_out import NextHop
from relay.edge.store import SqlStore
from relay.edge.workers.pool import WorkerPool, WorkerSettings
from relay.encryption import encryption
from relay.flow.announce import Announcer
from relay.flow.counting import Counting
from relay.flow.damage import DamageReports, Found
from relay.flow.deliver import Courier
from relay.flow.desk.caretaking import Caretaker
from relay.flow.desk.lookup import Lookup
from relay.flow.desk.offering import inserters_of
from relay.flow.duty import Duty
from relay.flow.evidence import Witness
from relay.flow.kept import Keeper
from relay.flow.keywatch import KeyEnd, Keywatch
from relay.flow.letters import Letters
from relay.flow.office import Office
from relay.flow.outcomes import LeasedDelivery
from relay.flow.ports import Clock
from relay.flow.promises import Promises
from relay.flow.resolve import Plan
from relay.flow.route import Router
from relay.flow.timers import Timers
from relay.hosted import Mailboxes
from relay.in_force import InForce
from relay.log import Event, say
from relay.looking import Looking
from relay.parts import (
    accounts,
    ends_of,
    listening_places,
    next_hop_settings,
    pace_of,
    screen_of,
    signing,
)
from relay.pulse import Pulse
from relay.resources import folder
from relay.rostering import CalendarWatch
from relay.stores import opened

DRAIN_S = 18.0
"""How long clients may go on with what they have begun. All in all a stop takes at most 30 s: after this ``QUIET_S``,
5 s for a next hop that does not answer QUIT, 2 s for the workers; what is not done by then is done after the start."""

QUIET_S = 4.0
"""How long deliveries under way may go on when the daemon stops; the rest waits in the store."""

GC_OBJECTS = 5000
"""New objects between two looks for circles: some three letters. Letters make none; connections make a few."""

EXIT_OK = 0
EXIT_FAILED = 1


class Part(Protocol):
    """What runs as long as the daemon does."""

    async def run(self) -> None: ...


def void(_value: object) -> None:
    """Drop a value, where a type says that nothing comes back."""


class Daemon:
    """Everything that runs. ``in_force``: the configuration that holds; a new one takes its place."""

    def __init__(self, folder: Path, settings: Settings, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.in_force = InForce(folder, settings, self.clock)
        self.calendars = CalendarWatch(lambda: self.settings, self.in_force.read_calendars, self.clock)
        self.ready = asyncio.Event()
        self.stopping = asyncio.Event()
        self.failed, self.damaged = False, Found()
        self._begun: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> Settings:
        return self.in_force.settings

    @property
    def plan(self) -> Plan:
        return self.in_force.plan

    @property
    def engine(self) -> Engine:
        return self.in_force.engine

    @property
    def idle(self) -> bool:
        """Nothing is being routed or delivered at this moment."""
        return self.router.idle and self.courier.idle

    async def run(self) -> int:
        """Serve until told to stop; the exit code of the process."""
        settings = self.settings
        loop = asyncio.get_running_loop()

        def soon(what: Callable[..., None]) -> Callable[..., None]:
            """Make something that the store's threads may call."""
            return lambda *said: void(loop.call_soon_threadsafe(what, *said))

        store = await asyncio.to_thread(
            opened, settings, exclusive=True, fatal=soon(self._fatal), unreadable=soon(self.damaged.add)
        )
        workers = WorkerPool(
            WorkerSettings(
                processes=settings.workers.processes,
                templates=folder("templates"),
                time_limit_s=settings.workers.time_limit_s,
                memory_bytes=settings.workers.memory_limit_mb << 20,
            )
        )
        self.workers = workers
        await workers.start()
        try:
            await self._serve(store, workers)
        finally:
            await workers.close()
            await asyncio.to_thread(self.engine.close)
            await store.close()
        say(Event.RELAY_STOPPED)
        return EXIT_FAILED if self.failed else EXIT_OK

    async def _serve(self, store: SqlStore, workers: WorkerPool) -> None:
        clock, plan = self.clock, self._plan
        self.store, self.next_hop = store, NextHop(next_hop_settings(self.settings))
        letters = Letters.load(folder("templates"))

        def deliver(delivery: LeasedDelivery) -> None:
            courier.offer(delivery)

        released = self._released
        keys = encryption(self.engine, store, letters, clock, plan, lambda: self.settings,
                          lambda: self.in_force.certificates, deliver)  # fmt: skip
        office = Office(letters, plan, clock, randomness.octets, deliver, keys.poster, released)
        announcer = Announcer(store, office)
        carrier = signing(self.next_hop, self.settings)
        courier = self.courier = Courier(store, carrier, clock, self._address_of, announcer.undelivered,
                                         announcer.unreadable, pace_of(self.settings))  # fmt: skip
        screen = screen_of(self.settings)
        caretaker = Caretaker(store, office)
        promises = Promises(store.clocks, store, office, caretaker.end)
        router = self.router = Router(store, workers, plan, clock, randomness.octets, courier.offer, announcer.parked,
                        later=courier.look, released=released, started=promises.started,
                        screen=screen, witness=Witness(Dns(self.settings.dns.servers)), openpgp=keys.desk,
                        letters=letters, envelopes=keys.envelopes, seeker_keys=keys.seeker_keys,
                        desk=self._lookup(store, letters))  # fmt: skip
        keeper = Keeper(store.kept_notices, store, keys.sealer, deliver, clock)
        duty = self.duty = Duty(router, self._roster_of(store), store, clock, self._kept, caretaker.brief)
        keywatch = Keywatch(self.key_ends, announcer.key_ends, clock)
        logins = Logins(lambda: accounts(self.settings), time.monotonic)
        doors = self.doors = doors_of(store, router, logins, clock, plan, lambda: self.settings)
        self._on_signals(duty, keeper)
        timers = Timers(store.timers, store.clocks, office)
        mailboxes = Mailboxes(self.settings, doors.door, store, office)
        pulse = self.pulse = Pulse(self)
        tasks = self._begin(mailboxes, courier, router, duty, promises, timers, keywatch, keeper, pulse,
                            self._counting(store), DamageReports(self.damaged, store, office))  # fmt: skip
        stopped = asyncio.create_task(self._told_to_stop())
        try:
            places = listening_places(self.settings)
            await doors.open(places)
            await pulse.open()
            say(
                Event.RELAY_STARTED,
                listeners=" ".join(doors.addresses),
                counselors=len(plan().roster.counselors),
            )
            notify.send("READY=1")
            self.ready.set()
            await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._look_at(tasks)
            say(Event.RELAY_STOPPING)
            notify.send("STOPPING=1")
            mailboxes.stop()
            await asyncio.gather(doors.drain(DRAIN_S), pulse.close())
            logins.close()
            keys.desk.close()
            await self._until(lambda: self.idle, QUIET_S)
            for task in (*tasks, stopped):
                task.cancel()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)
            await self.next_hop.close()
            if screen is not None:
                await screen.close()

    def _look_at(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                self.failed = True
                say(Event.RELAY_FAILED, error_class=type(task.exception()).__name__)

    def _begin(self, *parts: Part) -> list[asyncio.Task[None]]:
        looking = Looking(self.store.wholeness, self.clock)
        parts = (*parts, self.calendars, looking, *keys_parts(self.store, self.clock))
        return [asyncio.create_task(each) for each in (*(part.run() for part in parts), notify.watchdog())]

    def _roster_of(self, store: SqlStore) -> Callable[[], Awaitable[Roster]]:
        return partial(self.in_force.roster_now, store.duties)

    def _counting(self, store: SqlStore) -> Counting:
        return Counting(store.statistics, self._roster_of(store), self.clock, lambda: self.settings.counted())  # noqa: PLW0108

    def _lookup(self, store: SqlStore, letters: Letters) -> Lookup:
        """What counselors' commands may see."""
        inserters = inserters_of(store.referrals, self._plan, letters)
        return Lookup(store, self._roster_of(store), self._plan, randomness.octets, inserters)

    async def key_ends(self) -> list[KeyEnd]:
        """When the keys in use end: our own that are given out, and those of counselors."""
        keys = await self.store.service_keys.listed()
        ours = [KeyEnd(k.fingerprint, k.address, k.expires_at) for k in keys if not k.retired_at]
        return ours + ends_of(self.in_force.certificates, self.settings)

    def _plan(self) -> Plan:
        return self.plan

    def _address_of(self, local: str) -> str:
        return self.plan.service.at(local)

    def _released(self) -> None:
        """A conversation waits, or a slot is free."""
        self.duty.poke()

    def _kept(self) -> Retention:
        return self.settings.retention.periods

    def _fatal(self) -> None:
        """The store cannot be trusted any more (a failed sync): stop; what was acknowledged is safe."""
        self.failed = True
        say(Event.RELAY_FAILED, cause="store")
        self.stopping.set()

    async def _told_to_stop(self) -> None:
        await self.stopping.wait()

    async def _until(self, done: Callable[[], bool], at_most_s: float) -> None:
        deadline = asyncio.get_running_loop().time() + at_most_s
        while not done() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # two queues, neither of which has an event for empty

    def _on_signals(self, duty: Duty, keeper: Keeper) -> None:
        loop = asyncio.get_running_loop()
        self.in_force.changed = (duty.poke, keeper.poke, lambda: self.doors.renew_certificates(self.settings))
        nodes.listen(self.store, self.router.look, self.courier.look, duty.poke)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._later(self.in_force.read_again()))

    def _later(self, what: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)


def run(config: Path) -> int:
    """``relay run``. Raises ``ConfigError``."""
    return serve(config, load(config))


def serve(config: Path, settings: Settings) -> int:
    """Be the daemon with these settings until told to stop; the exit code. Raises ``ConfigError``."""
    log.configure(settings.logging.level)
    os.umask(0o077)
    for _ in warnings(settings):
        say(Event.CONFIG_WARNED)
    say(Event.CONFIG_LOADED, counselors=len(settings.counselor))
    gc.collect()
    gc.freeze()  # what is loaded stays for good, and need not be gone through again
    gc.set_threshold(GC_OBJECTS, 20, 20)

    async def main() -> int:
        return await Daemon(config, settings).run()

    runner: Callable[[Awaitable[int]], int] = uvloop.run  # type: ignore[assignment]
    return runner(main())
