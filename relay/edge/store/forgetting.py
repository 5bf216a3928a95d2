"""What the store does for seekers who want no mail, or to be forgotten: one object, hung on ``SqlStore``.

``clearance`` is asked before every attempt to send: a delivery may have waited, in the store or in memory, while the
reader asked for silence, was forgotten, or can only be written to at other hours. ``erase`` and ``find`` serve the
operator's command. After an erasure, and after the farewell that tells of it, ``scrub`` takes what is left of deleted
rows out of the files, within seconds and again until it has worked.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, Engine, bindparam, select

from relay.domain.deliveries import DeliveryEvent, DeliveryState
from relay.edge.store import bodies, cancelling, conversations, deliveries, erasing
from relay.edge.store.engines import checkpoint
from relay.edge.store.key_copy import KeyCopy
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.shortcut import Autocommit, Shortcut
from relay.edge.store.tables import conversations as conversations_table
from relay.edge.store.tables import deliveries as deliveries_table
from relay.edge.store.wholeness import Wholeness
from relay.errors import CipherError
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind
from relay.flow.ports import StoreTrouble

SCRUB_AGAIN_S = (0.0, 0.5, 2.0, 5.0, 10.0, 20.0)
"""When the files are tried again while a reader holds an old page of them: six times, and within 40 s."""

_STATE = select(deliveries_table.c.state, deliveries_table.c.fence, deliveries_table.c.lease_until).where(
    deliveries_table.c.delivery_id == bindparam("this")
)
_ALL = select(conversations_table.c.conversation_id)


class Gone(Enum):
    """A delivery that is not to be sent any more, or not with the lease that it has."""

    GONE = "gone"
    LATE = "late"


def clearance(
    connection: Connection, keyring: Keyring, delivery: LeasedDelivery, now: datetime
) -> datetime | Gone:
    """When this delivery, leased by the caller, may leave: ``now``, or the first safe hour, or not at all."""
    row = connection.execute(_STATE, {"this": delivery.delivery_id}).first()
    if row is None or row.state != DeliveryState.ACTIVE.value or row.fence != delivery.fence:
        return Gone.GONE
    if not deliveries.covers(row.lease_until, now):
        return Gone.LATE
    if delivery.reader is not Face.SEEKER or delivery.conversation_id is None:
        return now
    record = conversations.load(connection, keyring, delivery.conversation_id, to_change=False)
    if record is None or (record.secrets.wishes.no_mail and delivery.kind is not OutgoingKind.FAREWELL):
        return Gone.GONE
    return record.secrets.wishes.opens(now)


class Forgetting:
    """``files``: where the database is embedded, so that files have to be scrubbed; else the server does it.

    ``key_copy``: the copy of the data keys, which has to forget what they forgot. ``wholeness``: who looks at all
    pages, and has to let go of them meanwhile.
    """

    def __init__(
        self,
        writer: Lane,
        reader: Lane,
        shortcut: Shortcut | Autocommit,
        keyring: Keyring,
        files: Engine | None,
        key_copy: KeyCopy | None = None,
        wholeness: Wholeness | None = None,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._shortcut = shortcut
        self._keyring = keyring
        self._files = files
        self._key_copy = key_copy
        self._wholeness = wholeness
        self._scrubbing: asyncio.Task[None] | None = None
        self._is_asked = False
        self._dropping: asyncio.Task[None] | None = None
        self._is_left = False
        self._is_closed = False

    async def clearance(self, delivery: LeasedDelivery, now: datetime) -> datetime | None:
        """When this delivery may leave; ``None``: not at all. Raises ``StoreTrouble`` or ``CipherError``.

        What has waited in memory gets a new lease first: those whose leases end are taken up in the order in which they
        are sent here, so that just what is on its way at that moment would be sent by another as well.
        """
        found = await self._shortcut.run(lambda c: clearance(c, self._keyring, delivery, now))
        if found is Gone.LATE and await self._writer.run(lambda c: deliveries.renew(c, delivery, now)):
            found = await self._shortcut.run(lambda c: clearance(c, self._keyring, delivery, now))
        return None if isinstance(found, Gone) else found

    async def cancel(self, delivery: LeasedDelivery, now: datetime) -> bool:
        """End a delivery that is not to be sent any more; ``False`` when it is gone already, or no longer ours."""
        return await self._writer.run(lambda c: cancelling.cancel(c, delivery, now))

    async def ended(self, delivery: LeasedDelivery, event: DeliveryEvent) -> None:
        """What is left of a large message goes now, and of a farewell to somebody who was forgotten all, once it has
        arrived or never will.
        """
        if len(delivery.message) > bodies.CHUNK_OCTETS:
            self.drop_left_soon()
        is_last = delivery.kind is OutgoingKind.FAREWELL and delivery.conversation_id is None
        if is_last and event is not DeliveryEvent.NOT_NOW:
            await self._writer.run(lambda c: erasing.drop_delivery(c, delivery.delivery_id, 0))
            self.scrub_soon()

    async def find(self, wanted: str) -> tuple[bytes, ...]:
        """Ids of the conversations of this pseudonym, or whose id begins with these hex digits."""
        folded = " ".join(wanted.casefold().split())

        def look(connection: Connection) -> tuple[bytes, ...]:
            return tuple(
                conversation_id
                for conversation_id in map(bytes, list(connection.execute(_ALL).scalars()))
                if conversation_id.hex().startswith(folded)
                or _pseudonym(connection, self._keyring, conversation_id) == folded
            )

        return await self._reader.run(look)

    async def erase(self, conversation_id: bytes, now: datetime) -> bool:
        """Forget a conversation as somebody asks now, and scrub the files; ``False``: there is none."""
        is_done = await self._writer.run(
            lambda c: erasing.erase_by_id(c, self._keyring, conversation_id, now)
        )
        if is_done:
            await self.scrub()
        return is_done

    # --- files ---------------------------------------------------------------------------------------

    def scrub_soon(self) -> None:
        """Scrub in the background; asked again while it runs, it runs once more."""
        self._is_asked = True
        if self._scrubbing is None or self._scrubbing.done():
            self._scrubbing = asyncio.create_task(self._scrub_while_asked())

    async def _scrub_while_asked(self) -> None:
        while self._is_asked:
            self._is_asked = False
            await self.scrub()

    async def scrub(self) -> bool:
        """Take pages as they were out of the files; ``False`` when a reader was in the way all the time."""
        await self._drop_left()
        is_clean = await self._scrub_files()
        if self._key_copy is not None:
            await self._key_copy.renew()
        return is_clean

    def drop_left_soon(self) -> None:
        """Delete in the background what large bodies have left (``bodies.leave``), between others' transactions."""
        self._is_left = True
        if self._dropping is None or self._dropping.done():
            self._dropping = asyncio.create_task(self._drop_left())

    async def _drop_left(self) -> None:
        """What trouble of the store or a stop leaves is for the next sweep; there is one right after a start."""
        self._is_left = True
        with contextlib.suppress(StoreTrouble):
            while self._is_left:
                self._is_left = False
                while not self._is_closed and await self._writer.run(bodies.drop_left, can_wait=True):
                    pass

    async def _scrub_files(self) -> bool:
        if self._files is None:
            return True
        for wait_s in SCRUB_AGAIN_S:
            await asyncio.sleep(wait_s)
            if await asyncio.to_thread(self._cut_off, self._files):
                return True
        return False

    def _cut_off(self, files: Engine) -> bool:
        if self._wholeness is None:
            return checkpoint(files)
        with self._wholeness.away():
            return checkpoint(files)

    async def close(self) -> None:
        """Finish what is being scrubbed, and the step of what is being dropped."""
        self._is_closed = True
        if self._dropping is not None:
            await self._dropping
        if self._scrubbing is not None:
            self._is_asked = False
            await self._scrubbing


def _pseudonym(connection: Connection, keyring: Keyring, conversation_id: bytes) -> str | None:
    try:
        record = conversations.load(connection, keyring, conversation_id, to_change=False)
    except CipherError:
        return None
    return None if record is None else record.secrets.pseudonym.casefold()
