"""What we author about a hand-over that the seeker is asked about; like ``notices``, and with the same promises."""

from __future__ import annotations

from relay.mail.notices import with_help
from relay.mail.texts import Text, Texts


def question(texts: Texts, language: str, when: str, *, goes: bool) -> str:
    """Whether somebody else may go on. ``when``: until when they may answer; ``goes``: somebody does in any case."""
    silence = texts.word(f"consent.silence-{'goes' if goes else 'stays'}", language, when=when)
    yes, no = texts.word("consent.yes", language), texts.word("consent.no", language)
    return texts.word("consent.ask", language, yes=yes, no=no, silence=silence)


def seeker_asked(texts: Texts, language: str, when: str, crisis: str = "") -> Text:
    """The question by itself: whoever answered them does not any more. ``when``: until when they may answer."""
    name = "seeker-consent"
    done = texts.word("consent.left", texts.language_of(name, language))
    done += "\n\n" + question(texts, texts.language_of(name, language), when, goes=True)
    return with_help(texts, name, language, done=done, crisis=crisis)


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
