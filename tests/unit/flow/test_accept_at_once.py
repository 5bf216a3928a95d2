"""A small message is handed to its router from memory, when that has room; every other by its id."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from relay.domain.addresses import OurAddress
from relay.domain.strain import Rank
from relay.errors import ACCEPTED
from relay.flow.accept import AT_ONCE_OCTETS, Door
from relay.flow.rates import Admission, Rates
from relay.flow.senders import Senders
from relay.flow.values import LeasedEntry, NewEntry

NOW = datetime(2030, 1, 1, tzinfo=UTC)
HELP = OurAddress("help", "relay.test")
CONTENT = b"Subject: x\r\n\r\nHelp.\r\n"


@dataclass
class FakeInbox:
    """Keeps what it is given; ``is_new`` is its answer."""

    is_new: bool = True
    entries: list[NewEntry] = field(default_factory=list)

    async def knows_token(self, _token: str) -> bool:
        return True

    def new_body(self, _entry_id: bytes) -> FakeInbox:
        return self

    async def write(self, _chunk: bytes) -> None:
        return

    def abandon(self) -> None:
        return

    async def accept(self, entry: NewEntry, _body: object) -> bool:
        self.entries.append(entry)
        return self.is_new


@dataclass
class FakeRouter:
    """Takes as long as it has room."""

    has_room: bool = True
    taken: list[tuple[LeasedEntry, bytes]] = field(default_factory=list)
    offered: list[bytes] = field(default_factory=list)
    ranks: list[Rank] = field(default_factory=list)

    def take(self, entry: LeasedEntry, content: bytes, _sender: bytes, rank: Rank) -> None:
        self.taken.append((entry, content))
        self.ranks.append(rank)

    def offer(self, entry_id: bytes, _sender: bytes, _rank: Rank) -> None:
        self.offered.append(entry_id)


async def receive(inbox: FakeInbox, router: FakeRouter, *chunks: bytes, to: OurAddress = HELP) -> None:
    async def belongs(_paths: object, _addresses: object) -> bool:
        return False

    senders = Senders(lambda n: b"k" * n)
    admission = Admission(senders, Rates, lambda: NOW, belongs)
    door = Door(
        inbox,
        lambda: frozenset({HELP.key}),
        lambda: NOW,
        lambda n: b"x" * n,
        router.offer,
        senders,
        admission,
        router,
    )
    reception = await door.begin("sam@mail.test", (to,))
    for chunk in chunks:
        await reception.write(chunk)
    assert await reception.commit() == ACCEPTED


async def test_a_letter_goes_on_from_memory_under_the_lease_it_was_stored_with() -> None:
    """What is stored and what the router is told must agree, or it could write nothing."""
    inbox, router = FakeInbox(), FakeRouter()
    await receive(inbox, router, CONTENT)
    ((lease, content),) = router.taken
    assert inbox.entries[0].is_leased
    assert (lease.entry_id, lease.attempts, lease.fence) == (inbox.entries[0].entry_id, 1, 1)
    assert content == CONTENT
    assert router.offered == []


async def test_without_room_it_waits_in_the_store() -> None:
    """A burst must not fill the memory; nor may an entry be leased that nobody holds."""
    inbox, router = FakeInbox(), FakeRouter(has_room=False)
    await receive(inbox, router, CONTENT)
    assert not inbox.entries[0].is_leased
    assert router.taken == []
    assert router.offered == [inbox.entries[0].entry_id]


async def test_a_large_message_waits_in_the_store() -> None:
    """Whether it comes in one piece or in several."""
    for chunks in ((b"x" * (AT_ONCE_OCTETS + 1),), (CONTENT, CONTENT), (CONTENT, CONTENT, CONTENT)):
        inbox, router = FakeInbox(), FakeRouter()
        await receive(inbox, router, *chunks)
        assert not inbox.entries[0].is_leased
        assert (len(router.taken), len(router.offered)) == (0, 1)


async def test_a_repetition_is_not_routed_again() -> None:
    """It is here already, and somebody else holds it."""
    router = FakeRouter()
    await receive(FakeInbox(is_new=False), router, CONTENT)
    assert router.taken == []
    assert router.offered == []


async def test_only_an_alias_goes_before_first_letters() -> None:
    """The operator's addresses are known to everybody, and who floods them must not stand before a first letter."""
    router = FakeRouter()
    for local in ("help", "postmaster", "abuse", "desk", "m4xqk7ztw2hvb9c3rdpf"):
        await receive(FakeInbox(), router, CONTENT, to=OurAddress(local, "relay.test"))
    assert router.ranks == [Rank.REQUEST] * 4 + [Rank.CONVERSATION]
