"""Nothing to a seeker after STOP but one confirmation: any order of mail, delays, outages, notices and restarts.

The real store and the real courier, on a clock that jumps; the next hop takes or defers as chance will have it. What
is counted is what the next hop took for the seeker.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.domain.addresses import Address, OurAddress
from relay.domain.conversations import ConversationEvent, ConversationState, Side
from relay.domain.entries import EntryEvent
from relay.errors import Deferred
from relay.flow.deliver import Courier
from relay.flow.effects import DiscretionSet, Forgotten, MailStopped, MailWanted
from relay.flow.outcomes import Face, LeasedDelivery, Outcome, Outgoing, OutgoingKind, Settled
from relay.flow.values import Reason, Target, TargetKind
from tests.properties.profile import IS_LONG
from tests.unit.edge.store_world import NOW, SEEKER, World

T = TypeVar("T")
MANY = 100
HERE = OurAddress("alias", "relay.test")


class NextHop:
    """Takes what it is given, unless it is told to defer."""

    def __init__(self) -> None:
        self.is_up = True
        self.taken: list[bytes] = []

    async def deliver(self, _path: str, recipient: Address, message: bytes) -> None:
        if not self.is_up:
            raise Deferred(451, "4.3.0", "rcpt")
        if recipient.key == SEEKER:
            self.taken.append(message)


class Silence(RuleBasedStateMachine):
    """One conversation; ``quiet_since`` is how much had been taken when STOP was settled."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.world = World(self.folder / "state")
        self.now: datetime = NOW
        self.hop = NextHop()
        self.number = 0
        self.in_hand: list[LeasedDelivery] = []
        self.quiet_since: int | None = None
        self.is_erased = False
        self._do(self._begin())

    async def _begin(self) -> None:
        self.world.open_fresh()
        self.new = await self.world.opened()

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(what)

    def teardown(self) -> None:
        """However it went: what is left is sent, now and in the days that follow, and the promise still holds."""
        self.hop.is_up = True
        self.the_courier_sends_what_it_has()
        for _ in range(3):
            self.time_passes(1501)
            self.the_courier_looks_for_what_is_due()
        self.nothing_but_one_confirmation()
        self._do(self.world.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def _courier(self) -> Courier:
        async def undelivered(*_: object) -> None:
            return None

        machine = self

        class Clock:
            def now(self) -> datetime:
                return machine.now

            async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
                await event.wait()

        return Courier(
            self.world.store, self.hop, Clock(), lambda token: f"{token}@relay.test", undelivered, undelivered
        )

    def _to_seeker(self, kind: OutgoingKind) -> Outgoing:
        self.number += 1
        return Outgoing(kind, Face.SEEKER, SEEKER, f"Subject: {kind.value}\r\n\r\n{self.number}\r\n".encode())

    async def _settles(self, outcome: Outcome, side: Side) -> None:
        target = Target(TargetKind.ALIAS, HERE, await self.world.view(self.new), side)
        entry = await self.world.lease(await self.world.accept(), self.now)
        self.in_hand += await self.world.store.settle(entry, [Settled(target, outcome)], self.now)

    async def _state(self) -> ConversationState:
        stored = await self.world.store.conversation(self.new.conversation_id)
        assert stored is not None
        return stored.state

    # --- what people do ----------------------------------------------------------------------------------

    @precondition(lambda self: not self.is_erased)
    @rule()
    def the_counselor_writes(self) -> None:
        """What was decided on the snapshot before: the composer refuses it after STOP, and here it does not."""
        outcome = Outcome(
            EntryEvent.PLANNED,
            outgoing=(self._to_seeker(OutgoingKind.RELAYED),),
            conversation_event=ConversationEvent.COUNSELOR_WROTE,
        )
        if self.quiet_since is None:
            self._do(self._settles(outcome, Side.COUNSELOR))

    @precondition(lambda self: not self.is_erased)
    @rule()
    def somebody_queues_a_notice(self) -> None:
        """A reminder, a closing text, an acknowledgement that was late."""
        one = self._to_seeker(OutgoingKind.NOTICE)
        leased = LeasedDelivery(
            b"",
            one.kind,
            one.reader,
            one.recipient,
            "",
            one.message,
            1,
            self.now,
            0,
            self.new.conversation_id,
        )
        self.in_hand.append(self._do(self.world.store.queue_notice(leased, self.now)))

    @precondition(lambda self: not self.is_erased and self.quiet_since is None)
    @rule(is_erased=st.booleans(), is_late=st.booleans())
    def the_seeker_stops(self, is_erased: bool, is_late: bool) -> None:
        if is_late:
            self.the_counselor_writes()  # and nothing of it has been sent yet
        effect = Forgotten() if is_erased else MailStopped()
        last = self._to_seeker(OutgoingKind.FAREWELL)
        outcome = Outcome(EntryEvent.STOPPED, Reason.ASKED, outgoing=(last,), effects=(effect,))
        self._do(self._settles(outcome, Side.SEEKER))
        self.quiet_since, self.is_erased = len(self.hop.taken), is_erased

    @precondition(lambda self: not self.is_erased)
    @rule()
    def the_seeker_writes(self) -> None:
        """Which lifts the silence."""
        outcome = Outcome(
            EntryEvent.STOPPED, conversation_event=ConversationEvent.SEEKER_WROTE, effects=(MailWanted(),)
        )
        self._do(self._settles(outcome, Side.SEEKER))
        self.quiet_since = None

    @precondition(lambda self: not self.is_erased)
    @rule(hours=st.sampled_from(["", "09:00-17:00 Europe/Berlin", "22:00-02:00 UTC"]))
    def the_seeker_names_hours(self, hours: str) -> None:
        outcome = Outcome(EntryEvent.STOPPED, Reason.ASKED, effects=(DiscretionSet(True, hours),))
        self._do(self._settles(outcome, Side.SEEKER))

    # --- what machines do ---------------------------------------------------------------------------------

    @rule(minutes=st.integers(0, 3000))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_next_hop_changes_its_mind(self) -> None:
        self.hop.is_up = not self.hop.is_up

    @rule()
    def the_courier_sends_what_it_has(self) -> None:
        """Deliveries that were handed over at once and waited in memory."""
        courier, in_hand = self._courier(), self.in_hand
        self.in_hand = []
        for delivery in in_hand:
            self._do(courier._attempt(delivery))

    @rule()
    def the_courier_looks_for_what_is_due(self) -> None:
        courier = self._courier()
        for delivery in self._do(self.world.store.lease_due(self.now, MANY)):
            self._do(courier._attempt(delivery))

    @rule()
    def the_machine_restarts(self) -> None:
        """What was in memory is gone, and leased again."""
        self._do(self.world.store.close())
        self.in_hand = []
        self.world.open()

    @invariant()
    def nothing_but_one_confirmation(self) -> None:
        if self.quiet_since is None:
            return
        since = self.hop.taken[self.quiet_since :]
        assert len(since) <= 1
        assert all(b"farewell" in each for each in since)


def test_nothing_reaches_a_seeker_after_stop_but_one_confirmation() -> None:
    """And after FORGET ME the same; the same wish, lifted by their own word and given again."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Silence,
        settings=settings(max_examples=150 if IS_LONG else 25, stateful_step_count=25, deadline=None),
    )
