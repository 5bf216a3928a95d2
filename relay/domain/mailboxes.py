"""Mailboxes at a provider's that mail is taken from: where a message lies, and why one is left there. Pure.

Standard: RFC 9051 §2.3.1.1 (a UID means one message for ever, together with folder and UIDVALIDITY).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """Where a message lies. ``place``: account and folder, which the store keeps as a blind index alone."""

    place: str
    validity: int
    uid: int

    def __repr__(self) -> str:
        return "Fetched(<redacted>)"


class Left(Enum):
    """Why a message was not taken: it stays where it is, the operator is told once, and the next one is taken."""

    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    NO_RECIPIENT = "no-recipient"
    NOT_OURS = "not-ours"


CHECK_PREFIX = "check-"
"""Begins the local part that ``relay check --live`` writes to: nobody's, taken by nobody, told to nobody."""
