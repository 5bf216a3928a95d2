"""Large messages are worked on one after the other beside the letters, and nothing keeps one that is done with."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from relay.domain.addresses import Address, OurAddress, ReversePath
from relay.domain.deliveries import DeliveryEvent
from relay.domain.roster import Roster
from relay.domain.strain import Rank
from relay.flow.deliver import Courier
from relay.flow.line import LARGE_OCTETS
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind
from relay.flow.ports import StoreTrouble, WorkerLost
from relay.flow.resolve import Plan
from relay.flow.route import CONCURRENT, Router
from relay.flow.values import Envelope, LeasedEntry, Reason, Service

NOW = datetime(2030, 3, 4, tzinfo=UTC)
PLAN = Plan(Service("Support", "relay.test", "operator@ops.test"), Roster((), ()))


class Clock:
    def now(self) -> datetime:
        return NOW

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        await event.wait()


class Store:
    """Entries whose first octet is 1 are large. Each that is read stands until it may go on, and then breaks its worker,
    as often as it takes to be held. Store, workers and next hop in one.
    """

    def __init__(self, *, large: int = 0, letters: int = 0) -> None:
        self.large = [bytes([1, n]) for n in range(large)]
        self.letters = [bytes([0, n]) for n in range(letters)]
        self.waiting = {*self.large, *self.letters}
        self.leased: list[bytes] = []
        self.inside: set[bytes] = set()
        self.most = {True: 0, False: 0}
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.large_go_on = asyncio.Event()
        self.delivered = asyncio.Event()

    @property
    def forgetting(self) -> Store:
        return self

    @property
    def forsaken(self) -> Store:
        return self

    async def free_entries(self, *_: Any) -> None:
        """None are forsaken."""

    async def received(self, *_: Any) -> Sequence[bytes]:
        return ()

    async def ready(self) -> None:
        """The workers can read."""

    async def size_of(self, entry_id: bytes) -> int:
        return LARGE_OCTETS if entry_id[0] else LARGE_OCTETS - 1

    async def lease_entry(self, entry_id: bytes, _now: datetime) -> LeasedEntry:
        self.leased.append(entry_id)
        envelope = Envelope(ReversePath("sam@mail.test"), (OurAddress("postmaster", "relay.test"),))
        return LeasedEntry(
            entry_id, envelope, NOW, await self.size_of(entry_id), self.leased.count(entry_id), 1
        )

    async def read_body(self, entry_id: bytes) -> bytes:
        is_large = bool(entry_id[0])
        self.inside.add(entry_id)
        self.most[is_large] = max(self.most[is_large], sum(bool(each[0]) is is_large for each in self.inside))
        try:
            await (self.large_go_on if is_large else self.go_on).wait()
            await asyncio.sleep(0)
        finally:
            self.inside.discard(entry_id)
        raise WorkerLost("worker ended")

    async def hold(self, entry: LeasedEntry, _reason: Reason, _now: datetime) -> None:
        self.waiting.discard(entry.entry_id)

    async def give_back(self, _entry: LeasedEntry) -> None:
        """It is there again."""

    async def parked(self, _entry: LeasedEntry, _reason: Reason) -> None:
        """Nobody is told."""

    async def clearance(self, _delivery: LeasedDelivery, now: datetime) -> datetime:
        return now

    async def deliver(self, _path: str, _recipient: Address, _message: bytes) -> None:
        """Taken."""

    async def record(
        self, _delivery: LeasedDelivery, _event: DeliveryEvent, _now: datetime, **_: Any
    ) -> bool:
        self.delivered.set()
        return True

    async def free_deliveries(self, *_: Any) -> None:
        """None are forsaken."""

    async def lease_due(self, *_: Any) -> tuple[LeasedDelivery, ...]:
        return ()

    async def next_due_at(self) -> None:
        """Nothing is."""


def router_of(store: Any) -> Router:
    return Router(store, store, lambda: PLAN, Clock(), lambda n: b"x" * n, lambda *_: None, store.parked)


@contextlib.asynccontextmanager
async def running(router: Router) -> AsyncIterator[None]:
    task = asyncio.ensure_future(router.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(is_so: Any) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0)


async def some_steps() -> None:
    """As long as anything takes here that is to be done."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_large_messages_are_read_one_after_the_other_and_letters_beside_each_other() -> None:
    """Each takes its size ten times over: a dozen at once were a gigabyte."""
    store = Store(large=4, letters=2 * CONCURRENT)
    router = router_of(store)
    store.large_go_on.set()
    for each in (*store.large, *store.letters):
        router.offer(each)
    async with running(router):
        await until(lambda: not store.waiting)
    assert store.most == {True: 1, False: CONCURRENT}


async def test_letters_go_on_while_large_messages_stand_and_wait() -> None:
    """More of them than there are places, and they were there first."""
    store = Store(large=2 * CONCURRENT, letters=2 * CONCURRENT)
    router = router_of(store)
    for each in (*store.large, *store.letters):
        router.offer(each)
    async with running(router):
        await until(lambda: not store.waiting & set(store.letters))
        assert store.inside == {store.large[0]}
        store.large_go_on.set()
        await until(lambda: not store.waiting)
        await until(lambda: router.idle)
    assert router.queued == 0


async def test_large_messages_go_on_while_letters_stand_and_wait() -> None:
    """A place of their own is theirs."""
    store = Store(large=3, letters=2 * CONCURRENT)
    router = router_of(store)
    store.go_on.clear()
    store.large_go_on.set()
    for each in (*store.large, *store.letters):
        router.offer(each)
    async with running(router):
        await until(lambda: not store.waiting & set(store.large))
    assert len(store.waiting) == len(store.letters)


async def test_a_large_message_that_waits_is_leased_to_nobody_so_that_no_lease_ends_and_no_stop_loses_it() -> (
    None
):
    """Whoever comes next finds it like any that nobody holds, with all its attempts; offered twice it is routed once."""
    store = Store(large=5)
    first = router_of(store)
    for each in store.large:
        first.offer(each)
    async with running(first):
        await until(lambda: store.inside)
        await some_steps()
        assert store.leased == store.large[:1]
        assert first.queued == len(store.large)
        first.offer(store.large[3])
        assert first.queued == len(store.large)
    assert store.leased == store.large[:1]
    store.leased.clear()
    second = router_of(store)
    store.large_go_on.set()
    for each in store.large:
        second.offer(each)
    async with running(second):
        await until(lambda: not store.waiting)
    assert all(store.leased.count(each) == 3 for each in store.large)


async def test_among_large_messages_danger_goes_first_and_first_letters_last_and_senders_take_turns() -> None:
    store = Store(large=6)
    router = router_of(store)
    stands, flood, again, somebody, request, danger = store.large
    for entry_id, sender, rank in (
        (stands, b"flood", Rank.CONVERSATION),
        (request, b"kim", Rank.REQUEST),
        (flood, b"flood", Rank.CONVERSATION),
        (again, b"flood", Rank.CONVERSATION),
        (somebody, b"sam", Rank.CONVERSATION),
        (danger, b"lee", Rank.URGENT),
    ):
        router.offer(entry_id, sender, rank)
        if entry_id == stands:
            task = asyncio.ensure_future(router.run())
            await until(lambda: store.inside)
        await some_steps()
    store.large_go_on.set()
    await until(lambda: not store.waiting)
    task.cancel()
    began = list(dict.fromkeys(store.leased))
    assert began.index(danger) == 1
    assert began.index(somebody) < began.index(again)
    assert began[0] == stands


async def test_what_waits_behind_a_large_message_is_queued_and_behind_but_keeps_no_letter_waiting() -> None:
    store, now = Store(large=3), asyncio.get_running_loop().time
    router = router_of(store)
    for each in store.large:
        router.offer(each)
    async with running(router):
        await until(lambda: store.inside)
        await some_steps()
        began = now()
        await asyncio.sleep(0.02)
        assert router.is_behind
        assert not router.idle
        assert router.queued == len(store.large)
        assert router.wait_s(Rank.REQUEST) == 0.0
        assert router.wait_s(Rank.REQUEST, is_large=True) >= 0.02 - (now() - began - 0.02)
        store.large_go_on.set()
        await until(lambda: router.idle)
        assert not router.is_behind
        assert router.wait_s(Rank.REQUEST, is_large=True) == 0.0


async def test_whose_size_cannot_be_found_out_is_let_go_of_and_found_again() -> None:
    store = Store(large=1)
    router = router_of(store)
    usual = store.size_of

    async def troubled(_entry_id: bytes) -> int:
        raise StoreTrouble("the database is gone")

    store.size_of = troubled  # type: ignore[method-assign]
    router.offer(store.large[0])
    async with running(router):
        await until(lambda: router.queued == 0)
        assert not store.leased
        store.size_of = usual  # type: ignore[method-assign]
        store.large_go_on.set()
        router.offer(store.large[0])
        await until(lambda: not store.waiting)


async def test_a_delivery_that_is_done_is_not_kept_until_the_next() -> None:
    """Each of eight tasks would hold 30 MB through a quiet night."""
    store: Any = Store()
    courier = Courier(store, store, Clock(), lambda token: token, store.give_back, store.give_back)
    message = b"x" * 100
    before = sys.getrefcount(message)
    running = asyncio.ensure_future(courier.run())
    courier.offer(
        LeasedDelivery(b"1", OutgoingKind.NOTICE, Face.SEEKER, "sam@mail.test", "", message, 1, NOW, 1)
    )
    async with asyncio.timeout(10):
        await store.delivered.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert sys.getrefcount(message) == before
    running.cancel()
