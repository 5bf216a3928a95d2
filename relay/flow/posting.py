"""A notice that no message gives rise to, made ready to leave: encrypted to its reader, or kept until it can be.

Called by everybody who tells people something by themselves: ``announce``, ``promises``, ``timers``. What cannot be
encrypted is kept in the store, by whoever writes what it tells of and in the same transaction: once or not at all. What
leaves instead says only that something waits: to its reader once a day, to the operator at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from relay.flow.ciphers import CipherTrouble
from relay.flow.key_letters import KeyLetters
from relay.flow.outcomes import Face, KeptNotice, LeasedDelivery, Outgoing, Told
from relay.flow.sealer import Reader, Sealer
from relay.flow.values import ConversationView, Person, Service
from relay.log import Event, say


class Reached(Protocol):
    """Who had an automatic answer today."""

    async def was_told(self, address: str, now: datetime) -> bool: ...

    async def queue_notice(
        self, notice: LeasedDelivery, now: datetime, instead_of: bytes | None = None, tells: str = ""
    ) -> LeasedDelivery: ...


class Poster:
    """``service``: as the configuration in force says it; ``deliver`` is given what is to be sent at once."""

    def __init__(
        self,
        sealer: Sealer,
        letters: KeyLetters,
        told: Reached,
        service: Callable[[], Service],
        deliver: Callable[[LeasedDelivery], None],
    ) -> None:
        self._sealer = sealer
        self._letters = letters
        self._told = told
        self._service = service
        self._deliver = deliver

    async def to_seeker(self, one: Outgoing, view: ConversationView, now: datetime) -> tuple[Told, ...]:
        """What is to leave now, or to be kept, in place of a notice to a seeker."""
        reader = Reader(conversation_id=view.conversation_id)
        return await self._ready(one, reader, now, lambda: self._letters.waits(view, self._service(), now))

    async def to_colleague(
        self,
        one: Outgoing,
        person_id: str,
        person: Person,
        now: datetime,
        conversation_id: bytes | None = None,
    ) -> tuple[Told, ...]:
        """The same for a notice to a counselor or a supervisor."""
        reader = Reader(person_id, conversation_id)
        return await self._ready(
            one, reader, now, lambda: self._letters.colleague_waits(one.reader, person, self._service(), now)
        )

    async def to_either(self, one: Outgoing, view: ConversationView, now: datetime) -> tuple[Told, ...]:
        """The same for whichever side of a conversation it is for; what is for the operator stays as it is."""
        if one.reader is Face.SEEKER:
            return await self.to_seeker(one, view, now)
        if one.reader is Face.COUNSELOR and view.counselor is not None:
            counselor_id = view.counselor_id or ""
            return await self.to_colleague(one, counselor_id, view.counselor, now, view.conversation_id)
        return (one,)

    async def _ready(
        self, one: Outgoing, reader: Reader, now: datetime, note: Callable[[], Outgoing]
    ) -> tuple[Told, ...]:
        try:
            return (await self._sealer.sealed(one, reader),)
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            told = self._letters.operator_notice_kept(trouble, self._service(), now)
        if not await self._told.was_told(one.recipient, now):
            # Written here, with the mark: what the caller writes may be given up, and then nobody would be told today.
            waits = LeasedDelivery.of(note(), now, reader.conversation_id)
            self._deliver(await self._told.queue_notice(waits, now, tells=one.recipient))
        return KeptNotice(one, reader.person_id, reader.conversation_id), told
