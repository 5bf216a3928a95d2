"""What ``[[voicemail]]`` must agree on with the rest. ``checks`` calls it.

A telephone system is told from a stranger by where it connects from or by a secret in the address that it writes to; by
what must never both be missing, and by what a setting beside it makes worth nothing. Problems are the path of a key and
a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from relay.config import places
from relay.config.machine import Problem, is_credential, secret_problems
from relay.config.schema import IntakeSection, SmtpSection
from relay.config.voicemail import VoicemailSection, secret_in
from relay.domain.addresses import MAX_LOCAL_OCTETS, Address
from relay.domain.aliases import local_of, token_of

Sections = Sequence[tuple[places.Path, VoicemailSection]]


def problems(
    sections: Sections,
    intakes: Sequence[IntakeSection],
    smtp: SmtpSection | None,
    reserved: Collection[str],
    mailbox: str,
    is_ours: Callable[[Address], bool],
) -> Iterator[Problem]:
    """Everything that is wrong. ``mailbox``: the local part of ``service.mailbox``, empty for none."""
    public = {intake.address.key for intake in intakes}
    seen: set[str] = set()
    for path, section in sections:
        address, key = section.address, (*path, "address")
        if not is_ours(address):
            where = "behind the plus of service.mailbox" if mailbox else "at service.domain"
            yield key, f"must be {where}, the only place that relay takes mail for"
        if address.key in public:
            yield key, "is an [[intake]]: anybody may write to that, and only the telephone system to this"
        if address.key in seen:
            yield key, "is another [[voicemail]]'s already"
        if local_of(address, mailbox) in reserved or token_of(address, mailbox):
            yield key, "is kept for other mail, or looks like an alias; choose another"
        seen.add(address.key)
        if section.intake is not None and section.intake.key not in public:
            yield (*path, "intake"), "is no [[intake]]; write the address of one"
        if section.system == "generic" and section.number_pattern is None:
            yield (
                (*path, "number_pattern"),
                "is missing: with system = 'generic' nothing else tells the number",
            )
        for number, sender in enumerate(section.senders):
            if is_ours(sender):
                yield (*path, "senders", number), "is relay's own: mail that comes from there goes round"
        yield from _trust(path, section, smtp)


def _trust(path: places.Path, section: VoicemailSection, smtp: SmtpSection | None) -> Iterator[Problem]:
    """Whether anything tells the telephone system from whoever writes in its name."""
    file = section.secret_file
    if not section.hosts and file is None:
        yield (
            (*path, "hosts"),
            "and secret_file are both missing: anybody could write as the telephone system; give one of them",
        )
    if section.hosts and smtp is not None and not smtp.listen:
        yield (*path, "hosts"), "mean nothing where smtp.listen is empty; give secret_file instead"
    for number, host in enumerate(section.hosts):
        trusted = smtp.trusted_hosts if smtp is not None else ()
        is_shared = any(host.version == each.version and host.overlaps(each) for each in trusted)
        if is_shared and file is None:
            yield (
                (*path, "hosts", number),
                "is in smtp.trusted_hosts, from where everybody's mail comes; give secret_file",
            )
    if file is None:
        return
    found = list(secret_problems((*path, "secret_file"), file, may_be_missing=False))
    if not found and (file.exists() or not is_credential(file)):
        try:
            if len(section.address.local) + 1 + len(secret_in(file)) > MAX_LOCAL_OCTETS:
                found = [((*path, "secret_file"), "makes the address longer than 64 characters before the @")]
        except (OSError, ValueError):
            sentence = "holds no secret of 16 to 40 small letters and digits in its first line"
            found = [((*path, "secret_file"), sentence)]
    yield from found
