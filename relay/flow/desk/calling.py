"""``!callback``: a telephone call to the seeker as a task of the operator's phone desk, as ``CALL ME`` makes one. Pure.

Of who writes nobody here knows a number: a seeker gives it with ``CALL ME``, it goes to those who call and is kept
nowhere. So a call that a counselor wants is an offer to the seeker first. They read in the counselor's own message
how to give the number and, honestly, when calls are made; and the phone desk hears that a call is wanted. A call that
nobody agreed to may be answered by whom the caller is afraid of: without the seeker's own word nobody is called.

Whoever has left a voice message has been calling: their number is sealed with the conversation, and "yes" gives it to
the phone desk.
"""

from __future__ import annotations

from relay.domain.calls import Call
from relay.domain.commands import CallBack, Callback
from relay.domain.conversations import HELD_BY_A_COUNSELOR
from relay.flow import letters_seeker
from relay.flow.desk.handling import Done, Refused, Situation
from relay.flow.effects import CallSet
from relay.flow.letters import OPERATOR_LANGUAGE
from relay.mail import notices_seeker
from relay.mail.texts import Text


def call_back(command: CallBack, at: Situation) -> Done | Refused:
    """A call is wanted, is not wanted any more, or was made."""
    pseudonym = at.conversation.seeker.stands_as
    if not at.known.service.rules.phone_desk:
        return Refused(at.word("refused.no-phone-desk"))
    if at.conversation.state not in HELD_BY_A_COUNSELOR:
        return Refused(at.word("refused.not-open", pseudonym=pseudonym))
    seeker = at.conversation.seeker
    if seeker.is_caller and not seeker.number:
        return Refused(at.word("refused.no-number", pseudonym=pseudonym))
    if command.answer is Callback.YES and seeker.is_caller:
        return _handed_on(at, pseudonym, seeker.number)
    if command.answer is Callback.YES:
        return _wanted(at, pseudonym)
    if at.conversation.call is Call.NONE:
        return Refused(at.word("refused.no-call", pseudonym=pseudonym))
    over = notices_seeker.desk_call_over(
        at.letters.texts, OPERATOR_LANGUAGE, pseudonym, is_done=command.answer is Callback.DONE
    )
    if command.answer is Callback.DONE:
        told, insert = at.word("did.call-done", pseudonym=pseudonym), None
    else:
        told = at.word("did.call-not", pseudonym=pseudonym)
        insert = None if seeker.is_caller else _to_seeker(at, "call.not")
    return _done(at, told, Call.NONE, over, insert)


def _wanted(at: Situation, pseudonym: str) -> Done:
    texts, rules = at.letters.texts, at.known.service.rules
    language, calls_at = at.conversation.language, rules.calls_at(at.known.now)
    when = notices_seeker.calls_in_words(texts, language, calls_at, rules.zone, at.known.now)
    has_number = at.conversation.call is Call.WANTED
    word = notices_seeker.call_word(texts, language)
    insert = _to_seeker(at, "call.again" if has_number else "call.offer", when=when, word=word)
    own = notices_seeker.calls_in_words(texts, at.counselor.language, calls_at, rules.zone, at.known.now)
    told = at.word("did.call-again" if has_number else "did.call-asked", pseudonym=pseudonym, when=own)
    asked = notices_seeker.desk_call_wanted(texts, OPERATOR_LANGUAGE, pseudonym, has_number=has_number)
    return _done(at, told, Call.WANTED if has_number else Call.ASKED, asked, insert)


def _handed_on(at: Situation, pseudonym: str, number: str) -> Done:
    """Whoever has telephoned can only be telephoned: the number goes from where it is sealed to those who call."""
    texts, rules, now = at.letters.texts, at.known.service.rules, at.known.now
    when = notices_seeker.calls_in_words(texts, at.counselor.language, rules.calls_at(now), rules.zone, now)
    told = at.word("did.caller-call", pseudonym=pseudonym, when=when)
    task = notices_seeker.desk_call(texts, OPERATOR_LANGUAGE, pseudonym, number)
    return _done(at, told, Call.WANTED, task, None)


def _done(at: Situation, told: str, call: Call, text: Text, insert: str | None) -> Done:
    letter = letters_seeker.to_phone_desk(at.known, text)
    return Done(told=(told,), effects=(CallSet(call),), insert=insert, outgoing=(letter,))


def _to_seeker(at: Situation, key: str, **values: str) -> str:
    return at.letters.texts.word(key, at.conversation.language, **values)
