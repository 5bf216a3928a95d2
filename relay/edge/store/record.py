"""One conversation as it is kept: what is sealed of it, and the record that is read, changed and saved.

Used by ``conversations`` and by every file that changes one. A field added to ``Secrets`` needs a default, and then no
migration: records that were sealed before are read with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from relay.domain.calls import Call
from relay.domain.closing import Closing
from relay.domain.consent import Asked
from relay.domain.conversations import ConversationState
from relay.domain.risk import Risk
from relay.domain.seeker_keys import KeyStanding
from relay.domain.wishes import NO_WISHES, Wishes
from relay.edge.store.sealing import SealingKey, place
from relay.errors import CipherError


class Secrets(msgspec.Struct, frozen=True):
    """What is sealed of a conversation. ``links`` and ``notes``: how many there are. ``excluded``: not to get it,
    until when (µs). ``key_version``: of the row in ``seeker_keys``, which says whether the seeker's key is in force.
    until when (µs). ``warned``: how often; ``put_off_until`` and ``closed_at``: µs, or 0. ``owes_briefing``: whoever
    is responsible next has not read the notes yet. ``wishes``: the seeker's about mail to them. ``asked``: what
    the seeker was asked before a hand-over. ``call``: how a
    telephone call to them stands. ``tags``: what it is about, in the operator's words. ``letters``: of the seeker;
    ``counted``: for what it has been counted in the month ``counted_in`` (``counts.once``). ``queue``: that it was
    moved to; empty: that of its intake address.
    """

    state: ConversationState
    intake: str
    language: str
    seeker_addresses: tuple[str, ...]
    seeker_names: tuple[str, ...]
    pseudonym: str
    seeker_alias: str
    counselor_alias: str
    counselor_id: str | None
    acknowledged: bool
    links: int
    excluded: tuple[tuple[str, int], ...] = ()
    risk: Risk = Risk.NONE
    notes: int = 0
    key_version: int = 0
    key_standing: KeyStanding = KeyStanding.NONE
    warned: int = 0
    put_off_until: int = 0
    closed_at: int = 0
    closed_how: Closing | None = None
    owes_briefing: bool = False
    wishes: Wishes = NO_WISHES
    call: Call = Call.NONE
    asked: Asked | None = None
    tags: tuple[str, ...] = ()
    letters: int = 0
    counted_in: int = 0
    counted: tuple[str, ...] = ()
    queue: str = ""


_DECODER = msgspec.msgpack.Decoder(Secrets)


def place_of(conversation_id: bytes, version: int) -> bytes:
    """What is sealed of a conversation is bound to its version, so that no older one takes its place."""
    return place("conversations", "sealed", conversation_id, version)


def opened_secrets(key: SealingKey, conversation_id: bytes, version: int, sealed: bytes) -> Secrets:
    """What is sealed of a conversation. Raises ``CipherError``."""
    try:
        return _DECODER.decode(key.open(sealed, place_of(conversation_id, version)))
    except msgspec.DecodeError:
        raise CipherError("a conversation has not the form it was written in") from None


@dataclass(slots=True)
class Record:
    """A conversation as read, with what is to be changed. ``found_version`` is 0 until it is first saved."""

    conversation_id: bytes
    key: SealingKey
    secrets: Secrets
    found_version: int
    opened_at: datetime
    waiting_since: datetime | None
    is_changed: bool = False

    def change(self, **changes: Any) -> None:
        """Replace sealed fields; marks the record for saving."""
        self.secrets = msgspec.structs.replace(self.secrets, **changes)
        self.is_changed = True

    def __repr__(self) -> str:
        return "Record(<redacted>)"
