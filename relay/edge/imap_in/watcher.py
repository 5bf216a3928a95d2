"""One folder's life: connect, collect, put away, wait for news, and begin again when anything goes wrong.

``app`` runs one for each folder, as long as the daemon runs. Nothing that happens to a mailbox ends it; the operator
is told when a mailbox has been out of reach for ``AWAY`` or has refused the login ``REFUSED`` times, once until it is
back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from relay.domain.aliases import Randomness
from relay.edge.imap_in.collecting import Collecting, Folder, Gatherer, Memory
from relay.edge.imap_in.credentials import secret_of
from relay.edge.imap_in.session import Session
from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.trouble import LoginRefused, MailboxTrouble
from relay.errors import RelayError
from relay.flow.gather import Mailboxes
from relay.flow.ports import Clock
from relay.log import Event, say

AWAY: Final = timedelta(minutes=15)
REFUSED: Final = 3


class Watcher:
    """``report`` tells the operator what was left, and whether all is told; ``away`` that a mailbox cannot be used,
    with a constant cause.
    """

    def __init__(
        self,
        settings: MailboxSettings,
        folder: str,
        label: str,
        gatherer: Gatherer,
        store: Mailboxes,
        clock: Clock,
        randomness: Randomness,
        report: Callable[[], Awaitable[bool]],
        away: Callable[[str], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._label = label
        self._gatherer = gatherer
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._report = report
        self._away = away
        self._memory = Memory()
        self._failures = 0
        self._refusals = 0
        self._failing_since: datetime | None = None
        self._is_told = False

    async def run(self) -> None:
        """Watch for ever; cancel to stop. What is not committed then is where it was."""
        while True:
            try:
                await self._connection()
            except MailboxTrouble as trouble:
                await self._failed(trouble.cause, is_refused=isinstance(trouble, LoginRefused))
            except RelayError as trouble:
                await self._failed("store", error_class=type(trouble).__name__)
            except Exception as error:  # noqa: BLE001 - our own mistake must not end the intake for good
                await self._failed("failed", error_class=type(error).__name__)
            await self._clock.wait(asyncio.Event(), self._pause_s())

    async def _connection(self) -> None:
        settings = self._settings
        session = await Session.open(settings, await secret_of(settings))
        try:
            opened = await session.select(self._folder)
            say(Event.MAILBOX_OPENED, place=self._label, count=opened.count)
            folder = Folder(settings.place(self._folder), self._label, opened.validity, settings)
            collecting = Collecting(session, folder, self._gatherer, self._store, self._memory, self._report)
            while True:
                session.look()
                await collecting.run(self._clock.now())
                self._failures, self._refusals, self._failing_since, self._is_told = 0, 0, None, False
                await session.wait_for_news(self._clock, settings.poll_s)
        finally:
            session.cut()

    def _pause_s(self) -> float:
        """Longer with each failure, and different for each relay: 0.5 to 1.5 times, so that not all come at once."""
        settings = self._settings
        pause_s = min(settings.first_pause_s * (1 << min(self._failures - 1, 10)), settings.longest_pause_s)
        return min(pause_s * (0.5 + self._randomness(1)[0] / 255), settings.longest_pause_s)

    async def _failed(self, cause: str, *, is_refused: bool = False, error_class: str | None = None) -> None:
        self._failures += 1
        self._refusals = self._refusals + 1 if is_refused else 0
        now = self._clock.now()
        self._failing_since = self._failing_since or now
        say(
            Event.MAILBOX_FAILED,
            place=self._label,
            cause=cause,
            error_class=error_class,
            attempt=self._failures,
        )
        if self._is_told or (now - self._failing_since < AWAY and self._refusals < REFUSED):
            return
        try:
            await self._away(cause)
            self._is_told = True
        except RelayError as trouble:
            say(Event.STORE_FAILED, stage="mailbox", error_class=type(trouble).__name__)
