"""Deletes the provider's copies of what relay has sent, where the operator wants that. Run by ``app``.

A copy is known by its Message-ID, which is marked as a relay's (``domain.aliases.is_relays``); whatever else lies in
the folder stays. Nothing depends on it: what fails is tried again with the next look.
"""

from __future__ import annotations

import asyncio
from typing import Final

from relay.domain.aliases import is_relays
from relay.edge.imap_in.credentials import secret_of
from relay.edge.imap_in.session import BATCH, Session
from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.trouble import MailboxTrouble
from relay.flow.ports import Clock
from relay.log import Event, say

LOOK_EACH_S: Final = 300.0


class SentEraser:
    """Looks into one folder every ``LOOK_EACH_S``, over a connection of its own."""

    def __init__(self, settings: MailboxSettings, label: str, clock: Clock) -> None:
        self._settings = settings
        self._label = label
        self._clock = clock
        self._reached = (0, 0)

    async def run(self) -> None:
        """Delete for ever; cancel to stop."""
        while True:
            await self._clock.wait(asyncio.Event(), LOOK_EACH_S)
            try:
                await self.erase()
            except MailboxTrouble as trouble:
                say(Event.MAILBOX_FAILED, place=self._label, cause=trouble.cause)

    async def erase(self) -> int:
        """Delete the copies that are there now; how many. Raises ``MailboxTrouble``."""
        assert self._settings.sent_folder is not None
        session = await Session.open(self._settings, await secret_of(self._settings))
        deleted = 0
        try:
            folder = await session.select(self._settings.sent_folder)
            reached = self._reached[1] if self._reached[0] == folder.validity else 0
            uids = await session.uids_above(reached)
            for start in range(0, len(uids), BATCH):
                some = uids[start : start + BATCH]
                found = await session.message_ids(some)
                ours = [uid for uid in some if _is_ours(found.get(uid, b""))]
                if ours and not await session.delete(ours):
                    return deleted
                deleted += len(ours)
                self._reached = (folder.validity, some[-1])
            await session.close()
        finally:
            session.cut()
        return deleted


def _is_ours(field: bytes) -> bool:
    value = field.partition(b":")[2].decode("latin-1")
    return is_relays("".join(value.split()).strip("<>"))
