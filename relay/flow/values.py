"""The values that travel between the hops: frozen, complete, without behaviour.

They also cross the pipe to the worker processes, as msgpack that is checked against these types
on the way back: a worker reads hostile bytes, so nothing it says is taken on trust.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.aliases import address_at, local_of
from relay.domain.assignment import Load as Load  # noqa: PLC0414 (the ports and the store know it from here)
from relay.domain.conversations import Side
from relay.domain.invitations import Invitation
from relay.domain.levels import CounselorLevel, SeekerLevel
from relay.domain.mailboxes import Fetched
from relay.domain.provenance import UNKNOWN, Provenance
from relay.domain.reasons import Reason as Reason  # noqa: PLC0414 (likewise)
from relay.domain.standing import NOTHING_AGAINST, Standing
from relay.domain.voicemail import Reading
from relay.flow.parties import ConversationView as ConversationView  # noqa: PLC0414
from relay.flow.parties import Person as Person  # noqa: PLC0414
from relay.flow.parties import ThreadLink as ThreadLink  # noqa: PLC0414
from relay.flow.seeker_rules import NO_RULES, SeekerRules
from relay.flow.views import Asked, DeskView, Insertion
from relay.mail.openpgp_mime import Signed
from relay.mail.proof.evidence import Evidence, Proof


class TargetKind(Enum):
    """What one forward-path of an entry is to us."""

    INTAKE = "intake"
    ALIAS = "alias"
    RETURN_PATH = "return_path"
    DESK = "desk"
    OPERATOR = "operator"
    FEEDBACK = "feedback"


# --- hop 2: accept ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321's envelope, and nothing of the headers."""

    reverse_path: ReversePath
    forward_paths: tuple[OurAddress, ...]
    provenance: Provenance = UNKNOWN


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is committed before ``250``. ``dedupe`` is what makes two copies one; kept until ``dedupe_until``.

    ``is_leased``: routing begins at once, so that it is stored with its first lease taken and counted. ``fetched``:
    where it lies, when it comes out of a mailbox.
    """

    entry_id: bytes
    envelope: Envelope
    received_at: datetime
    size_bytes: int
    dedupe: str
    dedupe_until: datetime
    is_leased: bool = False
    fetched: Fetched | None = None


# --- hop 3: what a worker may know -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeasedEntry:
    """An entry that this node works on. ``fence`` grows with every lease; an older one can write nothing.

    ``confirmed``: a person has said that it may go; ``approved``: a supervisor has read it, and it may.
    """

    entry_id: bytes
    envelope: Envelope
    received_at: datetime
    size_bytes: int
    attempts: int
    fence: int
    conversation_id: bytes | None = None
    confirmed: bool = False
    approved: bool = False


class Words(Enum):
    """What a delivery passed on, once it has failed: gone, here, here for so long that its author wonders, or left
    behind when the conversation went on to somebody else, as if its reader had read it.
    """

    GONE = "gone"
    HERE = "here"
    LATE = "late"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to do with an entry: which of our addresses it came to, and whose words that makes it.

    ``author_side`` is the side that this alias is issued to (the one who may write to it).
    ``is_retired``: the alias no longer accepts (the former counselor's, an erased conversation's); a report to
    this return-path changes nothing any more. ``words``: whether what that delivery passed on is still here.
    ``speaker``: the counselor whom mail to the desk claims to be from, with their id; ``answers_to``: the held
    entry whose notice it answers. ``is_away``: the counselor in question gets no new requests now.
    ``supervisor``: whom mail to the desk claims to be from, when it is one, with their id; ``conversation`` is then
    what they answer about, and ``reviews`` the held reply that they were asked to read. ``is_told``: whoever wrote this
    has had an automatic answer today. ``renewed``: where the conversation has been over for long, the one that its
    seeker begins instead; ``is_renewal``: this is such a one.
    ``invitation``: what mail to an address for two answers is about, and ``token``: its own.
    ``gives``: whoever a hand-over is to go to, once the seeker agrees, is on duty and has a free place.
    ``voicemail``: how to read the mail of a telephone system, where it is one's.
    """

    kind: TargetKind
    address: OurAddress
    conversation: ConversationView | None = None
    author_side: Side | None = None
    is_retired: bool = False
    delivery_id: bytes | None = None
    speaker: Person | None = None
    speaker_id: str = ""
    answers_to: bytes | None = None
    words: Words = Words.GONE
    is_away: bool = False
    is_told: bool = False
    supervisor: Person | None = None
    renewed: Target | None = None
    is_renewal: bool = False
    supervisor_id: str = ""
    reviews: bytes | None = None
    invitation: Invitation | None = None
    token: str = ""
    gives: bool = False
    voicemail: Reading | None = None

    @property
    def shown_kind(self) -> str:
        """The kind in logs, where nothing tells an answer to two questions from mail to an alias."""
        kind = TargetKind.ALIAS if self.kind is TargetKind.FEEDBACK else self.kind
        return str(kind.value)


@dataclass(frozen=True, slots=True)
class Service:
    """What every text and message needs to know of the service itself, and what the operator has chosen for all.

    ``counselor_level`` and ``seeker_level``: the proof that each side owes; ``authserv_id``: the name by which a
    trusted host tells what it has found out itself. ``padded``: messages leave in a few sizes only.
    ``holds_files``: a message with a file that cannot be cleaned is held, instead of passed on without it.
    ``heeds_vacations``: a counselor's vacation answer takes them off duty. ``takes_keys``: a seeker may give an OpenPGP
    key; ``takes_autocrypt``: also in a header field. ``rules``: what a seeker's words do here. ``mailbox``: the local
    part of the one mailbox at ``domain`` that is ours, our addresses behind its plus; empty: all of the domain is.
    ``review_files``: a supervisor gets the files of a reply that they read; ``review_after``: when they are told again,
    ``review_in_danger`` the same where somebody may be in danger.
    """

    name: str
    domain: str
    operator: str
    language: str = "en"
    padded: bool = False
    holds_files: bool = False
    counselor_level: CounselorLevel = CounselorLevel.ALIAS
    seeker_level: SeekerLevel = SeekerLevel.OFF
    authserv_id: str = ""
    heeds_vacations: bool = False
    takes_keys: bool = False
    takes_autocrypt: bool = False
    rules: SeekerRules = NO_RULES
    mailbox: str = ""
    review_files: bool = True
    review_after: timedelta = timedelta(hours=4)
    review_in_danger: timedelta = timedelta(hours=1)

    def at(self, local: str) -> str:
        """Our address with this local part (or token), as it is written."""
        return address_at(local, self.domain, self.mailbox)

    def local_of(self, address: OurAddress) -> str:
        """What tells this address of ours from the others."""
        return local_of(address, self.mailbox)

    def is_ours(self, address: str) -> bool:
        """Tell whether an address is ours: at our domain or, where we have but a mailbox, that or behind its plus."""
        local, _, domain = address.lower().rpartition("@")
        return domain == self.domain and self.mailbox.lower() in {"", local.partition("+")[0]}

    def __repr__(self) -> str:
        return "Service(<redacted>)"


@dataclass(frozen=True, slots=True)
class Minted:
    """Fresh randomness for one target, made before the pure part starts."""

    message_ids: tuple[str, ...]
    boundaries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that hops 5 to 7 may know about one target; ``leaves_at``: when what is relayed leaves.

    ``standing``: what speaks against passing it on. ``evidence``: what may prove its author, where a level asks
    for proof; ``proof``: what comes of it, which only the worker fills in. ``desk`` and ``inserts``: what a counselor's
    commands need, when there are any (``Facts.commands``); an insert belongs to the command on its line.
    ``offers_key``: whether the line has an OpenPGP key for this intake address; ``None`` where nobody has looked.
    ``crisis``: where help is at once, in the countries of the queue and in the seeker's language, one country a line.
    ``reviewers``: who reads a counselor's reply before it goes out; nobody where it need not be read. ``watchers``: the
    supervisors of the conversation, who hear at once of danger.
    """

    entry: LeasedEntry
    target: Target
    service: Service
    now: datetime
    minted: Minted
    next_duty: datetime | None = None
    duty_zone: str = "UTC"
    leaves_at: datetime | None = None
    standing: Standing = NOTHING_AGAINST
    evidence: Evidence | None = None
    proof: Proof | None = None
    desk: DeskView | None = None
    inserts: tuple[Insertion, ...] = ()
    offers_key: bool | None = None
    crisis: str = ""
    reviewers: tuple[Person, ...] = ()
    watchers: tuple[Person, ...] = ()


# --- hop 4: what the first look at the bytes found -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What routing must know of a message before it can be resolved. Made by a worker, so not trusted further.

    ``asks``: names in the DNS whose texts may prove who wrote it. ``sealed``: the OpenPGP message that is all of it;
    ``signed``: what a signature covers that covers all of it. ``commands``: lines that ask the relay for something,
    empty when any of them is unclear; whether their author may ask is for the stages. ``language``: which it is surely
    written in, where that was asked. ``caller``: from which number a voice message is, where it is one.
    """

    authors: tuple[str, ...] = ()
    author_names: tuple[str, ...] = ()
    message_id: str = ""
    refers_to: tuple[str, ...] = ()
    unreadable: str = ""
    asks: tuple[str, ...] = ()
    sealed: bytes = b""
    signed: Signed | None = None
    commands: tuple[Asked, ...] = ()
    language: str = ""
    caller: str = ""
