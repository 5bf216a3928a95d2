"""What the commands of a message need to see, gathered in the daemon before the worker decides.

Called by ``flow.decide`` when ``Facts.commands`` names any and their author is a counselor's side. A subject that
puts text in the place of a command (referrals, readings) registers an ``Inserter`` for its commands where the daemon is
put together; it is asked with the command as a value, and what it answers is found by the command's line.

``!take`` at the desk names a conversation: that becomes the target's, so that its version is compared and its record
changed like that of any reply.

Failures: ``StoreTrouble`` goes up, and the entry is tried again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, Protocol

from relay.domain import clocks
from relay.domain.aliases import Randomness, mint_token
from relay.domain.assignment import Candidate, Load, answers
from relay.domain.clocks import Clock, Rung
from relay.domain.commands import Command, Duty, DutyAsk, Take
from relay.domain.consent import is_asked_first
from relay.domain.conversations import HELD_BY_A_COUNSELOR, Side
from relay.domain.overrides import TooFar, override
from relay.domain.roster import ALL_REVIEWED, Counselor, Roster
from relay.domain.verbs import parse
from relay.flow.desk.casebook import Casebook
from relay.flow.inviting import Invitations, invited
from relay.flow.parties import ConversationView
from relay.flow.people import supervisors_of, view_of
from relay.flow.ports import StoredConversation
from relay.flow.resolve import Plan
from relay.flow.values import Facts, Known, Target, TargetKind
from relay.flow.views import CaseView, Colleague, DeskView, DutyView, Insertion, QueueView


class Inserter(Protocol):
    """Looks up what stands in the place of one command."""

    async def insert(self, command: Any, known: Known) -> Insertion:
        """``known.target`` holds the conversation. The answer's ``line`` is filled in by the caller."""


class Books(Protocol):
    """The part of the store that commands look into."""

    @property
    def casebook(self) -> Casebook: ...

    @property
    def clocks(self) -> Clocks: ...

    @property
    def invitations(self) -> Invitations: ...

    async def loads(self) -> Mapping[str, Load]: ...

    async def conversation(self, conversation_id: bytes) -> StoredConversation | None: ...


class Clocks(Protocol):
    """The clocks of conversations."""

    async def clock_of(self, conversation_id: bytes) -> Clock | None: ...


class Lookup:
    """``roster``: with what counselors have said of their duty; ``plan``: as it is in force."""

    def __init__(
        self,
        store: Books,
        roster: Callable[[], Awaitable[Roster]],
        plan: Callable[[], Plan],
        randomness: Randomness,
        inserters: Mapping[type[Command], Inserter] | None = None,
    ) -> None:
        self._store = store
        self._roster = roster
        self._plan = plan
        self._randomness = randomness
        self._inserters = inserters or {}

    async def fill(self, known: Known, facts: Facts) -> Known:
        """The same with what its commands need, and who reads it first; unchanged when no counselor speaks in it."""
        known, counselor_id = await self.reviewed(known), speaker_of(known.target)
        if not facts.commands or not counselor_id:
            return known
        commands = [(each, parse(each.verb, each.words, each.below)) for each in facts.commands]
        if known.target.kind is TargetKind.DESK:
            named = next((c.pseudonym for _, c in commands if isinstance(c, Take) and c.pseudonym), "")
            known = await self._about(known, named) if named else known
        inserts = []
        for asked, command in commands:
            inserter = self._inserters.get(type(command)) if command is not None else None
            if inserter is not None:
                inserts.append(replace(await inserter.insert(command, known), line=asked.line))
        desk = await self._desk(known, counselor_id)
        duty = next((c for _, c in commands if isinstance(c, Duty)), None)
        if duty is not None:
            desk = replace(desk, duty=await self._duty(duty, known, counselor_id))
        return replace(known, desk=desk, inserts=tuple(inserts))

    async def reviewed(self, known: Known) -> Known:
        """The same with who has to read a counselor's reply before it goes out."""
        view, roster = known.target.conversation, self._plan().roster
        is_reply = known.target.kind is TargetKind.ALIAS and known.target.author_side is Side.COUNSELOR
        counselor = roster.counselor(view.counselor_id or "") if view is not None and is_reply else None
        if view is None or counselor is None or not counselor.review:
            return known
        load = (await self._store.loads()).get(counselor.counselor_id, Load())
        if counselor.review != ALL_REVIEWED and load.reviewed >= counselor.review:
            return known
        return replace(known, reviewers=supervisors_of(view, roster))

    async def _about(self, known: Known, pseudonym: str) -> Known:
        """The same about the conversation that is named; unchanged when there is none."""
        conversation_id = await self._store.casebook.named(pseudonym)
        stored = await self._store.conversation(conversation_id) if conversation_id else None
        if stored is None:
            return known
        return replace(known, target=replace(known.target, conversation=view_of(stored, self._plan().roster)))

    async def _desk(self, known: Known, counselor_id: str) -> DeskView:
        roster, loads = await self._roster(), await self._store.loads()
        cases = [
            CaseView(
                case.pseudonym,
                case.state,
                case.language,
                case.risk,
                case.opened_at,
                case.changed_at,
                await self._due(case.conversation_id, case.intake),
            )
            for case in await self._store.casebook.cases_of(counselor_id)
        ]
        everybody = [_colleague(each, loads, known.now) for each in roster.counselors]
        languages = dict.fromkeys(language for each in everybody for language in each.languages)
        conversation = known.target.conversation
        return DeskView(
            cases=tuple(cases),
            colleagues=tuple(each for each in everybody if each.counselor_id != counselor_id),
            languages=tuple(languages),
            due_at=await self._due(conversation.conversation_id, conversation.intake)
            if conversation
            else None,
            own=next((each for each in everybody if each.counselor_id == counselor_id), None),
            alias=known.service.at(mint_token(self._randomness)),
            supervisors=supervisors_of(conversation, roster),
            is_takeable=await self._is_takeable(conversation) if conversation else False,
            tags=self._plan().tags,
            queues=tuple(_queue(name, roster, known.now) for name in roster.queue_names),
            queue=roster.queue_for(conversation.intake, conversation.queue).name if conversation else "",
            consent_by=self._consent_by(conversation, known.now),
            silence_hands_over=self._plan().silence_hands_over,
            invitation=invited(
                self._store.invitations, self._plan(), conversation, self._randomness, known.now
            ),
        )

    def _consent_by(self, conversation: ConversationView | None, now: datetime) -> datetime | None:
        """Until when a seeker may answer before a hand-over, where they are asked."""
        if conversation is None or not is_asked_first(conversation.state, conversation.risk):
            return None
        asks = self._plan().roster.queue_for(conversation.intake, conversation.queue).asks_consent
        return now + self._plan().consent_wait if asks else None

    async def _duty(self, asked: Duty, known: Known, counselor_id: str) -> DutyView | None:
        counselor = (await self._roster()).counselor(counselor_id)
        planned = self._plan().roster.counselor(counselor_id)
        if counselor is None or planned is None:
            return None
        until: time | date | datetime | None = asked.until_time or asked.until_date
        if asked.until_date is not None and asked.until_time is not None:
            until = datetime.combine(asked.until_date, asked.until_time)
        try:
            said = override(
                asked.ask is DutyAsk.ON,
                until,
                now=known.now,
                zone=counselor.zone,
                shift_ends=planned.rota.next_end,
            )
            asked_until = said.until
        except TooFar:
            asked_until = None
        rota = counselor.rota
        return DutyView(rota.on_duty(known.now), rota.next_change(known.now), counselor.zone.key, asked_until)

    async def _due(self, conversation_id: bytes, intake: str) -> datetime | None:
        clock = await self._store.clocks.clock_of(conversation_id)
        return clocks.answer_due(clock, self._plan().pledges.of(intake).terms) if clock else None

    async def _is_takeable(self, conversation: ConversationView) -> bool:
        if conversation.counselor_id is None:
            return True
        clock = await self._store.clocks.clock_of(conversation.conversation_id)
        is_overdue = clock is not None and bool(clock.done & (Rung.ENDED | Rung.RISK_SECOND))
        return conversation.state in HELD_BY_A_COUNSELOR and is_overdue


def speaker_of(target: Target) -> str:
    """The id of the counselor whose commands these would be, or nothing; whether it is them is for the stages."""
    if target.kind is TargetKind.DESK:
        return target.speaker_id
    is_theirs = target.kind is TargetKind.ALIAS and target.author_side is Side.COUNSELOR
    return (target.conversation.counselor_id or "") if is_theirs and target.conversation else ""


def _queue(name: str, roster: Roster, now: datetime) -> QueueView:
    queue = roster.queue(name)
    people = [each for each in roster.counselors if answers(each, queue)]
    languages = sorted({language.lower() for each in people for language in each.languages})
    return QueueView(name, tuple(languages), any(queue.rota_of(each).on_duty(now) for each in people))


def _colleague(counselor: Counselor, loads: Mapping[str, Load], now: datetime) -> Colleague:
    candidate = Candidate(counselor, loads.get(counselor.counselor_id, Load()))
    is_on_duty = counselor.rota.on_duty(now) and not candidate.load.is_away(now)
    has_room = candidate.load.open < counselor.capacity
    return Colleague(
        counselor.counselor_id,
        counselor.pseudonym,
        counselor.languages,
        is_on_duty,
        has_room,
        counselor.capacity,
    )
