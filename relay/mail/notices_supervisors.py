"""What supervisors read from us, and counselors from them; like ``notices``, and with the same promises.

They hold words that a counselor or supervisor wrote to the other, or that a seeker is about to get; never an address.
"""

from __future__ import annotations

from relay.mail.texts import Text, Texts

APPROVE_WORD = "OK"
"""What a supervisor answers to let a reply go; one word in all languages, so that none is lost."""


def review(texts: Texts, language: str, name: str, pseudonym: str, draft: str) -> Text:
    """A reply that waits. ``name``: the counselor's pseudonym."""
    return texts.render(
        "supervisor-review", language, who=name, pseudonym=pseudonym, draft=draft, word=APPROVE_WORD
    )


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
