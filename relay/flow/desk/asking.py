"""The commands that reach others than the seeker: ask, escalate, and a counselor's own duty. Pure."""

from __future__ import annotations

from datetime import datetime

from relay.domain.commands import Ask, Duty, DutyAsk, Escalate
from relay.domain.risk import Risk
from relay.flow import letters_supervisors
from relay.flow.desk.handling import Done, Refused, Situation
from relay.flow.effects import DutySet, RiskSet
from relay.flow.holding import watch_answer
from relay.mail.moments import when_in_words
from relay.mail.notices_supervisors import escalated


def ask(command: Ask, at: Situation) -> Done | Refused:
    """A question to the supervisors; what one of them answers comes to whoever has the conversation then."""
    supervisors = at.known.desk.supervisors if at.known.desk else ()
    if not supervisors:
        return Refused(at.word("refused.no-supervisor"))
    return _to_supervisors(command.text, at)


def escalate(command: Escalate, at: Situation) -> Done | Refused:
    """Supervisors, or the operator, are to step in; the conversation is marked, so that its clock runs faster."""
    supervisors = at.known.desk.supervisors if at.known.desk else ()
    flagged = RiskSet(Risk.HIGH)
    if command.to_operator or not supervisors:
        text = escalated(at.letters.texts, at.known.service.language, _own_name(at), _pseudonym(at))
        new_id = at.known.minted.message_ids[letters_supervisors.TOLD_ID]
        told = at.letters.to_operator(text, at.known.service, at.known.now, new_id)
        return Done((at.word("did.escalated-operator"),), (flagged,), outgoing=(told,))
    done = _to_supervisors(at.word("escalated"), at)
    return Done((at.word("did.escalated"),), (flagged,), outgoing=done.outgoing, answers=done.answers)


def duty(command: Duty, at: Situation) -> Done | Refused:
    """On duty or off until some time, by the counselor's own clock; or how it stands."""
    view = at.known.desk.duty if at.known.desk else None
    if view is None:
        return Refused(at.word("refused.not-here"))
    if command.ask is DutyAsk.STATUS:
        if view.changes_at is None:
            return Done((at.word("did.duty-on-always" if view.is_on else "did.duty-off-always"),))
        return Done((_duty_is(at, view.changes_at, is_on=view.is_on),))
    if view.asked_until is None:
        return Refused(at.word("refused.too-far"))
    is_on = command.ask is DutyAsk.ON
    return Done((_duty_is(at, view.asked_until, is_on=is_on),), (DutySet(is_on, view.asked_until),))


def _duty_is(at: Situation, until: datetime, *, is_on: bool) -> str:
    return at.word("did.duty-on" if is_on else "did.duty-off", when=_when(at, until))


def _to_supervisors(words: str, at: Situation) -> Done:
    assert at.known.desk is not None
    outgoing = tuple(
        letters_supervisors.asked(at.letters, at.known, each, _own_name(at), words)
        for each in at.known.desk.supervisors
    )
    answer = watch_answer(at.known.minted.message_ids[letters_supervisors.QUESTION_ID])
    return Done((at.word("did.asked"),), outgoing=outgoing, answers=(answer,))


def _own_name(at: Situation) -> str:
    own = at.known.desk.own if at.known.desk else None
    return own.pseudonym if own else at.counselor.stands_as


def _pseudonym(at: Situation) -> str:
    return at.conversation.seeker.stands_as


def _when(at: Situation, until: datetime) -> str:
    zone = at.known.desk.duty.zone if at.known.desk and at.known.desk.duty else "UTC"
    return when_in_words(at.letters.texts, at.counselor.language, until, at.known.now, zone)
