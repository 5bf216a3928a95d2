"""Answers to counselors' commands, from the facts that they need; like ``notices``, and with the same promises.

Three of them hold words of a received message: what is returned or asked about goes to nobody but the counselor
who wrote it, notes to the next one. No line of ours begins like a command (a test reads them all), so that a machine
which sends our words back asks for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.domain.verbs import VERBS
from relay.mail.commands import Problem
from relay.mail.notices import SEND_WORD
from relay.mail.text_names_desk import EXPLAINED
from relay.mail.texts import Text, Texts


def receipt(texts: Texts, language: str, about: str, lines: Sequence[str]) -> Text:
    """What has been done. ``about``: the seeker's pseudonym, or the desk."""
    return texts.render("desk-receipt", language, about=about, lines="\n".join(lines))


def returned(texts: Texts, language: str, about: str, faults: Sequence[str], draft: str) -> Text:
    """Nothing has been done, and why; with the words, to be sent once more."""
    return texts.render("desk-returned", language, about=about, faults="\n".join(faults), draft=draft)


def confirm(texts: Texts, language: str, about: str, asked: Sequence[str]) -> Text:
    """Something is done only when the counselor says so once more."""
    return texts.render("desk-confirm", language, about=about, asked="\n".join(asked), word=SEND_WORD)


def fault(texts: Texts, language: str, problem: Problem, line: str, meant: str, usage: str) -> str:
    """One unclear line and what is unclear about it."""
    if problem is Problem.UNKNOWN:
        if meant:
            return texts.word("fault.unknown-near", language, line=line, meant=meant)
        return texts.word("fault.unknown", language, line=line)
    if problem is Problem.ARGUMENT:
        return texts.word("fault.argument", language, line=line, usage=usage)
    if problem is Problem.SPACED:
        return texts.word("fault.spaced", language, line=line, meant=meant)
    if problem is Problem.QUOTED:
        return texts.word("fault.quoted", language, line=line, word=SEND_WORD)
    return texts.word(f"fault.{problem.value}", language, line=line)


def refusal(texts: Texts, language: str, line: str, why: str) -> str:
    """One command that cannot be carried out."""
    return texts.word("fault.refused", language, line=line, why=why)


def briefing(
    texts: Texts,
    language: str,
    pseudonym: str,
    notes: Sequence[tuple[str, str, str]],
    *,
    is_risk: bool,
    language_of_seeker: str,
) -> Text:
    """Tell a counselor that a conversation goes on with them. ``notes``: author, day and words, oldest first."""
    spoken = texts.language_of("desk-briefing", language)
    written = [
        f"{heading}\n{words}"
        for who, day, words in notes
        for heading in (texts.word("note-by", spoken, name=who, day=day),)
    ]
    return texts.render(
        "desk-briefing",
        language,
        pseudonym=pseudonym,
        notes="\n\n".join(written) or texts.word("note-none", spoken),
        risk=texts.word("list.risk", spoken) if is_risk else "",
        tag=language_of_seeker,
    )


def idle(texts: Texts, language: str, pseudonym: str, day: str) -> Text:
    """Tell a counselor that a conversation will be closed, because the seeker has not written for long."""
    return texts.render("counselor-idle", language, pseudonym=pseudonym, day=day)


def closed(texts: Texts, language: str, invitation: str = "") -> Text:
    """Tell a seeker that their conversation is closed because they have not written for long.

    ``invitation``: where they may answer two questions, if they are asked.
    """
    spoken = texts.language_of("seeker-closed", language)
    words = texts.word("closing.silent", spoken)
    if invitation:
        words += "\n\n" + texts.word("feedback.ask", spoken, address=invitation)
    return texts.render("seeker-closed", language, words=words)


def closed_silently(texts: Texts, language: str, pseudonym: str) -> Text:
    """Tell a counselor that a conversation was closed because the seeker has not written for long."""
    return texts.render("counselor-closed", language, pseudonym=pseudonym)


def verbs(texts: Texts, language: str) -> tuple[str, ...]:
    """Every command that is explained in ``words.txt``, with how it is written."""
    return tuple(
        texts.word(f"verb.{name}", language, usage=VERBS[verb].usage) for verb, name in EXPLAINED.items()
    )
