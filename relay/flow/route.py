"""Hops 3 to 7 from outside: lease an entry, look up what may be known, let a worker decide, write once.

Everything here is quick and holds no hostile bytes in its hands: reading them is the worker's. An entry
whose worker dies is tried again in a worker of its own; at the latest after ``MAX_ATTEMPTS`` it is held and
reported, and the queue goes on. ``Stale`` (somebody else was quicker) means: read again and decide anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime

from relay.domain.aliases import Randomness
from relay.domain.conversations import ConversationEvent
from relay.domain.entries import MAX_ATTEMPTS, MAX_LEASES, EntryEvent
from relay.domain.risk import Risk
from relay.domain.standing import Block
from relay.domain.strain import Rank
from relay.errors import CipherError, RelayError, StateError
from relay.flow.ciphers import OpenPgp
from relay.flow.decide import Case, Decider
from relay.flow.desk.lookup import Lookup
from relay.flow.effects import FREE_SOMEBODY, RiskSet
from relay.flow.envelopes import Envelopes
from relay.flow.evidence import Witness
from relay.flow.fair import NOBODY
from relay.flow.letters import Letters
from relay.flow.line import LARGE_OCTETS, Line, Offer
from relay.flow.outcomes import LeasedDelivery, Outcome, Settled
from relay.flow.ports import Clock, Reader, Screen, Stale, WorkerLost, Workers
from relay.flow.resolve import Directory, Place, Plan, Resolver
from relay.flow.seeker_keys import SeekerKeys
from relay.flow.turns import Turns
from relay.flow.values import LeasedEntry, Reason
from relay.log import Event, ref, say

CONCURRENT = 12
"""Letters under way at once: enough to keep the workers and the commit busy. Of large messages it is one (``line``)."""

FRESH_OCTETS = 8 << 20
"""Of messages that may wait in memory for their turn, some two thousand letters; the rest waits in the store."""

MAX_STALE = 20
LOOK_AGAIN_S = 20.0
LOOK_BATCH = 500


class Router:
    """Takes entries that were accepted and brings each to its end.

    ``deliver`` is given what is to be sent at once, whose message it came of, and how urgent it is; ``later`` is called
    when something was written that is due later, ``released`` when a conversation has lost its counselor, ``started``
    with the instant at which a clock is to be looked at. Senders are served in turn (``flow.fair``).
    """

    def __init__(
        self,
        store: Directory,
        workers: Workers,
        plan: Callable[[], Plan],
        clock: Clock,
        randomness: Randomness,
        deliver: Callable[[LeasedDelivery, bytes, Rank], None],
        parked: Callable[[LeasedEntry, Reason], Awaitable[None]],
        later: Callable[[], None] = lambda: None,
        released: Callable[[], None] = lambda: None,
        started: Callable[[datetime | None], None] = lambda _: None,
        screen: Screen | None = None,
        witness: Witness | None = None,
        openpgp: OpenPgp | None = None,
        letters: Letters | None = None,
        desk: Lookup | None = None,
        envelopes: Envelopes | None = None,
        seeker_keys: SeekerKeys | None = None,
    ) -> None:
        self._store = store
        self._workers = workers
        self._clock = clock
        self._deliver = deliver
        self._parked = parked
        self._later = later
        self._released = released
        self._started = started
        self._letters, self._large = Line(), Line()
        self._under_way: set[bytes] = set()
        self._fresh: dict[bytes, tuple[LeasedEntry, bytes]] = {}
        self._fresh_octets = 0
        self._busy = 0
        self._look = asyncio.Event()
        self._turns = Turns()
        texts = letters.texts.languages if letters is not None else ()
        self._resolver = Resolver(store, plan, clock, randomness, self.offer, texts)
        self._decider = Decider(
            store, plan, clock, randomness, self._resolver, screen, witness, openpgp, letters, desk, envelopes,
            seeker_keys,
        )  # fmt: skip

    def offer(self, entry_id: bytes, sender: bytes = NOBODY, rank: Rank = Rank.CONVERSATION) -> None:
        """Route this entry when it is its sender's turn; offering twice does no harm."""
        if entry_id not in self._under_way:
            self._under_way.add(entry_id)
            self._letters.put(Offer(entry_id, sender, rank))

    def look(self) -> None:
        """Look for entries that wait: another node has let go of some, or is not quick enough."""
        self._look.set()

    @property
    def has_room(self) -> bool:
        """Tell whether a message that comes in now may wait in memory (``flow.accept.AtOnce``)."""
        return self._fresh_octets < FRESH_OCTETS

    def take(self, entry: LeasedEntry, content: bytes, sender: bytes, rank: Rank) -> None:
        """Route an entry that was stored with its first lease, and is still here."""
        self._fresh[entry.entry_id] = entry, content
        self._fresh_octets += len(content)
        self.offer(entry.entry_id, sender, rank)

    @property
    def queued(self) -> int:
        """Entries that are here and not at their end."""
        return len(self._under_way)

    @property
    def is_behind(self) -> bool:
        """Whether some have to wait for others."""
        return not (self._letters.empty and self._large.empty)

    def wait_s(self, rank: Rank, *, is_large: bool = False) -> float:
        """Seconds that one more of this rank will wait for its turn, by the pace of late."""
        return (self._large if is_large else self._letters).wait_s(rank)

    @property
    def idle(self) -> bool:
        return self._busy == 0 and not self.is_behind

    async def run(self) -> None:
        """Route for ever; cancel to stop. An entry cut off in the middle is leased again later."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENT):
                group.create_task(self._route_offered(self._letters))
            group.create_task(self._route_offered(self._large))
            group.create_task(self._look_for_received())

    async def _look_for_received(self) -> None:
        """Find entries that a crash, or trouble of another node or of ours, left behind."""
        while True:
            self._look.clear()
            try:
                await self._store.forsaken.free_entries(frozenset(self._under_way), self._clock.now())
                for entry_id in await self._store.received(self._clock.now(), LOOK_BATCH):
                    self.offer(entry_id)
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="received", error_class=type(trouble).__name__)
            await self._clock.wait(self._look, LOOK_AGAIN_S)

    async def _route_offered(self, line: Line) -> None:
        while True:
            offer = await line.get()
            self._busy += 1
            goes_on: Line | None = None
            try:
                if line is self._letters and await self._is_large(offer.entry_id):
                    goes_on = self._large
                elif await self._route(offer.entry_id, offer.sender):
                    goes_on = line
            except RelayError as trouble:
                say(Event.MESSAGE_RETRIED, entry=ref(offer.entry_id), error_class=type(trouble).__name__)
            finally:
                self._busy -= 1
                if goes_on is None or goes_on is line:
                    line.done()
                if goes_on is None:
                    self._under_way.discard(offer.entry_id)
                else:
                    goes_on.put(offer)

    async def _is_large(self, entry_id: bytes) -> bool:
        """Tell whether an entry belongs into the other line, where it waits without a lease: nothing of it is counted
        or runs out meanwhile, and after a stop or a crash it is found like all that nobody holds.
        """
        if entry_id in self._fresh:
            return False
        return (await self._store.size_of(entry_id) or 0) >= LARGE_OCTETS

    async def _route(self, entry_id: bytes, sender: bytes) -> bool:
        """Bring one entry to its end; ``True`` when it is to be tried again at once."""
        entry, raw = self._fresh.pop(entry_id, (None, None))
        self._fresh_octets -= len(raw or b"")
        if entry is None:
            # Each lease counts as an attempt: in a life that ends before a worker can read, nobody has read it.
            await self._workers.ready()
            entry = await self._store.lease_entry(entry_id, self._clock.now())
        if entry is None:
            return False
        if entry.attempts > MAX_LEASES:
            await self._park(entry, Reason.POISON)
            return False
        try:
            places = await self._resolver.places(entry)
            async with self._turns.of(place.conversation_id for place in places):
                deliveries, rank = await self._read_and_settle(entry, places, raw)
            for delivery in deliveries:
                self._deliver(delivery, sender, rank)
        except WorkerLost:
            say(Event.MESSAGE_RETRIED, entry=ref(entry_id), error_class="WorkerLost", attempt=entry.attempts)
            if entry.attempts >= MAX_ATTEMPTS:
                await self._park(entry, Reason.POISON)
                return False
            await self._store.give_back(entry)
            return True
        except (CipherError, StateError) as error:
            say(Event.MESSAGE_RETRIED, entry=ref(entry_id), error_class=type(error).__name__)
            await self._park(entry, Reason.POISON)
        return False

    async def _park(self, entry: LeasedEntry, reason: Reason) -> None:
        """Tell first, then hold: after a crash in between, somebody is told twice instead of never (P3)."""
        await self._parked(entry, reason)
        await self._store.hold(entry, reason, self._clock.now())
        say(Event.MESSAGE_HELD, entry=ref(entry.entry_id), reason=reason.value)

    async def _read_and_settle(
        self, entry: LeasedEntry, places: Sequence[Place], raw: bytes | None
    ) -> tuple[Sequence[LeasedDelivery], Rank]:
        """Hops 4 to 7; what is to be sent at once, and how urgent it is."""
        if raw is None:
            raw = await self._store.read_body(entry.entry_id)
        case = await self._decider.take_up(entry, places, raw)
        async with self._opened(case, raw) as reader:
            del raw
            for _ in range(MAX_STALE):
                settled = await self._decider.decide(case, reader)
                try:
                    deliveries = await self._store.settle(entry, settled, self._clock.now())
                except Stale:
                    continue
                for one in settled:
                    self._tell(entry, one)
                    self._started(one.look_at)
                    if one.outcome.releases is not None:
                        self.offer(one.outcome.releases)
                await self._note_told(case.standing.block, settled)
                if any(one.leaves_at for one in settled):
                    self._later()
                if any(_frees_somebody(one.outcome) for one in settled):
                    self._look.set()
                    self._released()
                return deliveries, _rank(settled)
        await self._store.give_back(entry)
        return (), Rank.CONVERSATION

    @contextlib.asynccontextmanager
    async def _opened(self, case: Case, raw: bytes) -> AsyncIterator[Reader]:
        """The message in a worker; what is encrypted in it instead, once that has been opened."""
        alone = case.entry.attempts > 1
        voice = next((place.pbx.reading for place in case.places if place.pbx is not None), None)
        async with contextlib.AsyncExitStack() as stack:
            languages = self._resolver.languages_asked(case.entry, case.places)
            reader = await stack.enter_async_context(
                self._workers.open(raw, alone=alone, known=case.guess, languages=languages, voice=voice)
            )
            await self._decider.heard(case, reader.facts)
            if case.opened is not None:
                await stack.aclose()
                reader = await stack.enter_async_context(
                    self._workers.open(raw, alone=alone, opened=case.opened, languages=languages, voice=voice)
                )
                await self._decider.heard(case, reader.facts)
            del raw
            yield reader

    async def _note_told(self, block: Block | None, settled: Sequence[Settled]) -> None:
        """The operator has heard of a blocked sender's mail. If that cannot be noted, they hear it once more."""
        is_told = any(one.outcome.reason is Reason.BLOCKED and one.outcome.outgoing for one in settled)
        if block is not None and is_told:
            with contextlib.suppress(RelayError):
                await self._store.note_told(block, self._clock.now())

    def _tell(self, entry: LeasedEntry, settled: Settled) -> None:
        outcome, target = settled.outcome, settled.target
        event = {
            EntryEvent.PLANNED: Event.MESSAGE_ROUTED,
            EntryEvent.PASSED_ON: Event.MESSAGE_ROUTED,
            EntryEvent.NOBODY_ON_DUTY: Event.MESSAGE_WAITING,
            EntryEvent.HELD: Event.MESSAGE_HELD,
        }.get(outcome.event, Event.MESSAGE_ABSORBED)
        if settled.opens is not None:
            say(Event.CONVERSATION_OPENED, conversation=ref(settled.opens.conversation_id))
        if outcome.reason is Reason.LEAK:
            for change in outcome.changes:
                say(Event.LEAK_FOUND, entry=ref(entry.entry_id), kind=change.what, place=change.why)
        conversation = target.conversation.conversation_id if target.conversation else None
        say(event, entry=ref(entry.entry_id), conversation=ref(conversation), kind=target.shown_kind,
            direction=target.author_side.value if target.author_side else None, count=len(outcome.outgoing),
            reason=outcome.reason.value if outcome.reason else None, changes=len(outcome.changes))  # fmt: skip

    async def assign_waiting(self) -> int:
        """Find counselors for the conversations that wait; returns how many have one now."""
        return await self._resolver.assign_waiting()


def _rank(settled: Sequence[Settled]) -> Rank:
    """How urgent what comes of a message is: as the conversation that it belongs to."""
    views = (one.target.conversation for one in settled)
    effects = (each for one in settled for each in one.outcome.effects)
    is_marked = any(isinstance(each, RiskSet) and each.risk is Risk.HIGH for each in effects)
    is_urgent = is_marked or any(view is not None and view.risk is Risk.HIGH for view in views)
    return Rank.URGENT if is_urgent else Rank.CONVERSATION


def _frees_somebody(outcome: Outcome) -> bool:
    """Tell whether a conversation waits now, or went to somebody else with what waits, or a slot is free."""
    is_released = outcome.conversation_event is ConversationEvent.RELEASED
    return is_released or any(isinstance(each, FREE_SOMEBODY) for each in outcome.effects)
