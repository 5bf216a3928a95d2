"""Tries a mailbox out: can it be opened, what can its server do, and does mail to an alias come to it as it must?

Called by ``relay.mailbox_check`` for ``relay check --live``. Nothing that is there is changed but for messages of its
own, which it deletes. Says in constant words what it has found.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from relay.domain.addresses import Address
from relay.edge.imap_in.credentials import secret_of
from relay.edge.imap_in.session import Session
from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.trouble import MailboxTrouble
from relay.mail import trace

FIRST_LOOK_S, LONGEST_LOOK_S = 0.1, 2.0
"""Between two looks for a message that was sent; doubled each time."""
NEWEST = 20
"""Messages looked at for one that has just been sent."""

MAX_OCTETS = 200_000
_FROM = re.compile(rb"^from:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a mailbox's server offers. ``missing``: folders that cannot be opened, by their place in the settings."""

    capabilities: frozenset[str]
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that was sent to an alias, as it lies in the mailbox: what its provider's part says of it.

    ``is_named``: the recipient is there, in the field that was asked for; ``other_fields``: fields of the provider's
    part in which it stands. ``keeps_from``: From is still the alias that it was sent from.
    """

    is_named: bool
    other_fields: tuple[str, ...]
    keeps_from: bool


async def open_folders(settings: MailboxSettings, folders: tuple[str, ...]) -> Opened:
    """Log in and open every folder. Raises ``MailboxTrouble``."""
    session = await Session.open(settings, await secret_of(settings))
    try:
        missing = []
        for place, folder in enumerate(folders):
            try:
                await session.select(folder)
            except MailboxTrouble as trouble:
                if trouble.cause != "folder":
                    raise
                missing.append(place)
        capabilities = session.capabilities
        await session.close()
    finally:
        session.cut()
    return Opened(capabilities, tuple(missing))


async def find(
    settings: MailboxSettings,
    folders: tuple[str, ...],
    message_id: str,
    sent: tuple[Address, Address],
    terms: tuple[str, int],
    within_s: float,
) -> Arrived | None:
    """Look for a message by its id until it is there, and delete it; ``None`` when it did not come in time.

    ``sent``: the addresses that it was sent from and to; ``terms``: the recipient's field and ``own_received``.
    Raises ``MailboxTrouble``.
    """
    ends_at, pause_s = asyncio.get_running_loop().time() + within_s, FIRST_LOOK_S
    session = await Session.open(settings, await secret_of(settings))
    try:
        while True:
            for folder in folders:
                if (content := await _take(session, folder, message_id.encode())) is not None:
                    await session.close()
                    return _judged(content, sent, terms)
            if asyncio.get_running_loop().time() > ends_at:
                return None
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_LOOK_S)
    finally:
        session.cut()


async def _take(session: Session, folder: str, message_id: bytes) -> bytes | None:
    try:
        await session.select(folder)
    except MailboxTrouble as trouble:
        if trouble.cause == "folder":
            return None
        raise
    uids = (await session.uids_above(0))[-NEWEST:]
    found = await session.message_ids(uids) if uids else {}
    for uid in (uid for uid, field in found.items() if message_id in field):
        content = (await session.bodies([uid], MAX_OCTETS, MAX_OCTETS)).get(uid)
        await session.delete([uid])
        return content
    return None


def _judged(content: bytes, sent: tuple[Address, Address], terms: tuple[str, int]) -> Arrived:
    sender, recipient = (each.key for each in sent)
    field, own_received = terms
    named = trace.read(content, field, own_received).recipient.lower() == recipient
    others = tuple(
        name
        for name in ("Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To")
        if trace.read(content, name, own_received).recipient.lower() == recipient
    )
    shown = _FROM.search(content.lower())
    return Arrived(named, others, shown is not None and sender.encode() in shown[0])
