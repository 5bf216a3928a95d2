"""What supervisors read from us, and counselors from them; like ``notices``, and with the same promises.

They hold words that a counselor or supervisor wrote to the other, or that a seeker is about to get; never an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from relay.mail.moments import span_in_words
from relay.mail.texts import Text, Texts

APPROVE_WORD = "OK"
"""What a supervisor answers to let a reply go; one word in all languages, so that none is lost."""


def review(
    texts: Texts,
    language: str,
    name: str,
    pseudonym: str,
    subject: str,
    draft: str,
    files: Sequence[tuple[str, int]],
    *,
    are_attached: bool,
) -> Text:
    """A reply that waits. ``name``: the counselor's pseudonym; ``files``: names and octets, as the seeker would get
    them.
    """
    text = "supervisor-review"
    return texts.render(
        text, language, who=name, pseudonym=pseudonym, subject=subject, draft=draft, word=APPROVE_WORD,
        files=_files(texts, texts.language_of(text, language), files, are_attached=are_attached),
    )  # fmt: skip


def _files(texts: Texts, language: str, files: Sequence[tuple[str, int]], *, are_attached: bool) -> str:
    if not files:
        return texts.word("review.no-files", language)
    head = texts.word("review.files" if are_attached else "review.files-listed", language)
    size = [texts.word("review.file", language, name=name, size=_size(octets)) for name, octets in files]
    return "\n".join((head, *size))


def _size(octets: int) -> str:
    """In kilobytes, at least one; as every mail program shows it."""
    return f"{max(1, round(octets / 1000))} kB"


def review_late(
    texts: Texts,
    language: str,
    name: str,
    pseudonym: str,
    subject: str,
    draft: str,
    waited: timedelta,
    files: Sequence[tuple[str, int]],
    *,
    are_attached: bool,
) -> Text:
    """A reply that has waited for so long; everything else as for ``review``."""
    text = "supervisor-review-late"
    spoken = texts.language_of(text, language)
    return texts.render(
        text, language, who=name, pseudonym=pseudonym, subject=subject, draft=draft, word=APPROVE_WORD,
        time=span_in_words(texts, spoken, waited), files=_files(texts, spoken, files, are_attached=are_attached),
    )  # fmt: skip


def review_late_for_operator(
    texts: Texts, language: str, name: str, pseudonym: str, waited: timedelta
) -> Text:
    """Nobody reads a reply that waits."""
    text = "operator-review-late"
    time = span_in_words(texts, texts.language_of(text, language), waited)
    return texts.render(text, language, who=name, pseudonym=pseudonym, time=time)


def danger(texts: Texts, language: str, cause: str, pseudonym: str, counselor: str) -> Text:
    """Somebody may be in danger. ``counselor``: the pseudonym of whoever has the conversation, if anybody has."""
    name = "supervisor-danger"
    spoken = texts.language_of(name, language)
    whose = (
        texts.word("danger.with", spoken, name=counselor)
        if counselor
        else texts.word("danger.nobody", spoken)
    )
    said = texts.word(f"danger.by-{cause}", spoken)
    return texts.render(name, language, cause=said, pseudonym=pseudonym, whose=whose)


def danger_for_operator(texts: Texts, language: str, pseudonym: str) -> Text:
    """The same of a counselor's mark, where there is no supervisor."""
    name = "operator-urgent"
    cause = texts.word("danger.by-counselor", texts.language_of(name, language))
    return texts.render(name, language, cause=cause, pseudonym=pseudonym)


def asked(texts: Texts, language: str, name: str, pseudonym: str, words: str) -> Text:
    """A counselor's question. ``name``: their pseudonym."""
    return texts.render("supervisor-asked", language, who=name, pseudonym=pseudonym, words=words)


def escalated(texts: Texts, language: str, name: str, pseudonym: str) -> Text:
    """A counselor wants the operator to step in."""
    return texts.render("operator-escalated", language, who=name, pseudonym=pseudonym)


def under_review(texts: Texts, language: str, pseudonym: str) -> Text:
    """A counselor's reply waits for a supervisor."""
    return texts.render("counselor-under-review", language, pseudonym=pseudonym)


def sent_back(texts: Texts, language: str, name: str, pseudonym: str, words: str) -> Text:
    """A counselor's reply is not sent. ``name``: the supervisor's pseudonym, ``words``: their comment."""
    return texts.render("counselor-sent-back", language, who=name, pseudonym=pseudonym, words=words)


def said(texts: Texts, language: str, name: str, pseudonym: str, words: str) -> Text:
    """A supervisor's answer to a counselor."""
    return texts.render("counselor-supervisor-said", language, who=name, pseudonym=pseudonym, words=words)
