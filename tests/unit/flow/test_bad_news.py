"""Bad news is stored before the end that it tells of: a crash in between must not make it go missing (P3)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from relay.domain.addresses import Address, OurAddress, ReversePath
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import MAX_ATTEMPTS, MAX_LEASES
from relay.domain.roster import Roster
from relay.errors import CipherError, Refused
from relay.flow.deliver import Courier
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind
from relay.flow.ports import StoreTrouble, WorkerLost
from relay.flow.resolve import Plan
from relay.flow.route import Router
from relay.flow.values import (
    Envelope,
    LeasedEntry,
    Reason,
    Service,
)

NOW = datetime(2030, 3, 4, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        await event.wait()


class Diary:
    """A store, a next hop and workers in one that write down what is asked of them; nothing ever works."""

    def __init__(self, attempts: int = 1) -> None:
        self.lines: list[str] = []
        self.attempts = attempts

    async def deliver(self, _path: str, _recipient: Address, _message: bytes) -> None:
        raise Refused(550, "5.1.1", "rcpt")

    @property
    def forgetting(self) -> Diary:
        return self

    async def clearance(self, _delivery: LeasedDelivery, now: datetime) -> datetime:
        return now

    async def record(self, _delivery: LeasedDelivery, event: DeliveryEvent, _now: datetime, **_: Any) -> bool:
        self.lines.append(event.value)
        return True

    async def undelivered(self, _delivery: LeasedDelivery, _event: DeliveryEvent) -> None:
        self.lines.append("told")

    async def unreadable(self, _delivery: LeasedDelivery) -> None:
        self.lines.append("operator told")

    async def ready(self) -> None:
        """The workers can read."""

    async def lease_entry(self, entry_id: bytes, _now: datetime) -> LeasedEntry:
        envelope = Envelope(ReversePath("sam@mail.test"), (OurAddress("postmaster", "relay.test"),))
        return LeasedEntry(entry_id, envelope, NOW, 1, self.attempts, self.attempts)

    async def read_body(self, _entry_id: bytes) -> bytes:
        self.lines.append("read")
        raise WorkerLost("worker ended")

    async def give_back(self, _entry: LeasedEntry) -> None:
        self.lines.append("given back")

    async def hold(self, _entry: LeasedEntry, reason: Reason, _now: datetime) -> None:
        self.lines.append(f"held {reason.value}")

    async def parked(self, _entry: LeasedEntry, _reason: Reason) -> None:
        self.lines.append("told")


async def test_an_undelivered_message_is_told_of_before_it_is_ended() -> None:
    """The other way round, a crash between the two would leave its author waiting for an answer."""
    diary: Any = Diary()
    courier = Courier(
        diary, diary, Clock(), lambda token: f"{token}@relay.test", diary.undelivered, diary.unreadable
    )
    await courier._attempt(
        LeasedDelivery(b"1", OutgoingKind.RELAYED, Face.SEEKER, "sam@mail.test", "x", b"", 1, NOW, 1)
    )
    assert diary.lines == ["told", "refused"]


async def test_what_came_of_an_attempt_is_written_however_long_the_store_is_in_trouble() -> None:
    """What is not written is sent again."""

    class Troubled(Diary):
        async def record(self, *about: Any, **more: Any) -> bool:
            if len(self.lines) < 3:
                self.lines.append("trouble")
                raise StoreTrouble("the database is gone")
            return await super().record(*about, **more)

    class Patient(Clock):
        async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
            diary.lines[-1] += f" for {at_most_s:g} s"

    diary: Any = Troubled()
    courier = Courier(diary, diary, Patient(), lambda token: token, diary.undelivered, diary.unreadable)
    await courier._attempt(
        LeasedDelivery(b"1", OutgoingKind.NOTICE, Face.SEEKER, "sam@mail.test", "", b"", 1, NOW, 1)
    )
    assert diary.lines == ["trouble for 1 s"] * 3 + ["refused"]


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (1, ["read", "given back"]),
        (MAX_ATTEMPTS - 1, ["read", "given back"]),
        (MAX_ATTEMPTS, ["read", "told", "held poison"]),
        (MAX_LEASES, ["read", "told", "held poison"]),
        (MAX_LEASES + 1, ["told", "held poison"]),
    ],
)
async def test_an_entry_that_breaks_its_worker_is_told_of_before_it_is_held(
    attempts: int, expected: list[str]
) -> None:
    """Leases that ended with the daemon make no entry poison: it is read once more, up to ``MAX_LEASES``."""
    diary: Any = Diary(attempts)
    plan = Plan(Service("Support", "relay.test", "operator@ops.test"), Roster((), ()))
    router = Router(diary, diary, lambda: plan, Clock(), lambda n: b"x" * n, lambda *_: None, diary.parked)
    await router._route(b"1", b"")
    assert diary.lines == expected


class Sealed(Diary):
    """A conversation that does not open any more."""

    async def clearance(self, _delivery: LeasedDelivery, _now: datetime) -> datetime:
        raise CipherError("a row was changed")


async def test_what_cannot_be_cleared_is_held_and_told_once_and_not_tried_for_ever() -> None:
    """Whether its reader still wants mail is not known: the operator is told first, then it waits for a person."""
    diary: Any = Sealed()
    courier = Courier(
        diary, diary, Clock(), lambda token: f"{token}@relay.test", diary.undelivered, diary.unreadable
    )
    await courier._attempt(
        LeasedDelivery(b"1", OutgoingKind.RELAYED, Face.SEEKER, "sam@mail.test", "x", b"", 1, NOW, 1)
    )
    assert diary.lines == ["operator told", "held"]
