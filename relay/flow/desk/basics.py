"""The commands that look and note: help, list, note, lang, risk, tag. Pure."""

from __future__ import annotations

from relay.domain.commands import Escalate, Help, Lang, ListCases, Note, SetRisk, Tag
from relay.domain.risk import Risk
from relay.flow import letters_supervisors
from relay.flow.desk.handling import Done, Refused, Situation
from relay.flow.effects import LanguageSet, Noted, RiskSet, Tagged
from relay.flow.views import CaseView
from relay.mail.moments import when_in_words
from relay.mail.notices_desk import verbs


def show_help(_command: Help, at: Situation) -> Done:
    """Every command with how to write it."""
    return Done(told=verbs(at.letters.texts, at.counselor.language))


def list_cases(_command: ListCases, at: Situation) -> Done:
    """The counselor's own open conversations, by pseudonym."""
    cases = at.known.desk.cases if at.known.desk else ()
    if not cases:
        return Done(told=(at.word("list.none"),))
    return Done(told=(at.word("list.head"), *(_line(each, at) for each in cases)))


def _line(case: CaseView, at: Situation) -> str:
    pieces = [
        at.word(
            "list.case",
            pseudonym=case.pseudonym,
            state=at.word(f"case.{case.state.value}"),
            tag=case.language,
            day=f"{case.opened_at:%Y-%m-%d}",
        )
    ]
    if case.due_at is not None and case.due_at > at.known.now:
        when = when_in_words(
            at.letters.texts, at.counselor.language, case.due_at, at.known.now, at.known.duty_zone
        )
        pieces.append(at.word("list.due", when=when))
    if case.risk is Risk.HIGH:
        pieces.append(at.word("list.risk"))
    return " ".join(pieces)


def note(command: Note, at: Situation) -> Done:
    """Words for the next counselor."""
    return Done(told=(at.word("did.note"),), effects=(Noted(command.text, at.counselor.stands_as),))


def set_language(command: Lang, at: Situation) -> Done | Refused:
    """The language of this conversation: one that we have texts in, or that somebody here speaks."""
    spoken = at.known.desk.languages if at.known.desk else ()
    primary = command.language.partition("-")[0]
    have = sorted({*at.letters.texts.languages, *(each.lower().partition("-")[0] for each in spoken)})
    if primary not in have:
        return Refused(at.word("refused.language", languages=", ".join(have)))
    return Done(told=(at.word("did.lang", tag=command.language),), effects=(LanguageSet(command.language),))


def set_risk(command: SetRisk, at: Situation) -> Done:
    """Marked as in danger, or no longer. Supervisors hear of news at once, and once; without any the operator does.

    Where the same mail asks them to step in, that tells them.
    """
    told, effects = (at.word(f"did.risk-{command.risk.value}"),), (RiskSet(command.risk),)
    is_news = command.risk is Risk.HIGH and at.conversation.risk is not Risk.HIGH
    if not is_news or any(isinstance(each.command, Escalate) for each in at.beside):
        return Done(told=told, effects=effects)
    outgoing = letters_supervisors.alarms(at.letters, at.known, "counselor")
    if not outgoing:
        outgoing = (letters_supervisors.alarm_for_operator(at.letters, at.known),)
    answers = letters_supervisors.alarm_answers(at.known)
    return Done(told=told, effects=effects, outgoing=outgoing, answers=answers)


def tag(command: Tag, at: Situation) -> Done | Refused:
    """What the conversation is about, in words of the operator's list and no others."""
    have = at.known.desk.tags if at.known.desk else ()
    if not have:
        return Refused(at.word("refused.no-tags"))
    if unknown := [each for each in command.tags if each not in have]:
        return Refused(at.word("refused.tags", unknown=", ".join(unknown), known=", ".join(have)))
    tags = ", ".join(dict.fromkeys((*at.conversation.tags, *command.tags)))
    fresh = tuple(each for each in command.tags if each not in at.conversation.tags)
    told = at.word("did.tagged", pseudonym=at.conversation.seeker.stands_as, tags=tags)
    return Done(told=(told,), effects=(Tagged(fresh),) if fresh else ())
