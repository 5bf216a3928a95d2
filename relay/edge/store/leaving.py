"""A counselor leaves: what they had goes to others, and what is kept of them goes.

Called by ``casebook`` for ``relay counselor leave``, in one transaction. Open conversations wait for somebody else,
with their notes and what was not answered; where a queue asks its seekers before somebody else goes on, the question
is owed, and the daemon puts it (``flow.desk.caretaking``). Nothing more is sent to them about these; what they wrote
and is held is forgotten (nobody could let it go any more: the next counselor answers anew); conversations that have
ended do not come back to them, and no seeker knows them. Their own row goes once they are out of the configuration
(``purging``); until then it keeps new requests from them. Notes stay, for they are for whoever is next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from relay.domain import callers
from relay.domain.consent import Asked, is_asked_first
from relay.domain.conversations import HELD_BY_A_COUNSELOR, Side
from relay.domain.measures import BY_RELAY, Measure
from relay.domain.presence import Presence
from relay.edge.store import (
    acquaintances,
    aliases,
    answers,
    cancelling,
    consent_timers,
    conversations,
    counselors,
    counts,
    datakeys,
    handing_back,
    kept_notices,
    overrides,
)
from relay.edge.store.conversations import WITH_KEY
from relay.edge.store.datakeys import Owner
from relay.edge.store.inbox import open_envelope
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.record import Record
from relay.edge.store.tables import ENTRY_IS_HELD, data_keys, entries, from_micros
from relay.edge.store.tables import aliases as aliases_table
from relay.edge.store.tables import conversations as table
from relay.edge.store.tables_over import CONVERSATION_IS_OVER
from relay.errors import CipherError
from relay.flow.desk.casebook import AsksFirst, Left
from relay.flow.outcomes import Face

_ENDED = (
    select(*table.c, data_keys.c.wrapped)
    .select_from(WITH_KEY)
    .where(CONVERSATION_IS_OVER)
    .order_by(table.c.changed_at)
)
_HELD = select(entries.c.entry_id, entries.c.envelope).where(
    entries.c.conversation_id == bindparam("of"), ENTRY_IS_HELD, entries.c.envelope.is_not(None)
)
_TO_SEEKER = select(aliases_table.c.token).where(
    aliases_table.c.conversation_id == bindparam("of"), aliases_table.c.stands_for == Side.SEEKER.value
)


def leave(
    connection: Connection,
    keyring: Keyring,
    counselor_id: str,
    open_ids: Sequence[bytes],
    now: datetime,
    until: datetime,
    asks: AsksFirst,
) -> Left:
    """Do it. ``open_ids``: the conversations that they have. Nothing new goes to them before ``until``."""
    held = asked = 0
    for conversation_id in open_ids:
        record = conversations.load(connection, keyring, conversation_id, to_change=True)
        if record is None or record.secrets.state not in HELD_BY_A_COUNSELOR:
            continue
        counts.once(connection, record, Measure.MOVED, BY_RELAY, now)
        question = _question(record, until, asks)
        handing_back.hand_back(connection, keyring, record, now, presence=None, excludes=until)
        record.change(owes_briefing=True, asked=question)
        if question is not None and question.is_owed:
            consent_timers.start(connection, record, None)
        asked += question is not None
        held += _forget_mail(connection, keyring, conversation_id, now)
        conversations.save(connection, record, now)
    for record in _ended(connection, keyring, counselor_id):
        aliases.retire(connection, keyring, record.secrets.seeker_alias, now)
        record.change(counselor_id=None)
        held += _forget_mail(connection, keyring, record.conversation_id, now)
        conversations.save(connection, record, now)
    kept_notices.drop_of(connection, keyring, counselor_id)
    acquaintances.forget_counselor(connection, keyring, counselor_id)
    overrides.put(connection, keyring, counselor_id, None)
    counselors.set_presence(connection, keyring, Presence(counselor_id, until))
    return Left(len(open_ids), asked, held)


def _question(record: Record, until: datetime, asks: AsksFirst) -> Asked | None:
    """What its seeker is asked before somebody else goes on; what they have been asked already stays so.

    Until when they may answer is said when the question is put; the clock here need not be the line's.
    """
    secrets = record.secrets
    if not (is_asked_first(secrets.state, secrets.risk) and asks(secrets.intake, secrets.queue)):
        return None
    if any(map(callers.is_caller, secrets.seeker_addresses)):  # who cannot be written to cannot be asked
        return None
    return secrets.asked or Asked(from_micros(0), until, is_owed=True)


def _ended(connection: Connection, keyring: Keyring, counselor_id: str) -> list[Record]:
    """Conversations that have ended and would come back to them; one that does not open comes back to nobody."""
    found = []
    for row in connection.execute(_ENDED).all():
        try:
            record = conversations.opened(keyring, row)
        except CipherError:
            continue
        if record.secrets.counselor_id == counselor_id:
            found.append(record)
    return found


def _forget_mail(connection: Connection, keyring: Keyring, conversation_id: bytes, now: datetime) -> int:
    """What is on its way to them, and what they wrote and is held; returns how much was held."""
    cancelling.cancel_to(connection, conversation_id, Face.COUNSELOR, now)
    tokens = {bytes(token) for token in connection.execute(_TO_SEEKER, {"of": conversation_id}).scalars()}
    count = 0
    for entry_id, sealed in connection.execute(_HELD, {"of": conversation_id}).all():
        try:
            envelope = open_envelope(
                datakeys.load(connection, keyring, Owner.ENTRY, entry_id), entry_id, sealed
            )
        except CipherError:
            continue
        is_theirs = all(keyring.index(Purpose.TOKEN, path.local) in tokens for path in envelope.forward_paths)
        count += int(is_theirs and answers.drop(connection, entry_id, now))
    return count
