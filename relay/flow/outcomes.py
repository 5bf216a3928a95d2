"""What comes of a message: what is to be sent, what is to change, and what the store makes of it.

The other half of ``flow.values``, with the same rule: frozen, complete, checked on the way back from a worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from relay.domain.bounces import Fact
from relay.domain.clocks import Terms
from relay.domain.conversations import ConversationEvent
from relay.domain.entries import EntryEvent
from relay.domain.presence import Presence
from relay.domain.reasons import Reason
from relay.domain.roster import GENERAL
from relay.domain.seeker_keys import KeyStanding, SeekerKey
from relay.domain.wishes import NO_WISHES, Wishes
from relay.flow.effects import Effect
from relay.flow.parties import ThreadLink
from relay.flow.values import Target, TargetKind

COMMAND_ANSWERS = 40
"""Answers to one counselor's commands within a day: more than anybody types. A machine that sends our own words back
ends here, and what comes after that is held."""
FILE_ANSWERS = 20
"""How often within a day somebody is told of files that were left out of what was passed on: more letters than people
send. Whoever is not told believes that the photograph of their injuries has arrived."""

# --- hops 5 to 7: what is to happen ----------------------------------------------------------------


class Face(Enum):
    """Who reads an outgoing message; the store opens the address only for RCPT TO."""

    SEEKER = "seeker"
    COUNSELOR = "counselor"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"


class OutgoingKind(Enum):
    """What an outgoing message is: somebody's words, or a notice of ours.

    ``FAREWELL``: the last notice to somebody who wants no mail or to be forgotten; it alone goes out after that, and
    its trace goes once it is delivered.
    """

    RELAYED = "relayed"
    ACKNOWLEDGEMENT = "acknowledgement"
    NOTICE = "notice"
    FAREWELL = "farewell"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One finished message to one reader. Notices have the null reverse-path (RFC 5321 §4.5.5).

    ``alias``: the address of ours that it is from; a report about it counts only while that is in use.
    ``not_before``: it waits until then.
    """

    kind: OutgoingKind
    reader: Face
    recipient: str
    message: bytes
    alias: str = ""
    not_before: datetime | None = None

    def __repr__(self) -> str:
        return f"Outgoing({self.kind.value} to {self.reader.value}, {len(self.message)} octets)"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the rebuild did to a message, for ``relay explain``: constant words and counts only."""

    what: str
    why: str
    count: int = 1


class KeyAsk(Enum):
    """What a seeker's message is about, when it is about their OpenPGP key or ours."""

    GIVEN = "given"
    HEADER = "header"
    UNWANTED = "unwanted"
    ASKED = "asked"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class KeyTurn:
    """What a seeker's message says of a key, as a worker has read it: a request, never a fact.

    ``certificates``: keys that came with it; ``codes``: words that may be those that were sent encrypted; ``is_alone``:
    it says nothing else, and there is nothing to pass on.
    """

    ask: KeyAsk
    is_alone: bool
    certificates: tuple[bytes, ...] = ()
    codes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"KeyTurn({self.ask.value})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one target of one entry comes to. Exactly one way: relayed, waiting, held or absorbed.

    ``event`` is what happens to the entry, ``reason`` why (none when it was simply relayed).
    ``conversation_event`` is what happens to the conversation, ``link`` the thread link to remember.
    ``answers``: what a held entry can be found again by, when its author says that it may go;
    ``releases``: the held entry that this message lets go; ``replaces``: the one that it stands for.
    ``signatures``: what proved it; each is good for one alias. ``fact``: what a report says of the delivery whose
    return-path it came to. ``presence``: what it says of a counselor. ``excludes``: the counselor is not to get this
    conversation again before that instant. ``ciphertext``: what it was opened from; good for this conversation alone.
    ``tells``: who is told today, and not again before tomorrow. ``effects``: what changes beside (``flow.effects``).
    ``obeys``: the address of the counselor whose commands this answers. ``key``: what it says of an OpenPGP key.
    ``renews``: it is about the conversation that begins instead of the target's (``Target.renewed``).
    """

    event: EntryEvent
    reason: Reason | None = None
    outgoing: tuple[Outgoing, ...] = ()
    conversation_event: ConversationEvent | None = None
    link: ThreadLink | None = None
    acknowledged: bool = False
    changes: tuple[Change, ...] = ()
    seeker_names: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    releases: bytes | None = None
    replaces: bytes | None = None
    signatures: tuple[str, ...] = ()
    fact: Fact | None = None
    presence: Presence | None = None
    excludes: datetime | None = None
    ciphertext: str = ""
    tells: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    obeys: str = ""
    key: KeyTurn | None = None
    renews: bool = False


# --- settling --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewConversation:
    """A conversation to be created with the entry that opened it.

    ``capacity``: conversations at a time of the counselor, when one is named. ``queue``: it is counted for.
    ``excluded`` and ``wishes``: what is known of somebody who begins again. ``renews``: the id of what they had before,
    whose OpenPGP key, of ``key_standing``, is theirs here too.
    """

    conversation_id: bytes
    intake: str
    language: str
    seeker_addresses: tuple[str, ...]
    seeker_names: tuple[str, ...]
    pseudonym: str
    seeker_alias: str
    counselor_alias: str
    counselor_id: str | None
    capacity: int = 0
    queue: str = GENERAL
    excluded: tuple[tuple[str, datetime], ...] = ()
    wishes: Wishes = NO_WISHES
    renews: bytes = b""
    key_standing: KeyStanding = KeyStanding.NONE


def good_for(target: Target, entry_id: bytes) -> str:
    """What a signature is good for that has proven a message: one alias or, at the desk, this one message.

    A letter to a conversation may have to be sent again, and says the same; a captured command would be obeyed twice.
    """
    return entry_id.hex() if target.kind is TargetKind.DESK else target.address.local


def bound_to_entry(entry_id: bytes) -> str:
    """What a ciphertext is bound to as long as the entry that brought it belongs to no conversation."""
    return f"entry:{entry_id.hex()}"


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """A notice that cannot be encrypted to its reader now, in clear, until it can. ``counselor_id``: of whoever it is
    for, a supervisor's, too; empty: it is for the seeker of the conversation that it is about.
    """

    notice: Outgoing
    counselor_id: str = ""
    conversation_id: bytes | None = None
    notice_id: bytes = b""


Told = Outgoing | KeptNotice
"""What somebody is told by itself: what leaves now, or waits until it can be encrypted."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One target with its outcome, ready to be written; what it relays leaves at ``leaves_at``, or at once.

    ``look_at``: when the clock that it starts is looked at (``domain.clocks``). ``key``: what is known of the seeker's
    OpenPGP key from now on; ``None`` leaves it as it is. ``kept``: notices that wait until they can be encrypted.
    ``terms``: what a counselor's words are held against.
    """

    target: Target
    outcome: Outcome
    opens: NewConversation | None = None
    leaves_at: datetime | None = None
    look_at: datetime | None = None
    key: SeekerKey | None = None
    kept: tuple[KeptNotice, ...] = ()
    terms: Terms | None = None

    @property
    def answers_automatically(self) -> str:
        """Whom a notice goes to in answer to what they wrote, empty for nobody: so often a day that no two machines
        go on answering each other (RFC 3834 §2), see ``answers_a_day``. The acknowledgement is one of a kind anyway.
        Answers to commands are counted by themselves.
        """
        if self.outcome.obeys:
            return f"commands {self.outcome.obeys}"
        if self.outcome.tells or self.key is not None or self.outcome.reason is Reason.KEY:
            return ""  # these are counted otherwise
        answered = Face.COUNSELOR if self.target.kind is TargetKind.DESK else Face.SEEKER
        if self.target.kind not in {TargetKind.DESK, TargetKind.INTAKE, TargetKind.ALIAS}:
            return ""
        notices = (
            one for one in self.outcome.outgoing if one.kind is OutgoingKind.NOTICE and one.reader is answered
        )
        return next((one.recipient for one in notices), "")

    @property
    def answers_a_day(self) -> int:
        """How often ``answers_automatically`` may be answered within a day."""
        if self.outcome.obeys:
            return COMMAND_ANSWERS
        is_passed_on = any(one.kind is OutgoingKind.RELAYED for one in self.outcome.outgoing)
        return FILE_ANSWERS if is_passed_on else 1


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """A delivery that this node sends. ``return_path`` is empty for notices."""

    delivery_id: bytes
    kind: OutgoingKind
    reader: Face
    recipient: str
    return_path: str
    message: bytes
    attempts: int
    created_at: datetime
    fence: int
    conversation_id: bytes | None = None

    @classmethod
    def of(cls, one: Outgoing, now: datetime, conversation_id: bytes | None = None) -> LeasedDelivery:
        """A notice that is not written yet; the store gives it its id."""
        return cls(b"", one.kind, one.reader, one.recipient, "", one.message, 1, now, 0, conversation_id)

    def __repr__(self) -> str:
        return f"LeasedDelivery({self.kind.value} to {self.reader.value})"


@dataclass(frozen=True, slots=True)
class HeldEntry:
    """A held entry as an operator may see it."""

    entry_id: bytes
    reason: str
    received_at: datetime
    size_bytes: int
    changes: tuple[Change, ...] = field(default=())
