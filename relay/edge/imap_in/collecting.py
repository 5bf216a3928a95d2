"""From UIDs to messages handed on, and what becomes of them in the mailbox. One folder over one connection.

Called by ``watcher``, again and again. Messages are taken one after the other by UID, and everything up to the highest
one that was looked at is settled: taken, or left with a reason. What was taken is put away afterwards, from the list in
the store; a crash in between, or a server that does not want to, costs no more than another try.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from relay.domain.mailboxes import Fetched, Left
from relay.edge.imap_in.session import BATCH, Session
from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.trouble import MailboxTrouble
from relay.flow.gather import Mailboxes
from relay.log import Event, say

GROUP: Final = 10
GROUP_OCTETS: Final = 1_048_576
"""Messages that are fetched together; a larger one comes alone."""

SLACK_OCTETS: Final = 65_536
"""Some servers count a message a little smaller than they give it; a literal may be this much larger."""

MAX_TRIES: Final = 5
"""Connections that may break at one message before it is left: within a minute, as long as the server answers."""

RETRY_LEFT: Final = timedelta(hours=1)
"""What was left is looked at again: a setting may have changed, a server may have recovered."""

PROGRESS_EACH: Final = 500


class Gatherer(Protocol):
    """Stores a message (``flow.gather.Gatherer``)."""

    async def take(self, fetched: Fetched, content: bytes) -> Left | None: ...

    def is_check(self, content: bytes) -> bool: ...


@dataclass
class Memory:
    """What a folder's connections know of one another; lost with the process, and nothing depends on it.

    ``counts_wrong``: this server's sizes are not those of what it gives. ``has_left``: something may have been left
    that was not told; at first, before a crash.
    """

    tries: Counter[int] = field(default_factory=Counter)
    seen_size: dict[int, int] = field(default_factory=dict)
    left_at: datetime | None = None
    counts_wrong: bool = False
    has_left: bool = True


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder that is collected from. ``label``: what stands for it in the log."""

    place: str
    label: str
    validity: int
    settings: MailboxSettings

    def at(self, uid: int) -> Fetched:
        """Where the message with this UID lies."""
        return Fetched(self.place, self.validity, uid)


class Collecting:
    """``report`` is called when something was left, until it says that all is told."""

    def __init__(
        self,
        session: Session,
        folder: Folder,
        gatherer: Gatherer,
        store: Mailboxes,
        memory: Memory,
        report: Callable[[], Awaitable[bool]],
    ) -> None:
        self._session = session
        self._folder = folder
        self._gatherer = gatherer
        self._store = store
        self._memory = memory
        self._report = report

    async def run(self, now: datetime) -> None:
        """Take all that is there. Raises ``MailboxTrouble``; ``NotNow`` or ``StoreTrouble`` when the store cannot."""
        folder, memory = self._folder, self._memory
        reached = await self._store.begin(folder.place, folder.validity)
        await self._put_away()
        again: tuple[int, ...] = ()
        if memory.left_at is None or now - memory.left_at >= RETRY_LEFT:
            again = await self._store.left(folder.place, folder.validity)
            memory.left_at = now
            memory.tries.clear()
        uids = [*again, *await self._session.uids_above(reached)]
        for start in range(0, len(uids), BATCH):
            await self._take_all(uids[start : start + BATCH])
            await self._put_away()
            if len(uids) > PROGRESS_EACH and start % PROGRESS_EACH == 0:
                say(Event.MAILBOX_PROGRESSED, place=folder.label, count=max(0, len(uids) - start - BATCH))
        if memory.has_left:
            memory.has_left = not await self._report()

    async def _take_all(self, uids: Sequence[int]) -> None:
        sizes = await self._session.sizes(uids)
        missing = [uid for uid in uids if uid not in sizes]
        if missing:  # gone meanwhile, or a server that does not say
            there = await self._session.there(missing)
            await self._store.forget_left(self._folder.place, self._folder.validity,
                                          tuple(uid for uid in missing if uid not in there))  # fmt: skip
            sizes = {**sizes, **dict.fromkeys(there, 0)}
        for group in _groups([uid for uid in uids if uid in sizes], sizes):
            await self._take_group(group, sizes)

    async def _take_group(self, uids: Sequence[int], sizes: Mapping[int, int]) -> None:
        """Settle neighbours strictly in order: whatever lies below one that is settled is never looked at again."""
        limit, tries = self._folder.settings.max_message_bytes, self._memory.tries
        together: list[int] = []
        for uid in uids:
            is_to_leave = sizes[uid] > limit or tries[uid] >= MAX_TRIES
            if (is_to_leave or tries[uid]) and together:
                await self._take_together(together, sizes)
                together = []
            if is_to_leave:
                await self._leave(uid, Left.TOO_LARGE if sizes[uid] > limit else Left.UNREADABLE)
            elif tries[uid]:  # at which a connection broke: alone, so that it counts against no other
                await self._take_together([uid], sizes)
            else:
                together.append(uid)
        if together:
            await self._take_together(together, sizes)

    async def _take_together(self, uids: Sequence[int], sizes: Mapping[int, int]) -> None:
        contents = await self._fetch(uids, sizes)
        for uid in uids:
            await self._settle(uid, sizes[uid], contents.get(uid))

    async def _fetch(self, uids: Sequence[int], sizes: Mapping[int, int]) -> Mapping[int, bytes]:
        """Read these. A connection that breaks at them counts against them: one must not hold up all others."""
        together = sum(sizes[uid] for uid in uids)
        largest = max(sizes[uid] for uid in uids) + SLACK_OCTETS
        try:
            return await self._session.bodies(uids, largest, together)
        except MailboxTrouble:
            self._memory.tries.update(uids)
            raise

    async def _settle(self, uid: int, size: int, content: bytes | None) -> None:
        memory = self._memory
        if content is None or (len(content) != size and not self._is_consistent(uid, len(content))):
            memory.tries[uid] += 1
            raise MailboxTrouble("size")
        clean = normalised(content)
        if self._gatherer.is_check(clean):
            return
        why = await self._gatherer.take(self._folder.at(uid), clean)
        memory.tries.pop(uid, None)
        if why is not None:
            await self._leave(uid, why)

    def _is_consistent(self, uid: int, octets: int) -> bool:
        """Tell whether a size that is not the announced one is what this server gives again over another connection.

        Some servers guess sizes; once one has been caught at it, only the count of the literal is believed.
        """
        memory = self._memory
        if not memory.counts_wrong and memory.seen_size.get(uid) == octets:
            memory.counts_wrong = True
            memory.seen_size.clear()
        if not memory.counts_wrong:
            memory.seen_size[uid] = octets
        return memory.counts_wrong

    async def _leave(self, uid: int, why: Left) -> None:
        self._memory.has_left = True
        await self._store.leave(self._folder.at(uid), why)
        say(Event.MAILBOX_LEFT, place=self._folder.label, reason=why.value)

    async def _put_away(self) -> None:
        """Move, flag or delete what was taken; what the server does not want to is tried again with the next look."""
        folder, settings = self._folder, self._folder.settings
        while uids := await self._store.to_put_away(folder.place, folder.validity, BATCH):
            if settings.after == "move":
                is_done = await self._session.move(uids, settings.move_to)
            elif settings.after == "flag":
                is_done = await self._session.flag(uids)
            else:
                is_done = await self._session.delete(uids)
            if not is_done:
                say(Event.MAILBOX_FAILED, place=folder.label, cause="put-away")
                return
            await self._store.put_away(folder.place, folder.validity, uids)


def _groups(uids: Sequence[int], sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Neighbours that are fetched together."""
    group: list[int] = []
    octets = 0
    for uid in uids:
        if group and (len(group) == GROUP or octets + sizes[uid] > GROUP_OCTETS):
            yield group
            group, octets = [], 0
        group.append(uid)
        octets += sizes[uid]
    if group:
        yield group


def normalised(content: bytes) -> bytes:
    """The octets as they would have come by SMTP: CRLF line ends only, no NUL (RFC 5321 §2.3.8)."""
    text = content.replace(b"\0", b"")
    alone = text.replace(b"\r\n", b"")  # to count single octets takes four times as long where there are many
    if b"\r" in alone or b"\n" in alone:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return text
