"""``!transfer QUEUE``: a conversation goes to another queue of the line, with a summary. Pure.

The seeker's view does not change: their address, thread, key and the promise that they were given stay those of the
intake address that they wrote to. Who answers, and who watches over it, is the new queue's.
"""

from __future__ import annotations

from relay.domain.commands import Transfer
from relay.flow.desk import cases, consent
from relay.flow.desk.handling import Done, Refused, Situation


def transfer(command: Transfer, at: Situation) -> Done | Refused:
    """To whoever is found there, once it is confirmed or its seeker agrees; refused where nobody could answer."""
    desk = at.known.desk
    if refusal := cases.not_theirs(at):
        return refusal
    queues = desk.queues if desk else ()
    found = next((each for each in queues if each.name == command.queue), None)
    if found is None:
        return Refused(at.word("refused.no-queue", names=", ".join(each.name for each in queues) or "-"))
    if desk is not None and desk.queue == found.name:
        return Refused(at.word("refused.same-queue", queue=found.name))
    spoken = at.conversation.language
    if spoken.partition("-")[0].lower() not in {each.partition("-")[0] for each in found.languages}:
        have = ", ".join(found.languages) or "-"
        return Refused(at.word("refused.queue-language", queue=found.name, tag=spoken, languages=have))
    pseudonym = at.conversation.seeker.stands_as
    told = at.word("did.transferred", pseudonym=pseudonym, queue=found.name)
    waits = () if found.has_somebody else (at.word("did.transferred-waits", queue=found.name),)
    effect = cases.given_on(at, command.summary, queue=found.name)
    danger = at.word("danger.transfer", pseudonym=pseudonym, queue=found.name)
    return consent.first(at, effect, Done(told=(told, *waits), effects=(effect,), danger=danger))
