"""Large messages are worked on one after the other, and nothing keeps one that is done with."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

import pytest

from relay.domain.addresses import Address, OurAddress, ReversePath
from relay.domain.deliveries import DeliveryEvent
from relay.domain.roster import Roster
from relay.flow.deliver import Courier
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind
from relay.flow.ports import WorkerLost
from relay.flow.resolve import Plan
from relay.flow.route import LARGE_OCTETS, Router
from relay.flow.values import Envelope, LeasedEntry, Reason, Service

NOW = datetime(2030, 3, 4, tzinfo=UTC)
PLAN = Plan(Service("Support", "relay.test", "operator@ops.test"), Roster((), ()))


class Clock:
    def now(self) -> datetime:
        return NOW

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        await event.wait()


class Store:
    """Counts how many messages are being read at once. Workers and next hop in one; a message breaks its worker."""

    def __init__(self, size_bytes: int = 0) -> None:
        self.size_bytes = size_bytes
        self.inside = self.most = 0
        self.delivered = asyncio.Event()

    @property
    def forgetting(self) -> Store:
        return self

    @property
    def forsaken(self) -> Store:
        return self

    async def ready(self) -> None:
        """The workers can read."""

    async def lease_entry(self, entry_id: bytes, _now: datetime) -> LeasedEntry:
        envelope = Envelope(ReversePath("sam@mail.test"), (OurAddress("postmaster", "relay.test"),))
        return LeasedEntry(entry_id, envelope, NOW, self.size_bytes, 1, 1)

    async def read_body(self, _entry_id: bytes) -> bytes:
        self.inside += 1
        self.most = max(self.most, self.inside)
        for _ in range(10):
            await asyncio.sleep(0)
        self.inside -= 1
        raise WorkerLost("worker ended")

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


@pytest.mark.parametrize(("size_bytes", "expected"), [(LARGE_OCTETS, 1), (LARGE_OCTETS - 1, 4)])
async def test_large_messages_are_read_one_after_the_other(size_bytes: int, expected: int) -> None:
    """Each takes its size ten times over: a dozen at once were a gigabyte. Letters go on beside them."""
    store: Any = Store(size_bytes)
    router = Router(store, store, lambda: PLAN, Clock(), lambda n: b"x" * n, lambda *_: None, store.parked)
    attempts: list[Awaitable[bool]] = [router._route(bytes([n]), b"") for n in range(4)]
    assert await asyncio.gather(*attempts) == [True] * 4
    assert store.most == expected


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
