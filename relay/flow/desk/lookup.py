"""What the commands of a message need to see, gathered in the daemon before the worker decides.

Called by ``flow.decide`` when ``Facts.commands`` names any and their author is a counselor's side. A subject that
puts text in the place of a command (referrals, readings) registers an ``Inserter`` for its commands where the daemon is
put together; it is asked with the command as a value, and what it answers is found by the command's line.

Failures: ``StoreTrouble`` goes up, and the entry is tried again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from relay.domain.assignment import Candidate, Load
from relay.domain.commands import Command
from relay.domain.conversations import Side
from relay.domain.roster import Roster
from relay.domain.verbs import parse
from relay.flow.desk.casebook import Casebook
from relay.flow.values import Facts, Known, Target, TargetKind
from relay.flow.views import CaseView, Colleague, DeskView, Insertion


class Inserter(Protocol):
    """Looks up what stands in the place of one command."""

    async def insert(self, command: Any, known: Known) -> Insertion:
        """``known.target`` holds the conversation. The answer's ``line`` is filled in by the caller."""


class Lookup:
    """``loads``: what every counselor carries. ``due_at``: when the next answer in a conversation is promised, by
    its id; the clock answers that.
    """

    def __init__(
        self,
        casebook: Casebook,
        loads: Callable[[], Awaitable[Mapping[str, Load]]],
        roster: Callable[[], Roster],
        inserters: Mapping[type[Command], Inserter] | None = None,
        due_at: Callable[[bytes], Awaitable[datetime | None]] | None = None,
    ) -> None:
        self._casebook = casebook
        self._loads = loads
        self._roster = roster
        self._inserters = inserters or {}
        self._due_at = due_at

    async def fill(self, known: Known, facts: Facts) -> Known:
        """The same with what its commands need; unchanged when a counselor does not speak in it."""
        counselor_id = speaker_of(known.target)
        if not facts.commands or not counselor_id:
            return known
        return replace(
            known, desk=await self._view(known, counselor_id), inserts=await self._inserts(known, facts)
        )

    async def _view(self, known: Known, counselor_id: str) -> DeskView:
        roster, loads = self._roster(), await self._loads()
        cases = [
            CaseView(
                case.pseudonym,
                case.state,
                case.language,
                case.risk,
                case.opened_at,
                case.changed_at,
                await self._due(case.conversation_id),
            )
            for case in await self._casebook.cases_of(counselor_id)
        ]
        colleagues = tuple(
            Colleague(
                each.counselor_id,
                each.pseudonym,
                each.languages,
                each.rota.on_duty(known.now),
                Candidate(each, loads.get(each.counselor_id, Load())).is_free(known.now),
            )
            for each in roster.counselors
            if each.counselor_id != counselor_id
        )
        languages = tuple(
            dict.fromkeys(language for each in roster.counselors for language in each.languages)
        )
        conversation = known.target.conversation
        due_at = await self._due(conversation.conversation_id) if conversation else None
        return DeskView(tuple(cases), colleagues, languages, due_at)

    async def _due(self, conversation_id: bytes) -> datetime | None:
        return await self._due_at(conversation_id) if self._due_at else None

    async def _inserts(self, known: Known, facts: Facts) -> tuple[Insertion, ...]:
        found = []
        for asked in facts.commands:
            command = parse(asked.verb, asked.words, asked.below)
            inserter = self._inserters.get(type(command)) if command is not None else None
            if inserter is not None:
                found.append(replace(await inserter.insert(command, known), line=asked.line))
        return tuple(found)


def speaker_of(target: Target) -> str:
    """The id of the counselor whose commands these would be, or nothing; whether it is them is for the stages."""
    if target.kind is TargetKind.DESK:
        return target.speaker_id
    is_theirs = target.kind is TargetKind.ALIAS and target.author_side is Side.COUNSELOR
    return (target.conversation.counselor_id or "") if is_theirs and target.conversation else ""
