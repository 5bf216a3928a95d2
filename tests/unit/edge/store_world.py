"""What the tests of the store share: a store in a folder of its own, and short ways to say what happens."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.aliases import mint_token
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.edge.store import SqlStore, open_store
from relay.flow.outcomes import (
    Face,
    LeasedDelivery,
    NewConversation,
    Outcome,
    Outgoing,
    OutgoingKind,
    Settled,
)
from relay.flow.values import (
    ConversationView,
    Envelope,
    LeasedEntry,
    NewEntry,
    Person,
    Target,
    TargetKind,
    ThreadLink,
)
from tests.support import storage

NOW = datetime(2030, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
HELP = OurAddress("help", "relay.test")
SEEKER = "sam.seeker@private.example"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def token() -> str:
    return mint_token(os.urandom)


@functools.cache
def _fresh() -> dict[str, bytes]:
    """The files of a new store; made once, because making one costs more than most tests."""
    with tempfile.TemporaryDirectory() as name:
        world = World(Path(name) / "state")
        lock = world.open()._lock
        assert lock is not None
        lock.release()
        return {path.name: path.read_bytes() for path in world.folder.iterdir()}


@dataclass
class World:
    """A store on disk that can be closed and opened again."""

    folder: Path
    told: list[str] = field(default_factory=list)
    store: SqlStore = field(init=False)

    @property
    def database(self) -> Path:
        return self.folder / "relay.db"

    @property
    def url(self) -> str:
        return storage.url(self.folder, str(self.database))

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Look into the database, or change it, behind the store's back."""
        return storage.run(self.folder, statement, values, str(self.database))

    @property
    def key_file(self) -> Path:
        return self.folder / "master.key"

    def open_fresh(self) -> SqlStore:
        """Open a new store from ready-made files, or on a new database of a server."""
        if storage.IS_POSTGRESQL:
            return self.open()
        self.folder.mkdir(parents=True, mode=0o700)
        for name, content in _fresh().items():
            path = self.folder / name
            path.touch(mode=0o600)
            path.write_bytes(content)
        return self.open()

    def open(self, *, exclusive: bool = True) -> SqlStore:
        self.store = open_store(
            self.url,
            self.key_file,
            exclusive=exclusive,
            clock=lambda: NOW,
            fatal=lambda: self.told.append("fatal"),
            unreadable=self.told.append,
        )
        return self.store

    async def accept(self, body: bytes = b"Subject: hello\r\n\r\nHelp.\r\n", **entry: object) -> bytes:
        entry_id = os.urandom(16)
        writer = self.store.new_body(entry_id)
        await writer.write(body)
        assert await self.store.accept(new_entry(entry_id, len(body), **entry), writer)
        return entry_id

    async def leased(self, body: bytes = b"Help.\r\n") -> LeasedEntry:
        return await self.lease(await self.accept(body))

    async def lease(self, entry_id: bytes, at: datetime = NOW) -> LeasedEntry:
        entry = await self.store.lease_entry(entry_id, at)
        assert entry is not None
        return entry

    async def opened(self, counselor_id: str | None = "ana", **changes: object) -> NewConversation:
        """A conversation that a first message opened."""
        new = new_conversation(counselor_id, **changes)
        await self.store.settle(await self.leased(), [opening(new)], NOW)
        return new

    async def view(self, new: NewConversation) -> ConversationView:
        stored = await self.store.conversation(new.conversation_id)
        assert stored is not None
        return ConversationView(
            conversation_id=stored.conversation_id,
            state=stored.state,
            version=stored.version,
            intake=stored.intake,
            language=stored.language,
            seeker=Person(
                stored.seeker_addresses, stored.seeker_names, (), stored.pseudonym, stored.seeker_alias
            ),
            counselor_id=stored.counselor_id,
            counselor_alias=stored.counselor_alias,
            thread=stored.thread,
            acknowledged=stored.acknowledged,
        )

    async def wrote(
        self,
        new: NewConversation,
        event: ConversationEvent | None,
        *outgoing: Outgoing,
        outcome: EntryEvent = EntryEvent.PLANNED,
        link: ThreadLink | None = None,
        **facts: object,
    ) -> tuple[LeasedDelivery, ...]:
        """One message in a conversation, from acceptance to settlement; returns the new deliveries."""
        side = Side.COUNSELOR if event is ConversationEvent.COUNSELOR_WROTE else Side.SEEKER
        target = Target(TargetKind.ALIAS, HELP, await self.view(new), side)
        decided = Outcome(outcome, outgoing=outgoing, conversation_event=event, link=link, **facts)  # type: ignore[arg-type]
        return await self.store.settle(await self.leased(), [Settled(target, decided)], NOW)

    def files(self) -> dict[str, bytes]:
        """Every octet that a thief of the disk has, but for the master key."""
        if storage.IS_POSTGRESQL:
            return storage.server_files(self.folder)
        return {
            path.name: path.read_bytes() for path in self.folder.iterdir() if path.name != self.key_file.name
        }


def new_entry(entry_id: bytes, size: int = 7, **changes: object) -> NewEntry:
    values: dict[str, object] = {
        "envelope": Envelope(ReversePath(SEEKER), (HELP,)),
        "received_at": NOW,
        "size_bytes": size,
        "dedupe": entry_id.hex(),
        "dedupe_until": later(3600),
    }
    return NewEntry(entry_id, **{**values, **changes})  # type: ignore[arg-type]


def new_conversation(counselor_id: str | None = "ana", **changes: object) -> NewConversation:
    values: dict[str, object] = {
        "conversation_id": os.urandom(16),
        "intake": HELP.key,
        "language": "en",
        "seeker_addresses": (SEEKER,),
        "seeker_names": ("Sam Seeker",),
        "pseudonym": f"Maple {token()}",
        "seeker_alias": f"{token()}@relay.test",
        "counselor_alias": f"{token()}@relay.test",
        "counselor_id": counselor_id,
        "capacity": 1000 if counselor_id else 0,
    }
    return NewConversation(**{**values, **changes})  # type: ignore[arg-type]


def opening(new: NewConversation, *outgoing: Outgoing, event: EntryEvent | None = None) -> Settled:
    """The settlement of a first message."""
    default = EntryEvent.PLANNED if new.counselor_id else EntryEvent.NOBODY_ON_DUTY
    decided = Outcome(event or default, outgoing=outgoing, conversation_event=ConversationEvent.SEEKER_WROTE)
    return Settled(Target(TargetKind.INTAKE, HELP, None, Side.SEEKER), decided, new)


def relayed(message: bytes = b"From: x\r\n\r\nHello.\r\n", recipient: str = "ana.ruiz@home.test") -> Outgoing:
    return Outgoing(OutgoingKind.RELAYED, Face.COUNSELOR, recipient, message)


def notice(message: bytes = b"From: x\r\n\r\nWe have it.\r\n", recipient: str = SEEKER) -> Outgoing:
    return Outgoing(OutgoingKind.NOTICE, Face.SEEKER, recipient, message)
