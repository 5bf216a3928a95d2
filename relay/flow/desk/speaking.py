"""Who speaks to the desk, and what they answer: a counselor, a supervisor, or nobody that we know.

Called by ``flow.resolve``. What a message claims is checked by a stage. Somebody who is a counselor and a supervisor is
heard as the one to whom the question was put that they answer, and as a counselor where they answer none.

Failures: ``StoreTrouble`` goes up, and the entry is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from relay.domain.addresses import OurAddress
from relay.domain.assignment import Load
from relay.domain.conversations import ConversationState
from relay.domain.roster import Counselor, Roster, Supervisor
from relay.flow.desk.casebook import Casebook
from relay.flow.holding import notice_answer, watch_answer
from relay.flow.people import person_of, supervisor_person, view_of
from relay.flow.ports import Clock, StoredConversation
from relay.flow.values import Facts, Target, TargetKind


class Books(Protocol):
    """The part of the store that is asked."""

    @property
    def casebook(self) -> Casebook: ...

    async def held_under(self, given: Sequence[str]) -> bytes | None: ...

    async def loads(self) -> Mapping[str, Load]: ...

    async def conversation(self, conversation_id: bytes) -> StoredConversation | None: ...


class Speaking:
    """``roster``: who is on the line now."""

    def __init__(self, store: Books, roster: Callable[[], Roster], clock: Clock) -> None:
        self._store = store
        self._roster = roster
        self._clock = clock

    async def at_desk(self, desk: OurAddress, facts: Facts, speakers: frozenset[str], login: str) -> Target:
        """What a message to the desk is. ``speakers``: under which addresses it comes; ``login``: who brought it."""
        told = await self._store.held_under([notice_answer(each) for each in facts.refers_to])
        counselor, supervisor = self._counselor(speakers, login), self.supervisor(speakers)
        if supervisor is not None:
            questions = [watch_answer(each) for each in facts.refers_to]
            asked = await self._store.casebook.asked_under(questions)
            if counselor is None or asked is not None:
                return await self._watched(desk, supervisor, questions, asked, told)
        if counselor is None:
            return Target(TargetKind.DESK, desk, answers_to=told)
        return Target(
            TargetKind.DESK,
            desk,
            speaker=person_of(counselor, ""),
            speaker_id=counselor.counselor_id,
            answers_to=told,
            is_away=await self.is_away(counselor.counselor_id),
        )

    async def _watched(
        self,
        desk: OurAddress,
        supervisor: Supervisor,
        questions: Sequence[str],
        asked: bytes | None,
        told: bytes | None,
    ) -> Target:
        """A supervisor's mail, about what they were asked."""
        stored = await self._store.conversation(asked) if asked else None
        is_here = stored is not None and stored.state is not ConversationState.ERASED
        return Target(
            TargetKind.DESK,
            desk,
            view_of(stored, self._roster()) if stored is not None and is_here else None,
            answers_to=told,
            reviews=await self._store.held_under(questions),
            supervisor=supervisor_person(supervisor),
            supervisor_id=supervisor.supervisor_id,
        )

    async def is_away(self, counselor_id: str) -> bool:
        """Tell whether a counselor gets no new requests now, because their mail says so or cannot reach them."""
        load = (await self._store.loads()).get(counselor_id)
        return load is not None and load.is_away(self._clock.now())

    def supervisor(self, speakers: frozenset[str]) -> Supervisor | None:
        """The supervisor under one of these addresses."""
        supervisors = self._roster().supervisors
        return next((s for s in supervisors if any(a.key in speakers for a in s.addresses)), None)

    def _counselor(self, speakers: frozenset[str], login: str) -> Counselor | None:
        """The counselor under one of these addresses, or who has logged in."""
        roster = self._roster()
        if login:
            return roster.counselor(login)
        return next((c for c in roster.counselors if any(a.key in speakers for a in c.addresses)), None)
