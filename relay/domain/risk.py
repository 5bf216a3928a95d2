"""How much danger a conversation is marked with: by its counselor, by its seeker, or by a list of words. Pure."""

from __future__ import annotations

from enum import Enum


class Risk(Enum):
    """``HIGH``: to the front of every queue. Nothing but a counselor or supervisor takes it down again."""

    NONE = "none"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Where a conversation stands in a queue: lower comes first, and among equals who has waited longest."""
        return 0 if self is Risk.HIGH else 1
