"""What is done about conversations without a message: a new counselor reads the notes, a seeker is asked about somebody
else when theirs has left, a silent one comes to its end.

``brief`` is called by the duty loop whenever it has looked for counselors, so that whoever has just become responsible
hears from those before; ``end`` by the clock, when a seeker has not written for as long as the operator allows. Both
write in one transaction what they send and that it was sent. ``Stale`` means that somebody was quicker.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from relay.domain.closing import Closing
from relay.domain.conversations import HELD_BY_A_COUNSELOR, Side
from relay.errors import CipherError
from relay.flow import letters_desk
from relay.flow.desk.casebook import Casebook
from relay.flow.inviting import Invitations, invited
from relay.flow.office import Office
from relay.flow.outcomes import Outgoing, Told
from relay.flow.parties import ConversationView
from relay.flow.people import view_of
from relay.flow.ports import Stale, StoredConversation
from relay.flow.rounds import rounds
from relay.log import Event, ref, say


class Books(Protocol):
    """The part of the store that this uses."""

    @property
    def casebook(self) -> Casebook: ...

    @property
    def invitations(self) -> Invitations: ...

    async def conversation(self, conversation_id: bytes) -> StoredConversation | None: ...


class Caretaker:
    """``deliver`` is given what is to be sent now; ``released`` is called when a slot is free."""

    def __init__(self, store: Books, office: Office) -> None:
        self._office = office
        self._store = store

    async def brief(self) -> int:
        """Give every new counselor the notes of those before; returns how many. Raises ``StoreTrouble``."""
        for conversation_id in await self._store.casebook.silences(self._office.clock.now()):
            with contextlib.suppress(Stale):
                await self._if_readable(self._decide, conversation_id)
        return await rounds(self._store.casebook.unbriefed, lambda each: self._if_readable(self._brief, each))

    async def _if_readable(self, act: Callable[[bytes], Awaitable[bool]], conversation_id: bytes) -> bool:
        """One that does not open keeps nobody else waiting."""
        try:
            return await act(conversation_id)
        except CipherError:
            say(Event.STORE_FAILED, stage="briefing", conversation=ref(conversation_id))
            return False

    async def _brief(self, conversation_id: bytes) -> bool:
        view = await self._view(conversation_id)
        if view is None or view.counselor is None:
            return False
        notes, now = await self._store.casebook.notes(conversation_id), self._office.clock.now()
        briefing = letters_desk.briefing(
            self._office.letters, view, notes, self._office.service, now, self._office.new_id()
        )
        told = await self._ready(briefing, view, now)
        for delivery in await self._store.casebook.briefed(conversation_id, view.version, told, now):
            self._office.deliver(delivery)
        return True

    async def end(self, conversation_id: bytes) -> None:
        """Close a conversation whose seeker has not written for long, with a few words to both. May raise ``Stale``."""
        view, now = await self._view(conversation_id), self._office.clock.now()
        if view is None or view.state not in HELD_BY_A_COUNSELOR:
            raise Stale("a conversation has moved on")
        service = self._office.service
        invitation = invited(self._store.invitations, self._office.plan(), view, self._office.randomness, now)
        last_words = letters_desk.closed(
            self._office.letters, view, service, now, self._office.new_id(), _latest(view), invitation
        )
        told = await self._ready(last_words, view, now)
        if view.counselor is not None:
            notice = letters_desk.closed_silently(
                self._office.letters, view, service, now, self._office.new_id()
            )
            told += await self._ready(notice, view, now)
        sent = await self._store.casebook.close(conversation_id, view.version, told, Closing.SILENT, now)
        for delivery in sent:
            self._office.deliver(delivery)
        self._office.released()

    async def _decide(self, conversation_id: bytes) -> bool:
        """A seeker is to be asked before a hand-over, or was asked and has not answered in time."""
        view, now = await self._view(conversation_id), self._office.clock.now()
        asked = view.asked if view is not None else None
        if view is not None and asked is not None and asked.is_owed:
            await self._ask(view, now)
            return True
        if view is None or asked is None or asked.is_open(now):
            await self._store.casebook.asked_no_more(conversation_id, now)
            return False
        goes = self._office.plan().silence_hands_over or view.counselor is None
        told: tuple[Told, ...] = ()
        if goes and view.state in HELD_BY_A_COUNSELOR:
            last = letters_desk.silent(
                self._office.letters, view, self._office.service, now, self._office.new_id(), _latest(view)
            )
            told += await self._ready(last, view, now)
        if view.counselor is not None:
            notice = letters_desk.told_of_silence(
                self._office.letters, view, self._office.service, now, self._office.new_id(), goes=goes
            )
            told += await self._ready(notice, view, now)
        for delivery in await self._store.casebook.silent(
            conversation_id, view.version, told, now, goes=goes
        ):
            self._office.deliver(delivery)
        self._office.released()
        return True

    async def _ask(self, view: ConversationView, now: datetime) -> None:
        """Put the question that is owed: whoever had the conversation has left the line."""
        answer_by, new_id = now + self._office.plan().consent_wait, self._office.new_id()
        question = letters_desk.asked_first(
            self._office.letters, view, self._office.service, now, new_id, _latest(view), answer_by
        )
        told = await self._ready(question, view, now)
        put = (answer_by, new_id)
        for delivery in await self._store.casebook.ask(view.conversation_id, view.version, told, now, put):
            self._office.deliver(delivery)

    async def _view(self, conversation_id: bytes) -> ConversationView | None:
        stored = await self._store.conversation(conversation_id)
        return None if stored is None else view_of(stored, self._office.plan().roster)

    async def _ready(self, one: Outgoing, view: ConversationView, now: datetime) -> tuple[Told, ...]:
        """The same for a reader with a key; what is to leave in its place when that does not work."""
        return (one,) if self._office.poster is None else await self._office.poster.to_either(one, view, now)


def _latest(view: ConversationView) -> str:
    """The id by which the seeker knows the last message of the thread; empty when there is none."""
    last = view.thread[-1] if view.thread else None
    if last is None:
        return ""
    return last.author_id if last.author is Side.SEEKER else last.our_id
