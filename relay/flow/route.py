"""Hops 3 to 7 from outside: lease an entry, look up what may be known, let a worker decide, write once.

Everything here is quick and holds no hostile bytes in its hands: reading them is the worker's. An entry
whose worker dies is tried again in a worker of its own; after ``MAX_ATTEMPTS`` it is held and reported,
and the queue goes on. ``Stale`` (somebody else was quicker) means: read again and decide anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from relay.domain import assignment
from relay.domain.addresses import OurAddress, SeekerAddress
from relay.domain.aliases import Randomness, message_id, mint_token, token_of
from relay.domain.conversations import ConversationState, Side
from relay.domain.entries import MAX_ATTEMPTS, EntryEvent
from relay.domain.pseudonyms import mint as mint_pseudonym
from relay.domain.roster import Counselor, Intake, Roster
from relay.errors import CipherError, RelayError, StateError
from relay.flow.accept import SPECIAL
from relay.flow.ports import Clock, Entries, Reader, Stale, StoredConversation, Waiting, WorkerLost, Workers
from relay.flow.ports import Duty as DutyPort
from relay.flow.values import (
    ConversationView,
    Face,
    Facts,
    Known,
    LeasedDelivery,
    LeasedEntry,
    Minted,
    NewConversation,
    Outcome,
    Person,
    Reason,
    Service,
    Settled,
    Target,
    TargetKind,
)
from relay.log import Event, ref, say

CONCURRENT = 12
"""Entries under way at once: enough to keep the workers and the commit busy."""

MAX_STALE = 20
LOOK_AGAIN_S = 20.0
LOOK_BATCH = 500
MESSAGE_IDS = 6
"""Most messages that one target of one entry can give rise to."""


class Routing(Entries, DutyPort, Protocol):
    """The part of the store that routing uses."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the configuration says, as one immutable value; replaced whole on reload."""

    service: Service
    roster: Roster


class Router:
    """Takes entries that were accepted and brings each to its end."""

    def __init__(
        self,
        store: Routing,
        workers: Workers,
        plan: Callable[[], Plan],
        clock: Clock,
        randomness: Randomness,
        deliver: Callable[[LeasedDelivery], None],
        parked: Callable[[LeasedEntry, Reason], Awaitable[None]],
    ) -> None:
        self._store = store
        self._workers = workers
        self._plan = plan
        self._clock = clock
        self._randomness = randomness
        self._deliver = deliver
        self._parked = parked
        self._offered: asyncio.Queue[bytes] = asyncio.Queue()
        self._under_way: set[bytes] = set()
        self._busy = 0
        self._look = asyncio.Event()

    def offer(self, entry_id: bytes) -> None:
        """Route this entry as soon as there is room; offering twice does no harm."""
        if entry_id not in self._under_way:
            self._under_way.add(entry_id)
            self._offered.put_nowait(entry_id)

    @property
    def idle(self) -> bool:
        return self._busy == 0 and self._offered.empty()

    async def run(self) -> None:
        """Route for ever; cancel to stop. An entry cut off in the middle is leased again later."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENT):
                group.create_task(self._route_offered())
            group.create_task(self._look_for_received())

    async def _look_for_received(self) -> None:
        """Find entries that a crash or trouble left behind."""
        while True:
            self._look.clear()
            try:
                for entry_id in await self._store.received(self._clock.now(), LOOK_BATCH):
                    self.offer(entry_id)
            except RelayError as trouble:
                say(Event.STORE_FAILED, stage="received", error_class=type(trouble).__name__)
            await self._clock.wait(self._look, LOOK_AGAIN_S)

    async def _route_offered(self) -> None:
        while True:
            entry_id = await self._offered.get()
            self._busy += 1
            try:
                again = await self._route(entry_id)
            except RelayError as trouble:
                say(Event.MESSAGE_RETRIED, entry=ref(entry_id), error_class=type(trouble).__name__)
                again = False
            finally:
                self._busy -= 1
                self._under_way.discard(entry_id)
            if again:
                self.offer(entry_id)

    async def _route(self, entry_id: bytes) -> bool:
        """Bring one entry to its end; ``True`` when it is to be tried again at once."""
        entry = await self._store.lease_entry(entry_id, self._clock.now())
        if entry is None:
            return False
        if entry.attempts > MAX_ATTEMPTS:
            await self._park(entry, Reason.POISON)
            return False
        try:
            raw = await self._store.read_body(entry_id)
            is_null = entry.envelope.reverse_path.is_null
            async with self._workers.open(
                raw, reverse_path_is_null=is_null, alone=entry.attempts > 1
            ) as reader:
                del raw
                await self._settle(entry, reader)
        except WorkerLost:
            say(Event.MESSAGE_RETRIED, entry=ref(entry_id), error_class="WorkerLost", attempt=entry.attempts)
            await self._store.give_back(entry)
            return True
        except (CipherError, StateError) as error:
            say(Event.MESSAGE_RETRIED, entry=ref(entry_id), error_class=type(error).__name__)
            await self._park(entry, Reason.POISON)
        return False

    async def _park(self, entry: LeasedEntry, reason: Reason) -> None:
        await self._store.hold(entry, reason, self._clock.now())
        say(Event.MESSAGE_HELD, entry=ref(entry.entry_id), reason=reason.value)
        await self._parked(entry, reason)

    async def _settle(self, entry: LeasedEntry, reader: Reader) -> None:
        for _ in range(MAX_STALE):
            settled = [
                await self._decide(entry, target, reader)
                for target in await self._targets(entry, reader.facts)
            ]
            try:
                deliveries = await self._store.settle(entry, settled, self._clock.now())
            except Stale:
                continue
            for one in settled:
                self._tell(entry, one)
            for delivery in deliveries:
                self._deliver(delivery)
            return
        await self._store.give_back(entry)

    def _tell(self, entry: LeasedEntry, settled: Settled) -> None:
        outcome, target = settled.outcome, settled.target
        event = {
            EntryEvent.PLANNED: Event.MESSAGE_ROUTED,
            EntryEvent.NOBODY_ON_DUTY: Event.MESSAGE_WAITING,
            EntryEvent.HELD: Event.MESSAGE_HELD,
        }.get(outcome.event, Event.MESSAGE_ABSORBED)
        if settled.opens is not None:
            say(Event.CONVERSATION_OPENED, conversation=ref(settled.opens.conversation_id))
        if outcome.reason is Reason.LEAK:
            for change in outcome.changes:
                say(Event.LEAK_FOUND, entry=ref(entry.entry_id), kind=change.what, place=change.why)
        conversation = target.conversation.conversation_id if target.conversation else None
        say(event, entry=ref(entry.entry_id), conversation=ref(conversation), kind=target.kind.value,
            direction=target.author_side.value if target.author_side else None, count=len(outcome.outgoing),
            reason=outcome.reason.value if outcome.reason else None, changes=len(outcome.changes))  # fmt: skip

    async def _decide(self, entry: LeasedEntry, target: Target, reader: Reader) -> Settled:
        plan = self._plan()
        now = self._clock.now()
        domain = plan.service.domain
        next_duty, zone = next_on_duty(plan.roster, now)
        known = Known(
            entry=entry,
            target=target,
            service=plan.service,
            now=now,
            minted=Minted(
                tuple(message_id(self._randomness, domain) for _ in range(MESSAGE_IDS)),
                tuple(mint_token(self._randomness) for _ in range(2)),
            ),
            next_duty=next_duty,
            duty_zone=zone,
        )
        outcome = await reader.compose(known)
        return Settled(target, outcome, self._opens(target, outcome))

    def _opens(self, target: Target, outcome: Outcome) -> NewConversation | None:
        """A conversation comes into being when its first message is taken up, or its author is written to."""
        view = target.conversation
        if view is None or not view.is_new:
            return None
        taken_up = outcome.event in {EntryEvent.PLANNED, EntryEvent.NOBODY_ON_DUTY}
        if not taken_up and not any(one.reader is Face.SEEKER for one in outcome.outgoing):
            return None
        counselor = self._plan().roster.counselor(view.counselor_id or "") if taken_up else None
        return NewConversation(
            conversation_id=view.conversation_id,
            intake=view.intake,
            language=view.language,
            seeker_addresses=view.seeker.addresses,
            seeker_names=view.seeker.names,
            pseudonym=view.seeker.stands_as,
            seeker_alias=view.seeker.alias,
            counselor_alias=view.counselor_alias,
            counselor_id=counselor.counselor_id if counselor else None,
            capacity=counselor.capacity if counselor else 0,
        )

    # --- resolving -----------------------------------------------------------------------------------

    async def _targets(self, entry: LeasedEntry, facts: Facts) -> Sequence[Target]:
        """What the forward-paths mean. An alias wins over an intake address; one intake is enough."""
        targets: list[Target] = []
        for path in dict.fromkeys(entry.envelope.forward_paths):
            target = await self._target(entry, path, facts)
            if target is not None:
                targets.append(target)
        kinds = {target.kind for target in targets}
        if TargetKind.ALIAS in kinds:
            targets = [target for target in targets if target.kind is not TargetKind.INTAKE]
        elif TargetKind.INTAKE in kinds:
            first = next(target for target in targets if target.kind is TargetKind.INTAKE)
            targets = [
                target for target in targets if target.kind is not TargetKind.INTAKE or target is first
            ]
        return targets or [Target(TargetKind.OPERATOR, entry.envelope.forward_paths[0])]

    async def _target(self, entry: LeasedEntry, path: OurAddress, facts: Facts) -> Target | None:
        special = SPECIAL.get(path.local.lower())
        intake = self._plan().roster.intake(path)
        if intake is not None:
            return Target(TargetKind.INTAKE, path, await self._request(entry, intake, facts), Side.SEEKER)
        if special is not None:
            return Target(special, path)
        token = token_of(path)
        meaning = await self._store.meaning(token) if token else None
        if meaning is None:
            return Target(TargetKind.ALIAS, path, is_retired=True)
        view = await self._view(meaning.conversation_id) if meaning.conversation_id else None
        side = meaning.stands_for.other if meaning.stands_for else None
        if view is not None and side is Side.SEEKER and view.counselor is None:
            view = await self._find_counselor(view)
        return Target(meaning.kind, path, view, side, meaning.is_retired, meaning.delivery_id)

    async def _view(self, conversation_id: bytes) -> ConversationView | None:
        stored = await self._store.conversation(conversation_id)
        if stored is None or stored.state is ConversationState.ERASED:
            return None
        return view_of(stored, self._plan().roster)

    async def _request(self, entry: LeasedEntry, intake: Intake, facts: Facts) -> ConversationView | None:
        """The conversation that a message to an intake address belongs to: its own, new one."""
        if entry.conversation_id is not None:
            view = await self._view(entry.conversation_id)
            return await self._find_counselor(view) if view and view.counselor is None else view
        address = seeker_address(entry, facts)
        if address is None:
            return None
        plan = self._plan()
        chosen = await self._choose(intake.language, (address,))
        numbered = self._randomness(1)[0] < 128
        view = ConversationView(
            conversation_id=self._randomness(16),
            state=ConversationState.NEW,
            version=0,
            intake=intake.address.key,
            language=intake.language,
            seeker=Person(
                addresses=(address,),
                names=facts.author_names[:1],
                private=(),
                stands_as=mint_pseudonym(self._randomness, numbered=numbered),
                alias=f"{mint_token(self._randomness)}@{plan.service.domain}",
                language=intake.language,
            ),
            counselor_alias=f"{mint_token(self._randomness)}@{plan.service.domain}",
            is_new=True,
        )
        return with_counselor(view, chosen)

    async def _choose(self, language: str, seeker_addresses: Sequence[str]) -> Counselor | None:
        """Who is to answer a request now; never somebody who would read their own mail."""
        roster = self._plan().roster
        loads = await self._store.loads()
        own = {address.lower() for address in seeker_addresses}
        excluded = frozenset(
            c.counselor_id for c in roster.counselors if any(address.key in own for address in c.addresses)
        )
        candidates = [
            assignment.Candidate(c, loads.get(c.counselor_id, assignment.Load())) for c in roster.counselors
        ]
        chosen = assignment.choose(
            candidates, language, excluded, self._clock.now(), service_language=self._plan().service.language
        )
        return roster.counselor(chosen) if chosen else None

    async def _find_counselor(self, view: ConversationView) -> ConversationView:
        """Try to make somebody responsible for a conversation that waits."""
        waiting = Waiting(view.conversation_id, view.version, view.intake, view.language, self._clock.now(),
                          view.seeker.addresses)  # fmt: skip
        await self.assign(waiting)
        return await self._view(view.conversation_id) or view

    # --- duty ----------------------------------------------------------------------------------------

    async def assign(self, waiting: Waiting) -> bool:
        """Make a counselor on duty responsible; what waited is routed again. ``False`` when nobody can."""
        chosen = await self._choose(waiting.language, waiting.seeker_addresses)
        if chosen is None:
            return False
        alias = f"{mint_token(self._randomness)}@{self._plan().service.domain}"
        try:
            entries = await self._store.assign(
                waiting, chosen.counselor_id, chosen.capacity, alias, self._clock.now()
            )
        except Stale:
            return False
        say(Event.CONVERSATION_ASSIGNED, conversation=ref(waiting.conversation_id))
        for entry_id in entries:
            self.offer(entry_id)
        return True

    async def assign_waiting(self) -> int:
        """Go once through the conversations that wait, oldest first; returns how many are assigned now."""
        assigned = 0
        for waiting in await self._store.waiting(LOOK_BATCH):
            assigned += await self.assign(waiting)
        return assigned


def seeker_address(entry: LeasedEntry, facts: Facts) -> str | None:
    """Where a new seeker reads mail: the one author, else the envelope; ``None`` when neither is usable."""
    candidates = [facts.authors[0]] if len(facts.authors) == 1 else []
    candidates.append(entry.envelope.reverse_path.reveal())
    for candidate in candidates:
        try:
            return SeekerAddress.parse(candidate).reveal()
        except ValueError:
            continue
    return None


def view_of(stored: StoredConversation, roster: Roster) -> ConversationView:
    """A stored conversation with its people as the configuration knows them now."""
    view = ConversationView(
        conversation_id=stored.conversation_id,
        state=stored.state,
        version=stored.version,
        intake=stored.intake,
        language=stored.language,
        seeker=Person(
            addresses=stored.seeker_addresses,
            names=stored.seeker_names,
            private=(),
            stands_as=stored.pseudonym,
            alias=stored.seeker_alias,
            language=stored.language,
        ),
        counselor_alias=stored.counselor_alias,
        thread=stored.thread,
        acknowledged=stored.acknowledged,
    )
    return with_counselor(view, roster.counselor(stored.counselor_id) if stored.counselor_id else None)


def with_counselor(view: ConversationView, counselor: Counselor | None) -> ConversationView:
    """The same conversation with this counselor as the responsible one."""
    if counselor is None:
        return view
    person = Person(
        addresses=tuple(address.reveal() for address in counselor.addresses),
        names=(counselor.name,) if counselor.name else (),
        private=counselor.private,
        stands_as=counselor.pseudonym,
        alias=view.counselor_alias,
        language=counselor.languages[0] if counselor.languages else "en",
    )
    return replace(view, counselor=person, counselor_id=counselor.counselor_id)


def next_on_duty(roster: Roster, after: datetime) -> tuple[datetime | None, str]:
    """When somebody comes on duty next, and the zone of the clock on their wall."""
    starts = [(start, c) for c in roster.counselors if (start := c.rota.next_start(after)) is not None]
    if not starts:
        return None, "UTC"
    start, counselor = min(starts, key=lambda pair: pair[0])
    zones = [shift.zone.key for shift in counselor.rota.shifts]
    return start, zones[0] if zones else "UTC"
