"""Hops 5 to 7 in the store: all outcomes of an entry, in one transaction.

Called by ``SqlStore.settle``. Conversations, links, slots, deliveries and the entry itself change together or
not at all: a crash leaves the entry as it was, and it is worked on again. What was decided on a
snapshot that has moved on raises ``Stale`` and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from relay.domain.conversations import ConversationEvent, ConversationState, Side
from relay.domain.entries import EntryEvent, EntryState, advance
from relay.domain.measures import BY_RELAY, Measure
from relay.domain.risk import Risk
from relay.edge.store import (
    answers,
    clocks,
    conversations,
    counselors,
    counts,
    deliveries,
    effects,
    entries,
    erasing,
    handing_back,
    kept_notices,
    reported,
    seeker_keys,
    signatures,
    tally,
    told,
)
from relay.edge.store.bodies import SealedBody
from relay.edge.store.deliveries import NOWHERE, Origin
from relay.edge.store.keys import Keyring
from relay.edge.store.record import Record
from relay.errors import StateError
from relay.flow.effects import Forgotten
from relay.flow.outcomes import (
    Change,
    LeasedDelivery,
    Outcome,
    Settled,
    bound_to_entry,
    good_for,
)
from relay.flow.ports import Stale
from relay.flow.values import LeasedEntry, TargetKind, Words

_WEIGHT = (
    EntryEvent.NOBODY_ON_DUTY,
    EntryEvent.HELD,
    EntryEvent.PASSED_ON,
    EntryEvent.PLANNED,
    EntryEvent.STOPPED,
)
"""Which event decides over an entry with several targets: what still needs its content comes first."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A new delivery and its sealed body, made before the transaction so that it stays short.

    ``leaves_at``: not sent at once by whoever wrote it, but leased again when it is due.
    """

    delivery: LeasedDelivery
    body: SealedBody
    leaves_at: datetime | None = None
    origin: Origin = NOWHERE


def conversation_id_of(settled: Settled) -> bytes | None:
    """The conversation that is in the store once ``settled`` is written; ``None`` when there is none."""
    if settled.opens is not None:
        return settled.opens.conversation_id
    view = settled.target.conversation
    return None if view is None or view.is_new else view.conversation_id


def settle(
    connection: Connection,
    keyring: Keyring,
    entry: LeasedEntry,
    *,
    settled: Sequence[Settled],
    sealed: Sequence[Sealed],
    now: datetime,
) -> None:
    """Write everything that an entry came to. Raises ``Stale`` or ``StateError``."""
    if not settled:
        raise StateError("an entry comes to nothing")
    for each in settled:
        advance(EntryState.RECEIVED, each.outcome.event)
    records: dict[bytes, Record] = {}
    for each in settled:
        record = _record(connection, keyring, each, records, now)
        _report(connection, each)
        if record is not None:
            _apply(connection, keyring, record, each.outcome, now)
            tally.settled(connection, record, each, entry, now)
            if each.key is not None:
                seeker_keys.keep(connection, record, each.key)
            _wind(connection, record, each, entry, now)
        effects.apply(
            effects.At(connection, keyring, record, each, now, entry.entry_id), each.outcome.effects
        )
        _let_go(connection, keyring, each.outcome, now)
        _note(connection, keyring, each, now)
        for notice in each.kept:
            about = notice.conversation_id or conversation_id_of(each)
            kept_notices.keep(connection, keyring, replace(notice, conversation_id=about), now)
    for record in records.values():
        conversations.save(connection, record, now)
    for new in sealed:
        if new.leaves_at is None:
            deliveries.insert_leased(connection, keyring, new.delivery, new.body, new.origin)
        else:
            deliveries.insert_queued(connection, keyring, new.delivery, new.body, new.leaves_at, new.origin)
    bound: set[str] = set()
    for each in settled:
        unbound = [one for one in each.outcome.signatures if one not in bound]
        signatures.remember(connection, keyring, unbound, good_for(each.target, entry.entry_id), now)
        bound.update(unbound)
    _bind(connection, keyring, entry, settled, now)
    answers.remember(
        connection, keyring, entry.entry_id, [a for each in settled for a in each.outcome.answers]
    )
    deciding = min(settled, key=lambda each: _WEIGHT.index(each.outcome.event))
    changes: tuple[Change, ...] = sum((each.outcome.changes for each in settled), ())
    entries.finish(
        connection,
        keyring,
        entry,
        deciding.outcome.event,
        now,
        reason=deciding.outcome.reason,
        conversation_id=_conversation_of(deciding, settled),
        changes=changes,
    )
    forgotten = [records[conversation_id_of(each) or b""] for each in filter(forgets, settled)]
    erasing.erase_all(connection, keyring, forgotten, entry.entry_id)
    if all(each.target.kind is TargetKind.FEEDBACK for each in settled):
        erasing.drop_entry(connection, entry.entry_id)


def forgets(settled: Settled) -> bool:
    """Tell whether the conversation of this target is to be erased."""
    return any(isinstance(effect, Forgotten) for effect in settled.outcome.effects)


def lets_go(settled: Settled) -> bool:
    """Tell whether words are let go that were kept until somebody answers them."""
    return settled.outcome.conversation_event is ConversationEvent.COUNSELOR_WROTE


def _bind(
    connection: Connection, keyring: Keyring, entry: LeasedEntry, settled: Sequence[Settled], now: datetime
) -> None:
    """Bind what was opened to the one conversation that it is for, or to the entry while there is none."""
    own = bound_to_entry(entry.entry_id)
    opened = [each for each in settled if each.outcome.ciphertext]
    for ciphertext in {each.outcome.ciphertext for each in opened}:
        ids = (conversation_id_of(each) for each in opened)
        conversation_id = next((each for each in ids if each is not None), None)
        bound_to = conversation_id.hex() if conversation_id else own
        signatures.bind(connection, keyring, ciphertext, bound_to, now, before=own)


def _record(
    connection: Connection, keyring: Keyring, settled: Settled, records: dict[bytes, Record], now: datetime
) -> Record | None:
    """The conversation of a target: created, or read once and compared with what the decision was made on."""
    conversation_id = conversation_id_of(settled)
    if conversation_id is None:
        return None
    if conversation_id not in records:
        if settled.opens is not None:
            created = conversations.create(connection, keyring, settled.opens, now)
            seeker_keys.take_over(connection, keyring, created, settled.opens)
            records[conversation_id] = created
            return created
        found = conversations.load(connection, keyring, conversation_id, to_change=True)
        view = settled.target.conversation
        if found is None or view is None or found.found_version != view.version:
            raise Stale("a conversation has moved on")
        records[conversation_id] = found
    return records[conversation_id]


def _apply(connection: Connection, keyring: Keyring, record: Record, outcome: Outcome, now: datetime) -> None:
    if outcome.conversation_event is ConversationEvent.RELEASED:
        counts.once(connection, record, Measure.MOVED, BY_RELAY, now)
        handing_back.hand_back(
            connection, keyring, record, now, presence=outcome.presence, excludes=outcome.excludes
        )
        return
    if outcome.conversation_event is ConversationEvent.COUNSELOR_WROTE:
        handing_back.answered(connection, record.conversation_id, now)
    for event in _steps(record.secrets.state, outcome):
        conversations.apply(connection, keyring, record, event, now)
    if outcome.link is not None:
        conversations.add_link(connection, record, outcome.link)
    if outcome.acknowledged and not record.secrets.acknowledged:
        record.change(acknowledged=True)
    names = tuple(dict.fromkeys((*record.secrets.seeker_names, *outcome.seeker_names)))
    if names != record.secrets.seeker_names:
        record.change(seeker_names=names)


def _steps(state: ConversationState, outcome: Outcome) -> Iterator[ConversationEvent]:
    """The steps that words bring: whoever writes after an end is heard, also when nobody is left who had them.

    Words to a blocked conversation come this far when the block is over, or a person has let them pass.
    """
    event = outcome.conversation_event
    if event is None:
        return
    is_over = state in {ConversationState.CLOSED, ConversationState.BLOCKED}
    if state is ConversationState.BLOCKED and event in _WORDS:
        yield ConversationEvent.UNBLOCKED
    is_unheard = event is ConversationEvent.SEEKER_WROTE and outcome.event is EntryEvent.NOBODY_ON_DUTY
    yield ConversationEvent.REQUESTED if is_over and is_unheard else event


_WORDS = frozenset({ConversationEvent.SEEKER_WROTE, ConversationEvent.COUNSELOR_WROTE})


def _wind(
    connection: Connection, record: Record, settled: Settled, entry: LeasedEntry, now: datetime
) -> None:
    """Start or stop the clock of whoever owes the next words."""
    event, view = settled.outcome.conversation_event, settled.target.conversation
    if event is ConversationEvent.SEEKER_WROTE:
        thread = view.thread if view else ()
        clocks.owe(
            connection,
            record.conversation_id,
            since=entry.received_at,
            now=now,
            look_at=settled.look_at,
            is_new=settled.opens is not None,
            is_first=not any(link.author is Side.COUNSELOR for link in thread),
            is_risk=record.secrets.risk is Risk.HIGH,
        )
    elif event is ConversationEvent.COUNSELOR_WROTE:
        clocks.answered(connection, record.conversation_id, now, settled.look_at)


def _report(connection: Connection, settled: Settled) -> None:
    """What a message says of a delivery; raises ``Stale`` when that is told, and was told by another meanwhile.

    After the conversation was read, which nobody else changes from then on, and before it is changed.
    """
    outcome, delivery_id = settled.outcome, settled.target.delivery_id
    if outcome.fact is None or delivery_id is None:
        return
    if not (outcome.fact.is_final and (outcome.outgoing or settled.kept)):
        reported.note(connection, delivery_id, outcome.fact)
    elif not reported.is_news(
        connection, delivery_id, outcome.fact, was_left=settled.target.words is Words.LEFT
    ):
        raise Stale("somebody has heard of it")


def _note(connection: Connection, keyring: Keyring, settled: Settled, now: datetime) -> None:
    """What a message says of a counselor, and who is answered automatically."""
    outcome = settled.outcome
    if outcome.presence is not None and outcome.conversation_event is not ConversationEvent.RELEASED:
        counselors.set_presence(connection, keyring, outcome.presence)
    answered = settled.answers_automatically
    for each in (*outcome.tells, *((answered,) if answered else ())):
        told.remember(connection, keyring, each, now)


def _let_go(connection: Connection, keyring: Keyring, outcome: Outcome, now: datetime) -> None:
    """What an answer to a notice, or the same words once more, does to the entry that was held.

    Here and not afterwards: a crash in between would have used the answer up and left the entry held.
    """
    if outcome.releases is not None:
        entries.release(connection, keyring, outcome.releases, confirmed=True)
    if outcome.replaces is not None and not answers.drop(connection, outcome.replaces, now):
        raise Stale("the held entry has gone out by itself")


def _conversation_of(deciding: Settled, settled: Sequence[Settled]) -> bytes | None:
    """The conversation that an entry waits for or belongs to: that of the deciding target, else the first."""
    candidates = [conversation_id_of(each) for each in (deciding, *settled)]
    return next((each for each in candidates if each is not None), None)
