"""What counselors' commands look up in the store, and what hand-over writes: the port of ``store.casebook``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relay.domain.closing import Closing
from relay.domain.conversations import ConversationState
from relay.domain.risk import Risk
from relay.flow.outcomes import LeasedDelivery, Told


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A conversation that a counselor has, as a list shows it."""

    conversation_id: bytes
    intake: str
    pseudonym: str
    state: ConversationState
    language: str
    risk: Risk
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StoredNote:
    """Words of a counselor for the next one. ``author``: their pseudonym."""

    text: str
    author: str
    written_at: datetime

    def __repr__(self) -> str:
        return "StoredNote(<redacted>)"


AsksFirst = Callable[[str, str], bool]
"""Tells of an intake address and the queue that a conversation was moved to whether seekers are asked there before
somebody else goes on."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a counselor has left: how many ``open`` conversations wait for somebody else, of how many of them the seeker
    is ``asked`` first, and how many ``held`` messages of theirs were forgotten.
    """

    open: int
    asked: int
    held: int


class Casebook(Protocol):
    """Each method is one transaction. May raise ``StoreTrouble``."""

    async def cases_of(self, counselor_id: str) -> tuple[StoredCase, ...]:
        """The conversations that a counselor has now, in danger first, then oldest first."""

    async def named(self, pseudonym: str) -> bytes | None:
        """The id of the conversation with this pseudonym that somebody has or that waits; case does not matter."""

    async def asked_under(self, given: Sequence[str]) -> bytes | None:
        """The conversation of the entry that was stored with one of these ``Outcome.answers``, held or not."""

    async def unbriefed(self) -> tuple[bytes, ...]:
        """Conversations whose new counselor has not read the notes yet."""

    async def briefed(
        self, conversation_id: bytes, version: int, told: Sequence[Told], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        """Write a briefing, and that it is not owed any more. Raises ``Stale`` when the conversation has moved on."""

    async def close(
        self, conversation_id: bytes, version: int, told: Sequence[Told], how: Closing, now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        """End a conversation and tell of it. Raises ``Stale`` when it has moved on, or is nobody's to end."""

    async def silences(self, now: datetime) -> tuple[bytes, ...]:
        """Conversations whose seeker was asked before a hand-over and has had the time to answer, or is owed the
        question.
        """

    async def asked_no_more(self, conversation_id: bytes, now: datetime) -> None:
        """Nothing is waited for there any more, of what was due then."""

    async def silent(
        self, conversation_id: bytes, version: int, told: Sequence[Told], now: datetime, *, goes: bool
    ) -> tuple[LeasedDelivery, ...]:
        """No answer came: the counselor goes on, or somebody else (``goes``). Raises ``Stale``."""

    async def ask(
        self,
        conversation_id: bytes,
        version: int,
        told: Sequence[Told],
        now: datetime,
        put: tuple[datetime, str],
    ) -> tuple[LeasedDelivery, ...]:
        """The question that was owed has been ``put``: until when it may be answered, and its id. Raises ``Stale``."""

    async def leave(self, counselor_id: str, now: datetime, until: datetime, asks: AsksFirst) -> Left:
        """A counselor leaves, and gets nothing before ``until``; what they had goes to others."""

    async def notes(self, conversation_id: bytes) -> tuple[StoredNote, ...]:
        """The notes of a conversation, oldest first. Raises ``CipherError``."""
