"""What a message changes beside being passed on: a closed union of small values, written in the settling transaction.

THE place to extend. A counselor's command, a seeker's word and a timer say what is to change as values; nothing but
``edge.store.effects`` writes. To add one:

1. a frozen dataclass here, under ``Effect``, with ``kind: Literal["…"] = "…"`` as its last field (the name by which it
   is known on the pipe from a worker), and its class in ``EFFECTS``;
2. a function in ``edge/store`` that applies it, and its row in ``edge.store.effects.APPLY``; it gets the connection,
   the conversation's ``Record`` (change it, it is saved once for all effects), the ``Settled`` and the time;
3. whoever decides puts it into ``Outcome.effects``. They are applied in order, after ``Outcome.conversation_event``
   and in the same transaction as the deliveries: all or nothing, and ``Stale`` decides anew.

Fields hold what msgspec can check: str, int, bool, bytes, enums, datetime, timedelta, tuples of them. A worker says
these values, and a worker reads hostile bytes: an applying function takes the conversation from the ``Record``, never
from the effect, and bounds what it stores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from relay.domain.calls import Call
from relay.domain.closing import Closing
from relay.domain.risk import Risk
from relay.mail.serialize import Attachment


class Effect:
    """One thing that changes with the conversation of a target, or with whoever spoke to the desk."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Noted(Effect):
    """Words for the next counselor. ``author``: the pseudonym they are shown under; never for the seeker."""

    text: str
    author: str
    kind: Literal["noted"] = "noted"


@dataclass(frozen=True, slots=True)
class LanguageSet(Effect):
    """The language of our texts to the seeker and of who answers: a tag in lower case."""

    language: str
    kind: Literal["language_set"] = "language_set"


@dataclass(frozen=True, slots=True)
class RiskSet(Effect):
    """The conversation is marked, and moves in every queue."""

    risk: Risk
    kind: Literal["risk_set"] = "risk_set"


@dataclass(frozen=True, slots=True)
class Closed(Effect):
    """The conversation has come to its end; what the seeker writes within the grace opens it again."""

    how: Closing
    kind: Literal["closed"] = "closed"


@dataclass(frozen=True, slots=True)
class HandedOver(Effect):
    """Its counselor gives it to somebody else, and does not get it again before ``until``. ``summary``: a note for
    whoever is next, by ``author``; empty: none. ``to``: a counselor's id, with how many conversations they take at a
    time and the alias that stands for the seeker toward them; empty: whoever is found. ``queue``: in another queue.
    """

    until: datetime
    summary: str = ""
    author: str = ""
    to: str = ""
    capacity: int = 0
    alias: str = ""
    queue: str = ""
    kind: Literal["handed_over"] = "handed_over"


@dataclass(frozen=True, slots=True)
class TakenOver(Effect):
    """A counselor takes the conversation, from the queue or from whoever had it. ``alias``: fresh, for the seeker."""

    counselor_id: str
    capacity: int
    alias: str
    kind: Literal["taken_over"] = "taken_over"


@dataclass(frozen=True, slots=True)
class PutOff(Effect):
    """The seeker has been told that the next answer takes until then."""

    until: datetime
    kind: Literal["put_off"] = "put_off"


@dataclass(frozen=True, slots=True)
class Warned(Effect):
    """The seeker has been told once more what is not answered here."""

    kind: Literal["warned"] = "warned"


@dataclass(frozen=True, slots=True)
class BlockedUntil(Effect):
    """The conversation ends, and what comes under the seeker's addresses is held until then; other conversations that
    are under way go on.
    """

    until: datetime
    how: Closing = Closing.BLOCKED
    kind: Literal["blocked_until"] = "blocked_until"


@dataclass(frozen=True, slots=True)
class ReferralsGiven(Effect):
    """These entries of the directory stand in what the seeker gets: counted by month, and not noted anywhere else."""

    numbers: tuple[int, ...]
    kind: Literal["referrals_given"] = "referrals_given"


@dataclass(frozen=True, slots=True)
class ReadingGiven(Effect):
    """A text of the reading list, or titles of some, stand in what the seeker gets."""

    kind: Literal["reading_given"] = "reading_given"


@dataclass(frozen=True, slots=True)
class MailStopped(Effect):
    """The seeker wants no more mail: the conversation ends, and what is on its way to them does not arrive."""

    kind: Literal["mail_stopped"] = "mail_stopped"


@dataclass(frozen=True, slots=True)
class MailWanted(Effect):
    """Whoever wanted no more mail has written again."""

    kind: Literal["mail_wanted"] = "mail_wanted"


@dataclass(frozen=True, slots=True)
class Forgotten(Effect):
    """The conversation is erased once all else is written, with the entry that asked for it."""

    kind: Literal["forgotten"] = "forgotten"


@dataclass(frozen=True, slots=True)
class DiscretionSet(Effect):
    """How mail to the seeker looks, and when it may reach them (``domain.wishes``)."""

    discreet: bool
    hours: str = ""
    kind: Literal["discretion_set"] = "discretion_set"


@dataclass(frozen=True, slots=True)
class OtherAsked(Effect):
    """The seeker goes on with somebody else; never again with the one who is responsible now."""

    kind: Literal["other_asked"] = "other_asked"


@dataclass(frozen=True, slots=True)
class Approved(Effect):
    """A supervisor lets the held reply go that they were asked about (``Target.reviews``)."""

    kind: Literal["approved"] = "approved"


@dataclass(frozen=True, slots=True)
class SentBack(Effect):
    """A supervisor does not let it go; its author hears why and writes anew."""

    kind: Literal["sent_back"] = "sent_back"


@dataclass(frozen=True, slots=True)
class ReviewAwaited(Effect):
    """A reply waits for a supervisor, and its clock starts, unless it runs already.

    ``subject``, ``text`` and ``files``: as it would be sent; ``author``: the pseudonym of whoever wrote it; ``due_at``:
    when supervisors are told again.
    """

    text: str
    author: str
    due_at: datetime
    subject: str = ""
    files: tuple[Attachment, ...] = ()
    kind: Literal["review_awaited"] = "review_awaited"


@dataclass(frozen=True, slots=True)
class Reviewed(Effect):
    """A reply has gone out with a supervisor's word; counted for its counselor."""

    kind: Literal["reviewed"] = "reviewed"


@dataclass(frozen=True, slots=True)
class DutySet(Effect):
    """Whoever speaks to the desk is on duty, or off, until then (``domain.overrides``)."""

    on: bool
    until: datetime
    kind: Literal["duty_set"] = "duty_set"


@dataclass(frozen=True, slots=True)
class Reminded(Effect):
    """The counselor, or whoever is responsible by then, is reminded at that instant, with these words."""

    at: datetime
    text: str
    kind: Literal["reminded"] = "reminded"


@dataclass(frozen=True, slots=True)
class CallSet(Effect):
    """How a telephone call to the seeker stands now. The number is in no effect."""

    call: Call
    kind: Literal["call_set"] = "call_set"


@dataclass(frozen=True, slots=True)
class Tagged(Effect):
    """What the conversation is about, in words of the operator's list; nothing that the seeker ever sees."""

    tags: tuple[str, ...]
    kind: Literal["tagged"] = "tagged"


@dataclass(frozen=True, slots=True)
class FeedbackGiven(Effect):
    """What somebody answered to the two questions at the end: ``helped`` 1 to 5, 0 for nothing; ``again``: ``yes``,
    ``no`` or empty. ``is_told``: a letter of ours goes back. Which invitation it was only the target says.
    """

    helped: int = 0
    again: str = ""
    is_told: bool = False
    kind: Literal["feedback_given"] = "feedback_given"


@dataclass(frozen=True, slots=True)
class ConsentAsked(Effect):
    """The seeker is asked whether somebody else may go on. ``handover``: what is done when they agree, but for its
    summary, which is a note at once. ``answer_by``, ``question``: as in ``domain.consent``. ``waits``: its counselor is
    off duty, so that it waits meanwhile.
    """

    handover: HandedOver
    answer_by: datetime
    waits: bool = False
    question: str = ""
    kind: Literal["consent_asked"] = "consent_asked"


@dataclass(frozen=True, slots=True)
class ConsentGiven(Effect):
    """The seeker agrees, or not (``agreed``). ``gives``: whoever is named is on duty and has a free place."""

    agreed: bool
    gives: bool = False
    kind: Literal["consent_given"] = "consent_given"


EFFECTS: tuple[type[Effect], ...] = (
    Noted,
    LanguageSet,
    RiskSet,
    Closed,
    HandedOver,
    TakenOver,
    PutOff,
    Warned,
    BlockedUntil,
    ReferralsGiven,
    ReadingGiven,
    MailStopped,
    MailWanted,
    Forgotten,
    DiscretionSet,
    OtherAsked,
    Approved,
    SentBack,
    ReviewAwaited,
    Reviewed,
    DutySet,
    Reminded,
    CallSet,
    Tagged,
    FeedbackGiven,
    ConsentAsked,
    ConsentGiven,
)
"""The union, closed: what is not here does not come back from a worker."""

FREE_SOMEBODY: tuple[type[Effect], ...] = (
    Closed,
    HandedOver,
    ConsentAsked,
    ConsentGiven,
    RiskSet,
    TakenOver,
    BlockedUntil,
    Approved,
    DutySet,
    MailStopped,
    Forgotten,
    OtherAsked,
)
"""After these a slot is free, or something waits to be routed: somebody looks at once."""


def by_kind() -> Mapping[str, type[Effect]]:
    """Every effect by the name that it has on the pipe."""
    return {each.__dataclass_fields__["kind"].default: each for each in EFFECTS}  # type: ignore[attr-defined]
