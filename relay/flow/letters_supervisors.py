"""Letters to supervisors, and from them to counselors, as finished messages. Called by ``flow.desk``.

No address of anybody but the reader stands in them; what they hold of a conversation is what the seeker would get, or
what a counselor has written to them.
"""

from __future__ import annotations

from relay.flow.letters import Letters
from relay.flow.notice import notice
from relay.flow.outcomes import Face, Outgoing, OutgoingKind
from relay.flow.values import Known, Person
from relay.mail import notices_desk, notices_supervisors
from relay.mail.rebuild import Draft
from relay.mail.texts import Text

QUESTION_ID = 8
"""Which of ``Minted.message_ids`` all copies of a question to supervisors have."""

TOLD_ID = 9


def review(letters: Letters, known: Known, supervisor: Person, author: Person, draft: Draft) -> Outgoing:
    """A reply as the seeker would get it, to be let go or sent back."""
    text = notices_supervisors.review(
        letters.texts, supervisor.language, author.stands_as, _pseudonym(known), draft.text
    )
    return _to_supervisor(known, supervisor, text)


def under_review(letters: Letters, known: Known, author: Person) -> Outgoing:
    """Tell a counselor that their reply waits for a supervisor."""
    text = notices_supervisors.under_review(letters.texts, author.language, _pseudonym(known))
    return _to_counselor(letters, known, author, text)


def sent_back(letters: Letters, known: Known, counselor: Person, supervisor: Person, words: str) -> Outgoing:
    """A reply is not sent, and why."""
    text = notices_supervisors.sent_back(
        letters.texts, counselor.language, supervisor.stands_as, _pseudonym(known), words
    )
    return _to_counselor(letters, known, counselor, text)


def said(letters: Letters, known: Known, counselor: Person, supervisor: Person, words: str) -> Outgoing:
    """A supervisor's answer."""
    text = notices_supervisors.said(
        letters.texts, counselor.language, supervisor.stands_as, _pseudonym(known), words
    )
    return _to_counselor(letters, known, counselor, text)


def asked(letters: Letters, known: Known, supervisor: Person, counselor: str, words: str) -> Outgoing:
    """A counselor asks, or wants them to step in. ``counselor``: a pseudonym."""
    text = notices_supervisors.asked(letters.texts, supervisor.language, counselor, _pseudonym(known), words)
    return _to_supervisor(known, supervisor, text)


def confirm(letters: Letters, known: Known, supervisor: Person, words: str) -> Outgoing:
    """Ask a supervisor at their registered address whether these words are theirs."""
    text = notices_desk.confirm(letters.texts, supervisor.language, _pseudonym(known), words.split("\n"))
    return _to_supervisor(known, supervisor, text, TOLD_ID)


def _pseudonym(known: Known) -> str:
    assert known.target.conversation is not None
    return known.target.conversation.seeker.stands_as


def _to_supervisor(known: Known, supervisor: Person, text: Text, which: int = QUESTION_ID) -> Outgoing:
    address, service = supervisor.addresses[0], known.service
    new_id = known.minted.message_ids[which]
    message = notice(text, service.name, service.at("desk"), address, service, known.now, new_id)
    return Outgoing(OutgoingKind.NOTICE, Face.SUPERVISOR, address, message)


def _to_counselor(letters: Letters, known: Known, counselor: Person, text: Text) -> Outgoing:
    return letters.to_counselor(counselor, text, known.service, known.now, known.minted.message_ids[TOLD_ID])
