"""How long messages wait, and what somebody who sees only times can still tell."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from relay.domain.delays import SPREAD, TICK, Delay

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MESSAGES = 200
SEEDS = range(5)


def delay_of(text: str) -> Delay:
    delay = Delay.parse(text)
    assert delay is not None
    return delay


def test_off_is_no_delay() -> None:
    """What is not asked for does not happen."""
    assert Delay.parse("off") is None


@pytest.mark.parametrize(
    ("text", "range_s"), [("30-120s", (30, 120)), ("1-5m", (60, 300)), ("0-60m", (0, 3600)), ("0-1s", (0, 1))]
)
def test_a_range_is_read_in_seconds_or_minutes(text: str, range_s: tuple[int, int]) -> None:
    """The unit stands behind both numbers."""
    assert Delay.parse(text) == Delay(*range_s)


@pytest.mark.parametrize(
    "text",
    ["", "on", "30", "30s", "30-120", "30s-120s", "30 - 120s", "-5-10s", "1-2h", "1.5-3m", "5-1m", "5-5m",
     "0-61m", "0-3601s", "30-99999s", "\u0663-\u0665m", "1-5m\n"],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    """The end of a sentence whose beginning is the key, with what to write instead."""
    with pytest.raises(ValueError, match=r"^(is not a range|must go from|lets people wait).*'$"):
        Delay.parse(text)


@pytest.mark.parametrize("text", ["30-120s", "30-300s", "1-5m", "0-60s", "0-61s", "59-120s", "0-60m", "0-1s"])
def test_a_message_leaves_within_the_range_and_batches_within_a_second_of_a_minute(text: str) -> None:
    """Also from odd starts; a range over a minute leaves at whole minutes only, everybody at another instant."""
    delay = delay_of(text)
    chance = random.Random(text)
    left = []
    for _ in range(2000):
        now = NOON + timedelta(microseconds=chance.randrange(10**9))
        at = delay.leaves_at(now, chance.randbytes)
        assert timedelta(seconds=delay.shortest_s) <= at - now <= timedelta(seconds=delay.longest_s)
        left.append(at)
    in_batches = all((at - NOON) % TICK < SPREAD for at in left)
    assert in_batches is delay.is_ticked is (delay.longest_s - delay.shortest_s > 60)


def test_every_minute_of_the_range_is_as_likely_as_any_other() -> None:
    """1-5m: four batches fit, and each takes a quarter of the messages."""
    chance = random.Random(1)
    drawn = [delay_of("1-5m").leaves_at(NOON, chance.randbytes) for _ in range(4000)]
    batches = Counter((at - NOON) // TICK for at in drawn)
    assert batches.keys() == {1, 2, 3, 4}
    assert all(900 < count < 1100 for count in batches.values())


def test_the_order_within_a_batch_says_nothing_about_the_order_of_arrival() -> None:
    """Of two messages that leave together, each is the first half of the time."""
    chance = random.Random(2)
    first = 0
    together = 0
    for _ in range(8000):
        one, other = (delay_of("1-5m").leaves_at(NOON, chance.randbytes) for _ in range(2))
        if (one - NOON) // TICK == (other - NOON) // TICK:
            together += 1
            first += one < other
    assert together > 1000
    assert 0.45 < first / together < 0.55


def test_the_same_chance_draws_the_same_time() -> None:
    """Randomness comes in as an argument and from nowhere else."""
    assert delay_of("1-5m").leaves_at(NOON, lambda n: b"\x80" * n) == delay_of("1-5m").leaves_at(
        NOON, lambda n: b"\x80" * n
    )


# --- what an onlooker can tell ---------------------------------------------------------------------


def traffic(delay: Delay | None, seed: int) -> tuple[list[datetime], list[datetime], list[int]]:
    """One message a minute at a random second: when each came, when each left in order, and which that was."""
    chance = random.Random(seed)
    came = sorted(NOON + timedelta(minutes=n, seconds=chance.uniform(0, 60)) for n in range(MESSAGES))
    left = sorted((delay.leaves_at(at, chance.randbytes) if delay else at, n) for n, at in enumerate(came))
    return came, [at for at, _ in left], [n for _, n in left]


def best_guess(came: list[datetime], left: list[datetime], shortest_s: float, longest_s: float) -> list[int]:
    """For each message that left the likeliest one that came, by all that times can tell.

    All assignments that the range allows are equally likely, because every delay in it is; so they are counted:
    forward and backward over what left in order, with the set of what has gone already. No onlooker who sees
    only times and knows the range can do better.
    """
    shortest, longest = timedelta(seconds=shortest_s), timedelta(seconds=longest_s)
    may_be = [[n for n, at in enumerate(came) if shortest <= gone - at <= longest] for gone in left]
    last = [max((k for k, some in enumerate(may_be) if n in some), default=-1) for n in range(len(came))]

    def steps(state: tuple[int, int], k: int) -> Iterator[tuple[int, tuple[int, int]]]:
        for n in may_be[k]:
            base, gone = state
            if n < base or gone >> (n - base) & 1:
                continue
            gone |= 1 << (n - base)
            while gone & 1:
                gone, base = gone >> 1, base + 1
            if base == len(came) or last[base] > k:
                yield n, (base, gone)

    forward: list[dict[tuple[int, int], float]] = [{(0, 0): 1.0}]
    for k in range(len(left)):
        reached: dict[tuple[int, int], float] = {}
        for state, weight in forward[k].items():
            for _, after in steps(state, k):
                reached[after] = reached.get(after, 0.0) + weight
        total = sum(reached.values())
        forward.append({state: weight / total for state, weight in reached.items()})
    guesses = [0] * len(left)
    behind: dict[tuple[int, int], float] = {(len(came), 0): 1.0}
    for k in range(len(left) - 1, -1, -1):
        likely: dict[int, float] = {}
        here: dict[tuple[int, int], float] = {}
        for state, weight in forward[k].items():
            for n, after in steps(state, k):
                ways = behind.get(after, 0.0)
                likely[n] = likely.get(n, 0.0) + weight * ways
                here[state] = here.get(state, 0.0) + ways
        guesses[k] = max(likely, key=lambda n: likely[n])
        most = max(here.values())
        behind = {state: ways / most for state, ways in here.items()}
    return guesses


def share_right(guesses: list[int], truth: list[int]) -> float:
    return sum(guess == true for guess, true in zip(guesses, truth, strict=True)) / len(truth)


@pytest.mark.parametrize(("text", "at_most"), [("30-300s", 0.40), ("1-5m", 0.50)])
def test_in_the_private_mode_the_best_guess_from_times_is_wrong_at_least_half_the_time(
    text: str, at_most: float
) -> None:
    """200 messages at one a minute: no onlooker can match more than half of them, and a plain one fewer."""
    delay = delay_of(text)
    for seed in SEEDS:
        came, left, truth = traffic(delay, seed)
        assert share_right(best_guess(came, left, delay.shortest_s, delay.longest_s), truth) <= at_most
        assert share_right(list(range(MESSAGES)), truth) <= 0.50


def test_without_delay_the_same_onlooker_matches_everything() -> None:
    """The measure can fail."""
    came, left, truth = traffic(None, 1)
    assert share_right(best_guess(came, left, 0, 1), truth) == 1.0
