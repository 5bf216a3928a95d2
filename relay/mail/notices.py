"""Every message we author ourselves, from the few facts it needs: texts and values in, ``Text`` out.

Called by the stages of ``flow`` and by its timers; the serializer makes messages of the result, adds
``Auto-Submitted`` (RFC 3834 §5) and the null reverse-path. Pure. A function is named after the file in
``templates`` that it fills in.

Promises: a notice names nobody and shows nobody's address, which these functions keep by not being given
any; it holds no word of a received message, except ``operator_mail``, whose readers it was written to.
Nothing here fails for a text that was loaded; a reason outside the closed list raises ``KeyError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relay.domain.bounces import Fact
from relay.mail.bidi import set_apart
from relay.mail.cleaning import Removed
from relay.mail.moments import next_duty_in_words
from relay.mail.seeker_tables import Word
from relay.mail.text_names import KINDS
from relay.mail.texts import Text, Texts

SEND_WORD = "SEND"
"""What a counselor answers to send a held reply anyway; one word in all languages, so that none is lost."""

KEY_WORD = "KEY?"
"""What anybody writes to get the line's OpenPGP key; in all languages, though each has words of its own."""

# --- to a seeker -----------------------------------------------------------------------------------


def acknowledgement(
    texts: Texts,
    language: str,
    service_name: str,
    next_duty_at: datetime | None,
    waiting: bool,
    zone: str,
    now: datetime,
    crisis: str = "",
    *,
    confidentiality: str = "",
    can_change: bool = True,
    offers_key: bool = False,
) -> Text:
    """Tell a seeker that the first message has arrived, and what to do when it cannot wait.

    ``waiting``: nobody is free now. ``next_duty_at`` and ``zone`` then tell when somebody is; they are not
    looked at otherwise. ``crisis``: the operator's own lines on where help is at once, one place a line.
    ``confidentiality``: the operator's sentence on when silence is broken. ``can_change``: ``OTHER`` does something.
    ``offers_key``: so does ``KEY?``.
    """
    name = "acknowledgement-waiting" if waiting else "acknowledgement"
    spoken = texts.language_of(name, language)
    asked = (Word.STOP, Word.FORGET, *((Word.OTHER,) if can_change else ()), Word.HELP)
    key = (texts.word("offer-key", spoken, word=KEY_WORD),) if offers_key else ()
    values = {
        "service": service_name,
        "crisis": crisis,
        "confidentiality": confidentiality,
        "words": "\n".join((words_offered(texts, spoken, asked, briefly=True), *key)),
        "others": other_languages(texts, spoken),
    }
    if waiting:
        values["next_duty"] = next_duty_in_words(texts, spoken, next_duty_at, now, zone)
    return with_help(texts, name, language, **values)


def seeker_renewed(texts: Texts, language: str) -> Text:
    """Above the acknowledgement of whoever writes to a conversation that has been over for long."""
    return texts.render("seeker-renewed", language)


def seeker_not_delivered(texts: Texts, language: str, service_name: str, crisis: str = "") -> Text:
    """The counselor's side refused a message for good or took none for five days; its words are gone."""
    return with_help(texts, "seeker-not-delivered", language, service=service_name, crisis=crisis)


def seeker_delayed(texts: Texts, language: str, service_name: str, crisis: str = "") -> Text:
    """The counselor could not be reached, for longer than nobody would notice; somebody else gets the words."""
    return with_help(texts, "seeker-delayed", language, service=service_name, crisis=crisis)


def seeker_unreadable(texts: Texts, language: str, service_name: str, crisis: str = "") -> Text:
    """A seeker's message was encrypted, damaged or empty."""
    return with_help(texts, "seeker-unreadable", language, service=service_name, crisis=crisis)


def seeker_file_held(
    texts: Texts, language: str, service_name: str, files: Sequence[Removed], crisis: str = ""
) -> Text:
    """A seeker's message is held because of files that cannot be cleaned."""
    listed = _listed(texts, texts.language_of("seeker-file-held", language), files)
    return with_help(texts, "seeker-file-held", language, service=service_name, files=listed, crisis=crisis)


def with_help(texts: Texts, name: str, language: str, **values: str) -> Text:
    """A text that says where help is at once, in the language that it is spoken in."""
    danger = texts.word("danger", texts.language_of(name, language))
    return texts.render(name, language, danger=danger, **values)


def words_offered(texts: Texts, language: str, asked: Sequence[Word], *, briefly: bool = False) -> str:
    """What these words do when a seeker writes them alone, one a line."""
    told = "brief" if briefly else "does"
    return "\n".join(
        texts.word(f"{told}.{word.value}", language, word=texts.word(f"say.{word.value}", language))
        for word in asked
    )


def other_languages(texts: Texts, language: str) -> str:
    """One line for whoever reads another language better: what to write to get our notes in that one."""
    return ", ".join(
        set_apart(line, language) for tag, line in languages_offered(texts).items() if tag != language
    )


def languages_offered(texts: Texts) -> dict[str, str]:
    """By tag, in each language that has texts of its own: what to write to get it."""
    asked = f"say.{Word.LANGUAGE.value}"
    return {
        tag: texts.word("in-this-language", tag, word=texts.word(asked, tag))
        for tag in texts.languages
        if (tag, "in-this-language") in texts.words
    }


# --- to a counselor; ``pseudonym`` is always the seeker's ------------------------------------------


def counselor_unproven(texts: Texts, language: str, pseudonym: str) -> Text:
    """A message came in a counselor's name, and nothing proves that it is theirs; they may say that it is."""
    return texts.render("counselor-unproven", language, pseudonym=pseudonym, word=SEND_WORD)


def sender_check(texts: Texts, language: str, verdict: str) -> str:
    """A line for a counselor: whether a seeker's domain vouches for a message. ``verdict``: of ``SENDER_CHECKS``."""
    return texts.word(f"sender.{verdict}", language)


def counselor_stranger(texts: Texts, language: str, pseudonym: str) -> Text:
    """Somebody whom we do not know as this counselor wrote to an alias that was issued to them."""
    return texts.render("counselor-stranger", language, pseudonym=pseudonym)


def counselor_asked(
    texts: Texts,
    language: str,
    pseudonym: str,
    *,
    contact: bool = False,
    files: Sequence[Removed] = (),
    signature: bool = False,
    dangers: Sequence[str] = (),
) -> Text:
    """A reply is held until ``SEND_WORD`` sends it, because of contact details, files, a signature or a command that
    is hard to take back (``dangers``: one line each), or several of them.
    """
    spoken = texts.language_of("counselor-asked", language)
    about = [texts.word("ask-contact", spoken)] if contact else []
    about += dict.fromkeys(_about(texts, "ask-file", spoken, each) for each in files)
    about += [texts.word("ask-signature", spoken)] if signature else []
    about += dangers
    return texts.render(
        "counselor-asked", language, pseudonym=pseudonym, about="\n".join(about), word=SEND_WORD
    )


def counselor_reply_all(texts: Texts, language: str, pseudonym: str) -> Text:
    """A reply was addressed to others beside the alias, who have it with the counselor's own address."""
    return texts.render("counselor-reply-all", language, pseudonym=pseudonym)


def counselor_held_leak(texts: Texts, language: str, pseudonym: str) -> Text:
    """The gate found something of the counselor in a finished reply."""
    return texts.render("counselor-held-leak", language, pseudonym=pseudonym)


def counselor_unreadable(texts: Texts, language: str, pseudonym: str) -> Text:
    """A counselor's reply was encrypted, damaged or empty."""
    return texts.render("counselor-unreadable", language, pseudonym=pseudonym)


def counselor_not_delivered(texts: Texts, language: str, pseudonym: str, fact: Fact) -> Text:
    """The seeker's side refused a reply for good or took none for five days."""
    cause = texts.word(f"fact.{fact.value}", texts.language_of("counselor-not-delivered", language))
    return texts.render("counselor-not-delivered", language, pseudonym=pseudonym, cause=cause)


def counselor_away(texts: Texts, language: str) -> Text:
    """Their mail program answered that they are away; they get no new requests until they write."""
    return texts.render("counselor-away", language)


def counselor_key_trouble(texts: Texts, language: str) -> Text:
    """A message waits because it cannot be encrypted to them; in clear, for it says nothing of anybody."""
    return texts.render("counselor-key-trouble", language)


def counselor_back(texts: Texts, language: str) -> Text:
    """They were away and have written."""
    return texts.render("counselor-back", language)


def counselor_retired(texts: Texts, language: str, pseudonym: str) -> Text:
    """A former counselor wrote to an alias that no longer accepts."""
    return texts.render("counselor-retired", language, pseudonym=pseudonym)


def counselor_own_mail_elsewhere(texts: Texts, language: str) -> Text:
    """A counselor wrote to the desk something that it does not understand."""
    return texts.render("counselor-own-mail-elsewhere", language, word=SEND_WORD)


# --- to the operator -------------------------------------------------------------------------------


def held_for_operator(texts: Texts, language: str, reason: str, entry_ref: str) -> Text:
    """Say that a message is held. ``reason`` is the value of a ``Reason``, ``entry_ref`` the entry's id."""
    name = "operator-poison" if reason == "poison" else "operator-held"
    words = texts.word(f"reason.{reason}", texts.language_of(name, language))
    return texts.render(name, language, reason=words, entry=entry_ref)


def operator_delivery_held(texts: Texts, language: str, delivery_ref: str) -> Text:
    """A message cannot be sent, because what is known of its conversation does not open."""
    return texts.render("operator-delivery-held", language, delivery=delivery_ref)


def operator_nobody_on_duty(
    texts: Texts, language: str, next_duty_at: datetime | None, zone: str, now: datetime
) -> Text:
    """A request waits and nobody can take it."""
    spoken = texts.language_of("operator-nobody-on-duty", language)
    next_duty = next_duty_in_words(texts, spoken, next_duty_at, now, zone)
    return texts.render("operator-nobody-on-duty", language, next_duty=next_duty)


def operator_not_delivered(texts: Texts, language: str, pseudonym: str, fact: Fact) -> Text:
    """A counselor cannot be reached; ``pseudonym`` is the counselor's."""
    cause = texts.word(f"fact.{fact.value}", texts.language_of("operator-not-delivered", language))
    return texts.render("operator-not-delivered", language, pseudonym=pseudonym, cause=cause)


def operator_away(texts: Texts, language: str, pseudonym: str) -> Text:
    """A counselor's mail program says that they are away."""
    return texts.render("operator-away", language, pseudonym=pseudonym)


def operator_key_ends(texts: Texts, language: str, whose: str, at: datetime) -> Text:
    """An OpenPGP key of a counselor or of an intake address comes to its end."""
    return texts.render("operator-key-ends", language, whose=whose, day=f"{at:%Y-%m-%d}")


def operator_mail(texts: Texts, language: str, mailbox: str, subject: str, text: str) -> Text:
    """Introduce a cleaned message to ``mailbox``: postmaster or abuse (RFC 2142)."""
    spoken = texts.language_of("operator-mail", language)
    subject = " ".join(subject.split())
    their_subject = texts.word("their-subject", spoken, subject=subject) if subject else ""
    return texts.render("operator-mail", language, mailbox=mailbox, their_subject=their_subject, text=text)


def operator_complaint(texts: Texts, language: str) -> Text:
    """A mailbox provider reports one of our messages as unwanted (RFC 5965)."""
    return texts.render("operator-complaint", language)


# --- lines within and about relayed messages -------------------------------------------------------


def attachment_removed(texts: Texts, language: str, removed: Sequence[Removed]) -> Text:
    """Tell an author of either side what their message was passed on without; equal lines stand once."""
    listed = _listed(texts, texts.language_of("attachment-removed", language), removed)
    return texts.render("attachment-removed", language, files=listed)


def removed_file_line(texts: Texts, language: str, removed: Removed) -> str:
    """The line that a reader finds where a file was."""
    return _about(texts, "attachment-removed", language, removed)


def no_subject(texts: Texts, language: str) -> str:
    """What stands for a subject that the author left empty."""
    return texts.word("no-subject", language)


def removed_mark(texts: Texts, language: str) -> str:
    """What stands for something of the author's that has no other name."""
    return texts.word("removed", language)


def personal_hint(texts: Texts, language: str) -> str:
    """A line for a reader whose correspondent wrote contact details of their own into the text."""
    return texts.word("hint-personal", language)


def spam_hint(texts: Texts, language: str) -> str:
    """A line for a counselor below what a spam filter finds suspicious."""
    return texts.word("hint-spam", language)


def _listed(texts: Texts, language: str, files: Sequence[Removed]) -> str:
    return "\n".join(dict.fromkeys(_about(texts, "attachment-listed", language, each) for each in files))


def _about(texts: Texts, key: str, language: str, removed: Removed) -> str:
    kind = removed.kind.lower().replace(" ", "-")
    return texts.word(
        key,
        language,
        kind=texts.word(f"kind.{kind if kind in KINDS else 'file'}", language),
        cause=texts.word(f"cause.{removed.reason.value.replace(' ', '-')}", language),
    )
