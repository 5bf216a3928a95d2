"""What no key shows alone: sections that contradict each other, and people that are mixed up.

``reading`` calls ``check`` with all sections that could be read, also when others could not, so that the
operator sees everything at once. Of two that cannot both be right, the later is reported. Findings name
keys and counselors' positions, never a person's address or name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from relay.config import crisis, duties, machine, mailboxes, places, telephones
from relay.config.authentication import AuthenticationSection
from relay.config.conversations import ConversationsSection
from relay.config.crisis import CRISIS_FILE, CrisisSection
from relay.config.dkim import DkimSection
from relay.config.imap_intake import ImapIntakeSection
from relay.config.openpgp import OpenPgpSection
from relay.config.queues import HolidaysSection, QueueSection
from relay.config.retention import RetentionSection
from relay.config.schema import (
    COUNSELORS_FILE,
    RELAY_FILE,
    CounselorSection,
    IntakeSection,
    NextHopSection,
    ServiceSection,
    SmtpSection,
    StorageSection,
)
from relay.config.section import Section
from relay.config.submission import SubmissionSection
from relay.config.supervisors import SupervisorSection
from relay.config.voicemail import VoicemailSection
from relay.config.wording import Finding, dotted
from relay.domain.addresses import Address
from relay.domain.aliases import local_of, token_of

RESERVED = frozenset({"abuse", "desk", "mailer-daemon", "postmaster", "relay"})
"""Local parts of our domain that have a meaning of their own (RFC 2142, and the notices' own addresses)."""

S = TypeVar("S", bound=Section)
Counselors = list[tuple[places.Path, CounselorSection]]


@dataclass(slots=True)
class Found:
    """The sections that could be read: one under each name, or by index where they repeat."""

    one: dict[str, Section] = field(default_factory=dict)
    many: dict[str, dict[int, Section]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """Names of lists of which an element could not be read: who is not among the others may be that one."""

    def add(self, name: str, index: int | None, section: Section | None) -> None:
        """Keep what was read; ``None`` could not be."""
        if section is not None and index is None:
            self.one[name] = section
        elif section is not None and index is not None:
            self.many.setdefault(name, {})[index] = section
        else:
            self.unread.add(name)

    def get(self, name: str, kind: type[S]) -> S | None:
        """The section of that name, when it could be read."""
        section = self.one.get(name)
        return section if isinstance(section, kind) else None

    def each(self, name: str, kind: type[S]) -> Iterator[tuple[places.Path, S]]:
        """The elements that could be read, each with its path."""
        for index, section in self.many.get(name, {}).items():
            if isinstance(section, kind):
                yield (name, index), section

    def complete(self) -> dict[str, Any]:
        """All sections by name, once it is known that none is missing."""
        return {**self.one, **{name: tuple(sections.values()) for name, sections in self.many.items()}}


def check(found: Found, known_languages: Collection[str] | None) -> list[Finding]:
    """Compare all that was read; ``known_languages`` as for ``load``."""
    service = found.get("service", ServiceSection)
    intakes = list(found.each("intake", IntakeSection))
    counselors = list(found.each("counselor", CounselorSection))
    authentication, openpgp = (
        found.get("authentication", AuthenticationSection),
        found.get("openpgp", OpenPgpSection),
    )
    findings = [
        *_intakes(intakes, service),
        *_doubles(counselors),
        *_counselors(counselors, service),
        *_reviews(counselors, bool(list(found.each("supervisor", SupervisorSection)))),
        *_supervisors(list(found.each("supervisor", SupervisorSection)), counselors, service),
        *_keys([*counselors, *found.each("supervisor", SupervisorSection)], authentication, openpgp),
        *duties.check(
            intakes,
            list(found.each("queue", QueueSection)),
            list(found.each("holidays", HolidaysSection)),
            counselors,
            list(found.each("supervisor", SupervisorSection)),
            found.unread,
        ),
        *(
            Finding(COUNSELORS_FILE, path, sentence)
            for path, sentence in machine.certificate_problems(counselors)
        ),
    ]
    findings += [
        Finding(CRISIS_FILE, path, sentence)
        for path, sentence in crisis.problems(list(found.each("crisis", CrisisSection)))
    ]
    conversations, retention = (
        found.get("conversations", ConversationsSection),
        found.get("retention", RetentionSection),
    )
    if conversations and retention and conversations.is_open_too_long(retention.closed_days):
        sentence = f"is more than retention.closed_days ({retention.closed_days}), when they are forgotten"
        findings.append(Finding(RELAY_FILE, ("conversations", "reopen_days"), sentence))
    if service and _is_ours(service.operator, service):
        sentence = f"{_at(service)}, where relay itself takes the mail; give one that works without relay"
        findings.append(Finding(RELAY_FILE, ("service", "operator"), sentence))
    if known_languages is not None:
        asked: list[tuple[places.Path, str]] = [((*path, "language"), i.language) for path, i in intakes]
        asked += [(("service", "language"), service.language)] if service else []
        have = ", ".join(sorted(known_languages))
        sentence = f"has no texts; there are texts in {have}, and templates can be added"
        findings += [
            Finding(RELAY_FILE, path, sentence) for path, language in asked if language not in known_languages
        ]
    smtp, next_hop = found.get("smtp", SmtpSection), found.get("next_hop", NextHopSection)
    for path, sentence in (
        *(machine.smtp_problems(smtp) if smtp else ()),
        *(
            machine.submission_problems(submission, smtp)
            if (submission := found.get("submission", SubmissionSection))
            else ()
        ),
        *(machine.next_hop_problems(next_hop, smtp) if next_hop else ()),
        *(machine.dkim_problems(dkim) if (dkim := found.get("dkim", DkimSection)) else ()),
        *mailboxes.problems(
            service, list(found.each("imap_intake", ImapIntakeSection)), smtp, found.get("dkim", DkimSection)
        ),
        *_telephones(list(found.each("voicemail", VoicemailSection)), [i for _, i in intakes], service, smtp),
        *(machine.storage_problems(storage) if (storage := found.get("storage", StorageSection)) else ()),
    ):
        findings.append(Finding(RELAY_FILE, path, sentence))
    return findings


def _telephones(
    sections: telephones.Sections,
    intakes: Sequence[IntakeSection],
    service: ServiceSection | None,
    smtp: SmtpSection | None,
) -> Iterator[machine.Problem]:
    if service is not None:
        mailbox = service.mailbox.local if service.mailbox else ""
        yield from telephones.problems(
            sections, intakes, smtp, RESERVED, mailbox, lambda address: _is_ours(address, service)
        )


def _at(service: ServiceSection) -> str:
    return "is at service.mailbox" if service.mailbox else "is at service.domain"


def _is_ours(address: Address, service: ServiceSection) -> bool:
    """Whether mail to this address comes to relay: it is at our domain, or is our mailbox or behind its plus."""
    if address.domain != service.domain:
        return False
    return service.mailbox is None or address.local.lower().partition("+")[0] == service.mailbox.local.lower()


def _intakes(
    intakes: list[tuple[places.Path, IntakeSection]], service: ServiceSection | None
) -> Iterator[Finding]:
    mailbox = service.mailbox.local if service and service.mailbox else ""
    seen: dict[str, places.Path] = {}
    for path, intake in intakes:
        key = (*path, "address")
        if service is not None and not _is_ours(intake.address, service):
            where = "service.mailbox, or behind its plus" if mailbox else "at service.domain"
            yield Finding(RELAY_FILE, key, f"must be {where}, the only place that relay takes mail for")
        if local_of(intake.address, mailbox) in RESERVED:
            yield Finding(RELAY_FILE, key, f"is kept for other mail, as are {', '.join(sorted(RESERVED))}")
        if token_of(intake.address, mailbox):
            yield Finding(RELAY_FILE, key, "looks like an alias: 20 letters and digits; choose a shorter one")
        if intake.address.key in seen:
            yield Finding(RELAY_FILE, key, f"is the same as {dotted(seen[intake.address.key])}")
        seen.setdefault(intake.address.key, key)


def _doubles(counselors: Counselors) -> Iterator[Finding]:
    """Labels and pseudonyms are one person's; so are addresses: whose words would a shared one bring?"""
    ids: dict[str, places.Path] = {}
    pseudonyms: dict[str, places.Path] = {}
    addresses: dict[str, places.Path] = {}
    for path, counselor in counselors:
        things: list[tuple[dict[str, places.Path], str, places.Path]] = [
            (ids, counselor.id, (*path, "id")),
            (pseudonyms, counselor.pseudonym.casefold(), (*path, "pseudonym")),
            (addresses, counselor.address.key, (*path, "address")),
            *((addresses, a.key, (*path, "also_from", n)) for n, a in enumerate(counselor.also_from)),
        ]
        for seen, value, key in things:
            if value in seen:
                yield Finding(
                    COUNSELORS_FILE, key, f"is the same as {dotted(seen[value])}; each must be one person's"
                )
            seen.setdefault(value, key)


def _counselors(counselors: Counselors, service: ServiceSection | None) -> Iterator[Finding]:
    for path, counselor in counselors:
        own: list[tuple[places.Path, Address]] = [((*path, "address"), counselor.address)]
        own += [((*path, "also_from", n), address) for n, address in enumerate(counselor.also_from)]
        for key, address in own:
            if service and _is_ours(address, service):
                sentence = f"{_at(service)}, where only intake addresses and aliases are: mail would go round"
                yield Finding(COUNSELORS_FILE, key, sentence)
        if _tells(counselor):
            sentence = "holds a part of what must stay hidden (name, private or address); choose another"
            yield Finding(COUNSELORS_FILE, (*path, "pseudonym"), sentence)


def _reviews(counselors: Counselors, has_supervisors: bool) -> Iterator[Finding]:
    """Whose replies are to be read, and by nobody."""
    for path, counselor in counselors:
        if counselor.review and not has_supervisors:
            yield Finding(
                COUNSELORS_FILE, (*path, "review"), "needs somebody who reads: add a [[supervisor]] section"
            )


def _supervisors(
    supervisors: list[tuple[places.Path, SupervisorSection]],
    counselors: Counselors,
    service: ServiceSection | None,
) -> Iterator[Finding]:
    """Each label means one of them; a pseudonym that is a counselor's, too, means that they are the same person."""
    ids = {counselor.id: (*path, "id") for path, counselor in counselors}
    addresses: dict[str, places.Path] = {}
    persons = {counselor.pseudonym.casefold(): counselor.address.key for _, counselor in counselors}
    for path, supervisor in supervisors:
        own: list[tuple[places.Path, Address]] = [((*path, "address"), supervisor.address)]
        own += [((*path, "also_from", n), address) for n, address in enumerate(supervisor.also_from)]
        for key, address in own:
            if service and _is_ours(address, service):
                yield Finding(COUNSELORS_FILE, key, f"{_at(service)}: mail to them would go round")
        things: list[tuple[dict[str, places.Path], str, places.Path]] = [(ids, supervisor.id, (*path, "id"))]
        things += [(addresses, address.key, key) for key, address in own]
        for seen, value, key in things:
            if value in seen:
                sentence = f"is the same as {dotted(seen[value])}; each must be one person's"
                yield Finding(COUNSELORS_FILE, key, sentence)
            seen.setdefault(value, key)
        whose = persons.setdefault(supervisor.pseudonym.casefold(), supervisor.address.key)
        if whose != supervisor.address.key:
            sentence = "is the pseudonym of somebody else; counselors must know whom they hear from"
            yield Finding(COUNSELORS_FILE, (*path, "pseudonym"), sentence)


def _keys(
    people: Sequence[tuple[places.Path, CounselorSection | SupervisorSection]],
    authentication: AuthenticationSection | None,
    openpgp: OpenPgpSection | None,
) -> Iterator[Finding]:
    """Who must have a key and has none."""
    if authentication and authentication.counselor == "openpgp":
        because = "authentication.counselor is 'openpgp'"
    elif openpgp and openpgp.counselors == "required":
        because = "openpgp.counselors is 'required'"
    else:
        return
    for path, person in people:
        if person.openpgp_key is None:
            yield Finding(
                COUNSELORS_FILE, (*path, "openpgp_key"), f"is missing, and {because}; give their public key"
            )


def _tells(counselor: CounselorSection) -> bool:
    """Whether the pseudonym shows the family name, the full name, a private word or a local part."""
    shown = counselor.pseudonym.casefold()
    words = set(shown.replace("-", " ").split())
    name = counselor.name.casefold().split()
    hidden = {text.casefold().lstrip("@") for text in counselor.private}
    hidden |= {counselor.address.local.lower(), *(address.local.lower() for address in counselor.also_from)}
    family = {name[-1]} if len(name) > 1 else set()
    return bool(words & (hidden | family)) or shown in hidden or shown == " ".join(name)
