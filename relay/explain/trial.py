"""One message through hops 4 to 7, as a worker does it, in a conversation that is made up around it.

Called by ``report``. The author is who the message says they are; the first counselor of the configuration
stands for all, unless the author is a registered one. Whoever would read it gets an address that can never
exist. Pure but for the random aliases and the time of day. Never fails on a message.

Standards: RFC 2606 §2 (names that can never exist).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from relay.config import Settings
from relay.domain import callers
from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.aliases import message_id, mint_token, token_of
from relay.domain.commands import Broken, Command, Insert, Offer, Read, Refer
from relay.domain.conversations import ConversationState, Side
from relay.domain.verbs import parse
from relay.domain.voicemail import Pbx
from relay.domain.wishes import Wishes
from relay.errors import ConfigError
from relay.flow.compose import compose, examine
from relay.flow.decide import MESSAGE_IDS
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.people import with_counselor
from relay.flow.values import (
    ConversationView,
    Envelope,
    Facts,
    Known,
    LeasedEntry,
    Minted,
    Person,
    Reason,
    Service,
    Target,
    TargetKind,
)
from relay.flow.views import Insertion
from relay.mail import content, voicemail
from relay.mail.addresslist import read_addresses
from relay.mail.model import Mail
from relay.mail.parse import LIMITS

READER = "reader@example.invalid"
"""Stands for whoever would read the message."""
AUTHOR = "author@example.invalid"
"""Stands for an author whose message names none."""
SEEKER_PSEUDONYM = "Maple Heron"
NOT_LOOKED_UP = "[Here stands what the command finds. It is not looked up for this report.]"
_OUT_OF_REACH = (
    "relay explain: the message is to the address of a telephone system, and its secret_file cannot be read by this "
    "user; run it as root"
)
ASKS_A_PERSON = frozenset({Reason.CONTACT_DETAILS, Reason.FILE, Reason.SIGNATURE, Reason.STRANGER})
"""Reasons to hold a message that a person's word takes away; it then goes out as it is."""


@dataclass(frozen=True, slots=True)
class Trial:
    """``first`` is what happens at once; ``then`` what happens when a person lets a held message go, if that can be.

    ``is_call``: it is the mail of a telephone system.
    """

    known: Known
    author: Person
    reader: Person
    is_registered: bool
    is_call: bool
    first: Outcome
    then: Outcome | None

    @property
    def last(self) -> Outcome:
        return self.then or self.first


def attempt(mail: Mail | None, settings: Settings, side: Side, letters: Letters) -> Trial:
    """Compose the message; where it would be held until a person says so, also compose what follows."""
    pbx = _telephone(mail, settings) if side is Side.SEEKER else None
    facts = examine(mail, voice=pbx.reading if pbx else None)
    known, author, reader = _known(mail, facts, settings, side)
    if mail is not None and pbx is not None:
        known, author = _called(mail, known, pbx, facts, settings)
    first = compose(mail, known, letters)
    then = None
    if first.reason in ASKS_A_PERSON:
        then = compose(mail, replace(known, entry=replace(known.entry, confirmed=True)), letters)
    return Trial(known, author, reader, _is_registered(facts, settings), pbx is not None, first, then)


def inserts(facts: Facts) -> tuple[Insertion, ...]:
    """What stands for entries of the directory, texts and titles: here is no directory to look them up in."""
    asked = [(each, parse(each.verb, each.words, each.below)) for each in facts.commands]
    return tuple(
        Insertion(each.line, "" if _is_shown_alone(command) else NOT_LOOKED_UP)
        for each, command in asked
        if isinstance(command, Refer | Insert | Read | Broken)
    )


def _is_shown_alone(command: Command | None) -> bool:
    """Tell whether what is found is for the counselor, and nothing of it for the seeker."""
    return isinstance(command, Broken) or (isinstance(command, Refer) and command.offer is Offer.PREVIEW)


def _telephone(mail: Mail | None, settings: Settings) -> Pbx | None:
    """The telephone system at whose address the message came. Raises ``ConfigError`` when it cannot be told."""
    to = [recipient.address.lower() for recipient in mail.recipients] if mail else []
    try:
        systems = settings.voicemails()
    except (OSError, ValueError):
        # A secret out of reach concerns only mail to an address that is made with one.
        beginnings = tuple(section.address.key.partition("@")[0] for section in settings.voicemail)
        if any(each.startswith(beginnings) for each in to):
            raise ConfigError((_OUT_OF_REACH,)) from None
        return None
    return next((systems[each] for each in to if each in systems), None)


def _called(mail: Mail, known: Known, pbx: Pbx, facts: Facts, settings: Settings) -> tuple[Known, Person]:
    """The same for somebody who has telephoned (``flow.resolve``), and all that the message says of them."""
    view = known.target.conversation
    assert view is not None
    number = callers.normalised(facts.caller) if pbx.reading.keeps_number else ""
    address = callers.address_of(number, os.urandom(16))
    intake = next(i for i in settings.roster().intakes if i.address.key == pbx.intake.key)
    seeker = replace(
        view.seeker, addresses=(address,), private=(number,) if number else (), language=intake.language
    )
    view = replace(view, state=ConversationState.NEW, is_new=True, acknowledged=False, intake=pbx.intake.key,
                   language=intake.language, seeker=seeker, wishes=Wishes(no_mail=True))  # fmt: skip
    target = Target(TargetKind.INTAKE, pbx.address, view, Side.SEEKER, voicemail=pbx.reading)
    entry = replace(known.entry, envelope=replace(known.entry.envelope, forward_paths=(pbx.address,)))
    try:
        said = voicemail.read(mail, pbx.reading)
    except (content.Overlong, content.Sealed):
        said = voicemail.VoiceMessage(facts.caller)
    numbers = tuple(dict.fromkeys(filter(None, (said.number, number))))
    return replace(known, target=target, entry=entry), replace(seeker, names=said.names, private=numbers)


def _is_registered(facts: Facts, settings: Settings) -> bool:
    """Tell whether the message comes from a counselor's address."""
    known = {address.key for c in settings.roster().counselors for address in c.addresses}
    return any(author.lower() in known for author in facts.authors)


def _reverse_path(mail: Mail | None, author: str) -> str:
    """The envelope's, where the server that filed the message has written it down (RFC 5321 §4.4); else the author."""
    written = mail.header("return-path") if mail else None
    if written is None:
        return author
    mailboxes = read_addresses(written[: LIMITS.address_header_bytes]).mailboxes
    return mailboxes[0].address.lower() if mailboxes else "" if written.strip() == b"<>" else author


def _is_alias(address: str, service: Service) -> bool:
    """Tell whether an address has the shape of an alias of ours; the author must not see it come out."""
    try:
        ours = OurAddress.parse(address)
    except ValueError:
        return False
    return service.is_ours(address) and token_of(ours, service.mailbox) is not None


def _known(mail: Mail | None, facts: Facts, settings: Settings, side: Side) -> tuple[Known, Person, Person]:
    """All that may be known of the message, its author and its reader."""
    domain = settings.service.domain
    shown = facts.authors[0].lower() if facts.authors and "@" in facts.authors[0] else ""
    view = _conversation(mail, shown, settings, side)
    assert view.counselor is not None
    author, reader = (view.seeker, view.counselor) if side is Side.SEEKER else (view.counselor, view.seeker)
    kind = TargetKind.INTAKE if view.is_new else TargetKind.ALIAS
    to = OurAddress.parse(view.intake if view.is_new else reader.alias)
    envelope = Envelope(ReversePath(_reverse_path(mail, shown or AUTHOR)), (to,))
    now = datetime.now(UTC)
    entry = LeasedEntry(bytes(16), envelope, now, len(mail.raw) if mail else 0, 1, 1)
    minted = Minted(
        tuple(message_id(os.urandom, domain) for _ in range(MESSAGE_IDS)),
        tuple(mint_token(os.urandom) for _ in range(2)),
    )
    known = Known(entry, Target(kind, to, view, side), settings.service_values(), now, minted,
                  inserts=inserts(facts))  # fmt: skip
    return known, author, reader


def _conversation(mail: Mail | None, author: str, settings: Settings, side: Side) -> ConversationView:
    """One with two aliases, of which the message's author writes to the one that the message names.

    A seeker's message to an intake address opens it. ``author``: address of the message's author, or empty.
    """
    roster, service = settings.roster(), settings.service_values()
    addressed = [recipient.address.lower() for recipient in mail.recipients] if mail else []
    named = next((each for each in addressed if _is_alias(each, service)), "")
    intake = next((i for i in roster.intakes if i.address.key in addressed), None)
    opens = side is Side.SEEKER and intake is not None and not named
    intake = intake or roster.intakes[0]
    written_to, other = named or service.at(mint_token(os.urandom)), service.at(mint_token(os.urandom))
    seeker = Person(
        addresses=((author or AUTHOR) if side is Side.SEEKER else READER,),
        names=(),
        private=(),
        stands_as=SEEKER_PSEUDONYM,
        alias=other if side is Side.SEEKER else written_to,
        language=intake.language,
    )
    view = ConversationView(
        conversation_id=bytes(16),
        state=ConversationState.NEW if opens else ConversationState.OPEN,
        version=1,
        intake=intake.address.key,
        language=intake.language,
        seeker=seeker,
        counselor_alias=written_to if side is Side.SEEKER else other,
        acknowledged=not opens,
        is_new=opens,
    )
    counselors = roster.counselors
    registered = (c for c in counselors if any(a.key == author for a in c.addresses))
    view = with_counselor(view, next(registered, counselors[0]))
    if side is Side.SEEKER and view.counselor is not None:
        view = replace(view, counselor=replace(view.counselor, addresses=(READER,), names=(), private=()))
    return view
