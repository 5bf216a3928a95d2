"""What the use cases need of the store to know who is on duty, beside what each counselor carries. One protocol."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from relay.domain.overrides import Override


class Duties(Protocol):
    """Each method is one transaction."""

    async def overrides(self, now: datetime) -> Mapping[str, Override]:
        """What counselors have said by mail of their own duty and what has not ended, by their ids."""

    async def override(self, counselor_id: str, said: Override | None) -> None:
        """Let it hold from now on, in place of what was said before; ``None``: nothing is said any more."""

    async def known_to(self, addresses: Collection[str], now: datetime) -> str:
        """Id of the counselor who was found last for a seeker with one of these addresses; empty: nobody."""

    async def let_go(self, conversation_id: bytes, version: int, now: datetime) -> None:
        """Nobody is responsible any more, and what was not answered waits, too. Raises ``Stale``."""
