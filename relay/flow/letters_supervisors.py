"""Letters to supervisors, and from them to counselors, as finished messages. Called by ``flow.desk``.

No address of anybody but the reader stands in them; what they hold of a conversation is what the seeker would get, or
what a counselor has written to them.
"""

from __future__ import annotations

from relay.flow.holding import watch_answer
from relay.flow.letters import OPERATOR_LANGUAGE, Letters
from relay.flow.outcomes import Outgoing
from relay.flow.values import Known, Person
from relay.mail import notices_desk, notices_supervisors
from relay.mail.serialize import Attachment, NewMessage
from relay.mail.texts import Text

QUESTION_ID = 8
"""Which of ``Minted.message_ids`` all copies of a question to supervisors have."""

TOLD_ID = 9
ALARM_ID = 10
"""The same for what supervisors hear of danger."""


def review(letters: Letters, known: Known, supervisor: Person, author: Person, made: NewMessage) -> Outgoing:
    """A reply exactly as the seeker would get it, files and all, to be let go or sent back."""
    files = [(each.filename, len(each.data)) for each in made.attachments]
    text = notices_supervisors.review(
        letters.texts, supervisor.language, author.stands_as, _pseudonym(known), made.subject, made.text, files,
        are_attached=known.service.review_files,
    )  # fmt: skip
    attached = made.attachments if known.service.review_files else ()
    return _to_supervisor(letters, known, supervisor, text, attached=attached)


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
    return _to_supervisor(letters, known, supervisor, text)


def alarms(letters: Letters, known: Known, cause: str) -> tuple[Outgoing, ...]:
    """Tell every supervisor of a conversation that somebody may be in danger. ``cause``: word, list or counselor."""
    view = known.target.conversation
    assert view is not None
    name = view.counselor.stands_as if view.counselor else ""
    return tuple(
        _to_supervisor(
            letters,
            known,
            each,
            notices_supervisors.danger(letters.texts, each.language, cause, _pseudonym(known), name),
            ALARM_ID,
        )
        for each in known.watchers
    )


def alarm_for_operator(letters: Letters, known: Known) -> Outgoing:
    """The same where there is no supervisor."""
    service, new_id = known.service, known.minted.message_ids[ALARM_ID]
    text = notices_supervisors.danger_for_operator(letters.texts, OPERATOR_LANGUAGE, _pseudonym(known))
    return letters.to_operator(text, service, known.now, new_id)


def alarm_answers(known: Known) -> tuple[str, ...]:
    """What answers to such a notice are found by."""
    return (watch_answer(known.minted.message_ids[ALARM_ID]),) if known.watchers else ()


def confirm(letters: Letters, known: Known, supervisor: Person, words: str) -> Outgoing:
    """Ask a supervisor at their registered address whether these words are theirs."""
    text = notices_desk.confirm(letters.texts, supervisor.language, _pseudonym(known), words.split("\n"))
    return _to_supervisor(letters, known, supervisor, text, TOLD_ID)


def _pseudonym(known: Known) -> str:
    assert known.target.conversation is not None
    return known.target.conversation.seeker.stands_as


def _to_supervisor(
    letters: Letters,
    known: Known,
    supervisor: Person,
    text: Text,
    which: int = QUESTION_ID,
    attached: tuple[Attachment, ...] = (),
) -> Outgoing:
    new_id = known.minted.message_ids[which]
    return letters.to_supervisor(supervisor, text, known.service, known.now, new_id, attached)


def _to_counselor(letters: Letters, known: Known, counselor: Person, text: Text) -> Outgoing:
    return letters.to_counselor(counselor, text, known.service, known.now, known.minted.message_ids[TOLD_ID])
