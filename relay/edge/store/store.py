"""``SqlStore``: the store's ports, one method each; what a method does stands in the file of its subject.

The flow calls it. Every method is one transaction on a lane (``lanes``) and returns when it is committed.
Raises ``StoreTrouble`` (nothing written, try again), ``Stale`` (read again), ``CipherError`` (a row was
changed behind our back), ``StateError`` (we erred).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine

from relay.domain.aliases import mint_token
from relay.domain.bounces import Fact
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.domain.presence import Presence
from relay.domain.standing import Block
from relay.edge.store import (
    aliases,
    answers,
    blocks,
    conversations,
    counselors,
    deliveries,
    duties,
    duty,
    entries,
    forgetting,
    handing_back,
    inbox,
    kept_notices,
    openpgp_keys,
    referrals,
    seeker_keys,
    settling,
    signatures,
    sweeping,
    told,
)
from relay.edge.store.bodies import SealedBody
from relay.edge.store.broom import Broom
from relay.edge.store.casebook import Casebook
from relay.edge.store.clockwork import Clockwork
from relay.edge.store.datakeys import Owner
from relay.edge.store.deliveries import NOWHERE, Origin
from relay.edge.store.engines import checkpoint
from relay.edge.store.files import Lock
from relay.edge.store.forsaken import Forsaken
from relay.edge.store.insight import Insight
from relay.edge.store.invitations import Invitations
from relay.edge.store.key_copy import copies_of
from relay.edge.store.keys import Keyring
from relay.edge.store.lanes import Lane
from relay.edge.store.mailboxes import Mailboxes
from relay.edge.store.nodes import Bell
from relay.edge.store.rotation import Rotation
from relay.edge.store.settling import Sealed
from relay.edge.store.shortcut import quick_reads
from relay.edge.store.statistics import Statistics
from relay.edge.store.surroundings import Surroundings
from relay.edge.store.telling import queue, tell
from relay.edge.store.timers import Timers
from relay.edge.store.wholeness import Wholeness
from relay.errors import StateError
from relay.flow.outcomes import HeldEntry, LeasedDelivery, Outgoing, OutgoingKind, Settled, Told
from relay.flow.ports import BodyWriter, StoredConversation, TokenMeaning, Waiting
from relay.flow.values import LeasedEntry, Load, NewEntry, Reason

_READERS = 2
"""Reading threads: a large body that is being read does not hold up the small look-ups."""
_ID_OCTETS = 16


class SqlStore:
    """The store on SQLite or PostgreSQL (``relay.flow.ports.Store``); ``open_store`` makes it."""

    def __init__(
        self, writer: Engine, reader: Engine, keyring: Keyring, around: Surroundings, lock: Lock | None,
        *, is_whole: bool = True,
    ) -> None:  # fmt: skip
        self._engines, self._keyring, self._around, self._lock = (writer, reader), keyring, around, lock
        self.bell = Bell(writer, around.node)
        self._writer = Lane(writer, writes=True, threads=1, fatal=around.fatal)
        self._reader = Lane(reader, writes=False, threads=_READERS, fatal=around.fatal)
        self._shortcut = quick_reads(reader, self._reader, _READERS)
        self.wholeness = Wholeness(reader, self._writer.give_up, is_known=is_whole)
        self.casebook = Casebook(self._writer, self._reader, keyring, self._notice, around.unreadable)
        self.clocks = Clockwork(self._writer, self._reader, keyring, self._notice, around.unreadable)
        self.duties = duties.Duties(self._writer, self._reader, self._shortcut, keyring, around.unreadable)
        self.service_keys = openpgp_keys.ServiceKeys(self._writer, self._reader, keyring, around)
        self.seeker_keys = seeker_keys.SeekerKeys(self._writer, self._reader, keyring, around.unreadable)
        self.kept_notices = kept_notices.KeptNotices(self._writer, self._reader, keyring, around.unreadable)
        lanes = (self._writer, self._reader, self._shortcut)
        self.dump, self.key_copy = copies_of(around, self._writer, reader, keyring)
        where = writer if reader.dialect.name == "sqlite" else None
        self.forgetting = forgetting.Forgetting(*lanes, keyring, where, self.key_copy, self.wholeness)
        self.sweep = Broom(self._writer, keyring, self.forgetting, around.unreadable).sweep
        self.forsaken = Forsaken(*lanes[:2], around.node)
        self.urgency = aliases.Urgency(self._shortcut, keyring)
        self.rotation = Rotation(*lanes[:2], keyring, self.forgetting.scrub, around.unreadable)
        self.statistics, self.invitations = Statistics(*lanes[:2]), Invitations(self._reader, keyring)
        self.timers = Timers(self._writer, self._reader, keyring, self._notice, around.unreadable)
        self.insight = Insight(*lanes[:2], keyring, around.unreadable)
        self.mailboxes, self.referrals = Mailboxes(*lanes[:2], keyring), referrals.Referrals(*lanes[:2])

    async def close(self) -> None:
        """Finish what is queued, move the WAL into the database, end the threads, give up the lock."""
        await asyncio.to_thread(self.bell.close)
        await self.wholeness.close()
        await self.forgetting.close()
        await self._writer.close()
        await self._shortcut.close()
        await self._reader.close()
        writer, reader = self._engines
        reader.dispose()
        await asyncio.to_thread(checkpoint, writer)
        writer.dispose()
        if self._lock is not None:
            self._lock.release()

    # --- inbox ---------------------------------------------------------------------------------------

    async def knows_token(self, token: str) -> bool:
        return await self._shortcut.run(lambda c: aliases.is_taken(c, self._keyring, token))

    def new_body(self, entry_id: bytes) -> SealedBody:
        return self._body(Owner.ENTRY, entry_id)

    async def accept(self, entry: NewEntry, body: BodyWriter) -> bool:
        if not (isinstance(body, SealedBody) and body.is_of(Owner.ENTRY, entry.entry_id)):
            raise StateError("a body belongs to another entry")
        return await self._writer.run_together(inbox.accept_all, inbox.sealed(self._keyring, entry, body))

    # --- entries -------------------------------------------------------------------------------------

    async def size_of(self, entry_id: bytes) -> int | None:
        return await self._shortcut.run(lambda c: entries.size_of(c, entry_id))

    async def lease_entry(self, entry_id: bytes, now: datetime) -> LeasedEntry | None:
        return await self._writer.run(lambda c: entries.lease(c, self._keyring, entry_id, now, self._around))

    async def received(self, now: datetime, limit: int) -> tuple[bytes, ...]:
        return await self._reader.run(lambda c: entries.received(c, now, limit))

    async def read_body(self, entry_id: bytes) -> bytes:
        return await self._reader.run(lambda c: entries.read_body(c, self._keyring, entry_id))

    async def meaning(self, token: str) -> TokenMeaning | None:
        return await self._shortcut.run(lambda c: aliases.meaning(c, self._keyring, token))

    async def conversation(
        self, conversation_id: bytes, *, with_thread: bool = True
    ) -> StoredConversation | None:
        return await self._shortcut.run(
            lambda c: conversations.snapshot(c, self._keyring, conversation_id, with_thread=with_thread),
            at_one_moment=with_thread,
        )

    async def loads(self) -> Mapping[str, Load]:
        return await self._reader.run(lambda c: counselors.loads(c, self._keyring, self._around.unreadable))

    async def settle(
        self, entry: LeasedEntry, settled: Sequence[Settled], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        sealed: list[Sealed] = []
        try:
            for each in settled:
                conversation_id = None if settling.forgets(each) else settling.conversation_id_of(each)
                for outgoing in each.outcome.outgoing:
                    waits = each.leaves_at if outgoing.kind is OutgoingKind.RELAYED else outgoing.not_before
                    new = self._leased(outgoing, conversation_id, now)
                    origin = Origin(entry.entry_id, outgoing.alias) if outgoing.alias else NOWHERE
                    sealed.append(await self._sealed(new, waits, origin))
            await self._writer.run(
                lambda c: settling.settle(c, self._keyring, entry, settled=settled, sealed=sealed, now=now),
                can_wait=True,
            )
        except Exception:
            for each_sealed in sealed:
                each_sealed.body.abandon()
            raise
        if any(settling.forgets(each) for each in settled):
            self.forgetting.scrub_soon()
        if any(settling.lets_go(each) for each in settled):
            self.forgetting.drop_left_soon()
        return tuple(each_sealed.delivery for each_sealed in sealed if each_sealed.leaves_at is None)

    async def give_back(self, entry: LeasedEntry) -> None:
        await self._writer.run(lambda c: entries.give_back(c, entry))

    async def hold(self, entry: LeasedEntry, reason: Reason, now: datetime) -> None:
        await self._writer.run(
            lambda c: entries.finish(c, self._keyring, entry, EntryEvent.HELD, now, reason=reason)
        )

    async def held(self) -> tuple[HeldEntry, ...]:
        return await self._reader.run(lambda c: entries.held(c, self._keyring))

    async def held_under(self, given: Sequence[str]) -> bytes | None:
        if not given:
            return None
        return await self._shortcut.run(lambda c: answers.find(c, self._keyring, given))

    async def used_elsewhere(self, signed: Sequence[str], alias: str) -> tuple[str, ...]:
        return await self._shortcut.run(lambda c: signatures.used_elsewhere(c, self._keyring, signed, alias))

    async def was_told(self, address: str, now: datetime, times: int = 1) -> bool:
        return await self._shortcut.run(lambda c: told.was_told(c, self._keyring, address, now, times))

    async def release(self, entry_id: bytes, *, confirmed: bool) -> bool:
        return await self._writer.run(lambda c: entries.release(c, self._keyring, entry_id, confirmed))

    # --- blocks --------------------------------------------------------------------------------------

    async def block(self, address: str, now: datetime, until: datetime) -> None:
        await self._writer.run(lambda c: blocks.add(c, self._keyring, address, now, until))

    async def unblock(self, address: str) -> bool:
        return await self._writer.run(
            lambda c: blocks.remove(c, self._keyring, address, self._around.clock())
        )

    async def unblock_id(self, block_id: bytes) -> bool:
        return await self._writer.run(
            lambda c: blocks.remove_by_id(c, self._keyring, block_id, self._around.clock())
        )

    async def blocks(self, now: datetime) -> tuple[Block, ...]:
        return await self._reader.run(lambda c: blocks.listed(c, self._keyring, now, self._around.unreadable))

    async def blocked(self, addresses: Collection[str], now: datetime) -> Block | None:
        return await self._shortcut.run(
            lambda c: blocks.find(c, self._keyring, addresses, now, self._around.unreadable)
        )

    async def note_told(self, block: Block, now: datetime) -> None:
        await self._writer.run(lambda c: blocks.note_told(c, self._keyring, block, now))

    # --- duty ----------------------------------------------------------------------------------------

    async def waiting(self, limit: int) -> tuple[Waiting, ...]:
        return await self._reader.run(
            lambda c: conversations.waiting(c, self._keyring, limit, self._around.unreadable)
        )

    async def assign(
        self, conversation: Waiting, counselor_id: str, capacity: int, seeker_alias: str, now: datetime
    ) -> tuple[bytes, ...]:
        return await self._writer.run(
            lambda c: duty.assign(c, self._keyring, conversation, counselor_id, capacity, seeker_alias, now)
        )

    # --- deliveries ----------------------------------------------------------------------------------

    async def lease_due(self, now: datetime, limit: int) -> tuple[LeasedDelivery, ...]:
        return await self._writer.run(
            lambda c: deliveries.lease_due(c, self._keyring, now, limit, self._around)
        )

    async def next_due_at(self) -> datetime | None:
        return await self._reader.run(deliveries.next_due_at)

    async def record(
        self,
        delivery: LeasedDelivery,
        event: DeliveryEvent,
        now: datetime,
        *,
        due_at: datetime | None = None,
        code: int | None = None,
        fact: Fact | None = None,
        cause: str = "",
    ) -> bool:
        is_ours = await self._writer.run(
            lambda c: deliveries.record(
                c, delivery, event, now, due_at=due_at, code=code, fact=fact, cause=cause
            ),
            can_wait=True,
        )
        await self.forgetting.ended(delivery, event)
        return is_ours

    async def hand_back(
        self,
        failed: LeasedDelivery,
        now: datetime,
        told: Sequence[Told],
        presence: Presence | None,
        excludes: datetime,
    ) -> tuple[LeasedDelivery, ...]:
        work = partial(
            handing_back.undeliverable,
            keyring=self._keyring, return_path=failed.return_path, now=now, presence=presence, excludes=excludes,
        )  # fmt: skip
        return await tell(self._writer, self._keyring, self._notice, told, now, work, failed.conversation_id)

    async def queue_notice(
        self,
        notice: LeasedDelivery,
        now: datetime,
        instead_of: bytes | None = None,
        tells: str = "",
        *,
        once_in: timedelta | None = None,
    ) -> LeasedDelivery:
        outgoing = Outgoing(notice.kind, notice.reader, notice.recipient, notice.message)
        sealed = await self._notice(outgoing, notice.conversation_id, now)
        await self._writer.run(partial(queue, self._keyring, sealed, now, instead_of, tells, once_in))
        return sealed.delivery

    # --- housekeeping --------------------------------------------------------------------------------

    async def held_deliveries(self) -> int:
        """How many deliveries did not open and wait for a person."""
        return await self._reader.run(sweeping.held_deliveries)

    def _body(self, owner: Owner, owner_id: bytes) -> SealedBody:
        return SealedBody(self._writer, self._keyring, owner, owner_id, self._around)

    def _leased(self, outgoing: Outgoing, conversation_id: bytes | None, now: datetime) -> LeasedDelivery:
        """A new delivery, leased, its first attempt counted; with a return-path unless it is a notice."""
        is_relayed = outgoing.kind is OutgoingKind.RELAYED
        return LeasedDelivery(
            delivery_id=self._around.randomness(_ID_OCTETS),
            kind=outgoing.kind,
            reader=outgoing.reader,
            recipient=outgoing.recipient,
            return_path=mint_token(self._around.randomness) if is_relayed else "",
            message=outgoing.message,
            attempts=1,
            created_at=now,
            fence=1,
            conversation_id=conversation_id,
        )

    async def _notice(self, outgoing: Outgoing, conversation_id: bytes | None, now: datetime) -> Sealed:
        return await self._sealed(self._leased(outgoing, conversation_id, now))

    async def _sealed(
        self, delivery: LeasedDelivery, leaves_at: datetime | None = None, origin: Origin = NOWHERE
    ) -> Sealed:
        body = self._body(Owner.DELIVERY, delivery.delivery_id)
        await body.write(delivery.message)
        body.finish()
        return Sealed(delivery, body, leaves_at, origin)
