"""Hop 8: finished messages to the next hop, until each is delivered or somebody is told that it is not.

The router hands new deliveries over with their first attempt already counted; what is deferred, or was
left behind by a crash, is leased again when it is due. Every attempt sends the same bytes. A delivery
that bounces or expires raises a neutral notice to the side that wrote it, and nothing of the next hop's
words goes anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from relay.domain.addresses import (
    Address,
    CounselorAddress,
    OperatorAddress,
    SeekerAddress,
    SupervisorAddress,
)
from relay.domain.bounces import Fact, fact_of
from relay.domain.deliveries import DeliveryEvent, next_attempt
from relay.domain.reasons import Reason
from relay.domain.strain import Rank
from relay.errors import CipherError, Deferred, NextHopError, Refused, RelayError
from relay.flow.fair import NOBODY, FairQueue
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind
from relay.flow.pace import Pace
from relay.flow.ports import Clock, Deliveries, StoreTrouble
from relay.log import Event, ref, say

CONCURRENT = 8
"""Deliveries under way at once; the next hop's connections are fewer, so a few wait ready."""

LEASE_BATCH = 64
RECORD_AGAIN_S = 1.0
"""How long we wait to write what came of an attempt while the store is in trouble: nothing else can leave meanwhile."""

LOOK_AGAIN_S = 30.0
"""How long we sleep at most before looking for due deliveries, whatever the clock says."""

_ROLE: dict[Face, type[Address]] = {
    Face.SEEKER: SeekerAddress,
    Face.COUNSELOR: CounselorAddress,
    Face.SUPERVISOR: SupervisorAddress,
    Face.OPERATOR: OperatorAddress,
}


class Carrier(Protocol):
    """The way to the next hop. Raises ``Deferred`` or ``Refused``; returns when it took the message."""

    async def deliver(self, return_path: str, recipient: Address, message: bytes) -> None: ...


class Courier:
    """Sends deliveries. ``address_of`` makes an address of the token of a return-path; ``undelivered`` is called for
    each that ends without being delivered, once but for crashes; ``unreadable`` for each that is held because nobody
    can tell whether it may leave.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        carrier: Carrier,
        clock: Clock,
        address_of: Callable[[str], str],
        undelivered: Callable[[LeasedDelivery, Fact], Awaitable[None]],
        unreadable: Callable[[LeasedDelivery], Awaitable[None]],
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace(None)
        self._deliveries = deliveries
        self._carrier = carrier
        self._clock = clock
        self._address_of = address_of
        self._undelivered = undelivered
        self._unreadable = unreadable
        self._ready: FairQueue[LeasedDelivery] = FairQueue()
        self._held: set[tuple[bytes, int]] = set()
        self._look = asyncio.Event()
        self._busy = 0

    def offer(self, delivery: LeasedDelivery, sender: bytes = NOBODY, rank: Rank = Rank.CONVERSATION) -> None:
        """Send this leased delivery when it is the turn of whoever wrote what it came of."""
        self._held.add((delivery.delivery_id, delivery.fence))
        self._ready.put(sender, delivery, rank)

    def look(self) -> None:
        """Look again for what is due: something was written that may be due before we meant to look."""
        self._look.set()

    @property
    def idle(self) -> bool:
        return self._busy == 0 and self._ready.empty

    async def run(self) -> None:
        """Send for ever; cancel to stop. A delivery cut off in the middle is leased again after its lease."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENT):
                group.create_task(self._send_ready())
            group.create_task(self._look_for_due())

    async def _send_ready(self) -> None:
        while True:
            _, delivery = await self._ready.get()
            self._busy += 1
            try:
                await self._attempt(delivery)
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="deliver", error_class=type(trouble).__name__)
            finally:
                self._busy -= 1
                self._held.discard((delivery.delivery_id, delivery.fence))
                del delivery  # while this waits for the next, which may be long: it may be 30 MB

    async def _attempt(self, delivery: LeasedDelivery) -> None:
        if not await self._may_leave(delivery):
            return
        path = self._address_of(delivery.return_path) if delivery.return_path else ""
        try:
            recipient = _ROLE[delivery.reader].parse(delivery.recipient)
            await self._carrier.deliver(path, recipient, delivery.message)
        except (NextHopError, ValueError) as error:
            await self._failed(delivery, error)
            return
        await self._record(delivery, DeliveryEvent.ACCEPTED, self._clock.now())
        say(Event.DELIVERY_ACCEPTED, delivery=ref(delivery.delivery_id), kind=delivery.kind.value,
            direction=delivery.reader.value, attempt=delivery.attempts)  # fmt: skip

    async def _may_leave(self, delivery: LeasedDelivery) -> bool:
        """Ask once more, now: it may have waited, and its reader may have asked for silence meanwhile."""
        now = self._clock.now()
        try:
            at = await self._deliveries.forgetting.clearance(delivery, now)
        except CipherError:
            await self._hold(delivery)
            return False
        if at is None and await self._deliveries.forgetting.cancel(delivery, now):
            say(Event.DELIVERY_CANCELLED, delivery=ref(delivery.delivery_id), kind=delivery.kind.value)
        if at is not None and at <= now:
            at = self._pace.may_leave_at(delivery.delivery_id, now)
        if at is not None and at > now:
            await self._record(delivery, DeliveryEvent.NOT_NOW, now, due_at=at)
            self._look.set()
        return at is not None and at <= now

    async def _hold(self, delivery: LeasedDelivery) -> None:
        """Whether it may leave cannot be found out, now or with the next lease: a person looks at it.

        The operator is told first: after a crash in between twice, instead of never (P3).
        """
        await self._unreadable(delivery)
        now, cause = self._clock.now(), Reason.UNREADABLE.value
        await self._record(delivery, DeliveryEvent.HELD, now, cause=cause)
        say(Event.STORE_FAILED, stage="clearance", delivery=ref(delivery.delivery_id))

    async def _failed(self, delivery: LeasedDelivery, error: Exception) -> None:
        now = self._clock.now()
        code = error.code if isinstance(error, NextHopError) else None
        due = next_attempt(delivery.attempts, now, delivery.created_at)
        if isinstance(error, Deferred):
            self._pace.heard(error.code, error.enhanced, now)
        if isinstance(error, Deferred) and due is not None:
            ours = await self._record(
                delivery, DeliveryEvent.NOT_NOW, now, due_at=due, code=code, cause=error.cause
            )
            say(Event.DELIVERY_DEFERRED, delivery=ref(delivery.delivery_id), smtp_code=code, cause=error.cause,
                attempt=delivery.attempts, delay_s=(due - now).total_seconds())  # fmt: skip
            if ours:
                self._look.set()
            return
        final = DeliveryEvent.TOO_OLD if isinstance(error, Deferred) else DeliveryEvent.REFUSED
        said = Event.DELIVERY_EXPIRED if final is DeliveryEvent.TOO_OLD else Event.DELIVERY_BOUNCED
        cause = error.cause if isinstance(error, Refused | Deferred) else "address"
        say(said, delivery=ref(delivery.delivery_id), kind=delivery.kind.value, direction=delivery.reader.value,
            smtp_code=code, cause=cause, attempt=delivery.attempts)  # fmt: skip
        fact = _fact(error)
        if delivery.kind is OutgoingKind.RELAYED:
            # First, and not once it is recorded: after a crash in between, two notices instead of none (P3).
            await self._undelivered(delivery, fact)
        await self._record(delivery, final, now, code=code, fact=fact, cause=cause)

    async def _record(
        self,
        delivery: LeasedDelivery,
        event: DeliveryEvent,
        now: datetime,
        *,
        due_at: datetime | None = None,
        code: int | None = None,
        fact: Fact | None = None,
        cause: str = "",
    ) -> bool:
        """Write what came of an attempt, however long the store is in trouble: what is not written is sent again."""
        while True:
            try:
                return await self._deliveries.record(
                    delivery, event, now, due_at=due_at, code=code, fact=fact, cause=cause
                )
            except StoreTrouble as trouble:
                say(Event.STORE_FAILED, stage="record", error_class=type(trouble).__name__)
            await self._clock.wait(asyncio.Event(), RECORD_AGAIN_S)

    async def _look_for_due(self) -> None:
        """Take what is due: deferred deliveries, and those a crash left behind."""
        while True:
            self._look.clear()
            try:
                await self._deliveries.forsaken.free_deliveries(frozenset(self._held), self._clock.now())
                found = await self._deliveries.lease_due(self._clock.now(), LEASE_BATCH)
                for delivery in found:
                    self.offer(delivery)
                wait_s = (
                    0.0 if len(found) == LEASE_BATCH else self._until(await self._deliveries.next_due_at())
                )
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="due", error_class=type(trouble).__name__)
                wait_s = LOOK_AGAIN_S
            await self._clock.wait(self._look, wait_s)

    def _until(self, due_at: datetime | None) -> float:
        if due_at is None:
            return LOOK_AGAIN_S
        wait = due_at - self._clock.now()
        return min(max(wait / timedelta(seconds=1), 0.05), LOOK_AGAIN_S)


def _fact(error: Exception) -> Fact:
    """What a delivery that is given up tells of the mailbox: the code alone, for the next hop's words name people."""
    if isinstance(error, Refused):
        return fact_of(error.enhanced or "") or Fact.REFUSED
    return Fact.UNREACHABLE if isinstance(error, Deferred) else Fact.UNKNOWN
