"""Everybody in turn, in the order in which each one's came, and nothing lost."""

from __future__ import annotations

import asyncio

from relay.domain.strain import Rank
from relay.flow.fair import FairQueue


async def drained(queue: FairQueue[int]) -> list[tuple[bytes, int]]:
    found = []
    while not queue.empty:
        found.append(await queue.get())
    return found


async def test_one_who_brings_much_does_not_stand_before_others() -> None:
    """The first of each newcomer is served before the next of whoever was just served."""
    queue: FairQueue[int] = FairQueue()
    for number in range(500):
        queue.put(b"flood", number)
    assert await queue.get() == (b"flood", 0)
    queue.put(b"sam", 1000)
    queue.put(b"kim", 2000)
    queue.put(b"sam", 1001)
    served = await drained(queue)
    assert served[:6] == [
        (b"flood", 1), (b"sam", 1000), (b"kim", 2000), (b"flood", 2), (b"sam", 1001), (b"flood", 3),
    ]  # fmt: skip
    assert [number for whose, number in served if whose == b"flood"] == list(range(1, 500))


async def test_it_waits_until_something_is_there_and_survives_who_stops_waiting() -> None:
    """A cancelled wait takes nothing with it."""
    queue: FairQueue[int] = FairQueue()
    waiting = [asyncio.ensure_future(queue.get()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    queue.put(b"", 1)
    assert await waiting[1] == (b"", 1)
    assert queue.empty


async def test_what_cannot_wait_goes_first_and_nobody_waits_for_ever() -> None:
    """Urgent before conversations before first letters; of four turns one is of the last that wait."""
    queue: FairQueue[int] = FairQueue()
    for number in range(4):
        queue.put(b"new%d" % number, number, Rank.REQUEST)
    for number in range(4):
        queue.put(b"old%d" % number, 10 + number)
    queue.put(b"sam", 20, Rank.URGENT)
    assert (queue.ahead(Rank.URGENT), queue.ahead(Rank.CONVERSATION), queue.ahead(Rank.REQUEST)) == (1, 5, 9)
    assert [number for _, number in await drained(queue)] == [20, 10, 11, 0, 12, 13, 1, 2, 3]
