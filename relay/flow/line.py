"""A line of messages that wait for a place, and how long that takes by the pace of late.

``route`` has two: one for letters, with a dozen places, and one for large messages, with a single one. A large message
takes seconds and ten times its size in memory; in one line with the letters a dozen of them would stand in all places.
Who goes first: ``fair``. Nothing is dropped. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from relay.domain.strain import Rank, Throughput
from relay.flow.fair import NOBODY, FairQueue

LARGE_OCTETS: Final = 1 << 20
"""A message from this size on is worked on while no other such one is: each takes its size ten times over, here and in
the worker, and together they would only wait for each other."""


class Offer(NamedTuple):
    """An entry that is to be routed. ``sender``: whose turn that is, as a keyed hash."""

    entry_id: bytes
    sender: bytes = NOBODY
    rank: Rank = Rank.CONVERSATION


class Line:
    """First come, first served, for each sender and within a rank."""

    def __init__(self) -> None:
        self._waiting: FairQueue[Offer] = FairQueue()
        self._throughput = Throughput()

    @property
    def empty(self) -> bool:
        """Whether nobody waits; some may have a place."""
        return self._waiting.empty

    def put(self, offer: Offer) -> None:
        if self._waiting.empty:
            self._throughput.begin(asyncio.get_running_loop().time())
        self._waiting.put(offer.sender, offer, offer.rank)

    async def get(self) -> Offer:
        """Wait for whose turn it is. May be cancelled at any time."""
        _, offer = await self._waiting.get()
        if self._waiting.empty:
            self._throughput.rest()
        return offer

    def done(self) -> None:
        """One that had a place is at its end."""
        self._throughput.done(asyncio.get_running_loop().time())

    def wait_s(self, rank: Rank) -> float:
        """Seconds that one more of this rank will wait for its turn."""
        return self._throughput.wait_s(self._waiting.ahead(rank), asyncio.get_running_loop().time())
