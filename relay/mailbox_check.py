"""Tries the mailboxes of ``[[imap_intake]]`` out, with their servers: for ``relay check --live``.

For each mailbox: log in, open the folders, see what the server can do. Then one message goes through the next hop from
one alias to another, and has to come back into the mailbox with its recipient where the configuration says. It holds
nothing of anybody and is deleted. Findings are sentences; none names an address.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from relay.config import Settings
from relay.config.machine import is_credential
from relay.domain.addresses import OurAddress
from relay.domain.aliases import message_id, mint_token
from relay.domain.mailboxes import CHECK_PREFIX
from relay.edge.imap_in import probe as probing
from relay.edge.imap_in.trouble import MailboxTrouble
from relay.edge.smtp_out import NextHop
from relay.errors import NextHopError
from relay.hosted import mailbox_settings
from relay.parts import next_hop_settings

WITHIN_S = 90.0

_TROUBLE = {
    "connect": "cannot be reached: look at host and port",
    "timeout": "does not answer in time: look at host and port, and at a firewall between",
    "tls": "has no certificate that is valid for its name, or speaks no TLS on this port",
    "starttls": "offers no STARTTLS: write tls = 'implicit' and port = 993 if it has that",
    "preauth": "claims that somebody is logged in already; no provider's server does that",
    "login": "refuses the login: look at username, login and the password or token",
    "credential": "cannot be logged in to: the password file or program gives nothing",
}

_NO_CREDENTIALS = (
    "names a credential, which systemd gives to the service alone: name the folder with its file in "
    "CREDENTIALS_DIRECTORY for this command"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence that begins with its place in the configuration. ``is_wrong``: it does not work so."""

    sentence: str
    is_wrong: bool = True


async def probe(settings: Settings, within_s: float = WITHIN_S) -> AsyncIterator[Finding]:
    """Everything that is not as it should be; nothing when all is well."""
    for number, section in enumerate(settings.imap_intake, 1):
        where = f"relay.toml: imap_intake[{number}]"
        mailbox = mailbox_settings(section, settings.smtp.max_message_bytes)
        try:
            opened = await probing.open_folders(mailbox, section.folders)
            for place in opened.missing:
                yield Finding(f"{where}.folders[{place + 1}]: is not there, or cannot be opened")
            if section.idle and "IDLE" not in opened.capabilities:
                sentence = "the server has no IDLE; new mail is found once a minute"
                yield Finding(f"{where}.idle: {sentence}", is_wrong=False)
            if section.after != "flag" and not {"MOVE", "UIDPLUS"} <= opened.capabilities:
                sentence = (
                    "the server lacks MOVE or UIDPLUS; what somebody else has marked as deleted may go, too"
                )
                yield Finding(f"{where}.after: {sentence}", is_wrong=False)
            if len(opened.missing) < len(section.folders):
                try:
                    settings.next_hop_password()
                except (OSError, ValueError):
                    why = (
                        _NO_CREDENTIALS
                        if _is_out_of_reach(settings.next_hop.password_file)
                        else "cannot be read"
                    )
                    yield Finding(f"relay.toml: next_hop.password_file: {why}")
                    continue
                async for finding in _aliases(settings, number, within_s):
                    yield Finding(f"{where}.{finding}")
        except MailboxTrouble as trouble:
            if trouble.cause == "credential" and _is_out_of_reach(section.password_file):
                yield Finding(f"{where}.password_file: {_NO_CREDENTIALS}")
                continue
            sentence = _TROUBLE.get(trouble.cause, "does not answer as an IMAP server should")
            yield Finding(f"{where}.host: {sentence}")


def _is_out_of_reach(file: Path | None) -> bool:
    """Whether a secret is a credential, and whoever runs the command has none."""
    return file is not None and is_credential(file) and not file.exists()


async def _aliases(settings: Settings, number: int, within_s: float) -> AsyncIterator[str]:
    """Whether mail from an alias to an alias comes as it must."""
    section = settings.imap_intake[number - 1]
    service = settings.service_values()
    new: Callable[[], str] = lambda: service.at(CHECK_PREFIX + mint_token(os.urandom))  # noqa: E731
    sender, recipient = OurAddress.parse(new()), OurAddress.parse(new())
    sent_as = message_id(os.urandom, service.domain)
    hop = NextHop(next_hop_settings(settings))
    try:
        await hop.deliver(sender.reveal(), recipient, _letter(sender, recipient, sent_as))
    except NextHopError as error:
        code = f" with {error.code}" if error.code else ""
        yield f"aliases: the next hop did not take a message from an alias of ours to another ({error.cause}{code})"
        return
    finally:
        await hop.close()
    mailbox = mailbox_settings(section, settings.smtp.max_message_bytes)
    terms = (section.recipient_field, section.own_received)
    arrived = await probing.find(mailbox, section.folders, sent_as, (sender, recipient), terms, within_s)
    if arrived is None:
        yield (
            f"aliases: a message to an alias did not come to these folders within {within_s:.0f} s; does the provider "
            f"have what '{section.aliases}' means?"
        )
        return
    if not arrived.is_named and arrived.other_fields:
        yield f"recipient_field: does not name the recipient, but {' and '.join(arrived.other_fields)} would"
    elif not arrived.is_named:
        yield "recipient_field: the recipient stands in no field of the provider's; look at own_received, too"
    if not arrived.keeps_from:
        yield "aliases: the provider has rewritten From, so that answers would come to another address than the alias"


def _letter(sender: OurAddress, recipient: OurAddress, sent_as: str) -> bytes:
    now = datetime.now(UTC)
    return (
        f"From: <{sender.reveal()}>\r\nTo: <{recipient.reveal()}>\r\nSubject: Check\r\n"
        f"Date: {now:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <{sent_as}>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=us-ascii\r\nAuto-Submitted: auto-generated\r\n\r\n"
        "This message tries out whether mail to an alias arrives. It is deleted by itself.\r\n"
    ).encode()
