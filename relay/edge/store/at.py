"""Where an effect takes place: what every function in ``effects.APPLY`` is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from relay.edge.store.keys import Keyring
from relay.edge.store.record import Record
from relay.errors import StateError
from relay.flow.outcomes import Settled


@dataclass(frozen=True, slots=True)
class At:
    """Where an effect takes place. ``found``: the conversation of the target; there is none at the desk.
    ``entry_id``: of the message that asks for it.
    """

    connection: Connection
    keyring: Keyring
    found: Record | None
    settled: Settled
    now: datetime
    entry_id: bytes = b""

    @property
    def record(self) -> Record:
        """The conversation. Raises ``StateError`` when there is none."""
        if self.found is None:
            raise StateError("an effect needs a conversation")
        return self.found
