"""Hop 5: may this message pass? Pure checks in a fixed order, one signature, values in and out.

A stage looks at the message and at what is known, and gives back ``None`` (go on) or a ``Stop``.
The runner ends at the first ``Stop``; nothing can go on behind it. Stages never change a message:
building the new one is hop 6, so a forgotten change cannot let an old byte through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relay.domain.aliases import is_relays
from relay.domain.conversations import Side
from relay.domain.levels import CounselorLevel, SeekerLevel
from relay.domain.standing import Verdict
from relay.flow.proof import is_logged_in
from relay.flow.values import (
    Known,
    Person,
    Reason,
    TargetKind,
)
from relay.mail import automatic
from relay.mail.automatic import Kind
from relay.mail.model import Mail
from relay.mail.proof import dmarc

MAX_HOPS = 50
"""Received fields before we call it a loop (RFC 5321 §6.3 asks for at least 100 in general; Postfix: 50)."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep it where a person sees it, and tell whoever must act."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Absorb:
    """Use it, never pass it on: bounces, automatic answers, receipts."""

    reason: Reason


Stop = Hold | Absorb
Stage = Callable[[Mail, Known], Stop | None]

_ABSORBED: dict[Kind, Reason] = {
    Kind.BOUNCE: Reason.BOUNCE,
    Kind.AUTO_REPLY: Reason.AUTO_REPLY,
    Kind.RECEIPT: Reason.RECEIPT,
    Kind.CALENDAR_REPLY: Reason.CALENDAR_REPLY,
    Kind.COMPLAINT: Reason.COMPLAINT,
}

_ABSORBED_AS_REQUEST: dict[Kind, Reason] = {
    kind: reason for kind, reason in _ABSORBED.items() if kind is not Kind.AUTO_REPLY
}
"""An automatic first message may still be somebody's cry for help; a delivery report or a receipt is not (P8)."""


def run(stages: Sequence[Stage], mail: Mail, known: Known) -> Stop | None:
    """Run stages in order until one stops."""
    for stage in stages:
        stop = stage(mail, known)
        if stop is not None:
            return stop
    return None


def looping(mail: Mail, known: Known) -> Stop | None:
    """Somebody's mail is going in circles: too many hops, one of our own addresses as its author, or an id by which a
    relay, ours or another, has sent it before (an answer has an id of its own).
    """
    if len(mail.all("received")) > MAX_HOPS:
        return Hold(Reason.LOOP)
    if is_relays(mail.message_id):
        return Hold(Reason.LOOP)
    if any(known.service.is_ours(author.address) for author in mail.authors):
        return Hold(Reason.LOOP)
    return None


def retired(_mail: Mail, known: Known) -> Stop | None:
    """Mail that was on its way to an alias when the alias was retired."""
    return Hold(Reason.RETIRED) if known.target.is_retired else None


def blocked(_mail: Mail, known: Known) -> Stop | None:
    """What a blocked seeker writes is kept and not passed on; its author is told nothing, by nobody.

    A counselor cannot be blocked this way, and what the operator has released passes.
    """
    block, target = known.standing.block, known.target
    if block is None or target.author_side is Side.COUNSELOR or known.entry.confirmed:
        return None
    is_reply = target.kind is TargetKind.ALIAS and target.conversation is not None
    state = target.conversation.state if is_reply and target.conversation else None
    return Hold(Reason.BLOCKED) if block.holds(state) else None


def spam(_mail: Mail, known: Known) -> Stop | None:
    """What the operator's spam filter would reject waits for a person; it answers nobody."""
    is_held = known.standing.verdict is Verdict.HOLD and not known.entry.confirmed
    return Hold(Reason.SPAM) if is_held else None


def automatic_reply(mail: Mail, known: Known) -> Stop | None:
    """Bounces, out-of-office notes, receipts and calendar answers never reach the other side (RFC 3834)."""
    kind = automatic.classify(mail, known.entry.envelope.reverse_path.is_null)
    table = _ABSORBED if known.target.kind is TargetKind.ALIAS else _ABSORBED_AS_REQUEST
    reason = table.get(kind)
    return Absorb(reason) if reason else None


def stranger(mail: Mail, known: Known) -> Stop | None:
    """An alias accepts only the person it was issued to: envelope or From as known for that side (P6).

    A held message that the operator has released passes: somebody has looked, and vouches for the author. What a
    mailing list sends to an alias that somebody has subscribed is no stranger's attempt, and would be held for ever.
    """
    if known.entry.confirmed:
        return None
    conversation = known.target.conversation
    if conversation is None or known.target.author_side is None:
        return Hold(Reason.STRANGER)
    issued_to = conversation.seeker if known.target.author_side is Side.SEEKER else conversation.counselor
    if issued_to is not None and speaks_as(mail, known, issued_to):
        return None
    is_list = automatic.classify(mail, known.entry.envelope.reverse_path.is_null) is Kind.LIST
    return Absorb(Reason.LIST) if is_list else Hold(Reason.STRANGER)


def unproven(_mail: Mail, known: Known) -> Stop | None:
    """What lacks the proof that its side owes is held; a person may still vouch for it (P6)."""
    proof = known.proof
    if proof is None or known.entry.confirmed:
        return None
    if known.target.author_side is Side.COUNSELOR:
        is_short = known.service.counselor_level is not CounselorLevel.ALIAS and (
            proof.verdict is not dmarc.Verdict.PROVEN
        )
    else:
        is_short = known.service.seeker_level is SeekerLevel.ENFORCE and (
            proof.verdict is dmarc.Verdict.REFUTED and proof.policy is dmarc.Policy.REJECT
        )
    return Hold(Reason.UNPROVEN) if is_short else None


def speaks_as(mail: Mail, known: Known, person: Person) -> bool:
    """Tell whether envelope or From is an address known for this person, or they have logged in.

    From counts only when there is exactly one author that any reader would see the same way.
    """
    if is_logged_in(known):
        return True
    addresses = {address.lower() for address in person.addresses}
    envelope = without_tag(known.entry.envelope.reverse_path.reveal().lower())
    if envelope in addresses:
        return True
    clear = len(mail.authors) == 1 and not mail.defects & {"several-from", "ambiguous-from", "duplicate-from"}
    return clear and mail.authors[0].address.lower() in addresses


def without_tag(path: str) -> str:
    """Undo BATV (``prvs=0123abcdef=local@domain``), which several providers put around a reverse-path."""
    if not path.startswith(("prvs=", "btv1==")):
        return path
    local, _, domain = path.rpartition("@")
    pieces = [piece for piece in local.split("=") if piece]
    return f"{pieces[-1]}@{domain}" if len(pieces) >= 3 else path


REQUEST: tuple[Stage, ...] = (looping, automatic_reply, blocked, unproven, spam)
REPLY: tuple[Stage, ...] = (retired, looping, automatic_reply, stranger, blocked, unproven, spam)
DESK: tuple[Stage, ...] = (looping, automatic_reply)
OPERATOR: tuple[Stage, ...] = (looping, automatic_reply)
