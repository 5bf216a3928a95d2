"""Notices about time: somebody waits for an answer. Texts and values in, ``Text`` out, as in ``notices``.

They name pseudonyms and spans of time and nothing else; the address to write to is the alias that the reader has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from relay.mail.moments import span_in_words
from relay.mail.texts import Text, Texts


@dataclass(frozen=True, slots=True)
class Waits:
    """One seeker who waits. ``left``: of the promised time, negative when it is over; ``waited``: all in all.

    ``counselor``: the pseudonym of whoever is responsible, empty when nobody is. ``link``: what the reader can tap.
    """

    pseudonym: str
    left: timedelta
    waited: timedelta
    is_risk: bool = False
    counselor: str = ""
    link: str = ""


def counselor_answer_due(texts: Texts, language: str, waiting: Sequence[Waits]) -> Text:
    """Remind a counselor of those who wait for their answer."""
    spoken = texts.language_of("counselor-answer-due", language)
    lines = [
        texts.word("due.write", spoken, line=_line(texts, spoken, each), link=each.link) for each in waiting
    ]
    return texts.render("counselor-answer-due", language, list="\n".join(lines))


def counselor_offered(texts: Texts, language: str, waiting: Sequence[Waits]) -> Text:
    """Ask a counselor on duty to take over."""
    spoken = texts.language_of("counselor-offered", language)
    lines = [
        texts.word("due.take", spoken, line=_line(texts, spoken, each), link=each.link) for each in waiting
    ]
    return texts.render("counselor-offered", language, list="\n".join(lines))


def counselor_reassigned(texts: Texts, language: str, pseudonym: str) -> Text:
    """Tell a counselor that somebody else takes over from them."""
    return texts.render("counselor-reassigned", language, pseudonym=pseudonym)


def supervisor_waiting(texts: Texts, language: str, waiting: Sequence[Waits]) -> Text:
    """Tell a supervisor of those who wait, and for whom."""
    return _told(texts, "supervisor-waiting", language, waiting)


def operator_waiting(texts: Texts, language: str, waiting: Sequence[Waits]) -> Text:
    """The same for the operator."""
    return _told(texts, "operator-waiting", language, waiting)


def _told(texts: Texts, name: str, language: str, waiting: Sequence[Waits]) -> Text:
    spoken = texts.language_of(name, language)
    lines = []
    for each in waiting:
        line = _line(texts, spoken, each)
        lines.append(
            texts.word("due.with", spoken, line=line, counselor=each.counselor)
            if each.counselor
            else texts.word("due.with-nobody", spoken, line=line)
        )
    return texts.render(name, language, list="\n".join(lines))


def _line(texts: Texts, language: str, one: Waits) -> str:
    if one.is_risk:
        how, span = "risk", one.waited
    elif one.left > timedelta(0):
        how, span = "left", one.left
    else:
        how, span = "over", one.left
    return texts.word(
        f"due.{how}", language, pseudonym=one.pseudonym, span=span_in_words(texts, language, span)
    )
