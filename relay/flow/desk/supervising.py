"""Supervisors: replies that they read before those go out, and what they answer to the desk. Pure.

A reply of a counselor under review is held, whole; nothing of it reaches the seeker. Every supervisor of the queue gets
what the seeker would get, pseudonyms only. One word lets it go, with nothing beside it but thanks and their name;
anything else goes back to its author as a comment, and the reply is not sent. Time alone never sends it: supervisors
are told again, then others, then the operator, by a clock of its own (``flow.reviews``), and the promise to the seeker
goes on beside it.

What a supervisor writes in answer to a question goes to the counselor who asked. Where an answer belongs is found by
the id of the notice that it answers, which nobody else has seen. They owe the same proof as a counselor; where it is
missing, nothing comes of it before they have said at their registered address that it was them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from relay.domain.entries import EntryEvent
from relay.domain.levels import CounselorLevel
from relay.domain.risk import Risk
from relay.flow import letters_supervisors, stages
from relay.flow.effects import Approved, Noted, ReviewAwaited, SentBack
from relay.flow.holding import SEND_WORDS, held, notice_answer, watch_answer
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.proof import prove
from relay.flow.values import Known, Person, Reason
from relay.mail import automatic, content, marks, quotes
from relay.mail.model import Mail
from relay.mail.proof import dmarc
from relay.mail.proof.evidence import Proof
from relay.mail.seeker_words import QUESTION, folded, says_nothing
from relay.mail.serialize import NewMessage

APPROVING = frozenset(
    {
        "ok",
        "okay",
        "approve",
        "approved",
        "yes",
        "send",
        "ja",
        "senden",
        "oui",
        "si",
        "sí",
        "enviar",
        "نعم",
        "موافق",
    }
)
"""One word that lets a reply go; the notice asks for the first."""


def for_review(made: NewMessage, known: Known, letters: Letters, author: Person) -> Outcome:
    """Hold a reply until a supervisor has read it; its author hears that it waits. ``made``: all that would be sent."""
    ids, service, conversation = known.minted.message_ids, known.service, known.target.conversation
    assert conversation is not None
    asked = tuple(letters_supervisors.review(letters, known, each, author, made) for each in known.reviewers)
    told = letters_supervisors.under_review(letters, known, author)
    in_danger = conversation.risk is Risk.HIGH
    after = service.review_in_danger if in_danger else service.review_after
    return Outcome(
        EntryEvent.HELD,
        Reason.REVIEW,
        outgoing=(*asked, told),
        answers=(watch_answer(ids[letters_supervisors.QUESTION_ID]),),
        effects=(
            ReviewAwaited(made.text, author.stands_as, known.now + after, made.subject, made.attachments),
        ),
    )


def at_desk(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """Mail to the desk in a supervisor's name: an answer to what they were asked, or nothing that we understand."""
    supervisor, conversation = known.target.supervisor, known.target.conversation
    assert supervisor is not None
    if not stages.speaks_as(mail, known, supervisor):
        return held(Reason.STRANGER, known, letters, tell_author=False)
    if not automatic.may_answer(mail, known.entry.envelope.reverse_path.is_null):
        return held(Reason.UNASKED, known, letters, tell_author=False)
    try:
        text = quotes.own_words(marks.clean(content.read(mail).text))
    except (content.Sealed, content.Overlong):
        return held(Reason.UNREADABLE, known, letters, tell_author=False)
    words = _own(text)
    names = [*(one.name for one in mail.shown), *supervisor.names, supervisor.stands_as]
    if known.target.answers_to is not None and _is_one_of(SEND_WORDS, words, names):
        return Outcome(EntryEvent.STOPPED, Reason.ANSWERED, releases=known.target.answers_to)
    counselor = conversation.counselor if conversation else None
    if conversation is None or not words or (counselor is None and known.target.reviews is not None):
        return held(Reason.UNASKED, known, letters, tell_author=False)
    proof = prove(mail, known)
    if not _is_sure(known, proof):
        return _unproven(known, letters, supervisor, words)
    answered = Outcome(
        EntryEvent.STOPPED, Reason.ANSWERED, signatures=proof.signatures if proof is not None else ()
    )
    if counselor is None:  # nobody has it yet: whoever does reads it first
        return replace(answered, effects=(Noted(words, supervisor.stands_as),))
    if known.target.reviews is not None and _is_one_of(APPROVING, words, names):
        return replace(answered, effects=(Approved(),))
    if known.target.reviews is not None:
        back = letters_supervisors.sent_back(letters, known, counselor, supervisor, words)
        return replace(answered, outgoing=(back,), effects=(SentBack(),))
    return replace(
        answered, outgoing=(letters_supervisors.said(letters, known, counselor, supervisor, words),)
    )


def _is_one_of(among: Collection[str], words: str, names: Sequence[str]) -> bool:
    """Tell whether somebody says one of these and nothing more; a question is none."""
    first, *below = [line for line in words.split("\n") if line.strip()] or [""]
    if not QUESTION.isdisjoint(first):
        return False
    said = f"{folded(first)} "
    return any(
        said.startswith(word) and says_nothing([said.removeprefix(word), *below], names)
        for word in (f"{folded(each)} " for each in among)
    )


def _is_sure(known: Known, proof: Proof | None) -> bool:
    """Tell whether it is the supervisor: proven as the level wants it, or confirmed at their registered address."""
    if known.entry.confirmed or known.service.counselor_level is CounselorLevel.ALIAS:
        return True
    return proof is not None and proof.verdict is dmarc.Verdict.PROVEN


def _unproven(known: Known, letters: Letters, supervisor: Person, words: str) -> Outcome:
    """Ask the supervisor whether these are their words; the answer is found by this notice's id."""
    return Outcome(
        EntryEvent.HELD,
        Reason.UNCONFIRMED,
        outgoing=(letters_supervisors.confirm(letters, known, supervisor, words),),
        answers=(notice_answer(known.minted.message_ids[letters_supervisors.TOLD_ID]),),
        obeys=supervisor.addresses[0],
    )


def _own(text: str) -> str:
    """What they wrote, without what they answer to."""
    blocks = quotes.segment(text)
    return "\n".join(block.text for block in blocks if block.kind is quotes.Kind.OWN).strip()
