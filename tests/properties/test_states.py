"""The state tables as machines: any order of events, legal or not, and nothing but the tables decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from relay.domain import conversations, deliveries, entries
from relay.domain.conversations import ConversationEvent, ConversationState
from relay.domain.deliveries import DeliveryEvent, DeliveryState
from relay.domain.entries import EntryEvent, EntryState
from relay.errors import StateError
from tests.properties.profile import EXAMPLES, IS_LONG

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class _Machine(RuleBasedStateMachine):
    """One row of a table. Subclasses say which table, and what must hold of every history."""

    table: Any
    events: Any
    advance: Callable[[Any, Any], Any]

    def __init__(self) -> None:
        super().__init__()
        self.state: Any = next(iter(self.table))
        self.history: list[Any] = [self.state]

    @rule(pick=st.integers(0, 20))
    def happens(self, pick: int) -> None:
        """Any event of the enum; one that the table does not know raises and changes nothing."""
        event = list(self.events)[pick % len(self.events)]
        before = {state: dict(steps) for state, steps in self.table.items()}
        try:
            after = type(self).advance(self.state, event)
        except StateError:
            assert event not in self.table[self.state]
        else:
            assert after is self.table[self.state][event]
            self.state = after
            self.history.append(after)
        assert {state: dict(steps) for state, steps in self.table.items()} == before

    @rule(pick=st.integers(0, 20))
    def happens_as_it_may(self, pick: int) -> None:
        """An event that is legal here, so that long histories are reached."""
        legal = list(self.table[self.state])
        if legal:
            self.state = type(self).advance(self.state, legal[pick % len(legal)])
            self.history.append(self.state)

    @invariant()
    def an_end_is_an_end(self) -> None:
        ends = [i for i, state in enumerate(self.history) if not self.table[state]]
        assert ends in ([], [len(self.history) - 1])


class Conversation(_Machine):
    """A conversation that somebody answered was somebody's; an erased one is gone."""

    table = conversations.TABLE
    events = ConversationEvent
    advance = staticmethod(conversations.advance)

    @invariant()
    def it_is_open_only_after_somebody_was_responsible(self) -> None:
        if self.state is ConversationState.OPEN and ConversationState.CLOSED not in self.history:
            assert ConversationState.ASSIGNED in self.history

    @invariant()
    def a_blocked_one_is_heard_again_only_when_it_was_let(self) -> None:
        for before, after in zip(self.history, self.history[1:], strict=False):
            if before is ConversationState.BLOCKED:
                assert after in {ConversationState.CLOSED, ConversationState.ERASED}


class Entry(_Machine):
    """What was accepted is worked on until it has an end that somebody sees."""

    table = entries.TABLE
    events = EntryEvent
    advance = staticmethod(entries.advance)

    @invariant()
    def it_is_routed_only_from_where_a_worker_takes_it(self) -> None:
        for before, after in zip(self.history, self.history[1:], strict=False):
            if after is EntryState.KEPT:
                assert before is EntryState.RECEIVED
            if after is EntryState.ROUTED:
                assert before in {EntryState.RECEIVED, EntryState.KEPT}


class Delivery(_Machine):
    """No outcome without an attempt, no attempt without a lease."""

    table = deliveries.TABLE
    events = DeliveryEvent
    advance = staticmethod(deliveries.advance)

    @invariant()
    def an_outcome_follows_an_attempt(self) -> None:
        outcomes = {
            DeliveryState.DELIVERED,
            DeliveryState.BOUNCED,
            DeliveryState.DEFERRED,
            DeliveryState.EXPIRED,
        }
        for before, after in zip(self.history, self.history[1:], strict=False):
            is_report = before is DeliveryState.DELIVERED and after is DeliveryState.BOUNCED
            if after in outcomes and not is_report:
                assert before is DeliveryState.ACTIVE


@pytest.mark.parametrize("machine", [Conversation, Entry, Delivery])
def test_in_any_order_of_events_an_illegal_one_changes_nothing_and_an_end_stays_an_end(
    machine: type[_Machine],
) -> None:
    """Against the literal tables, from the first state on."""
    runs = settings(
        max_examples=min(EXAMPLES, 2000) // 4, stateful_step_count=30, deadline=None, database=None, derandomize=not IS_LONG
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=runs)


@settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=not IS_LONG)
@given(st.integers(1, 400), st.integers(0, 6 * 24 * 3600))
def test_a_deferred_delivery_is_tried_later_and_never_beyond_its_lifetime(attempts: int, age_s: int) -> None:
    """The next attempt is in the future, waits at most two hours, and comes before five days are over."""
    now = START + timedelta(seconds=age_s)
    due = deliveries.next_attempt(attempts, now, START)
    if due is None:
        assert now + timedelta(seconds=deliveries.RETRY_LAST_S) >= START + deliveries.LIFETIME
    else:
        assert timedelta(0) < due - now <= timedelta(seconds=deliveries.RETRY_LAST_S)
        assert due < START + deliveries.LIFETIME
