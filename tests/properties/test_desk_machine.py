"""Conversations under any order of commands and letters: one responsible counselor or a queue, slots that add up."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
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

from relay.domain.closing import Closing
from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent, ConversationState, Side
from relay.domain.entries import EntryEvent
from relay.domain.risk import Risk
from relay.flow import effects
from relay.flow.effects import Effect
from relay.flow.outcomes import NewConversation, Outcome, Settled
from relay.flow.ports import Stale
from relay.flow.values import Target, TargetKind
from tests.properties.profile import IS_LONG
from tests.unit.edge.store_world import HELP, NOW, World, new_conversation, opening, token

T = TypeVar("T")
STATE = ConversationState
COUNSELORS = ("ana", "ben", "kim")
QUEUES = ("grief", "night")
CAPACITY = 3
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Question:
    """What a seeker was asked: for whom, with the alias that it would have, and in which queue."""

    to: str = ""
    alias: str = ""
    queue: str = ""
    is_owed: bool = False


@dataclass
class Case:
    """What the model knows of a conversation. ``dead``: aliases that must accept nothing."""

    new: NewConversation
    state: STATE
    counselor: str | None
    alias: str
    dead: list[str]
    notes: int = 0
    asked: Question | None = None
    risk: Risk = Risk.NONE
    queue: str = ""


class DeskMachine(RuleBasedStateMachine):
    """Counselors close, pass, hand over, take, block and note; seekers write in between."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.world = World(self.folder / "state")
        self._do(self._open())
        self.cases: list[Case] = []

    async def _open(self) -> None:
        self.world.open_fresh()

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(what)

    def teardown(self) -> None:
        self._do(self.world.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    # --- what happens --------------------------------------------------------------------------------

    @rule(who=st.sampled_from(COUNSELORS))
    def a_request_comes(self, who: str) -> None:
        """To somebody with a free place, else nobody."""
        chosen = who if self._count(who) < CAPACITY else None
        new = new_conversation(chosen, capacity=CAPACITY)
        self._do(self.world.store.settle(self._do(self.world.leased()), [opening(new)], NOW))
        state = STATE.ASSIGNED if chosen else STATE.WAITING
        self.cases.append(Case(new, state, chosen, new.seeker_alias, []))

    @rule(pick=st.integers(0, 99), side=st.sampled_from(Side))
    @precondition(lambda self: self.cases)
    def somebody_writes(self, pick: int, side: Side) -> None:
        case = self._case(pick)
        if case.state is STATE.BLOCKED or (side is Side.COUNSELOR and case.counselor is None):
            return
        if case.state is STATE.CLOSED and case.counselor is None:
            return
        event = ConversationEvent.SEEKER_WROTE if side is Side.SEEKER else ConversationEvent.COUNSELOR_WROTE
        self._settle(case, event=event)
        if case.state is STATE.CLOSED or (side is Side.COUNSELOR and case.state is STATE.ASSIGNED):
            case.state = STATE.OPEN

    @rule(pick=st.integers(0, 99), risk=st.sampled_from(Risk), text=st.text(min_size=1, max_size=20))
    @precondition(lambda self: self.cases)
    def somebody_notes(self, pick: int, risk: Risk, text: str) -> None:
        case = self._case(pick)
        self._settle(case, effects.Noted(text, "Robin"), effects.RiskSet(risk), effects.LanguageSet("de"))
        case.notes += 1
        case.risk = risk
        case.asked = None if risk is Risk.HIGH else case.asked

    @rule(pick=st.integers(0, 99), how=st.sampled_from(Closing))
    @precondition(lambda self: self.cases)
    def somebody_closes(self, pick: int, how: Closing) -> None:
        case = self._case(pick)
        if case.state in HELD_BY_A_COUNSELOR:
            self._settle(case, effects.Closed(how))
            case.state, case.asked = STATE.CLOSED, None

    @rule(pick=st.integers(0, 99))
    @precondition(lambda self: self.cases)
    def somebody_passes(self, pick: int) -> None:
        case = self._case(pick)
        if case.state in HELD_BY_A_COUNSELOR:
            self._settle(case, effects.HandedOver(NOW + DAY))
            self._released(case)

    @rule(pick=st.integers(0, 99), queue=st.sampled_from(QUEUES))
    @precondition(lambda self: self.cases)
    def somebody_moves_it_to_another_queue(self, pick: int, queue: str) -> None:
        case = self._case(pick)
        if case.state in HELD_BY_A_COUNSELOR:
            self._settle(case, effects.HandedOver(NOW + DAY, "A summary.", "Robin", queue=queue))
            self._released(case)
            case.notes += 1
            case.queue = queue

    @rule(pick=st.integers(0, 99), to=st.sampled_from(COUNSELORS))
    @precondition(lambda self: self.cases)
    def somebody_hands_over(self, pick: int, to: str) -> None:
        """To whoever is named, when they have a place; else nothing changes at all."""
        case = self._case(pick)
        if case.state not in HELD_BY_A_COUNSELOR or to == case.counselor:
            return
        alias = f"{token()}@relay.test"
        effect = effects.HandedOver(NOW + DAY, "A summary.", "Robin", to, CAPACITY, alias)
        if self._count(to) >= CAPACITY:
            assert not self._is_settled(case, effect)
            return
        self._settle(case, effect)
        self._released(case)
        self._given(case, to, alias)
        case.notes += 1

    @rule(pick=st.integers(0, 99), who=st.sampled_from(COUNSELORS))
    @precondition(lambda self: self.cases)
    def somebody_takes(self, pick: int, who: str) -> None:
        case = self._case(pick)
        if case.state in {STATE.CLOSED, STATE.BLOCKED} or self._count(who) >= CAPACITY:
            return
        alias = f"{token()}@relay.test"
        self._settle(case, effects.TakenOver(who, CAPACITY, alias))
        if case.counselor == who:
            return
        if case.counselor is not None:
            self._released(case)
        self._given(case, who, alias)

    @rule(pick=st.integers(0, 99))
    @precondition(lambda self: self.cases)
    def somebody_blocks(self, pick: int) -> None:
        case = self._case(pick)
        if case.state in HELD_BY_A_COUNSELOR:
            self._settle(case, effects.BlockedUntil(NOW + 30 * DAY))
            case.state, case.asked = STATE.BLOCKED, None

    @rule(
        pick=st.integers(0, 99),
        to=st.sampled_from(("", *COUNSELORS)),
        queue=st.sampled_from(("", *QUEUES)),
        waits=st.booleans(),
    )
    @precondition(lambda self: self.cases)
    def a_seeker_is_asked_first(self, pick: int, to: str, queue: str, waits: bool) -> None:
        """Whoever is responsible stays it until the answer, or nobody is; its queue stays what it is."""
        case = self._case(pick)
        if case.state not in HELD_BY_A_COUNSELOR or to == case.counselor or case.asked is not None:
            return
        alias = f"{token()}@relay.test" if to else ""
        then = effects.HandedOver(NOW + DAY, "A summary.", "Robin", to, CAPACITY if to else 0, alias, queue)
        self._settle(case, effects.ConsentAsked(then, NOW + DAY, waits))
        case.notes += 1
        if waits:
            self._released(case)
        case.asked = Question(to, alias, queue)

    @rule(pick=st.integers(0, 99), agreed=st.booleans(), gives=st.booleans())
    @precondition(lambda self: self.cases)
    def a_seeker_answers(self, pick: int, agreed: bool, gives: bool) -> None:
        """Only an answer to a question does something, and never gives anybody more than they take."""
        case, effect = self._case(pick), effects.ConsentGiven(agreed, gives)
        if case.asked is None:
            assert not self._is_settled(case, effect)
            return
        to, alias = case.asked.to, case.asked.alias
        if agreed and gives and to and self._count(to) >= CAPACITY:
            assert not self._is_settled(case, effect)
            return
        self._settle(case, effect)
        case.queue = (case.asked.queue or case.queue) if agreed else case.queue
        case.asked = None
        is_held = case.state in HELD_BY_A_COUNSELOR
        if agreed and is_held:
            self._released(case)
        elif not agreed and not is_held:
            case.state = STATE.CLOSED
        if agreed and gives and to:
            self._given(case, to, alias)

    @rule(pick=st.integers(0, 99), goes=st.booleans())
    @precondition(lambda self: self.cases)
    def nobody_answers(self, pick: int, goes: bool) -> None:
        """What the operator has decided is done once."""
        case, books = self._case(pick), self.world.store.casebook
        stored = self._do(self.world.store.conversation(case.new.conversation_id))
        assert stored is not None
        silent = books.silent(case.new.conversation_id, stored.version, (), NOW, goes=goes)
        if case.asked is None:
            with pytest.raises(Stale):
                self._do(silent)
            return
        assert case.new.conversation_id in self._do(books.silences(NOW + DAY))
        self._do(silent)
        assert case.new.conversation_id not in self._do(books.silences(NOW + DAY))
        case.queue = (case.asked.queue or case.queue) if goes else case.queue
        case.asked = None
        if goes and case.state in HELD_BY_A_COUNSELOR:
            self._released(case)

    @rule(pick=st.integers(0, 99))
    @precondition(lambda self: self.cases)
    def a_question_that_is_owed_is_put(self, pick: int) -> None:
        """At once, however late: then its time begins, and it is owed no more."""
        case, books = self._case(pick), self.world.store.casebook
        if case.asked is None or not case.asked.is_owed:
            return
        assert case.new.conversation_id in self._do(books.silences(NOW))
        stored = self._do(self.world.store.conversation(case.new.conversation_id))
        assert stored is not None
        self._do(books.ask(case.new.conversation_id, stored.version, (), NOW, NOW + DAY))
        assert case.new.conversation_id not in self._do(books.silences(NOW))
        case.asked = replace(case.asked, is_owed=False)

    @rule(who=st.sampled_from(COUNSELORS), asks=st.booleans())
    def somebody_leaves(self, who: str, asks: bool) -> None:
        """Everything that they have waits for others, or first for its seeker's word; what has ended does not come
        back to them.
        """
        leaving = self.world.store.casebook.leave(who, NOW, NOW + DAY, lambda _intake, _queue: asks)
        left = self._do(leaving)
        theirs = [case for case in self.cases if case.counselor == who and case.state in HELD_BY_A_COUNSELOR]
        first = [case for case in theirs if asks and case.state is STATE.OPEN and case.risk is not Risk.HIGH]
        assert (left.open, left.asked) == (len(theirs), len(first))
        for case in theirs:
            question = (case.asked or Question(is_owed=True)) if case in first else None
            self._released(case)
            case.asked = question
        for case in self.cases:
            if case.counselor == who and case.state in {STATE.CLOSED, STATE.BLOCKED}:
                case.dead.append(case.alias)
                case.counselor = None

    # --- the model -----------------------------------------------------------------------------------

    def _case(self, pick: int) -> Case:
        return self.cases[pick % len(self.cases)]

    def _count(self, who: str) -> int:
        return sum(case.counselor == who and case.state in HELD_BY_A_COUNSELOR for case in self.cases)

    def _released(self, case: Case) -> None:
        case.dead.append(case.alias)
        case.state, case.counselor, case.asked = STATE.HANDOVER, None, None

    def _given(self, case: Case, who: str, alias: str) -> None:
        case.state, case.counselor, case.alias, case.asked = STATE.ASSIGNED, who, alias, None

    def _settle(self, case: Case, *wanted: Effect, event: ConversationEvent | None = None) -> None:
        assert self._is_settled(case, *wanted, event=event)

    def _is_settled(self, case: Case, *wanted: Effect, event: ConversationEvent | None = None) -> bool:
        target = Target(TargetKind.ALIAS, HELP, self._do(self.world.view(case.new)), Side.COUNSELOR)
        outcome = Outcome(EntryEvent.STOPPED, conversation_event=event, effects=wanted)
        lease = self._do(self.world.leased())
        try:
            self._do(self.world.store.settle(lease, [Settled(target, outcome)], NOW))
        except Stale:
            return False
        return True

    # --- what always holds ---------------------------------------------------------------------------

    @invariant()
    def every_conversation_is_as_it_should_be(self) -> None:
        """State, whoever is responsible or nobody, and all notes in the order in which they were written."""
        for case in self.cases:
            stored = self._do(self.world.store.conversation(case.new.conversation_id))
            assert stored is not None
            assert (stored.state, stored.counselor_id) == (case.state, case.counselor)
            assert stored.seeker_alias == case.alias
            assert stored.queue == case.queue
            asked = stored.asked and Question(
                stored.asked.to, stored.asked.alias, stored.asked.queue, stored.asked.is_owed
            )
            assert asked == case.asked
            assert len(self._do(self.world.store.casebook.notes(case.new.conversation_id))) == case.notes

    @invariant()
    def slots_add_up_and_nobody_has_too_many(self) -> None:
        loads = self._do(self.world.store.loads())
        for who in COUNSELORS:
            count = self._count(who)
            assert (loads[who].open if who in loads else 0) == count
            assert {c.conversation_id for c in self._do(self.world.store.casebook.cases_of(who))} == {
                case.new.conversation_id
                for case in self.cases
                if case.counselor == who and case.state in HELD_BY_A_COUNSELOR
            }

    @invariant()
    def former_counselors_reach_nobody(self) -> None:
        for case in self.cases:
            for alias in case.dead:
                assert not self._do(self.world.store.knows_token(alias.partition("@")[0]))

    @invariant()
    def who_waits_is_in_the_queue(self) -> None:
        waiting = {each.conversation_id for each in self._do(self.world.store.waiting(1000))}
        assert waiting == {
            case.new.conversation_id for case in self.cases if case.state in {STATE.WAITING, STATE.HANDOVER}
        }


def test_any_order_of_commands_keeps_what_always_holds() -> None:
    """A few dozen sequences each time, and many more in the long profile."""
    run_state_machine_as_test(
        DeskMachine,
        settings=settings(
            max_examples=200 if IS_LONG else 12, stateful_step_count=40 if IS_LONG else 20, deadline=None
        ),
    )
