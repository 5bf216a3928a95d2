"""Invitations to two answers: one object, hung on ``SqlStore`` as ``invitations``, and what counts an answer.

Making and knowing an invitation needs the key and no table (``domain.invitations``). Of an answer stays a count of the
month (``counts``), by queue and question, and that this invitation has been used. The entry that brought it is deleted
in the same transaction (``settling``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from relay.domain import invitations
from relay.domain.aliases import Randomness
from relay.domain.invitations import Invitation
from relay.domain.measures import AGAIN, HELPED, Measure
from relay.edge.store import counts
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.lanes import Lane
from relay.edge.store.tables_invitations import invitations as table
from relay.flow.effects import FeedbackGiven

_GET = select(table.c.counted, table.c.told).where(table.c.token == bindparam("wanted"))
_FIRST = insert(table)
_NEXT = (
    update(table)
    .where(table.c.token == bindparam("wanted"))
    .values(counted=bindparam("is_counted"), told=table.c.told + bindparam("more"))
)
_OLD = delete(table).where(
    table.c.token.in_(
        select(table.c.token).where(table.c.month < bindparam("last")).limit(bindparam("at_most"))
    )
)
HIGHEST = 5
_AGAIN = ("yes", "no")


class Invitations:
    """``reader``: for looking up what was answered; everything else is arithmetic."""

    def __init__(self, reader: Lane, keyring: Keyring) -> None:
        self._reader = reader
        self._keyring = keyring

    def _keyed(self, text: str) -> bytes:
        return self._keyring.index(Purpose.INVITATION, text)

    def mint(self, randomness: Randomness, queue: str, now: datetime) -> str:
        """A token for an answer about a conversation of this queue."""
        return invitations.mint(randomness, self._keyed, queue, now)

    def is_one(self, token: str, now: datetime) -> bool:
        """Tell whether a token is an invitation."""
        return invitations.is_one(token, self._keyed, now)

    async def look_up(self, token: str, intakes: Sequence[tuple[str, str, str]], usual: str) -> Invitation:
        """What is known of an invitation. ``intakes``: queue, address and language. May raise ``StoreTrouble``."""
        queue = invitations.queue_of(token, self._keyed, dict.fromkeys(each[0] for each in intakes), usual)
        _, address, language = next((each for each in intakes if each[0] == queue), intakes[0])
        found = await self._reader.run(lambda c: c.execute(_GET, {"wanted": self._keyed(token)}).first())
        if found is None:
            return Invitation(queue, address, language)
        return Invitation(queue, address, language, bool(found.counted), found.told)


def answered(
    connection: Connection, keyring: Keyring, token: str, queue: str, effect: FeedbackGiven, now: datetime
) -> None:
    """Count the answers of an invitation, once, and note that it was used."""
    wanted = keyring.index(Purpose.INVITATION, token)
    found = connection.execute(_GET, {"wanted": wanted}).first()
    was_counted = found is not None and bool(found.counted)
    helped = effect.helped if 1 <= effect.helped <= HIGHEST else 0
    again = effect.again if effect.again in _AGAIN else ""
    if not was_counted:
        for what, answer in ((HELPED, str(helped) if helped else ""), (AGAIN, again)):
            if answer:
                counts.add(connection, Measure.FEEDBACK, f"{queue} {what} {answer}", now)
    is_counted = was_counted or bool(helped or again)
    if found is None:
        row = {
            "token": wanted,
            "month": counts.month_of(now),
            "counted": is_counted,
            "told": int(effect.is_told),
        }
        connection.execute(_FIRST, row)
    else:
        more = int(effect.is_told)
        connection.execute(_NEXT, {"wanted": wanted, "is_counted": is_counted, "more": more})


def sweep(connection: Connection, now: datetime, at_most: int) -> int:
    """Forget what was used in months whose invitations are all over; returns how many."""
    month = counts.month_of(now)
    last = month - 1 if month % 100 > 1 else month - 89
    return connection.execute(_OLD, {"last": last, "at_most": at_most}).rowcount
