"""Conversations under any order of commands and letters: one responsible counselor or a queue, slots that add up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.domain.calls import Call
from relay.domain.closing import Closing
from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.domain.risk import Risk
from relay.edge.store import seeker_effects
from relay.flow import effects
from relay.flow.ports import Stale
from tests.properties.desk_model import CAPACITY, COUNSELORS, DAY, QUEUES, STATE, TAGS, Case, Model, Question
from tests.properties.profile import IS_LONG
from tests.unit.edge.store_world import NOW, new_conversation, opening, token


class DeskMachine(Model):
    """Counselors close, pass, hand over, take, block, note, tag, ask for calls and leave; seekers write in between, after
    the end too, and begin anew.
    """

    # --- what happens --------------------------------------------------------------------------------

    @rule(who=st.sampled_from(("", *COUNSELORS)))
    def a_request_comes(self, who: str) -> None:
        """To somebody with a free place, else nobody."""
        chosen = who if who and self._count(who) < CAPACITY else None
        new = new_conversation(chosen, capacity=CAPACITY)
        self._do(self.world.store.settle(self._do(self.world.leased()), [opening(new)], NOW))
        state = STATE.ASSIGNED if chosen else STATE.WAITING
        self.cases.append(Case(new, state, chosen, new.seeker_alias, []))

    @rule(pick=st.integers(0, 99), side=st.sampled_from(Side))
    @precondition(lambda self: self.cases)
    def somebody_writes(self, pick: int, side: Side) -> None:
        """Whoever writes after the end opens it again, with the same counselor; where there is none, it waits."""
        case = self._case(pick)
        if side is Side.COUNSELOR and (case.counselor is None or case.state is STATE.BLOCKED):
            return
        is_over = case.state in {STATE.CLOSED, STATE.BLOCKED}
        is_unheard = side is Side.SEEKER and case.counselor is None
        event = ConversationEvent.SEEKER_WROTE if side is Side.SEEKER else ConversationEvent.COUNSELOR_WROTE
        what = EntryEvent.NOBODY_ON_DUTY if is_unheard else EntryEvent.STOPPED
        self._settle(case, event=event, what=what)
        if is_over:
            case.state, case.asked = STATE.WAITING if is_unheard else STATE.OPEN, None
        elif side is Side.COUNSELOR:
            case.state = STATE.OPEN

    @rule(pick=st.integers(0, 99), who=st.sampled_from(COUNSELORS))
    @precondition(lambda self: self.cases)
    def somebody_begins_anew(self, pick: int, who: str) -> None:
        """After the time to reopen: another conversation, whose exclusions are those of the first; that one stays over."""
        before = self._case(pick)
        if before.state not in {STATE.CLOSED, STATE.BLOCKED}:
            return
        chosen = who if self._count(who) < CAPACITY and who not in before.excluded else None
        new = new_conversation(
            chosen,
            capacity=CAPACITY,
            excluded=tuple(before.excluded.items()),
            renews=before.new.conversation_id,
        )
        self._do(self.world.store.settle(self._do(self.world.leased()), [opening(new)], NOW))
        state = STATE.ASSIGNED if chosen else STATE.WAITING
        case = Case(new, state, chosen, new.seeker_alias, [], excluded=dict(before.excluded))
        self.cases.append(case)

    @rule(pick=st.integers(0, 99), again=st.booleans())
    @precondition(lambda self: self.cases)
    def a_seeker_wants_no_more_mail(self, pick: int, again: bool) -> None:
        """It ends, also while it waits: then there is nobody whom it would come back to when they write again."""
        case = self._case(pick)
        self._settle(case, effects.MailStopped())
        if case.state is not STATE.BLOCKED:
            case.state, case.asked = STATE.CLOSED, None
        if again:
            self.somebody_writes(pick, Side.SEEKER)

    @rule(pick=st.integers(0, 99), call=st.sampled_from(Call))
    @precondition(lambda self: self.cases)
    def a_call_is_wanted_or_not(self, pick: int, call: Call) -> None:
        """It stands as it was said last, whoever is responsible; that one was wanted is counted once."""
        case = self._case(pick)
        self._settle(case, effects.CallSet(call))
        case.call = call
        case.was_called_for = case.was_called_for or call is Call.WANTED

    @rule(pick=st.integers(0, 99), tags=st.lists(st.sampled_from(TAGS), min_size=1, max_size=3))
    @precondition(lambda self: self.cases)
    def somebody_tags(self, pick: int, tags: list[str]) -> None:
        """Each once, in the order in which they were said."""
        case = self._case(pick)
        self._settle(case, effects.Tagged(tuple(tags)))
        case.tags = tuple(dict.fromkeys((*case.tags, *tags)))

    @rule(pick=st.integers(0, 99))
    @precondition(lambda self: self.cases)
    def somebody_wants_another_counselor(self, pick: int) -> None:
        """For ever, and also after the end."""
        case = self._case(pick)
        self._settle(case, effects.OtherAsked())
        if case.state in {*HELD_BY_A_COUNSELOR, STATE.CLOSED}:
            self._released(case, seeker_effects.FOR_EVER)

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
            self._released(case, NOW + DAY)

    @rule(pick=st.integers(0, 99), queue=st.sampled_from(QUEUES))
    @precondition(lambda self: self.cases)
    def somebody_moves_it_to_another_queue(self, pick: int, queue: str) -> None:
        case = self._case(pick)
        if case.state in HELD_BY_A_COUNSELOR:
            self._settle(case, effects.HandedOver(NOW + DAY, "A summary.", "Robin", queue=queue))
            self._released(case, NOW + DAY)
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
        self._released(case, NOW + DAY)
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
            self._released(case, None)
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
            self._released(case, NOW + DAY)
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
            self._released(case, NOW + DAY)
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
            self._released(case, NOW + DAY)

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
        self._do(books.ask(case.new.conversation_id, stored.version, (), NOW, (NOW + DAY, "q@relay.test")))
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
            self._released(case, NOW + DAY)
            case.asked = question
        for case in self.cases:
            if case.counselor == who and case.state in {STATE.CLOSED, STATE.BLOCKED}:
                case.dead.append(case.alias)
                case.counselor = None


def test_any_order_of_commands_keeps_what_always_holds() -> None:
    """A few dozen sequences each time, and many more in the long profile."""
    run_state_machine_as_test(
        DeskMachine,
        settings=settings(
            max_examples=200 if IS_LONG else 12, stateful_step_count=40 if IS_LONG else 20, deadline=None
        ),
    )
