"""What a model of the desk knows of conversations, how it is held against the store, and what always holds."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)

from relay.domain.calls import Call
from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent, ConversationState, Side
from relay.domain.entries import EntryEvent
from relay.domain.measures import YES
from relay.domain.risk import Risk
from relay.flow.effects import Effect
from relay.flow.outcomes import NewConversation, Outcome, Settled
from relay.flow.ports import Stale
from relay.flow.values import Target, TargetKind
from tests.unit.edge.store_world import HELP, NOW, World

T = TypeVar("T")
STATE = ConversationState
COUNSELORS = ("ana", "ben", "kim")
QUEUES = ("grief", "night")
TAGS = ("grief", "sleep", "age:20-29")
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
    """What the model knows of a conversation. ``dead``: aliases that must accept nothing. ``was_called_for``: once at
    least, which is counted; ``excluded``: who must not get it, until when.
    """

    new: NewConversation
    state: STATE
    counselor: str | None
    alias: str
    dead: list[str]
    notes: int = 0
    asked: Question | None = None
    risk: Risk = Risk.NONE
    queue: str = ""
    call: Call = Call.NONE
    was_called_for: bool = False
    tags: tuple[str, ...] = ()
    excluded: dict[str, datetime] = field(default_factory=dict)


class Model(RuleBasedStateMachine):
    """A store, and what should be in it; rules are written on top of it."""

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

    # --- the model -----------------------------------------------------------------------------------

    def _case(self, pick: int) -> Case:
        return self.cases[pick % len(self.cases)]

    def _count(self, who: str) -> int:
        return sum(case.counselor == who and case.state in HELD_BY_A_COUNSELOR for case in self.cases)

    def _released(self, case: Case, until: datetime | None) -> None:
        """It waits; whoever had it does not get it again before ``until``."""
        if until is not None and case.counselor is not None:
            case.excluded[case.counselor] = until
        case.dead.append(case.alias)
        case.state, case.counselor, case.asked = STATE.HANDOVER, None, None

    def _given(self, case: Case, who: str, alias: str) -> None:
        case.state, case.counselor, case.alias, case.asked = STATE.ASSIGNED, who, alias, None

    def _settle(
        self,
        case: Case,
        *wanted: Effect,
        event: ConversationEvent | None = None,
        what: EntryEvent = EntryEvent.STOPPED,
    ) -> None:
        assert self._is_settled(case, *wanted, event=event, what=what)

    def _is_settled(
        self,
        case: Case,
        *wanted: Effect,
        event: ConversationEvent | None = None,
        what: EntryEvent = EntryEvent.STOPPED,
    ) -> bool:
        target = Target(TargetKind.ALIAS, HELP, self._do(self.world.view(case.new)), Side.COUNSELOR)
        outcome = Outcome(what, conversation_event=event, effects=wanted)
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
            assert (stored.queue, stored.call, stored.tags) == (case.queue, case.call, case.tags)
            assert dict(stored.excluded) == case.excluded
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
    def what_is_counted_is_counted_once(self) -> None:
        """A topic of a conversation, and that it asked for a call, however often it was said."""
        counted = {
            (measure, cell): int(amount)
            for measure, cell, amount in self.world.run(
                "SELECT measure, cell, sum(amount) FROM counts WHERE measure IN ('topics', 'calls') "
                "GROUP BY measure, cell"
            )
        }
        expected = Counter(("topics", tag) for case in self.cases for tag in case.tags)
        expected.update(("calls", YES) for case in self.cases if case.was_called_for)
        assert counted == dict(expected)

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
