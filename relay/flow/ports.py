"""What the use cases need from the edges, as small protocols. Every method of a store is one transaction.

Callers own no connection and no transaction: a store gathers what several write at the same time into one commit, and a
method returns only when it is on stable storage. Any may raise ``StoreTrouble``: nothing was written, try again later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from relay.domain.addresses import ReversePath
from relay.domain.bounces import Fact
from relay.domain.calls import Call
from relay.domain.consent import Asked
from relay.domain.conversations import ConversationState, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.presence import Presence
from relay.domain.retention import Retention
from relay.domain.risk import Risk
from relay.domain.seeker_keys import KeyStanding
from relay.domain.standing import Verdict
from relay.domain.voicemail import Reading
from relay.domain.wishes import NO_WISHES, Wishes
from relay.errors import SYSTEM_FULL, RelayError
from relay.flow.blocking import Blocks
from relay.flow.clearances import Clearances, Forsaken
from relay.flow.duties import Duties
from relay.flow.outcomes import HeldEntry, LeasedDelivery, Outcome, Settled, Told
from relay.flow.queueing import Notices
from relay.flow.values import (
    Envelope,
    Facts,
    Known,
    LeasedEntry,
    Load,
    NewEntry,
    Reason,
    TargetKind,
    ThreadLink,
    Words,
)

LATE_AFTER = timedelta(hours=1)
"""Whoever wrote hears nothing of trouble that is over before."""


class StoreTrouble(RelayError):
    """The store could not do it now: locked, gone, failing. Nothing was written."""


class StoreFull(StoreTrouble):
    """No room on the volume."""

    reply = SYSTEM_FULL


class Stale(RelayError):
    """Somebody else changed the same row since it was read, or the lease is no longer ours. Read again."""


class Clock(Protocol):
    """The time, and waiting for it; tests bring their own."""

    def now(self) -> datetime:
        """Aware UTC."""

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        """Return when ``event`` is set or the time is over."""


class Screen(Protocol):
    """A spam filter. What it does or omits never raises."""

    async def ask(self, raw: bytes, reverse_path: ReversePath, intake: str | None) -> Verdict:
        """What is to become of a seeker's message. ``intake``: the public address of a request."""


class Reader(Protocol):
    """One message in a worker process, opened for the time of its routing."""

    facts: Facts
    first: Outcome | None
    """What came of it with the ``known`` that it was opened with."""

    async def compose(self, known: Known) -> Outcome:
        """Hops 5 to 7. Raises ``WorkerLost``."""


class Workers(Protocol):
    """The processes that read hostile bytes."""

    async def ready(self) -> None:
        """Wait until one can read. Raises ``WorkerLost``."""

    def open(
        self,
        raw: bytes,
        *,
        alone: bool,
        known: Known | None = None,
        opened: bytes | None = None,
        languages: tuple[str, ...] = (),
        voice: Reading | None = None,
    ) -> AbstractAsyncContextManager[Reader]:
        """Hop 4. ``alone``: in a process that works on nothing else. ``known``: decide at once, for all that is needed
        is known before the message is. ``opened``: what was encrypted in it. ``languages``: which of them it is in is
        to be found out. ``voice``: it is a telephone system's. Raises ``WorkerLost``."""


class WorkerLost(RelayError):
    """The worker died or was killed at a limit; the message is tried again, alone."""


@dataclass(frozen=True, slots=True)
class TokenMeaning:
    """What a token of ours stands for: an alias for one side, a return-path for whose words were sent.

    ``is_retired``: mail to it changes nothing any more; of a return-path when a final report is known, or when its
    alias has ended and its words of ``sent_at`` went along; ``was_left``: they did not; ``has_words``: they are here.
    """

    kind: TargetKind
    conversation_id: bytes | None = None
    stands_for: Side | None = None
    is_retired: bool = False
    delivery_id: bytes | None = None
    has_words: bool = False
    sent_at: datetime | None = None
    was_left: bool = False

    def words(self, now: datetime) -> Words:
        """What has become of the words of this delivery by now."""
        if self.was_left or not self.has_words:
            return Words.LEFT if self.was_left else Words.GONE
        is_late = self.sent_at is not None and now - self.sent_at >= LATE_AFTER
        return Words.LATE if is_late else Words.HERE


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation as it is kept; who the counselor is in clear, only the roster knows."""

    conversation_id: bytes
    state: ConversationState
    version: int
    intake: str
    language: str
    seeker_addresses: tuple[str, ...]
    seeker_names: tuple[str, ...]
    pseudonym: str
    seeker_alias: str
    counselor_alias: str
    counselor_id: str | None
    acknowledged: bool
    opened_at: datetime
    thread: tuple[ThreadLink, ...]
    excluded: tuple[tuple[str, datetime], ...] = ()
    wishes: Wishes = NO_WISHES
    risk: Risk = Risk.NONE
    key_standing: KeyStanding = KeyStanding.NONE
    call: Call = Call.NONE
    asked: Asked | None = None
    tags: tuple[str, ...] = ()
    closed_at: datetime | None = None
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that nobody is responsible for, oldest first."""

    conversation_id: bytes
    version: int
    intake: str
    language: str
    waiting_since: datetime
    seeker_addresses: tuple[str, ...]
    excluded: tuple[tuple[str, datetime], ...] = ()
    tags: tuple[str, ...] = ()
    queue: str = ""
    asked: Asked | None = None


class BodyWriter(Protocol):
    """Takes the octets of one message while they arrive; memory stays under two chunks."""

    async def write(self, chunk: bytes) -> None: ...

    def abandon(self) -> None: ...


class Inbox(Protocol):
    """Hops 1 and 2."""

    async def knows_token(self, token: str) -> bool:
        """Tell whether mail to this token is taken now: a live alias or a return-path not yet forgotten."""

    def new_body(self, entry_id: bytes) -> BodyWriter: ...

    async def accept(self, entry: NewEntry, body: BodyWriter) -> bool:
        """Commit envelope and content; ``False`` when the same message is here already (nothing is written)."""


class Entries(Protocol):
    """Hops 3 to 7."""

    async def size_of(self, entry_id: bytes) -> int | None: ...

    async def lease_entry(self, entry_id: bytes, now: datetime) -> LeasedEntry | None:
        """Take one RECEIVED entry that nobody holds; counts the attempt. ``None`` when it is not to be had."""

    async def received(self, now: datetime, limit: int) -> tuple[bytes, ...]:
        """Ids of RECEIVED entries whose lease is free, oldest first: for start-up and for what was missed."""

    @property
    def forsaken(self) -> Forsaken: ...

    async def read_body(self, entry_id: bytes) -> bytes: ...

    async def meaning(self, token: str) -> TokenMeaning | None: ...

    async def conversation(
        self, conversation_id: bytes, *, with_thread: bool = True
    ) -> StoredConversation | None: ...

    async def loads(self) -> Mapping[str, Load]: ...

    async def settle(
        self, entry: LeasedEntry, settled: Sequence[Settled], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        """Write all outcomes of an entry in one transaction and forget its body unless it waits or is held.
        The held entry that an outcome releases or replaces is released or ended with it.

        New deliveries come back leased, with their first attempt counted, to be sent at once. It may
        stand back some milliseconds to be written together with more: no client waits for it, as for ``accept``.
        Raises ``Stale`` (nothing written) when a conversation's version or the lease has moved on, or when
        a counselor has meanwhile no free slot.
        """

    async def give_back(self, entry: LeasedEntry) -> None:
        """End a lease without a result; the attempt stays counted."""

    async def hold(self, entry: LeasedEntry, reason: Reason, now: datetime) -> None:
        """Hold an entry that cannot be worked on (poison, unreadable store row)."""

    async def held(self) -> tuple[HeldEntry, ...]: ...

    async def held_under(self, given: Sequence[str]) -> bytes | None:
        """The held entry that was stored with one of these ``Outcome.answers``; the newest, or ``None``."""

    async def used_elsewhere(self, signed: Sequence[str], alias: str) -> tuple[str, ...]:
        """Of these ``Outcome.signatures`` those that have proven a message to another alias."""

    async def was_told(self, address: str, now: datetime, times: int = 1) -> bool:
        """Tell whether this many automatic answers went to this address within a day (``Settled``)."""

    async def release(self, entry_id: bytes, *, confirmed: bool) -> bool:
        """Let a held entry be routed again; ``False`` when it is not held (any more)."""


class Duty(Protocol):
    """What happens when somebody comes on duty."""

    async def waiting(self, limit: int) -> tuple[Waiting, ...]: ...

    async def assign(
        self, conversation: Waiting, counselor_id: str, capacity: int, seeker_alias: str, now: datetime
    ) -> tuple[bytes, ...]:
        """Make a counselor responsible; returns the ids of entries that waited, now RECEIVED again.

        ``seeker_alias`` is the fresh alias that stands for the seeker toward this counselor. Raises ``Stale``.
        """

    @property
    def duties(self) -> Duties: ...


class Deliveries(Notices, Protocol):
    """Hop 8."""

    async def lease_due(self, now: datetime, limit: int) -> tuple[LeasedDelivery, ...]:
        """Take deliveries that are due, or whose lease ran out; counts the attempt."""

    async def next_due_at(self) -> datetime | None: ...

    async def record(
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
        """Write what came of an attempt; ``False`` when the lease was no longer ours. Ends forget the message.

        ``cause``: why it failed, one of the courier's constant words.
        """

    async def hand_back(
        self,
        failed: LeasedDelivery,
        now: datetime,
        told: Sequence[Told],
        presence: Presence | None,
        excludes: datetime,
    ) -> tuple[LeasedDelivery, ...]:
        """The counselor of this delivery cannot be reached: the conversation waits for another, with its words, and
        ``told`` hear of it; what is to be sent comes back. ``Stale``, and nothing is told, when it has moved on.
        """

    @property
    def forgetting(self) -> Clearances: ...

    @property
    def forsaken(self) -> Forsaken: ...


class Store(Inbox, Entries, Blocks, Duty, Deliveries, Protocol):
    """All of it; one object at the edge."""

    async def sweep(
        self, now: datetime, kept: Retention, staff: Collection[str] | None = None
    ) -> Mapping[str, int]:
        """Forget what has had its time; returns counts by kind. ``staff``: ids of the counselors that there are."""


__all__ = [
    "Blocks",
    "BodyWriter",
    "Deliveries",
    "Duty",
    "Entries",
    "Envelope",
    "Inbox",
    "Stale",
    "Store",
    "StoreFull",
    "StoreTrouble",
    "StoredConversation",
    "TokenMeaning",
    "Waiting",
]
