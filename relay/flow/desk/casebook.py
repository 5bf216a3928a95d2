"""What counselors' commands look up in the store; ``store.casebook`` answers. Values and a port, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relay.domain.conversations import ConversationState
from relay.domain.risk import Risk


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A conversation that a counselor has, as a list shows it."""

    conversation_id: bytes
    version: int
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


class Casebook(Protocol):
    """Reading only; each method is one transaction. May raise ``StoreTrouble``."""

    async def cases_of(self, counselor_id: str) -> tuple[StoredCase, ...]:
        """The conversations that a counselor has now, in danger first, then oldest first."""

    async def notes(self, conversation_id: bytes) -> tuple[StoredNote, ...]:
        """The notes of a conversation, oldest first. Raises ``CipherError``."""
