"""The commands that move a conversation: close, hold, pass, take, handover, and those that protect. Pure.

What the seeker is to read stands in the place of the command, in their language, and goes out as part of the
counselor's own message: from the same alias, in the same thread, with the same care.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relay.domain.closing import CHOSEN, WITHOUT_WORDS, Closing
from relay.domain.commands import Block, Close, Handover, Hold, Pass, Spam, Take, Transfer, Warn
from relay.domain.conversations import HELD_BY_A_COUNSELOR
from relay.domain.pseudonyms import plain_name
from relay.domain.risk import Risk
from relay.flow import letters_desk
from relay.flow.desk import consent
from relay.flow.desk.handling import Done, Refused, Situation
from relay.flow.effects import BlockedUntil, Closed, HandedOver, PutOff, TakenOver, Warned
from relay.flow.views import Colleague
from relay.mail.moments import when_in_words

PASSED_FOR = timedelta(days=7)
"""How long a conversation does not come back to whoever has passed it on or handed it over."""

SPAM_FOR = timedelta(days=30)


def close(command: Close, at: Situation) -> Done | Refused:
    """The end, with words for the seeker; where somebody may be in danger it has to be confirmed."""
    if command.text_id not in {*CHOSEN, WITHOUT_WORDS}:
        known = ", ".join((*filter(None, CHOSEN), WITHOUT_WORDS))
        return Refused(at.word("refused.closing", known=known))
    if refusal := not_theirs(at):
        return refusal
    has_words = command.text_id != WITHOUT_WORDS and not at.conversation.seeker.is_caller
    how = CHOSEN.get(command.text_id, Closing.DONE)
    told = at.word("did.closed", pseudonym=at.conversation.seeker.stands_as)
    is_risk = at.conversation.risk is Risk.HIGH
    invitation = at.known.desk.invitation if at.known.desk and has_words else ""
    asked = (_to_seeker(at, "feedback.ask", address=invitation),) if invitation else ()
    return Done(
        told=(told, at.word("did.feedback")) if invitation else (told,),
        effects=(Closed(how),),
        insert="\n\n".join((_to_seeker(at, f"closing.{how.value}"), *asked)) if has_words else None,
        danger=at.word("danger.close-risk", pseudonym=at.conversation.seeker.stands_as) if is_risk else "",
    )


def hold(command: Hold, at: Situation) -> Done | Refused:
    """The seeker is told until when they have to wait."""
    if refusal := not_theirs(at):
        return refusal
    until = at.known.now + command.time
    return Done(
        told=(at.word("did.hold", when=_when(at, at.counselor.language, until)),),
        effects=(PutOff(until),),
        insert=_to_seeker(at, "holding", when=_when(at, at.conversation.language, until)),
    )


def give_back(command: Pass, at: Situation) -> Done | Refused:
    """Somebody else is to take it; the seeker notices nothing."""
    if refusal := not_theirs(at):
        return refusal
    effect = given_on(at, command.reason)
    told = at.word("did.passed", pseudonym=at.conversation.seeker.stands_as)
    return consent.first(at, effect, Done(told=(told,), effects=(effect,)))


def take(command: Take, at: Situation) -> Done | Refused:
    """In a conversation a word of assent; at the desk somebody else's, or nobody's, that may be taken."""
    desk, conversation = at.known.desk, at.known.target.conversation
    if conversation is None or desk is None or desk.own is None:
        return Refused(at.word("refused.no-such-case"))
    pseudonym = conversation.seeker.stands_as
    if command.pseudonym and plain_name(command.pseudonym) != plain_name(pseudonym):
        return Refused(at.word("refused.not-at-alias", address=at.known.service.at("desk")))
    if conversation.counselor_id == at.counselor_id:
        return Done(told=(at.word("did.taken", pseudonym=pseudonym),))
    if not desk.is_takeable:
        return Refused(at.word("refused.not-offered", pseudonym=pseudonym))
    if not desk.own.has_room:
        return Refused(at.word("refused.no-room"))
    own = {address.lower() for address in at.counselor.addresses}
    if any(address.lower() in own for address in conversation.seeker.addresses):
        return Refused(at.word("refused.no-such-case"))
    before = conversation.counselor
    return Done(
        told=(at.word("did.taken", pseudonym=pseudonym),),
        effects=(TakenOver(at.counselor_id, desk.own.capacity, desk.alias),),
        outgoing=(letters_desk.reassigned(at.letters, at.known, before, pseudonym),) if before else (),
    )


def hand_over(command: Handover, at: Situation) -> Done | Refused:
    """To somebody else, with a summary; the seeker's address and thread stay as they are."""
    if refusal := not_theirs(at):
        return refusal
    pseudonym = at.conversation.seeker.stands_as
    colleague: Colleague | None = None
    if command.to:
        colleague = _named(command.to, at)
        if colleague is None:
            names = ", ".join(each.pseudonym for each in at.known.desk.colleagues) if at.known.desk else ""
            return Refused(at.word("refused.no-colleague", names=names or "-"))
        if not (colleague.is_on_duty and colleague.has_room):
            return Refused(at.word("refused.colleague-busy", name=colleague.pseudonym))
    effect = given_on(at, command.summary, colleague)
    name = colleague.pseudonym if colleague else at.word("whoever-is-found")
    agreed = Done(
        told=(at.word("did.handed-over", pseudonym=pseudonym, name=name),),
        effects=(effect,),
        danger=at.word("danger.handover", pseudonym=pseudonym, name=name),
    )
    return consent.first(at, effect, agreed)


def warn(_command: Warn, at: Situation) -> Done | Refused:
    """The seeker reads once more what is not answered here."""
    if refusal := not_theirs(at):
        return refusal
    return Done(
        told=(at.word("did.warned", pseudonym=at.conversation.seeker.stands_as),),
        effects=(Warned(),),
        insert=_to_seeker(at, "warning"),
    )


def block(command: Block, at: Situation) -> Done | Refused:
    """What the seeker writes is held for a time; they are told once, with where to ask about it."""
    if refusal := not_theirs(at):
        return refusal
    until = at.known.now + command.time
    pseudonym = at.conversation.seeker.stands_as
    return Done(
        told=(at.word("did.blocked", pseudonym=pseudonym, day=f"{until:%Y-%m-%d}"),),
        effects=(BlockedUntil(until),),
        insert=None
        if at.conversation.seeker.is_caller
        else _to_seeker(at, "blocked", day=f"{until:%Y-%m-%d}", address=at.known.service.at("postmaster")),
        danger=at.word("danger.block", pseudonym=pseudonym, day=f"{until:%Y-%m-%d}"),
    )


def spam(_command: Spam, at: Situation) -> Done | Refused:
    """No person wrote this: an end without a word, and what comes next from there is held."""
    if refusal := not_theirs(at):
        return refusal
    until = at.known.now + SPAM_FOR
    return Done(
        told=(at.word("did.spam", pseudonym=at.conversation.seeker.stands_as),),
        effects=(BlockedUntil(until, Closing.SPAM),),
    )


def not_theirs(at: Situation) -> Refused | None:
    """A conversation that is closed, blocked or waits has nothing that could be moved; one mail moves it once."""
    if at.conversation.state not in HELD_BY_A_COUNSELOR:
        return Refused(at.word("refused.not-open", pseudonym=at.conversation.seeker.stands_as))
    moves = (Close, Pass, Handover, Transfer, Block, Spam)
    if isinstance(at.spoken.command, moves):
        others = [each for each in at.beside if isinstance(each.command, moves) and each is not at.spoken]
        if others:
            return Refused(at.word("refused.twice", other=f"!{others[0].verb}"))
    return None


def given_on(at: Situation, summary: str, colleague: Colleague | None = None, queue: str = "") -> HandedOver:
    """The conversation goes to a colleague or to whoever is found, in its queue or another, with a note."""
    until, author = at.known.now + PASSED_FOR, own_name(at)
    if colleague is None:
        return HandedOver(until, summary, author, queue=queue)
    alias = at.known.desk.alias if at.known.desk else ""
    return HandedOver(until, summary, author, colleague.counselor_id, colleague.capacity, alias, queue)


def _named(name: str, at: Situation) -> Colleague | None:
    colleagues = at.known.desk.colleagues if at.known.desk else ()
    return next((each for each in colleagues if each.pseudonym.casefold() == name), None)


def own_name(at: Situation) -> str:
    """The counselor's pseudonym, also where the line shows one name for all."""
    own = at.known.desk.own if at.known.desk else None
    return own.pseudonym if own else at.counselor.stands_as


def _to_seeker(at: Situation, key: str, **values: str) -> str:
    return at.letters.texts.word(key, at.conversation.language, **values)


def _when(at: Situation, language: str, until: datetime) -> str:
    return when_in_words(at.letters.texts, language, until, at.known.now, at.known.duty_zone)
