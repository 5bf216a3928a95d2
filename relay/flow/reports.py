"""What becomes of mail that no person wrote: delivery reports, vacation answers, complaints. Pure.

Used and never passed on (P8, RFC 3834 §2). A final report sends a conversation whose counselor cannot be reached back
to the queue, with its words, and tells a counselor whose seeker cannot be reached; when the conversation has gone on
without those words, their author is asked to write again. Whoever is told reads our words
alone, and no report is ever answered.
"""

from __future__ import annotations

from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.domain.presence import EXCLUDED_FOR, ON_LEAVE_FOR, Presence, unreachable
from relay.flow.holding import held
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.stages import speaks_as
from relay.flow.values import Known, Reason, TargetKind, Words
from relay.mail import bounces
from relay.mail.model import Mail


def absorbed(reason: Reason, mail: Mail, known: Known, letters: Letters) -> Outcome:
    """The end of a message of which the stages or ``service_mail`` have found out what machine wrote it."""
    if reason is Reason.COMPLAINT:
        return Outcome(EntryEvent.STOPPED, reason, outgoing=letters.complaint(known))
    if reason is Reason.BOUNCE and known.target.kind is TargetKind.RETURN_PATH:
        return _reported(mail, known, letters)
    if reason is Reason.AUTO_REPLY:
        return _away(mail, known, letters)
    return Outcome(EntryEvent.STOPPED, reason)


def _reported(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """A report to the return-path of one delivery; what it does not tell clearly, a person looks at."""
    fact = bounces.fact(mail)
    if fact is None:
        return held(Reason.UNCLEAR_REPORT, known, letters, tell_author=False)
    conversation, side = known.target.conversation, known.target.author_side
    if not fact.is_final or known.target.is_retired or conversation is None or side is None:
        return Outcome(EntryEvent.STOPPED, Reason.BOUNCE, fact=fact)
    told = letters.undelivered(
        conversation,
        side,
        fact,
        known.service,
        known.now,
        known.minted.message_ids[2:4],
        words=known.target.words,
    )
    if side is Side.SEEKER or conversation.counselor_id is None or known.target.words is Words.LEFT:
        return Outcome(EntryEvent.STOPPED, Reason.BOUNCE, outgoing=told, fact=fact)
    is_theirs = conversation.state in HELD_BY_A_COUNSELOR
    return Outcome(
        EntryEvent.STOPPED,
        Reason.BOUNCE,
        outgoing=told,
        fact=fact,
        conversation_event=ConversationEvent.RELEASED if is_theirs else None,
        presence=unreachable(conversation.counselor_id, fact, known.now),
        excludes=known.now + EXCLUDED_FOR,
    )


def _away(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """A vacation answer: of a counselor, and where the operator wants it, it takes them off duty."""
    conversation = known.target.conversation
    counselor = conversation.counselor if conversation else None
    stopped = Outcome(EntryEvent.STOPPED, Reason.AUTO_REPLY)
    if not known.service.heeds_vacations or known.target.author_side is not Side.COUNSELOR:
        return stopped
    if conversation is None or conversation.counselor_id is None or counselor is None:
        return stopped
    if known.target.is_retired or known.target.is_away or not speaks_as(mail, known, counselor):
        return stopped
    return Outcome(
        EntryEvent.STOPPED,
        Reason.AUTO_REPLY,
        outgoing=letters.away(known, counselor),
        presence=Presence(conversation.counselor_id, known.now + ON_LEAVE_FOR),
    )
