"""Before a hand-over the seeker is asked, where the queue says so: the counselor's side, and the seeker's answer. Pure.

The question stands in the place of the command. One word answers it; anything else is a letter to the counselor, with a
line that says that an answer is still open. What no answer means stands in the question. "No" to something that the
counselor has asked since is no answer to it: what a message says that it answers decides, or else that nothing has been
written since.
"""

from __future__ import annotations

from relay.domain.consent import Asked
from relay.domain.conversations import HELD_BY_A_COUNSELOR, Side
from relay.flow import letters_seeker
from relay.flow.desk.handling import Done, Refused, Situation
from relay.flow.effects import ConsentAsked, ConsentGiven, HandedOver
from relay.flow.outcomes import Outcome, Outgoing
from relay.flow.seeker_case import Case
from relay.mail import feedback_words, notices_consent
from relay.mail.moments import when_in_words


def first(at: Situation, handover: HandedOver, agreed: Done) -> Done | Refused:
    """What a command to give a conversation away comes to: ``agreed``, where nobody has to be asked.

    Else everything stays as it is until the answer; who is off duty gives the conversation back meanwhile.
    """
    desk, view = at.known.desk, at.conversation
    if (
        desk is None or desk.consent_by is None or view.seeker.is_caller
    ):  # who cannot be written to cannot be asked
        return agreed
    if view.asked is not None:
        return Refused(at.word("refused.consent-open", pseudonym=view.seeker.stands_as))
    by, now, zone = desk.consent_by, at.known.now, at.known.duty_zone
    waits = desk.own is not None and not desk.own.is_on_duty
    goes = desk.silence_hands_over or waits
    own = when_in_words(at.letters.texts, at.counselor.language, by, now, zone)
    told = at.word(f"did.consent-{'goes' if goes else 'stays'}", pseudonym=view.seeker.stands_as, when=own)
    when = when_in_words(at.letters.texts, view.language, by, now, zone)
    question = notices_consent.question(at.letters.texts, view.language, when, goes=goes)
    return Done(
        told=(told,),
        effects=(ConsentAsked(handover, by, waits, at.known.minted.message_ids[0]),),
        insert=question,
    )


def answered(case: Case) -> Outcome | None:
    """What a seeker's one word does; ``None`` when it is none."""
    view = case.view
    if view.asked is None or case.is_request or not _is_about(view.asked, case):
        return None
    text = case.said.own_words
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
        others = (letters_seeker.to_counselor(texts, case.known, view.counselor, notice),)
    effect = ConsentGiven(agreed, gives=case.known.target.gives)
    return case.answered(*case.confirmed(told), effects=(effect,), told=others)


def _is_about(asked: Asked, case: Case) -> bool:
    """Tell whether a message answers the question, and not something else that was written to its author."""
    if asked.is_owed:
        return False
    answers = case.mail.in_reply_to or case.mail.references[-1:]
    if answers:
        return not asked.question or asked.question in answers
    theirs = [link.our_id for link in case.view.thread if link.author is Side.COUNSELOR]
    return case.view.counselor is None or not asked.question or theirs[-1:] == [asked.question]
