"""The commands about the directory, in the worker: what was looked up goes in, what is wrong is told. Pure."""

from __future__ import annotations

from relay.domain.commands import Broken, Command
from relay.flow.desk.handling import Done, Refused, Situation
from relay.flow.effects import Effect, ReadingGiven, ReferralsGiven
from relay.flow.letters import OPERATOR_LANGUAGE
from relay.flow.parties import Person
from relay.flow.views import Insertion
from relay.mail import identity, notices_referrals
from relay.mail.draft import author_of

BROKEN_ID = 7
"""Which of ``Minted.message_ids`` the message to the operator has."""
MAX_REASON_CHARS = 300


def insert(_command: Command, at: Situation) -> Done | Refused:
    """What somebody has looked up for this line (``Known.inserts``) stands in its place."""
    found = _found(at)
    if isinstance(found, Refused):
        return found
    effects: tuple[Effect, ...] = (ReferralsGiven(found.given),) if found.given else ()
    effects += (ReadingGiven(),) if found.is_reading else ()
    return Done(told=found.told, insert=found.text or None, effects=effects)


def broken(command: Broken, at: Situation) -> Done | Refused:
    """Tell the operator which entry is wrong and why, without anything that names either side."""
    found = _found(at)
    if isinstance(found, Refused):
        return found
    text = notices_referrals.broken(
        at.letters.texts, OPERATOR_LANGUAGE, command.number, found.text, _reason(command.reason, at)
    )
    new_id = at.known.minted.message_ids[BROKEN_ID]
    told = at.letters.to_operator(text, at.known.service, at.known.now, new_id)
    return Done(told=found.told, outgoing=(told,))


def _found(at: Situation) -> Insertion | Refused:
    found = next((each for each in at.known.inserts if each.line == at.spoken.line), None)
    if found is None:
        return Refused(at.word("refused.no-insert"))
    return Refused(found.refusal) if found.refusal else found


def _reason(written: str, at: Situation) -> str:
    """On one line, without the names and addresses of anybody who is known here."""
    text = " ".join(written.split())[:MAX_REASON_CHARS]
    conversation = at.known.target.conversation
    for person in (at.counselor, conversation.seeker if conversation else None):
        if person is not None:
            text = identity.replace(text, _everything_of(person)).text
    return text


def _everything_of(person: Person) -> identity.Identity:
    return author_of(person.addresses, person.names, person.private, reader_alias=person.alias,
                     stands_as=identity.REMOVED, alias=identity.REMOVED)  # fmt: skip
