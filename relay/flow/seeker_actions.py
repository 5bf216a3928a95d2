"""What each word of a seeker does: one function a word, called by ``seeker_desk``. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from relay.domain.calls import Call
from relay.domain.entries import EntryEvent
from relay.domain.risk import Risk
from relay.domain.wishes import Wishes, safe_hours
from relay.flow import letters_seeker as letters_for
from relay.flow.effects import (
    CallSet,
    DiscretionSet,
    Forgotten,
    LanguageSet,
    MailStopped,
    MailWanted,
    OtherAsked,
    RiskSet,
)
from relay.flow.letters import OPERATOR_LANGUAGE
from relay.flow.outcomes import Outcome, Outgoing, OutgoingKind
from relay.flow.seeker_case import Case, Passing
from relay.mail import notices_seeker, seeker_words
from relay.mail.seeker_tables import Word
from relay.mail.seeker_words import OFF_ARGUMENT, Heard


def _stop(case: Case, word: Heard) -> Outcome | Passing:
    texts, view = case.letters.texts, case.view
    if case.is_request:
        return _not_here(case, word)
    if view.wishes.no_mail:
        return case.ended()
    last = letters_for.stopped(texts, case.known, view, case.mail.message_id)
    return case.answered(last, effects=(MailStopped(),), told=_told_counselor(case, "stopped"))


def _forget(case: Case, word: Heard) -> Outcome | Passing:
    if case.is_request:
        return _not_here(case, word)
    last = letters_for.forgotten(case.letters.texts, case.known, case.view, case.mail.message_id)
    return case.answered(last, effects=(Forgotten(),), told=_told_counselor(case, "erased"))


def _not_here(case: Case, word: Heard) -> Outcome:
    """From here nothing can be ended: anybody can write under this name. Told once a day, and nothing is kept."""
    if not case.may_answer or case.known.target.is_told:
        return case.ended()
    return case.ended(
        letters_for.not_here(case.letters.texts, case.known, word.word, case.view, case.mail.message_id)
    )


def _told_counselor(case: Case, what: str) -> tuple[Outgoing, ...]:
    counselor, pseudonym = case.view.counselor, case.view.seeker.stands_as
    if counselor is None:
        return ()
    about = {
        "stopped": notices_seeker.counselor_stopped,
        "erased": notices_seeker.counselor_erased,
        "other": notices_seeker.counselor_other,
    }[what]
    text = about(case.letters.texts, counselor.language, pseudonym)
    return (letters_for.to_counselor(case.letters.texts, case.known, counselor, text),)


def _other(case: Case, word: Heard) -> Outcome | Passing:
    texts, view, service = case.letters.texts, case.view, case.known.service
    if case.is_request or case.is_repeat:
        return case.passing(hints=() if case.is_request else ("other",), is_cut=not case.is_request)
    if not service.rules.may_change(view.intake):
        text = notices_seeker.other_not(texts, view.language, service.name, case.known.crisis)
        answer = case.confirmed(text)
        return case.ended(*answer) if word.is_alone else case.passing(answer=answer)
    answer = case.confirmed(
        notices_seeker.other(texts, view.language, case.known.crisis), replace(view, counselor=None)
    )
    if view.counselor is None:
        return case.passing(answer=answer)
    wanted = (MailWanted(),) if view.wishes.no_mail else ()
    return Outcome(
        EntryEvent.NOBODY_ON_DUTY,
        outgoing=(*answer, *_told_counselor(case, "other")),
        effects=(*wanted, OtherAsked()),
        obeys=case.address if answer else "",
        signatures=case.known.proof.signatures if case.known.proof else (),
    )


def _language(case: Case, word: Heard) -> Outcome | Passing:
    texts, view = case.letters.texts, case.view
    tag = next(
        (each for each in (word.argument, word.argument.partition("-")[0]) if each in texts.languages), ""
    )
    if not tag:
        answer = case.confirmed(notices_seeker.languages(texts, view.language, case.known.crisis))
        if word.is_alone and not case.is_request:
            return case.ended(*answer)
        return case.passing(answer=answer)
    spoken = replace(view, language=tag, seeker=replace(view.seeker, language=tag))
    effects = (LanguageSet(tag),)
    if case.is_request:
        acknowledged = letters_for.acknowledged(texts, case.known, spoken)
        kind, id_ = OutgoingKind.ACKNOWLEDGEMENT, case.mail.message_id
        may = case.may_answer and not view.acknowledged
        answer = (letters_for.confirmed(texts, case.known, spoken, acknowledged, id_, kind),) if may else ()
        return case.passing(spoken, asked=tag, effects=effects, answer=answer, is_cut=True)
    answer = case.confirmed(notices_seeker.language_changed(texts, tag, case.known.crisis), spoken)
    if word.is_alone:
        return case.ended(*answer, effects=effects)
    return case.passing(spoken, asked=tag, effects=effects, answer=answer, is_cut=True)


def _urgent(case: Case, _word: Heard) -> Outcome | Passing:
    view, service = case.view, case.known.service
    text = notices_seeker.urgent(case.letters.texts, view.language, service.name, case.known.crisis)
    is_news = view.risk is not Risk.HIGH
    effects = (RiskSet(Risk.HIGH),) if is_news else ()
    alarms = case.urgent(by_list=False) if is_news else ()
    return case.passing(hints=("urgent",), effects=effects, answer=case.confirmed(text), alarms=alarms)


def _quiet(case: Case, word: Heard) -> Outcome | Passing:
    texts, rules, view = case.letters.texts, case.known.service.rules, case.view
    if word.argument == OFF_ARGUMENT:
        wishes = Wishes()
    else:
        span = word.argument or rules.safe_hours
        wishes = Wishes(discreet=True, hours=safe_hours(span, _zone(case, word)) if span else "")
    effects = (DiscretionSet(wishes.discreet, wishes.hours),)
    may = case.may_answer and not (case.is_request and view.acknowledged)
    answer = (letters_for.quiet(texts, case.known, view, wishes, case.mail.message_id),) if may else ()
    changed = replace(view, wishes=wishes)
    if word.is_alone and not case.is_request:
        wanted = (MailWanted(),) if view.wishes.no_mail else ()
        return case.ended(*answer, effects=(*wanted, *effects))
    kind = OutgoingKind.ACKNOWLEDGEMENT if case.is_request else OutgoingKind.NOTICE
    kinds = tuple(replace(one, kind=kind) for one in answer)
    return case.passing(changed, effects=effects, answer=kinds, is_cut=not word.is_alone)


def _zone(case: Case, word: Heard) -> str:
    """By whose clock they speak of hours: their own as their mail shows it, when it differs from the operator's."""
    rules = case.known.service.rules
    if not word.argument:
        return rules.zone
    return seeker_words.zone_of(case.mail.header("date") or b"", rules.zone, case.known.now)


def _call(case: Case, word: Heard) -> Outcome | Passing:
    """Only a number beside the word is called: one in the letter may be that of whom they are afraid of."""
    texts, view, rules = case.letters.texts, case.view, case.known.service.rules
    number = word.argument
    answer = case.confirmed(letters_for.called(texts, case.known, view.language, has_number=bool(number)))
    told: tuple[Outgoing, ...] = ()
    if rules.phone_desk and number:
        name = view.seeker.stands_as
        task = notices_seeker.desk_call(texts, OPERATOR_LANGUAGE, name, number)
        told = (letters_for.to_phone_desk(case.known, task),)
    effects = (CallSet(Call.WANTED),) if told else ()
    if word.is_alone and not case.is_request:
        return case.ended(*answer, *told, effects=effects)
    return case.passing(hints=("call",), effects=effects, answer=answer, told=told, is_cut=True)


def _help(case: Case, _word: Heard) -> Outcome | Passing:
    """The list, and the word goes on: on a line for people in need, "Help" is also what it says."""
    text = letters_for.explained(case.letters.texts, case.known, case.view)
    if not case.may_answer or (case.is_request and case.view.acknowledged):
        return case.passing(answer=())
    kind = OutgoingKind.ACKNOWLEDGEMENT if case.is_request else OutgoingKind.NOTICE
    id_ = case.mail.message_id
    return case.passing(
        answer=(letters_for.confirmed(case.letters.texts, case.known, case.view, text, id_, kind),)
    )


ACTIONS: Mapping[Word, Callable[[Case, Heard], Outcome | Passing]] = {
    Word.STOP: _stop,
    Word.FORGET: _forget,
    Word.OTHER: _other,
    Word.LANGUAGE: _language,
    Word.URGENT: _urgent,
    Word.QUIET: _quiet,
    Word.CALL: _call,
    Word.HELP: _help,
}
