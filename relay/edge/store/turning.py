"""Conversations that end, wait, or go to somebody else because a counselor said so: effects (``effects.APPLY``).

Each changes the record within the transaction of the message that asked for it; the record is saved once, afterwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relay.domain.closing import Closing
from relay.domain.consent import Asked
from relay.domain.conversations import HELD_BY_A_COUNSELOR, ConversationEvent, ConversationState
from relay.edge.store import (
    blocks,
    clocks,
    conversations,
    duty,
    entries,
    handing_back,
    notes,
    seeker_effects,
    tally,
)
from relay.edge.store import consent_timers as timers_of_consent
from relay.edge.store.at import At
from relay.edge.store.tables import to_micros
from relay.errors import StateError
from relay.flow import effects
from relay.flow.ports import Stale

LONGEST_NAME = 64
"""Characters of a queue's name; the configuration allows no more."""
LONGEST = timedelta(days=366)
"""No time that a command names is longer."""


def closed(at: At, effect: effects.Closed) -> None:
    """The end, until the seeker writes again within the grace."""
    tally.ended(at.connection, at.record, effect.how, at.now)
    _step(at, ConversationEvent.CLOSED)
    at.record.change(closed_at=to_micros(at.now), closed_how=effect.how, put_off_until=0)


def handed_over(at: At, effect: effects.HandedOver) -> None:
    """To the one who is named and has room, or to whoever is found, in this queue or another, with what was not
    answered. The promise's clock goes on as it is, from the seeker's message.
    """
    _note(at, effect)
    _to_queue(at, effect.queue)
    _release(at, effect.until)
    if effect.to:
        _give(at, effect.to, effect.capacity, effect.alias)


def consent_asked(at: At, effect: effects.ConsentAsked) -> None:
    """The seeker has been asked; the summary is a note, whatever the answer. Who is off duty gives it back already."""
    then = effect.handover
    _note(at, then)
    excludes_until = _bounded(at, then.until)
    if effect.waits:
        _release(at, excludes_until)
    answer_by = _bounded(at, effect.answer_by)
    asked = Asked(
        answer_by,
        excludes_until,
        then.to,
        then.capacity,
        then.alias,
        then.queue[:LONGEST_NAME],
        effect.question,
    )
    at.record.change(asked=asked)
    timers_of_consent.start(at.connection, at.record, answer_by)


def consent_given(at: At, effect: effects.ConsentGiven) -> None:
    """The answer, or what the operator has decided about silence. Raises ``Stale`` when nothing is asked any more."""
    asked = at.record.secrets.asked
    if asked is None:
        raise Stale("nothing is asked any more")
    at.record.change(asked=None)
    is_held = at.record.secrets.state in HELD_BY_A_COUNSELOR
    if not effect.agreed:
        if not is_held:
            seeker_effects.forget_unread(at.connection, at.record, at.now)
            _step(at, ConversationEvent.CLOSED)
            at.record.change(closed_at=to_micros(at.now), closed_how=Closing.DONE)
        return
    _to_queue(at, asked.queue)
    if is_held:
        _release(at, asked.excludes_until)
    if asked.to and effect.gives:
        _give(at, asked.to, asked.capacity, asked.alias)


def taken_over(at: At, effect: effects.TakenOver) -> None:
    """Somebody else, or somebody at last, has it from now on."""
    if at.record.secrets.counselor_id == effect.counselor_id:
        return
    if at.record.secrets.state in HELD_BY_A_COUNSELOR:
        _release(at, None)
    _give(at, effect.counselor_id, effect.capacity, effect.alias)


def put_off(at: At, effect: effects.PutOff) -> None:
    """Nothing is owed before then, and an answer afterwards."""
    until = _bounded(at, effect.until)
    at.record.change(put_off_until=to_micros(until))
    clocks.hold(at.connection, at.record.conversation_id, until)


def warned(at: At, _effect: effects.Warned) -> None:
    """Counted, for whoever decides about a block."""
    at.record.change(warned=at.record.secrets.warned + 1)


def blocked_until(at: At, effect: effects.BlockedUntil) -> None:
    """The conversation ends, and what comes under the seeker's addresses is held until then."""
    for address in at.record.secrets.seeker_addresses:
        until = _bounded(at, effect.until)
        blocks.add(at.connection, at.keyring, address, at.now, until, everywhere=False)
    tally.ended(at.connection, at.record, effect.how, at.now)
    _step(at, ConversationEvent.BLOCKED)
    at.record.change(closed_at=to_micros(at.now), closed_how=effect.how)


def _note(at: At, effect: effects.HandedOver) -> None:
    if effect.summary:
        notes.add(at.connection, at.record, effect.summary, effect.author, at.now)


def _to_queue(at: At, queue: str) -> None:
    if queue:
        at.record.change(queue=queue[:LONGEST_NAME])


def _release(at: At, until: datetime | None) -> None:
    excludes = None if until is None else _bounded(at, until)
    handing_back.moved(at.connection, at.keyring, at.record, at.now, excludes)


def _give(at: At, counselor_id: str, capacity: int, alias: str) -> None:
    if not alias:
        raise StateError("nobody can be given a conversation without an alias")
    duty.give(
        at.connection,
        at.keyring,
        at.record,
        counselor_id=counselor_id,
        capacity=capacity,
        seeker_alias=alias,
        now=at.now,
    )
    entries.assigned(at.connection, at.record.conversation_id)


def _step(at: At, event: ConversationEvent) -> None:
    if at.record.secrets.state is ConversationState.ERASED:
        raise Stale("a conversation has moved on")
    conversations.apply(at.connection, at.keyring, at.record, event, at.now)


def _bounded(at: At, until: datetime) -> datetime:
    return min(until, at.now + LONGEST)
