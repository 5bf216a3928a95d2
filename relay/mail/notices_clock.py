"""Notices about time: somebody waits for an answer. Texts and values in, ``Text`` out, as in ``notices``.

They name pseudonyms and spans of time and nothing else; the address to write to is the alias that the reader has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from relay.mail.moments import span_in_words
from relay.mail.texts import Text, Texts

MAX_LISTED = 100
"""Lines of a digest; the counts above them are complete."""


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


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: conversations that somebody has, those that nobody has, answers that are late, who is on duty
    (pseudonyms).
    """

    held: int
    waiting: int
    late: int
    on_duty: tuple[str, ...]


def counselor_reminder(texts: Texts, language: str, pseudonym: str, why: str, link: str) -> Text:
    """Give a counselor's own words back. ``link``: where to write, empty when they have the conversation no more."""
    spoken = texts.language_of("counselor-reminder", language)
    write = texts.word("remind.write", spoken, link=link) if link else ""
    why = why or texts.word("remind.nothing", spoken)
    return texts.render("counselor-reminder", language, pseudonym=pseudonym, why=why, write=write)


def supervisor_digest(texts: Texts, language: str, standing: Standing, waiting: Sequence[Waits]) -> Text:
    """Tell a supervisor how things stand. ``waiting``: those who are owed an answer, in their order."""
    spoken = texts.language_of("supervisor-digest", language)
    counts = {"held": standing.held, "waiting": standing.waiting, "owed": len(waiting), "late": standing.late}
    lines = [texts.word(f"digest.{name}", spoken, count=str(count)) for name, count in counts.items()]
    names = ", ".join(standing.on_duty) or texts.word("digest.nobody", spoken)
    lines.append(texts.word("digest.on-duty", spoken, names=names))
    listed = [_with(texts, spoken, each) for each in waiting[:MAX_LISTED]]
    return texts.render("supervisor-digest", language, counts="\n".join(lines), list="\n".join(listed))


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
    return texts.render(name, language, list="\n".join(_with(texts, spoken, each) for each in waiting))


def _with(texts: Texts, language: str, one: Waits) -> str:
    line = _line(texts, language, one)
    if not one.counselor:
        return texts.word("due.with-nobody", language, line=line)
    return texts.word("due.with", language, line=line, counselor=one.counselor)


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
