"""Two nodes on one PostgreSQL: one takes over from the other, neither writes what the other has taken over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.domain.measures import HELD, day_cell
from relay.domain.statistics import Words
from relay.edge.store import SqlStore, nodes, open_store
from relay.flow.counting import Stretch
from relay.flow.outcomes import Outcome, Settled
from relay.flow.ports import Stale
from relay.flow.values import Target, TargetKind
from tests.support.postgresql import running
from tests.unit.edge.store_world import HELP, NOW, World, new_conversation, new_entry, opening, relayed

pytestmark = pytest.mark.postgresql

PATIENCE_S = 20.0


class Pair:
    """The same database opened twice, as two daemons have it; what rang at each."""

    def __init__(self, folder: Path) -> None:
        url = running().url_of(folder)
        self.stores: list[SqlStore] = []
        self.rung: list[list[str]] = [[], []]
        for rung in self.rung:
            store = open_store(url, folder / "state" / "key", clock=lambda: NOW)
            store.bell.start(rung.append)
            self.stores.append(store)
        self.url = url
        self.folder = folder

    def world(self, number: int) -> World:
        world = World(Path("unused"))
        world.store = self.stores[number]
        return world

    async def rings(self, number: int, table: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while table not in self.rung[number]:
                await asyncio.sleep(0.02)
        self.rung[number].clear()

    async def dies(self, number: int) -> None:
        """As a process that is killed: its connections are gone, and nothing was said."""
        store = self.stores[number]
        store.bell._ending.set()
        nodes_void, nodes.void = nodes.void, lambda driver, node: None
        try:
            await asyncio.to_thread(store.bell.close)
        finally:
            nodes.void = nodes_void


@pytest.fixture
async def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    monkeypatch.setattr(nodes, "DEAD_AFTER_S", 1.0)
    monkeypatch.setattr(nodes, "BEAT_S", 0.3)
    made = Pair(tmp_path)
    for number in range(2):
        await made.rings(number, "")
    yield made
    for store in made.stores:
        await store.close()


async def test_a_node_hears_of_what_waits_for_whoever_has_time(pair: Pair) -> None:
    """An entry that was not taken at once, a conversation that nobody has, a slot that is free."""
    first = pair.world(0)
    await first.accept()
    await pair.rings(1, "entries")
    await first.opened(None)
    await pair.rings(1, "conversations")
    new = await first.opened()
    await first.wrote(new, None)
    pair.rung[1].clear()
    assert await first.store.forgetting.erase(new.conversation_id, NOW)
    await pair.rings(1, "counselors")


async def test_what_a_node_takes_at_once_wakes_nobody(pair: Pair) -> None:
    """Under load every letter would."""
    await asyncio.sleep(0.5)
    pair.rung[1].clear()
    await pair.world(0).accept(is_leased=True)
    await asyncio.sleep(1.0)
    assert "entries" not in pair.rung[1]


async def test_a_dead_node_is_taken_over_from_at_once_and_writes_nothing_when_it_returns(pair: Pair) -> None:
    """Its leases had minutes to go; whoever sends meanwhile has another fence."""
    first, second = pair.world(0), pair.world(1)
    new = await first.opened()
    (sending,) = await first.wrote(new, None, relayed())
    entry = await first.leased()
    assert await second.store.lease_entry(entry.entry_id, NOW) is None
    assert await second.store.lease_due(NOW, 10) == ()
    pair.rung[1].clear()
    await pair.dies(0)
    await pair.rings(1, "deliveries")
    (again,) = await second.store.lease_due(NOW, 10)
    assert again == replace(sending, attempts=2, fence=2)
    taken = await second.store.lease_entry(entry.entry_id, NOW)
    assert taken is not None
    assert await first.store.forgetting.clearance(sending, NOW) is None
    assert not await first.store.record(sending, DeliveryEvent.ACCEPTED, NOW)
    stopped = Settled(Target(TargetKind.ALIAS, HELP), Outcome(EntryEvent.STOPPED))
    with pytest.raises(Stale):
        await first.store.settle(entry, [stopped], NOW)
    await second.store.settle(taken, [stopped], NOW)
    assert await second.store.record(again, DeliveryEvent.ACCEPTED, NOW)


async def test_a_node_that_hangs_keeps_what_it_has_until_its_leases_end(pair: Pair) -> None:
    """It is silent, and its connection lives: perhaps it is sending."""
    first, second = pair.world(0), pair.world(1)
    new = await first.opened()
    await first.wrote(new, None, relayed())
    first.store.bell._beat = lambda driver: None  # type: ignore[method-assign]
    await asyncio.sleep(nodes.DEAD_AFTER_S)
    await asyncio.sleep(1.5)
    assert await second.store.lease_due(NOW, 10) == ()


async def test_who_is_back_first_after_an_outage_takes_nobody_for_dead(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All were silent, and no lock is held; each may be sending all the same."""
    first, second = pair.world(0), pair.world(1)
    await first.wrote(await first.opened(), None, relayed())
    listen = first.store.bell._listen_on_one_connection

    def slowly(node: int) -> None:
        time.sleep(0.6)
        listen(node)

    monkeypatch.setattr(nodes, "AGAIN_S", 0.1)
    monkeypatch.setattr(nodes, "DEAD_AFTER_S", 3.0)
    first.store.bell._listen_on_one_connection = slowly  # type: ignore[method-assign]
    for rung in pair.rung:
        rung.clear()
    with running().connect(running().name_of(pair.folder)) as connection:
        connection.execute("UPDATE nodes SET beat_at = 0")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await pair.rings(1, "")
    await pair.rings(0, "")
    await asyncio.sleep(0.5)
    assert await second.store.lease_due(NOW, 10) == ()


async def test_a_node_that_ends_leaves_nothing_waiting(pair: Pair) -> None:
    """What it had not sent goes on with another at once."""
    first, second = pair.world(0), pair.world(1)
    new = await first.opened()
    await first.wrote(new, None, relayed())
    pair.rung[1].clear()
    await first.store.close()
    await pair.rings(1, "deliveries")
    assert len(await second.store.lease_due(NOW, 10)) == 1


async def test_the_same_message_at_both_doors_is_taken_once(pair: Pair) -> None:
    """A client that does not hear from one exchanger tries the other."""

    async def take(store: SqlStore, number: int) -> bool:
        body = store.new_body(b"%016d" % number)
        await body.write(b"Help.\r\n")
        return await store.accept(new_entry(b"%016d" % number, dedupe="the same"), body)

    taken = await asyncio.gather(*(take(pair.stores[n % 2], n) for n in range(20)))
    assert sum(taken) == 1


async def test_two_nodes_never_give_a_counselor_more_than_they_can_carry(pair: Pair) -> None:
    """Forty requests at once, ten slots of one counselor and ten of another, in either order."""

    async def request(number: int) -> bool:
        world = pair.world(number % 2)
        new = new_conversation(("ana", "ben")[number // 2 % 2], capacity=10)
        try:
            await world.store.settle(await world.leased(), [opening(new)], NOW)
        except Stale:
            return False
        return True

    assert sum(await asyncio.gather(*(request(n) for n in range(40)))) == 20
    assert {who: load.open for who, load in (await pair.stores[0].loads()).items()} == {
        "ana": 10,
        "ben": 10,
    }


async def test_what_is_counted_by_the_clock_is_counted_by_one_of_them(pair: Pair) -> None:
    """Both look at the same second, day after day, and close the month at the same second."""
    for _ in range(3):
        await pair.world(0).opened()
    nowhere = Stretch(NOW, NOW, 0, 0, 0)
    await pair.stores[0].statistics.count_duty(nowhere, None)
    days = [NOW + timedelta(days=number) for number in range(20)]
    for day in days:
        await asyncio.gather(*(store.statistics.look(day) for store in pair.stores))
    with running().connect(running().name_of(pair.folder)) as connection:
        found = connection.execute(
            "SELECT cell, sum(amount) FROM counts WHERE measure = 'open' GROUP BY cell"
        )
        counted = dict(found.fetchall())
    assert {counted[day_cell(day.day, HELD)] for day in days} == {3}
    closing = [store.statistics.close(NOW + timedelta(days=60), Words(("en",)), 5) for store in pair.stores]
    assert sorted(await asyncio.gather(*closing)) == [(), (203003,)]


async def test_two_brooms_are_not_in_each_others_way(pair: Pair) -> None:
    """What one takes the other leaves; together they count what went."""
    for number in range(30):
        new = await pair.world(number % 2).opened(None)
        assert new
    with running().connect(running().name_of(pair.folder)) as connection:
        connection.execute("UPDATE conversations SET state = 'closed', waiting_since = NULL, changed_at = 0")
        connection.execute("UPDATE entries SET state = 'routed', settled_at = 0")
    swept = await asyncio.gather(*(store.sweep(NOW) for store in pair.stores))
    assert sum(each["conversations"] for each in swept) == 30
