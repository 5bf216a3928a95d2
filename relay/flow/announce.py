"""Notices that no message gives rise to: a delivery that ended undelivered, an entry that was parked, a key that ends.

All are written to the store before the end that they tell of, so a crash loses no bad news (P3).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from relay.domain.bounces import Fact
from relay.domain.conversations import Side
from relay.domain.presence import EXCLUDED_FOR, Presence
from relay.domain.presence import unreachable as unreachable_until
from relay.flow.keywatch import KeyEnd
from relay.flow.office import Office
from relay.flow.outcomes import Face, KeptNotice, LeasedDelivery, Told
from relay.flow.people import view_of
from relay.flow.ports import Stale, StoredConversation, TokenMeaning
from relay.flow.queueing import Notices
from relay.flow.values import LeasedEntry, Reason, Words

KEY_TOLD_FOR: Final = timedelta(days=60)
"""As long as nobody has to hear of it again: the first stage is thirty days before the end."""


class Keeping(Protocol):
    """Where notices wait that cannot be encrypted now."""

    async def keep(self, notice: KeptNotice, now: datetime) -> None: ...


class Notebook(Notices, Protocol):
    """The part of the store that announcing uses."""

    @property
    def kept_notices(self) -> Keeping: ...

    async def conversation(self, conversation_id: bytes) -> StoredConversation | None: ...

    async def meaning(self, token: str) -> TokenMeaning | None: ...

    async def hand_back(
        self,
        failed: LeasedDelivery,
        now: datetime,
        told: Sequence[Told],
        presence: Presence | None,
        excludes: datetime,
    ) -> tuple[LeasedDelivery, ...]: ...


class Announcer:
    """Tells people what became of their words when it was not what they hoped for."""

    def __init__(self, store: Notebook, office: Office) -> None:
        self._office = office
        self._store = store

    async def undelivered(self, delivery: LeasedDelivery, fact: Fact) -> None:
        """A relayed message was refused or expired: tell whoever has to know. Raises ``StoreTrouble``.

        A conversation whose counselor cannot be reached goes back to the queue, as after a report (``reports``).
        """
        if delivery.conversation_id is None:
            return
        stored = await self._store.conversation(delivery.conversation_id)
        meaning = await self._store.meaning(delivery.return_path)
        if stored is None or meaning is None or meaning.is_retired:
            return
        plan, now = self._office.plan(), self._office.clock.now()
        unreachable = Side.SEEKER if delivery.reader is Face.SEEKER else Side.COUNSELOR
        ids = [self._office.new_id() for _ in range(2)]
        view = view_of(stored, plan.roster)
        told: list[Told] = []
        words = meaning.words(now)
        for one in self._office.letters.undelivered(
            view, unreachable, fact, plan.service, now, ids, words=words
        ):
            told += await self._office.poster.to_either(one, view, now) if self._office.poster else (one,)
        if unreachable is Side.SEEKER or view.counselor_id is None or words is Words.LEFT:
            for each in told:
                await self._send(each, delivery.conversation_id)
            return
        presence = unreachable_until(view.counselor_id, fact, now)
        try:
            written = await self._store.hand_back(delivery, now, told, presence, now + EXCLUDED_FOR)
        except Stale:
            return  # two letters were refused at the same moment, and the other has told of it
        for notice in written:
            self._office.deliver(notice)
        self._office.released()

    async def unreadable(self, delivery: LeasedDelivery) -> None:
        """A delivery is held because its conversation does not open: tell the operator. Raises ``StoreTrouble``."""
        service = self._office.service
        new_id = self._office.new_id()
        letter = self._office.letters.delivery_held(
            delivery.delivery_id, service, self._office.clock.now(), new_id
        )
        await self._send(letter, None)

    async def parked(self, entry: LeasedEntry, reason: Reason) -> None:
        """An entry is held because we could not work on it: tell the operator. Raises ``StoreTrouble``."""
        plan = self._office.plan()
        new_id = self._office.new_id()
        await self._send(
            self._office.letters.held_for_operator(
                reason, entry.entry_id, plan.service, self._office.clock.now(), new_id
            ),
            None,
        )

    async def key_ends(self, key: KeyEnd, stage: int) -> None:
        """A key comes to its end: tell the operator, once at each stage. Raises ``StoreTrouble``."""
        service, now = self._office.service, self._office.clock.now()
        letter = self._office.letters.key_ends(key.whose, key.at, service, now, self._office.new_id())
        notice, about = (
            LeasedDelivery.of(letter, now, None),
            f"key {key.fingerprint} of {key.whose}, stage {stage}",
        )
        with contextlib.suppress(Stale):
            self._office.deliver(
                await self._store.queue_notice(notice, now, tells=about, once_in=KEY_TOLD_FOR)
            )

    async def _send(self, one: Told, conversation_id: bytes | None) -> None:
        now = self._office.clock.now()
        if isinstance(one, KeptNotice):
            await self._store.kept_notices.keep(one, now)
            return
        notice = LeasedDelivery.of(one, now, conversation_id)
        self._office.deliver(await self._store.queue_notice(notice, now))
