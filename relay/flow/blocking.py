"""What the flow asks the store about senders whose mail is held for a time (``ports``)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from relay.domain.standing import Block


class Blocks(Protocol):
    """Senders whose mail is held for a time. Nobody can be listed or read, only asked about."""

    async def block(self, address: str, now: datetime, until: datetime) -> None:
        """Hold what comes under this address from now on; a block that is there already is replaced."""

    async def unblock(self, address: str) -> bool:
        """End a block now; ``False`` when there is none."""

    async def blocked(self, addresses: Collection[str], now: datetime) -> Block | None:
        """The block in force for any of these addresses."""

    async def note_told(self, block: Block, now: datetime) -> None:
        """Remember that the operator has been told of mail that this block holds."""
