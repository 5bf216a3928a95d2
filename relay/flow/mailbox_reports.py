"""Tells the operator of mailboxes at a provider's: messages that were left in them, a mailbox that cannot be used.

Called by those who watch mailboxes (``edge.imap_in``), several at a time. What was left is told once, in one notice for
all that has gathered, and at most every ten minutes; a crash between the notice and the note of it tells it twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from relay.flow.gather import Mailboxes
from relay.flow.letters import OPERATOR_LANGUAGE
from relay.flow.office import Office
from relay.flow.outcomes import LeasedDelivery
from relay.mail import notices_mailboxes
from relay.mail.texts import Text

NOT_BEFORE: Final = timedelta(minutes=10)

_CAUSES: Final[Mapping[str, str]] = {
    "login": "login",
    "credential": "credential",
    **dict.fromkeys(("tls", "starttls", "preauth"), "tls"),
    "folder": "folder",
    "store": "store",
}


class Notices(Protocol):
    """The part of the store that notices go to."""

    async def queue_notice(self, notice: LeasedDelivery, now: datetime) -> LeasedDelivery: ...


class MailboxReports:
    """``deliver`` is given every notice that was stored."""

    def __init__(
        self,
        mailboxes: Mailboxes,
        notices: Notices,
        office: Office,
    ) -> None:
        self._office = office
        self._mailboxes = mailboxes
        self._notices = notices
        self._told_at: datetime | None = None
        self._telling = asyncio.Lock()

    async def left(self) -> bool:
        """Tell what was left and not told yet. ``False``: something was told a moment ago, and this has to wait.

        Raises ``StoreTrouble``.
        """
        async with self._telling:
            now = self._office.clock.now()
            counts = await self._mailboxes.untold()
            if counts and self._told_at is not None and now - self._told_at < NOT_BEFORE:
                return False
            if counts:
                await self._tell(
                    notices_mailboxes.left(self._office.letters.texts, OPERATOR_LANGUAGE, counts)
                )
                await self._mailboxes.told()
                self._told_at = now
            return True

    async def away(self, mailbox: str, cause: str) -> None:
        """Tell that a mailbox cannot be used; ``mailbox``: its number. Raises ``StoreTrouble``."""
        known = _CAUSES.get(cause, "reach")
        await self._tell(
            notices_mailboxes.away(self._office.letters.texts, OPERATOR_LANGUAGE, mailbox, known)
        )

    async def _tell(self, text: Text) -> None:
        service, now = self._office.service, self._office.clock.now()
        new_id = self._office.new_id()
        notice = LeasedDelivery.of(self._office.letters.to_operator(text, service, now, new_id), now, None)
        self._office.deliver(await self._notices.queue_notice(notice, now))
