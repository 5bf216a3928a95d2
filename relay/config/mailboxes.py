"""What ``[[imap_intake]]`` and ``service.mailbox`` must agree on with the rest. ``checks`` calls it.

It looks at files but opens no connection; ``relay check --live`` does. Problems are the path of a key and a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relay.config import places
from relay.config.dkim import DkimSection
from relay.config.imap_intake import ImapIntakeSection
from relay.config.machine import Problem, file_problems, is_authority, is_loopback, secret_problems
from relay.config.schema import ServiceSection, SmtpSection

Mailboxes = Sequence[tuple[places.Path, ImapIntakeSection]]


def problems(
    service: ServiceSection | None, mailboxes: Mailboxes, smtp: SmtpSection | None, dkim: DkimSection | None
) -> Iterator[Problem]:
    """Everything that is wrong with the mailboxes, and with what stands beside them."""
    if smtp is not None and not smtp.listen and not mailboxes:
        yield ("smtp", "listen"), "is empty, and there is no [[imap_intake]]: no mail could come in"
    if service is not None:
        yield from _of_service(service, mailboxes, dkim)
    seen: dict[tuple[str, str, str], places.Path] = {}
    for path, mailbox in mailboxes:
        yield from _of_mailbox(path, mailbox)
        for number, folder in enumerate(mailbox.folders):
            place = (mailbox.host, mailbox.username, folder)
            if place in seen:
                yield (*path, "folders", number), "is taken from already; each folder has one [[imap_intake]]"
            seen.setdefault(place, path)


def _of_service(service: ServiceSection, mailboxes: Mailboxes, dkim: DkimSection | None) -> Iterator[Problem]:
    """Where our addresses are, and whether mail to them comes to a mailbox of ours."""
    ours, key = service.mailbox, ("service", "mailbox")
    for path, mailbox in mailboxes:
        if mailbox.aliases == "plus" and ours is None:
            yield (*path, "aliases"), "is 'plus': service.mailbox must name the mailbox that aliases are at"
        if mailbox.aliases == "catch_all" and ours is not None:
            yield (
                (*path, "aliases"),
                "is 'catch_all', and service.mailbox says that only one mailbox is ours; leave service.mailbox out",
            )
    if ours is None:
        return
    if ours.domain != service.domain:
        yield key, "must be at service.domain"
    if "+" in ours.local:
        yield key, "has a plus already; name the mailbox itself"
    if not mailboxes:
        yield key, "needs an [[imap_intake]] that takes mail from it"
    if dkim is not None and dkim.selectors:
        yield (
            ("dkim", "selectors"),
            "would sign for a provider's domain, which is not yours; the provider signs what it sends",
        )


def _of_mailbox(path: places.Path, mailbox: ImapIntakeSection) -> Iterator[Problem]:
    if (mailbox.password_file is None) == (mailbox.password_command is None):
        yield (
            (*path, "password_file"),
            "or password_command must say where the password is; give exactly one of them",
        )
    if mailbox.tls == "never" and not is_loopback(mailbox.host):
        yield (*path, "tls"), "would send the password in clear; write 'implicit' or 'starttls'"
    if mailbox.password_file is not None:
        yield from secret_problems((*path, "password_file"), mailbox.password_file, may_be_missing=False)
    if mailbox.ca_file is not None:
        found = list(file_problems((*path, "ca_file"), mailbox.ca_file))
        if not found and not is_authority(mailbox.ca_file):
            found = [((*path, "ca_file"), "holds no PEM certificate")]
        yield from found
    for name in ("move_to", "sent_folder"):
        if getattr(mailbox, name) in mailbox.folders:
            yield (*path, name), "is one of folders: what is put there would be taken again"
