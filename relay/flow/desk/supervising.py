"""Supervisors: replies that they read before those go out, and what they answer to the desk. Pure.

A reply of a counselor under review is held, whole; nothing of it reaches the seeker. Every supervisor of the queue gets
what the seeker would get, pseudonyms only. One word lets it go; anything else goes back to its author as a comment, and
the reply is not sent. Time alone never sends it: the promise to the seeker goes on, and its ladder is what escalates.

What a supervisor writes in answer to a question goes to the counselor who asked. Where an answer belongs is found by
the id of the notice that it answers, which nobody else has seen.
"""

from __future__ import annotations

import re

from relay.domain.entries import EntryEvent
from relay.flow import letters_supervisors, stages
from relay.flow.effects import Approved, SentBack
from relay.flow.holding import held, notice_answer
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.values import Known, Person, Reason
from relay.mail import automatic, content, marks, quotes
from relay.mail.model import Mail
from relay.mail.rebuild import Draft

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


def for_review(draft: Draft, known: Known, letters: Letters, author: Person) -> Outcome:
    """Hold a reply until a supervisor has read it; its author hears that it waits."""
    ids = known.minted.message_ids
    asked = tuple(letters_supervisors.review(letters, known, each, author, draft) for each in known.reviewers)
    told = letters_supervisors.under_review(letters, known, author)
    return Outcome(
        EntryEvent.HELD,
        Reason.REVIEW,
        outgoing=(*asked, told),
        answers=(notice_answer(ids[letters_supervisors.QUESTION_ID]),),
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
    counselor = conversation.counselor if conversation else None
    if conversation is None or counselor is None or not words:
        return held(Reason.UNASKED, known, letters, tell_author=False)
    if known.target.answers_to is not None:
        if " ".join(re.sub(r"[^\w ]", " ", words).casefold().split()) in APPROVING:
            return Outcome(EntryEvent.STOPPED, Reason.ANSWERED, effects=(Approved(),))
        back = letters_supervisors.sent_back(letters, known, counselor, supervisor, words)
        return Outcome(EntryEvent.STOPPED, Reason.ANSWERED, outgoing=(back,), effects=(SentBack(),))
    said = letters_supervisors.said(letters, known, counselor, supervisor, words)
    return Outcome(EntryEvent.STOPPED, Reason.ANSWERED, outgoing=(said,))


def _own(text: str) -> str:
    """What they wrote, without what they answer to."""
    blocks = quotes.segment(text)
    return "\n".join(block.text for block in blocks if block.kind is quotes.Kind.OWN).strip()
