"""Rates run down by themselves, hold at every moment, and cannot be made to fill the memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from relay.domain.addresses import OurAddress
from relay.flow.rates import Admission, Rates, TooMany
from relay.flow.senders import Senders

HELP = (OurAddress("help", "relay.test"),)


class World:
    def __init__(self, rates: Rates, most: int = 1000) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        self.rates = rates
        self.admission = Admission(
            Senders(lambda n: b"k" * n), lambda: self.rates, lambda: self.now, self.no, most
        )

    async def no(self, _paths: object, _addresses: object) -> bool:
        return False

    async def count(self, address: str, tries: int) -> int:
        """How many of so many are let in."""
        done = 0
        for _ in range(tries):
            try:
                await self.admission.admit(HELP, {address}, trusted=False)
            except TooMany:
                continue
            done += 1
        return done


async def test_a_count_runs_down_evenly() -> None:
    """All at once, then one whenever its share of the hour has passed; all again after an hour."""
    world = World(Rates(per_sender=6))
    assert await world.count("sam@mail.test", 10) == 6
    world.now += timedelta(minutes=9)
    assert await world.count("sam@mail.test", 10) == 0
    world.now += timedelta(minutes=1)
    assert await world.count("SAM@Mail.Test", 10) == 1
    world.now += timedelta(hours=1)
    assert await world.count("sam@mail.test", 10) == 6


async def test_a_new_rate_is_in_force_at_once() -> None:
    """After a reload of the configuration."""
    world = World(Rates(per_sender=1))
    assert await world.count("sam@mail.test", 3) == 1
    world.rates = Rates(per_sender=5)
    assert await world.count("sam@mail.test", 10) == 4


async def test_who_is_put_off_is_not_counted_again() -> None:
    """A mail server that tries again every minute does not keep its people out for ever."""
    world = World(Rates(per_sender=60))
    assert await world.count("sam@mail.test", 500) == 60
    world.now += timedelta(minutes=2)
    assert await world.count("sam@mail.test", 500) == 2


async def test_ever_new_senders_do_not_fill_the_memory() -> None:
    """Those whose count has run down go first; the count of a busy one survives that."""
    world = World(Rates(per_sender=2), most=100)
    for number in range(90):
        await world.count(f"s{number}@mail.test", 1)
    world.now += timedelta(minutes=50)
    assert await world.count("sam@mail.test", 3) == 2
    for number in range(300):
        await world.count(f"t{number}@mail.test", 1)
        assert len(world.admission._requests._levels) <= 100
        if number == 5:
            assert await world.count("sam@mail.test", 3) == 0


def test_a_sender_is_a_hash_that_another_run_does_not_share() -> None:
    """Nothing of an address is in it, and its key dies with the process."""
    one, other = Senders(lambda n: b"a" * n), Senders(lambda n: b"b" * n)
    assert one.of("sam@mail.test") == one.of("SAM@mail.test") != one.of("kim@mail.test")
    assert one.of("sam@mail.test") != other.of("sam@mail.test")
