"""Mail to the service itself: to the desk, to the operator, or to a return-path. Called by ``compose``; pure.

What a machine wrote is used (``reports``); a counselor's answer lets a held reply go; what somebody writes to
postmaster or abuse reaches the operator without whoever wrote it. What is none of that is held.
"""

from __future__ import annotations

import re

from relay.domain.entries import EntryEvent
from relay.domain.presence import Presence
from relay.flow import stages
from relay.flow.desk import hearing, supervising
from relay.flow.holding import SEND_WORDS, held
from relay.flow.judging import judge, mask_of
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.reports import absorbed
from relay.flow.values import (
    Known,
    Person,
    Reason,
    TargetKind,
)
from relay.mail import automatic, content, marks, quotes, rebuild
from relay.mail.model import Mail


def to_the_service(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """Mail to the desk, to the operator, or to a return-path."""
    null_path = known.entry.envelope.reverse_path.is_null
    kind = automatic.classify(mail, null_path)
    reason = _SERVICE_REASONS.get(kind)
    if known.target.kind is TargetKind.OPERATOR and reason in (Reason.LIST, Reason.AUTO_REPLY):
        reason = None  # who runs a server is told of abuse by lists and machines, and answers neither
    if known.target.kind is TargetKind.RETURN_PATH:
        if reason is not None:
            return absorbed(reason, mail, known, letters)
        return held(Reason.UNASKED, known, letters, tell_author=False)
    if reason is not None:
        return absorbed(reason, mail, known, letters)
    if isinstance(stages.looping(mail, known), stages.Hold):
        return Outcome(EntryEvent.STOPPED, Reason.LOOP)
    if known.target.kind is TargetKind.OPERATOR:
        return _to_the_operator(mail, known, letters)
    return _to_the_desk(mail, known, letters)


def _to_the_desk(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """A counselor asks for something or answers a notice. Anything unclear changes nothing, and they are told so."""
    if known.target.supervisor is not None:
        return supervising.at_desk(mail, known, letters)
    speaker = known.target.speaker
    if speaker is None or not stages.speaks_as(mail, known, speaker):
        return held(Reason.STRANGER, known, letters, tell_author=False)
    try:
        obeyed = hearing.at_desk(mail, known, letters)
        if obeyed is not None:
            return obeyed
        words = quotes.own_words(marks.clean(content.read(mail).text))
    except (content.Sealed, content.Overlong):
        words = ""
    first = next((line for line in words.split("\n") if line.strip()), "")
    answer = " ".join(re.sub(r"[^\w ]", " ", first).casefold().split())
    if known.target.is_away:
        back = letters.back(known, speaker)
        return Outcome(
            EntryEvent.STOPPED, Reason.ANSWERED, outgoing=back, presence=Presence(known.target.speaker_id)
        )
    if answer in SEND_WORDS and known.target.answers_to is not None:
        return Outcome(EntryEvent.STOPPED, Reason.ANSWERED, releases=known.target.answers_to)
    if known.target.is_told:
        return held(Reason.UNASKED, known, letters, tell_author=False)
    return Outcome(EntryEvent.STOPPED, Reason.UNASKED, outgoing=letters.not_understood(known, speaker))


_SERVICE_REASONS = {
    automatic.Kind.BOUNCE: Reason.BOUNCE,
    automatic.Kind.AUTO_REPLY: Reason.AUTO_REPLY,
    automatic.Kind.RECEIPT: Reason.RECEIPT,
    automatic.Kind.CALENDAR_REPLY: Reason.CALENDAR_REPLY,
    automatic.Kind.COMPLAINT: Reason.COMPLAINT,
    automatic.Kind.LIST: Reason.LIST,
}


def _to_the_operator(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """Mail to postmaster or abuse reaches the operator as text, without whoever wrote it."""
    try:
        said = content.read(mail)
    except content.Overlong:
        return held(Reason.UNREADABLE, known, letters, tell_author=False)
    except content.Sealed:
        return held(Reason.ENCRYPTED, known, letters, tell_author=False)
    writer = Person(addresses=(), names=(), private=(), stands_as="somebody", alias="")
    operator = Person(addresses=(known.service.operator,), names=(), private=(), stands_as="", alias="")
    draft = rebuild.rewrite(mail, said, mask_of(mail, writer, operator), letters.removed_line("en"))
    outgoing = letters.operator_mail(known, draft.subject, draft.text)
    for one in outgoing:
        leaks = judge(one.message, mail, writer, operator, known)
        if leaks:
            return held(Reason.LEAK, known, letters, tell_author=False, changes=leaks)
    return Outcome(EntryEvent.PLANNED, outgoing=outgoing)
