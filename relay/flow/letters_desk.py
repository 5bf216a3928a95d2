"""Answers to counselors' commands as finished messages: receipts, returned mail, questions. Called by ``flow.desk``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from relay.domain.risk import Risk
from relay.flow.desk.casebook import StoredNote
from relay.flow.desk.handling import Done
from relay.flow.letters import Letters
from relay.flow.outcomes import Outgoing
from relay.flow.values import ConversationView, Known, Person, Service, TargetKind
from relay.mail import notices_clock, notices_consent, notices_desk
from relay.mail.commands import Spoken, Unclear
from relay.mail.content import Content
from relay.mail.model import Mail
from relay.mail.moments import when_in_words

RECEIPT_ID = 6
"""Which of ``Minted.message_ids`` a receipt has; what is asked or returned has that of all notices to counselors."""


def receipt(
    letters: Letters, known: Known, counselor: Person, answers: str, done: Sequence[Done], words: int
) -> Outgoing:
    """Everything that one message with commands has come to. ``words``: sent to the seeker."""
    conversation, language, texts = known.target.conversation, counselor.language, letters.texts
    lines: list[str] = []
    if conversation is not None and words:
        pseudonym = conversation.seeker.stands_as
        lines.append(
            texts.word("did.sent-one", language, pseudonym=pseudonym)
            if words == 1
            else texts.word("did.sent", language, pseudonym=pseudonym, count=str(words))
        )
        due_at = known.desk.due_at if known.desk else None
        if due_at is not None and due_at > known.now:
            when = when_in_words(texts, language, due_at, known.now, known.duty_zone)
            lines.append(texts.word("did.due", language, when=when))
    elif conversation is not None:
        lines.append(texts.word("did.only", language, pseudonym=conversation.seeker.stands_as))
    lines += [line for each in done for line in each.told]
    text = notices_desk.receipt(texts, language, _about(known, letters, language), lines)
    new_id = known.minted.message_ids[RECEIPT_ID]
    return letters.to_counselor(
        counselor, text, known.service, known.now, new_id, reply_to=answers, about=_alias(known)
    )


def faults(letters: Letters, counselor: Person, unclear: Unclear) -> tuple[str, ...]:
    """Each unclear line with what is unclear about it."""
    return tuple(
        dict.fromkeys(
            notices_desk.fault(
                letters.texts, counselor.language, each.problem, each.line, each.meant, each.usage
            )
            for each in unclear.faults
        )
    )


def refusals(letters: Letters, counselor: Person, refused: Sequence[tuple[Spoken, str]]) -> tuple[str, ...]:
    """Each refused command with the reason."""
    return tuple(
        notices_desk.refusal(letters.texts, counselor.language, f"!{each.verb} {each.words}".strip(), why)
        for each, why in refused
    )


def returned(
    letters: Letters, known: Known, counselor: Person, mail: Mail, said: Content, lines: Sequence[str]
) -> Outgoing:
    """A counselor's mail back to them: why nothing came of it, and the words they wrote, above and between quotes."""
    about = _about(known, letters, counselor.language)
    draft = said.own_words
    text = notices_desk.returned(letters.texts, counselor.language, about, lines, draft)
    new_id = known.minted.message_ids[2]
    return letters.to_counselor(
        counselor, text, known.service, known.now, new_id, reply_to=mail.message_id, about=_alias(known)
    )


def confirm(letters: Letters, known: Known, counselor: Person, asked: Sequence[str]) -> Outgoing:
    """Ask at the registered address whether something is to be done; the answer is found by this notice's id."""
    about = _about(known, letters, counselor.language)
    text = notices_desk.confirm(letters.texts, counselor.language, about, asked)
    return letters.to_counselor(counselor, text, known.service, known.now, known.minted.message_ids[2])


def reassigned(letters: Letters, known: Known, before: Person, pseudonym: str) -> Outgoing:
    """Tell whoever had a conversation that somebody else has taken it over."""
    text = notices_clock.counselor_reassigned(letters.texts, before.language, pseudonym)
    return letters.to_counselor(
        before, text, known.service, known.now, known.minted.message_ids[RECEIPT_ID + 1]
    )


def briefing(
    letters: Letters,
    view: ConversationView,
    notes: Sequence[StoredNote],
    service: Service,
    now: datetime,
    new_id: str,
) -> Outgoing:
    """Everything that those before have noted, to the new counselor, from the alias that they answer to.

    Its subject is one that the seeker may read, in their language: it comes back to them with the answer.
    """
    counselor = view.counselor
    assert counselor is not None
    text = notices_desk.briefing(
        letters.texts,
        counselor.language,
        view.seeker.stands_as,
        [(note.author, f"{note.written_at:%Y-%m-%d}", note.text) for note in notes],
        is_risk=view.risk is Risk.HIGH,
        language_of_seeker=view.language,
    )
    subject = letters.texts.word("your-message", view.language)
    return letters.from_alias(counselor, replace(text, subject=subject), view.seeker, service, now, new_id)


def closed(
    letters: Letters,
    view: ConversationView,
    service: Service,
    now: datetime,
    new_id: str,
    reply_to: str,
    invitation: str = "",
) -> Outgoing:
    """A few words to a seeker who has not written for long, in the thread of the conversation."""
    text = notices_desk.closed(letters.texts, view.language, invitation)
    return letters.to_seeker(view, text, service, now, new_id, reply_to or None)


def closed_silently(
    letters: Letters, view: ConversationView, service: Service, now: datetime, new_id: str
) -> Outgoing:
    """Tell the counselor that it was closed."""
    counselor = view.counselor
    assert counselor is not None
    text = notices_desk.closed_silently(letters.texts, counselor.language, view.seeker.stands_as)
    return letters.to_counselor(counselor, text, service, now, new_id)


def asked_first(
    letters: Letters,
    view: ConversationView,
    service: Service,
    now: datetime,
    new_id: str,
    reply_to: str,
    answer_by: datetime,
) -> Outgoing:
    """Ask a seeker whose counselor has left whether somebody else may go on, in the thread of the conversation.

    The time is said in UTC, as where counselors sit in several zones: nobody is left whose zone it could be.
    """
    when = when_in_words(letters.texts, view.language, answer_by, now, "UTC")
    text = notices_consent.seeker_asked(letters.texts, view.language, when)
    return letters.to_seeker(view, text, service, now, new_id, reply_to or None)


def silent(
    letters: Letters, view: ConversationView, service: Service, now: datetime, new_id: str, reply_to: str
) -> Outgoing:
    """Tell a seeker who was asked and has not answered that somebody else goes on."""
    text = notices_consent.seeker_silent(letters.texts, view.language)
    return letters.to_seeker(view, text, service, now, new_id, reply_to or None)


def told_of_silence(
    letters: Letters, view: ConversationView, service: Service, now: datetime, new_id: str, *, goes: bool
) -> Outgoing:
    """Tell the counselor what no answer has come to."""
    counselor = view.counselor
    assert counselor is not None
    how = "silent-goes" if goes else "silent-stays"
    text = notices_consent.counselor_told(letters.texts, counselor.language, view.seeker.stands_as, how)
    return letters.to_counselor(counselor, text, service, now, new_id)


def _alias(known: Known) -> str:
    """The alias of the seeker, in a conversation whose counselor wrote."""
    conversation = known.target.conversation
    return conversation.seeker.alias if conversation and known.target.kind is TargetKind.ALIAS else ""


def _about(known: Known, letters: Letters, language: str) -> str:
    conversation = known.target.conversation
    return conversation.seeker.stands_as if conversation else letters.texts.word("the-desk", language)
