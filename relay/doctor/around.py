"""What a probe may ask of the world around the line. Made by ``command``; by tests with a world of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from relay.config import Settings
from relay.domain.roster import Roster
from relay.mail.proof.lookups import Lookup, LookupTrouble, RecordType


@dataclass(frozen=True, slots=True)
class Around:
    """``now``: aware, UTC. ``fetch``: the text at an https address, ``None`` when there is none in time.

    ``advice``: what ``relay check`` found in the files that is allowed and hardly meant.
    """

    settings: Settings
    roster: Roster
    now: datetime
    lookup: Lookup
    fetch: Callable[[str], Awaitable[str | None]]
    advice: tuple[str, ...] = ()

    async def records(self, name: str, kind: RecordType) -> tuple[str, ...] | None:
        """What the DNS has there; ``None`` when it does not answer, which tells nothing."""
        try:
            return await self.lookup(name, kind)
        except LookupTrouble:
            return None

    async def texts(self, name: str, begins: str) -> tuple[str, ...] | None:
        """The TXT records there that begin so, whatever the case."""
        found = await self.records(name, RecordType.TXT)
        return None if found is None else tuple(t for t in found if t.lower().startswith(begins.lower()))
