"""The store against a model of a few dictionaries: any order of calls, old leases and restarts in between."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.domain.conversations import ConversationEvent, ConversationState, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent, EntryState
from relay.flow.outcomes import (
    LeasedDelivery,
    NewConversation,
    Outcome,
    Settled,
)
from relay.flow.ports import Stale
from relay.flow.values import (
    LeasedEntry,
    Reason,
    Target,
    TargetKind,
)
from tests.properties.profile import IS_LONG
from tests.support import storage
from tests.unit.edge.store_world import HELP, NOW, World, later, new_conversation, opening, relayed

T = TypeVar("T")

MANY = 100
RETRY_S = 60
"""Well before a lease runs out."""


class StoreMachine(RuleBasedStateMachine):
    """What is accepted is somewhere until it has its end, whoever comes late changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.world = World(self.folder / "state")
        self._do(self._open_fresh())
        self.entries: dict[bytes, EntryState] = {}
        self.leases: list[LeasedEntry] = []
        self.old_leases: list[LeasedEntry] = []
        self.conversations: dict[bytes, tuple[NewConversation, ConversationState]] = {}
        self.active: list[LeasedDelivery] = []
        self.done: list[LeasedDelivery] = []
        self.deferred: set[bytes] = set()

    async def _open_fresh(self) -> None:
        self.world.open_fresh()
        await self._is_heard()

    async def _is_heard(self) -> None:
        """On a server a daemon that ends says so, or its leases would hold until they run out: its bell does that."""
        heard = threading.Event()
        self.world.store.bell.start(lambda _table: heard.set())
        if storage.IS_POSTGRESQL:
            assert await asyncio.to_thread(heard.wait, 10)

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(what)

    def teardown(self) -> None:
        self._do(self.world.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    # --- entries -------------------------------------------------------------------------------------

    @rule()
    def a_message_is_accepted(self) -> None:
        self.entries[self._do(self.world.accept())] = EntryState.RECEIVED

    @rule(pick=st.integers(0, MANY))
    @precondition(lambda self: self.entries)
    def somebody_takes_an_entry(self, pick: int) -> None:
        """Only one that waits for a worker, and that nobody holds."""
        entry_id = list(self.entries)[pick % len(self.entries)]
        lease = self._do(self.world.store.lease_entry(entry_id, NOW))
        is_free = self.entries[entry_id] is EntryState.RECEIVED and entry_id not in self._taken()
        assert (lease is not None) == is_free
        if lease is not None:
            self.leases.append(lease)

    @rule(pick=st.integers(0, MANY))
    @precondition(lambda self: self.leases)
    def a_lease_is_given_back(self, pick: int) -> None:
        lease = self.leases.pop(pick % len(self.leases))
        self._do(self.world.store.give_back(lease))
        self.old_leases.append(lease)

    @rule(pick=st.integers(0, MANY))
    def a_request_opens_a_conversation(self, pick: int) -> None:
        new = new_conversation("ana")
        settled = opening(new, relayed(os.urandom(20).hex().encode()))
        self._settle(self._lease(pick), settled, EntryState.ROUTED)
        self.conversations[new.conversation_id] = new, ConversationState.ASSIGNED

    @rule(pick=st.integers(0, MANY), which=st.integers(0, MANY), side=st.sampled_from(Side))
    @precondition(lambda self: self.conversations)
    def somebody_writes_in_a_conversation(self, pick: int, which: int, side: Side) -> None:
        new, state = list(self.conversations.values())[which % len(self.conversations)]
        event = ConversationEvent.SEEKER_WROTE if side is Side.SEEKER else ConversationEvent.COUNSELOR_WROTE
        target = Target(TargetKind.ALIAS, HELP, self._do(self.world.view(new)), side)
        outcome = Outcome(EntryEvent.PLANNED, outgoing=(relayed(),), conversation_event=event)
        self._settle(self._lease(pick), Settled(target, outcome), EntryState.ROUTED)
        after = ConversationState.OPEN if side is Side.COUNSELOR else state
        self.conversations[new.conversation_id] = new, after

    @rule(pick=st.integers(0, MANY))
    def an_entry_is_held(self, pick: int) -> None:
        lease = self._lease(pick)
        self._do(self.world.store.hold(lease, Reason.POISON, NOW))
        self.entries[lease.entry_id] = EntryState.HELD
        self.old_leases.append(lease)

    @rule(pick=st.integers(0, MANY))
    @precondition(lambda self: self.entries)
    def somebody_releases_an_entry(self, pick: int) -> None:
        entry_id = list(self.entries)[pick % len(self.entries)]
        was_held = self.entries[entry_id] is EntryState.HELD
        assert self._do(self.world.store.release(entry_id, confirmed=True)) is was_held
        if was_held:
            self.entries[entry_id] = EntryState.RECEIVED

    @rule(pick=st.integers(0, MANY))
    @precondition(lambda self: self.old_leases)
    def a_worker_comes_too_late(self, pick: int) -> None:
        """Its lease has ended: nothing of what it decided is written."""
        lease = self.old_leases[pick % len(self.old_leases)]
        new = new_conversation("ana")
        with pytest.raises(Stale):
            self._do(self.world.store.settle(lease, [opening(new, relayed())], NOW))
        assert self._do(self.world.store.conversation(new.conversation_id)) is None

    def _settle(self, lease: LeasedEntry, settled: Settled, after: EntryState) -> None:
        self.active += self._do(self.world.store.settle(lease, [settled], NOW))
        self.entries[lease.entry_id] = after
        self.old_leases.append(lease)

    def _lease(self, pick: int) -> LeasedEntry:
        """One that somebody holds, or a new one."""
        if self.leases:
            return self.leases.pop(pick % len(self.leases))
        lease = self._do(self.world.leased())
        self.entries[lease.entry_id] = EntryState.RECEIVED
        return lease

    def _taken(self) -> set[bytes]:
        return {lease.entry_id for lease in self.leases}

    # --- deliveries ----------------------------------------------------------------------------------

    @rule(pick=st.integers(0, MANY), event=st.sampled_from([DeliveryEvent.ACCEPTED, DeliveryEvent.REFUSED]))
    @precondition(lambda self: self.active)
    def a_delivery_ends(self, pick: int, event: DeliveryEvent) -> None:
        delivery = self.active.pop(pick % len(self.active))
        assert self._do(self.world.store.record(delivery, event, NOW))
        self.done.append(delivery)

    @rule(pick=st.integers(0, MANY))
    @precondition(lambda self: self.active)
    def a_delivery_is_put_off(self, pick: int) -> None:
        delivery = self.active.pop(pick % len(self.active))
        assert self._do(self.world.store.record(delivery, DeliveryEvent.NOT_NOW, NOW, due_at=later(RETRY_S)))
        self.deferred.add(delivery.delivery_id)
        self.done.append(delivery)

    @rule()
    def what_is_due_is_tried_again(self) -> None:
        """All that was put off, once, with the same bytes; nothing that has ended."""
        due = self._do(self.world.store.lease_due(later(RETRY_S), MANY))
        assert {delivery.delivery_id for delivery in due} == self.deferred
        before = {delivery.delivery_id: delivery for delivery in self.done}
        for delivery in due:
            former = before[delivery.delivery_id]
            assert (delivery.message, delivery.attempts) == (former.message, former.attempts + 1)
        self.active += due
        self.deferred.clear()

    @rule(pick=st.integers(0, MANY))
    @precondition(lambda self: self.done)
    def an_outcome_comes_too_late(self, pick: int) -> None:
        """The lease under which it was tried has ended."""
        delivery = self.done[pick % len(self.done)]
        assert not self._do(self.world.store.record(delivery, DeliveryEvent.ACCEPTED, NOW))

    # --- what always holds ---------------------------------------------------------------------------

    @rule()
    def the_daemon_starts_again(self) -> None:
        """Leases of the former run are void; nothing else is different."""
        self._do(self.world.store.close())
        self._do(self._open_again())
        self.old_leases += self.leases
        self.leases = []
        self.deferred |= {delivery.delivery_id for delivery in self.active}
        self.done += self.active
        self.active = []

    async def _open_again(self) -> None:
        self.world.open()
        await self._is_heard()

    @invariant()
    def nothing_that_was_accepted_is_lost(self) -> None:
        waiting = {i for i, state in self.entries.items() if state is EntryState.RECEIVED} - self._taken()
        held = {i for i, state in self.entries.items() if state is EntryState.HELD}
        assert set(self._do(self.world.store.received(NOW, MANY))) == waiting
        assert {entry.entry_id for entry in self._do(self.world.store.held())} == held

    @invariant()
    def every_conversation_stands_where_its_events_brought_it(self) -> None:
        for conversation_id, (_, state) in list(self.conversations.items())[-2:]:
            stored = self._do(self.world.store.conversation(conversation_id))
            assert stored is not None
            assert stored.state is state


def test_in_any_order_of_calls_and_restarts_the_store_does_what_a_model_of_it_does() -> None:
    """Nothing is lost, nothing happens twice, and who comes late changes nothing."""
    runs = settings(
        max_examples=300 if IS_LONG else 12, stateful_step_count=25, deadline=None, database=None, derandomize=not IS_LONG
    )  # fmt: skip
    run_state_machine_as_test(StoreMachine, settings=runs)
