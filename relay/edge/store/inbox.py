"""Hop 2 in the store: committing a message before ``250``.

Called by ``SqlStore``. ``accept_all`` writes many receptions with four statements, because accepting
is what comes in bursts. Envelope, content, data key and dedupe index of a message are written in one
transaction (P2): a repetition is recognised exactly when its first copy is really here.
Where it lies in a mailbox is noted with it, also of a repetition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.entries import EntryState
from relay.domain.provenance import Provenance
from relay.edge.store import bodies
from relay.edge.store.bodies import Finished, SealedBody
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.mailboxes import Noted, note, noted
from relay.edge.store.sealing import SealingKey, place
from relay.edge.store.tables import entries, seen, to_micros
from relay.errors import CipherError
from relay.flow.values import Envelope, NewEntry

LEASE = timedelta(seconds=120)
"""Ten times the longest that a worker may take for one message; then another may try."""


class _Brought(msgspec.Struct, array_like=True, frozen=True):
    """A ``Provenance`` as it is written; what an older one has not is what it would have been."""

    client_ip: str
    helo: str
    is_trusted: bool
    login: str
    authserv_id: str = ""
    own_received: int = 1


_DECODER = msgspec.msgpack.Decoder(tuple[str, list[str], _Brought])
_INSERT_ENTRIES = insert(entries)
_INSERT_SEEN = insert(seen)
_SELECT_SEEN = select(seen.c.dedupe, seen.c.until).where(
    seen.c.dedupe.in_(bindparam("among", expanding=True))
)
_DELETE_SEEN = delete(seen).where(seen.c.dedupe == bindparam("old"))


@dataclass(frozen=True, slots=True)
class Reception:
    """A message that has come in whole, sealed and ready to be written."""

    entry: NewEntry
    dedupe: bytes
    envelope: bytes
    body: Finished
    node: int | None = None
    noted: Noted | None = None


Marks = tuple[bool, bool]
"""Of an entry: its author has confirmed it, a supervisor has approved it. Bound to its envelope, for whoever can write
to the database must not be able to let go what waits for a person."""
UNMARKED: Final[Marks] = (False, False)
ALL_MARKS: Final[tuple[Marks, ...]] = (UNMARKED, (True, False), (False, True), (True, True))


def sealed(keyring: Keyring, entry: NewEntry, body: SealedBody) -> Reception:
    """Seal all of a message that has come in whole; its body is complete with this."""
    finished = body.finish()
    dedupe = keyring.index(Purpose.DEDUPE, entry.dedupe)
    envelope = seal_envelope(body.key, entry.entry_id, entry.envelope)
    return Reception(entry, dedupe, envelope, finished, body.node, noted(keyring, entry.fetched))


def seal_envelope(key: SealingKey, entry_id: bytes, envelope: Envelope) -> bytes:
    """Seal an envelope with the data key of its entry."""
    paths = [path.reveal() for path in envelope.forward_paths]
    provenance = _Brought(**asdict(envelope.provenance))
    plain = msgspec.msgpack.encode((envelope.reverse_path.reveal(), paths, provenance))
    return key.seal(plain, envelope_place(entry_id, UNMARKED))


def envelope_place(entry_id: bytes, marks: Marks) -> bytes:
    """Where an envelope is kept, with what its row says of decisions."""
    number = sum(is_so << bit for bit, is_so in enumerate(marks))
    return place("entries", "envelope", entry_id, *((number,) if number else ()))


def open_envelope(key: SealingKey, entry_id: bytes, sealed: bytes, marks: Marks | None = None) -> Envelope:
    """Open an envelope; ``marks``: only if they are those of its row. Raises ``CipherError``."""
    plain = b""
    for each in ALL_MARKS if marks is None else (marks,):
        try:
            plain = key.open(sealed, envelope_place(entry_id, each))
            break
        except CipherError:
            if each == (ALL_MARKS[-1] if marks is None else marks):
                raise
    try:
        reverse_path, paths, brought = _DECODER.decode(plain)
        forward_paths = tuple(OurAddress.parse(path) for path in paths)
        return Envelope(
            ReversePath(reverse_path), forward_paths, Provenance(*msgspec.structs.astuple(brought))
        )
    except ValueError:  # msgspec's errors are ValueErrors, too
        raise CipherError("an envelope has not the form it was written in") from None


def accept_all(connection: Connection, receptions: Sequence[Reception]) -> list[bool]:
    """Write receptions; for each, ``False`` when the same message is here already (its body is dropped)."""
    is_new = _unseen(connection, receptions)
    news = [reception for reception, new in zip(receptions, is_new, strict=True) if new]
    if news:
        bodies.claim(connection, Owner.ENTRY, [(each.entry.entry_id, each.body) for each in news])
        connection.execute(_INSERT_ENTRIES, [_row(reception) for reception in news])
        connection.execute(
            _INSERT_SEEN,
            [{"dedupe": each.dedupe, "until": to_micros(each.entry.dedupe_until)} for each in news],
        )
    if taken := [each.noted for each in receptions if each.noted is not None]:
        note(connection, taken)
    for reception, new in zip(receptions, is_new, strict=True):
        if not new and reception.body.last:
            bodies.drop_unclaimed(connection, Owner.ENTRY, reception.entry.entry_id)
    return is_new


def _unseen(connection: Connection, receptions: Sequence[Reception]) -> list[bool]:
    """Tell for each whether it is the first of its kind; clears away what was remembered long enough."""
    found = connection.execute(_SELECT_SEEN, {"among": [reception.dedupe for reception in receptions]})
    until = {bytes(dedupe): instant for dedupe, instant in found}
    over: list[dict[str, bytes]] = []
    is_new: list[bool] = []
    for reception in receptions:
        known_until = until.get(reception.dedupe)
        is_over = known_until is not None and known_until <= to_micros(reception.entry.received_at)
        if is_over:
            over.append({"old": reception.dedupe})
        is_new.append(known_until is None or is_over)
        if is_new[-1]:
            until[reception.dedupe] = to_micros(reception.entry.dedupe_until)
    if over:
        connection.execute(_DELETE_SEEN, over)
    return is_new


def _row(reception: Reception) -> dict[str, object]:
    entry, body = reception.entry, reception.body
    return {
        "entry_id": entry.entry_id,
        "state": EntryState.RECEIVED.value,
        "received_at": to_micros(entry.received_at),
        "size_bytes": entry.size_bytes,
        "attempts": int(entry.is_leased),
        "fence": int(entry.is_leased),
        "lease_until": to_micros(entry.received_at + LEASE) if entry.is_leased else None,
        "node": reception.node if entry.is_leased else None,
        "confirmed": False,
        "chunk_count": body.chunk_count,
        "envelope": reception.envelope,
        "body": body.inline,
    }
