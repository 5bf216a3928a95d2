"""Who is on duty and whom a seeker knows, as far as the store knows it (``flow.ports.Duties``).

Hung on ``SqlStore`` as ``duties``; each method is one transaction on its lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from relay.domain.overrides import Override
from relay.edge.store import acquaintances, duty, overrides
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.shortcut import Autocommit, Shortcut


class Duties:
    """What the roster of the configuration does not say."""

    def __init__(
        self,
        writer: Lane,
        reader: Lane,
        shortcut: Shortcut | Autocommit,
        keyring: Keyring,
        unreadable: Callable[[str], None],
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._shortcut = shortcut
        self._keyring = keyring
        self._unreadable = unreadable

    async def overrides(self, now: datetime) -> Mapping[str, Override]:
        return await self._reader.run(lambda c: overrides.in_force(c, self._keyring, now, self._unreadable))

    async def override(self, counselor_id: str, said: Override | None) -> None:
        await self._writer.run(lambda c: overrides.put(c, self._keyring, counselor_id, said))

    async def known_to(self, addresses: Collection[str], now: datetime) -> str:
        return await self._shortcut.run(lambda c: acquaintances.known_to(c, self._keyring, addresses, now))

    async def let_go(self, conversation_id: bytes, version: int, now: datetime) -> None:
        await self._writer.run(lambda c: duty.let_go(c, self._keyring, conversation_id, version, now))
