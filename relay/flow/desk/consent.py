"""Before a hand-over the seeker is asked, where the queue says so: the counselor's side, and the seeker's answer. Pure.

The question stands in the place of the command. One word answers it; anything else is a letter to the counselor, with a
line that says that an answer is still open. What no answer means stands in the question.
"""

from __future__ import annotations

from datetime import datetime

from relay.domain.conversations import HELD_BY_A_COUNSELOR
from relay.flow import letters_seeker
from relay.flow.desk.handling import Done, Refused, Situation
from relay.flow.effects import ConsentAsked, ConsentGiven
from relay.flow.outcomes import Outcome, Outgoing
from relay.flow.seeker_case import Case
from relay.flow.views import Colleague
from relay.mail import feedback_words, marks, notices_consent, quotes
from relay.mail.moments import when_in_words


def is_owed(at: Situation) -> bool:
    """Tell whether the seeker has to be asked first."""
    return at.known.desk is not None and at.known.desk.consent_by is not None


def asked(
    at: Situation,
    summary: str,
    author: str,
    until: datetime,
    colleague: Colleague | None = None,
    alias: str = "",
) -> Done | Refused:
    """Ask, and leave everything as it is; who is off duty gives the conversation back meanwhile."""
    desk, view = at.known.desk, at.conversation
    assert desk is not None
    assert desk.consent_by is not None
    if view.asked is not None:
        return Refused(at.word("refused.consent-open", pseudonym=view.seeker.stands_as))
    effect = ConsentAsked(
        summary=summary,
        author=author,
        until=until,
        answer_by=desk.consent_by,
        to=colleague.counselor_id if colleague else "",
        capacity=colleague.capacity if colleague else 0,
        alias=alias if colleague else "",
        waits=desk.own is not None and not desk.own.is_on_duty,
    )
    goes = desk.silence_hands_over or effect.waits
    texts, key = at.letters.texts, "goes" if goes else "stays"
    when = when_in_words(texts, view.language, effect.answer_by, at.known.now, at.known.duty_zone)
    yes, no = texts.word("consent.yes", view.language), texts.word("consent.no", view.language)
    silence = texts.word(f"consent.silence-{key}", view.language, when=when)
    own = when_in_words(texts, at.counselor.language, effect.answer_by, at.known.now, at.known.duty_zone)
    return Done(
        told=(at.word(f"did.consent-{key}", pseudonym=view.seeker.stands_as, when=own),),
        effects=(effect,),
        insert=texts.word("consent.ask", view.language, yes=yes, no=no, silence=silence),
    )


def answered(case: Case) -> Outcome | None:
    """What a seeker's one word does; ``None`` when it is none."""
    view = case.view
    if view.asked is None or case.is_request:
        return None
    text = quotes.own_words(marks.clean(case.said.text))
    found = feedback_words.answers(text, [one.name for one in case.mail.shown])
    if not found.again or found.helped or found.has_more or case.said.attached:
        return None
    agreed, texts = found.again == "yes", case.letters.texts
    is_held = view.state in HELD_BY_A_COUNSELOR
    told = notices_consent.seeker_answered(
        texts, view.language, agreed=agreed, is_held=is_held, crisis=case.known.crisis
    )
    others: tuple[Outgoing, ...] = ()
    if view.counselor is not None:
        notice = notices_consent.counselor_told(
            texts, view.counselor.language, view.seeker.stands_as, "agreed" if agreed else "refused"
        )
        others = (letters_seeker.to_counselor(case.known, view.counselor, notice),)
    effect = ConsentGiven(agreed, gives=case.known.target.gives)
    return case.answered(*case.confirmed(told), effects=(effect,), told=others)
