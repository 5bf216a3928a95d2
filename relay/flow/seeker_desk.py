"""A seeker's word to the relay itself: what it changes, the one answer to it, and what is left to pass on.

Called by ``compose`` once the stages have let a message through, so with the proof that any relayed message owes: an
alias that only this seeker was given, their address, and what the level asks for. At a public address, where anybody
may write under any name, nothing of an older conversation is ever touched. Automatic mail is never heard. Pure; runs
in a worker process.

``obey`` gives an ``Outcome`` for what ends here (STOP, FORGET ME, and the others alone in a conversation), or a
``Passing`` with what goes on. An entry that comes round again, because it waited or its reader could not be reached,
has had its effects; only its hints are told again.
"""

from __future__ import annotations

from relay.domain.entries import EntryEvent
from relay.flow import letters_seeker as letters_for
from relay.flow import stages
from relay.flow.desk import consent
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.seeker_actions import ACTIONS
from relay.flow.seeker_case import Case, Passing
from relay.flow.values import Known, Person, Reason
from relay.mail import automatic, notices_seeker, notices_voicemail, seeker_words
from relay.mail.automatic import Kind
from relay.mail.content import Content
from relay.mail.model import Mail
from relay.mail.seeker_tables import Word
from relay.mail.seeker_words import Heard

_BESIDE_WORDS = frozenset({"application/pgp-keys", "text/vcard", "text/x-vcard", "text/directory"})
"""Parts that mail programs hang on every message."""


def obey(mail: Mail, said: Content, known: Known, letters: Letters) -> Outcome | Passing:
    """Hear what a seeker asks of the relay, and decide what comes of it."""
    view = known.target.conversation
    assert view is not None
    case = Case(mail, said, known, letters, view)
    word = _heard(mail, said, known)
    if word is None and automatic.may_answer(mail, known.entry.envelope.reverse_path.is_null):
        answer = consent.answered(case)
        if answer is not None:
            return answer
    if word is None:
        is_asked = view.asked is not None and not view.asked.is_owed
        return case.passing(hints=("consent",) if is_asked else ())
    if not word.is_clear:
        return case.passing(hints=("stop",))
    return ACTIONS[word.word](case, word)


def may_end(mail: Mail, said: Content, known: Known) -> bool:
    """Tell whether somebody who is blocked asks for what nobody is refused: no mail, or to be forgotten."""
    word = _heard(mail, said, known)
    return word is not None and word.is_alone and word.word in {Word.STOP, Word.FORGET}


def not_wanted(known: Known, letters: Letters) -> Outcome:
    """A counselor's reply to somebody who wants no mail, or has none: not sent, not kept, and its author is told."""
    view = known.target.conversation
    assert view is not None
    assert view.counselor is not None
    language, pseudonym = view.counselor.language, view.seeker.stands_as
    if view.seeker.is_caller:
        way = way_back(view.seeker, has_desk=bool(known.service.rules.phone_desk))
        text = notices_voicemail.not_sent(letters.texts, language, pseudonym, way)
    else:
        text = notices_seeker.counselor_not_wanted(letters.texts, language, pseudonym)
    told = letters_for.to_counselor(letters.texts, known, view.counselor, text)
    return Outcome(EntryEvent.STOPPED, Reason.UNWANTED, outgoing=(told,))


def way_back(seeker: Person, *, has_desk: bool) -> str:
    """Which words (``voicemail.…``) say how somebody who has telephoned can be reached, if at all."""
    if not seeker.number:
        return "no-number"
    return "call" if has_desk else "no-desk"


def stages_of_ending(*, is_request: bool) -> tuple[stages.Stage, ...]:
    """What a message has to pass when it asks for an end: all but what the operator holds against its author."""
    asked = stages.REQUEST if is_request else stages.REPLY
    return tuple(stage for stage in asked if stage is not stages.blocked)


def _heard(mail: Mail, said: Content, known: Known) -> Heard | None:
    is_null = known.entry.envelope.reverse_path.is_null
    if is_null or automatic.classify(mail, is_null) is not Kind.PERSON:
        return None
    files = [part for part in said.attached if part.content_type not in _BESIDE_WORDS]
    has_files = any(part.disposition == "attachment" or not part.content_id for part in files)
    names = [one.name for one in mail.shown]
    return seeker_words.heard(said.text, mail.subject, names, has_files=has_files)
