"""What we author about a hand-over that the seeker is asked about; like ``notices``, and with the same promises."""

from __future__ import annotations

from relay.mail.notices import with_help
from relay.mail.texts import Text, Texts


def seeker_answered(texts: Texts, language: str, *, agreed: bool, is_held: bool, crisis: str = "") -> Text:
    """What their word has done. ``is_held``: their counselor is still there."""
    name = "seeker-consent"
    key = "yes-done" if agreed else "no-done" if is_held else "no-ended"
    done = texts.word(f"consent.{key}", texts.language_of(name, language))
    return with_help(texts, name, language, done=done, crisis=crisis)


def seeker_silent(texts: Texts, language: str, crisis: str = "") -> Text:
    """No answer came, and somebody else goes on."""
    name = "seeker-consent"
    done = texts.word("consent.silent-done", texts.language_of(name, language))
    return with_help(texts, name, language, done=done, crisis=crisis)


def counselor_told(texts: Texts, language: str, pseudonym: str, how: str) -> Text:
    """What became of the question. ``how``: ``agreed``, ``refused``, ``silent-stays`` or ``silent-goes``."""
    name = "counselor-consent"
    spoken = texts.language_of(name, language)
    return texts.render(name, language, pseudonym=pseudonym, how=texts.word(f"consented.{how}", spoken))
