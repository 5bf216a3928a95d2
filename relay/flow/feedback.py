"""Two answers at the end of a conversation, to an address that says nothing of it (``domain.invitations``).

Called by ``compose`` for mail to such an address. What is clearly an answer is counted, and nothing comes back:
whoever looks into the mailbox sees nothing more. Everything else is answered in words, because nobody reads it: that
it was not kept, and how to reach a person. The entry is deleted either way, so that nothing tells who answered when.

That letter knows as little as we do: it is as discreet as to somebody who has asked for it, and from a public address,
so that an answer to it is heard. Pure; runs in a worker process.
"""

from __future__ import annotations

from relay.domain.entries import EntryEvent
from relay.domain.invitations import MOST_LETTERS, Invitation
from relay.flow import letters_seeker
from relay.flow.effects import FeedbackGiven
from relay.flow.letters import Letters
from relay.flow.outcomes import Face, Outcome, Outgoing, OutgoingKind
from relay.flow.values import Known
from relay.mail import automatic, content, feedback_words, language, notices_seeker
from relay.mail.feedback_words import Answers
from relay.mail.model import Mail

_LETTER_ID = 1
_NOTHING_READ = Answers(has_more=True)


def taken(mail: Mail | None, known: Known, letters: Letters) -> Outcome:
    """Count what is clear, and tell whoever wrote more that nobody reads it. Never held, never passed on."""
    invitation = known.target.invitation
    assert invitation is not None
    null_path = known.entry.envelope.reverse_path.is_null
    may_answer = mail is not None and automatic.may_answer(mail, null_path)
    is_person = mail is not None and automatic.classify(mail, null_path) is automatic.Kind.PERSON
    if mail is not None and not is_person:
        return Outcome(EntryEvent.STOPPED)
    text, answers = _read(mail)
    is_clear = answers.says_something and not answers.has_more and not invitation.is_counted
    letter = None
    if not is_clear and may_answer and mail is not None and invitation.told < MOST_LETTERS:
        letter = _letter(mail, text, answers, invitation, known, letters)
    effect = FeedbackGiven(answers.helped, answers.again, letter is not None)
    return Outcome(EntryEvent.STOPPED, outgoing=(letter,) if letter else (), effects=(effect,))


def _read(mail: Mail | None) -> tuple[str, Answers]:
    try:
        said = content.read(mail) if mail is not None else None
    except (content.Overlong, content.Sealed):
        said = None
    if said is None:
        return "", _NOTHING_READ
    text = said.own_words
    return text, feedback_words.answers(text, [one.name for one in mail.shown] if mail else ())


def _letter(
    mail: Mail, text: str, answers: Answers, invitation: Invitation, known: Known, letters: Letters
) -> Outgoing | None:
    """What became of the answers, and where a person reads; ``None`` where nobody can be written to."""
    author = mail.authors[0].address if len(mail.authors) == 1 else known.entry.envelope.reverse_path.reveal()
    if "@" not in author:
        return None
    texts, service = letters.texts, known.service
    spoken = language.detect(text, texts.languages) or invitation.language
    status = "already" if invitation.is_counted else "counted" if answers.says_something else "unclear"
    told = notices_seeker.feedback_unread(texts, spoken, status)
    name = service.rules.discreet_name or notices_seeker.discreet_name(texts, spoken)
    new_id = known.minted.message_ids[_LETTER_ID]
    message = letters_seeker.plain(told, name, invitation.intake, author, service, known.now, new_id)
    return Outgoing(OutgoingKind.FAREWELL, Face.SEEKER, author, message)
