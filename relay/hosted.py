"""Mailboxes at a provider's as the settings want them: values out of ``[[imap_intake]]``, and who watches them.

Called by ``app`` and by the checks. A part of the composition root, like ``parts``.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator
from functools import partial

from relay.config import Settings
from relay.config.imap_intake import ImapIntakeSection
from relay.edge.imap_in.sent import SentEraser
from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.watcher import Watcher
from relay.edge.store import SqlStore
from relay.flow.accept import Door
from relay.flow.gather import Gatherer, Terms
from relay.flow.mailbox_reports import MailboxReports
from relay.flow.office import Office


def mailbox_settings(section: ImapIntakeSection, max_message_bytes: int) -> MailboxSettings:
    """One mailbox as the edge wants it."""
    return MailboxSettings(
        host=section.host,
        port=section.port,
        username=section.username,
        tls=section.tls,
        password_file=section.password_file,
        password_command=tuple(shlex.split(section.password_command or "")),
        login=section.login,
        ca_file=str(section.ca_file) if section.ca_file else None,
        after=section.after,
        move_to=section.move_to,
        sent_folder=section.sent_folder,
        idle=section.idle,
        max_message_bytes=max_message_bytes,
    )


def terms_of(section: ImapIntakeSection) -> Terms:
    """What may be believed of the headers of what lies in a mailbox."""
    return Terms(section.recipient_field, section.own_received, section.authserv_id or "")


class Mailboxes:
    """Everything that watches a mailbox. ``run`` ends after ``stop``, or when it is cancelled."""

    def __init__(self, settings: Settings, door: Door, store: SqlStore, office: Office) -> None:
        self._settings = settings
        self._door = door
        self._store = store
        self._service = office.plan().service
        self._clock = office.clock
        self._randomness = office.randomness
        self._reports = MailboxReports(store.mailboxes, store, office)
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Watch for ever. A daemon without mailboxes has nothing to do here, and waits with the others."""
        self._tasks = [asyncio.create_task(part.run()) for part in self._parts()]
        try:
            await asyncio.gather(*self._tasks)
            await asyncio.Event().wait()
        finally:
            self.stop()

    def stop(self) -> None:
        """Take nothing more; what is not committed stays in its mailbox."""
        for task in self._tasks:
            task.cancel()

    def _parts(self) -> Iterator[Watcher | SentEraser]:
        """One for each folder that mail is taken from, one for each that copies are deleted in."""
        store, service = self._store, self._service
        for number, section in enumerate(self._settings.imap_intake, 1):
            settings = mailbox_settings(section, self._settings.smtp.max_message_bytes)
            gatherer = Gatherer(self._door, store.meaning, terms_of(section), service.domain, service.mailbox)
            for place, folder in enumerate(section.folders, 1):
                yield Watcher(
                    settings,
                    folder,
                    f"{number}.{place}",
                    gatherer,
                    store.mailboxes,
                    self._clock,
                    self._randomness,
                    self._reports.left,
                    partial(self._reports.away, str(number)),
                )
            if section.sent_folder is not None:
                yield SentEraser(settings, f"{number}.sent", self._clock)
