"""What is taken and what is put off, as tables; and the pace, from which a wait follows."""

from __future__ import annotations

import pytest

from relay.domain.strain import Bounds, Excess, Rank, Strain, Throughput, excess

BOUNDS = Bounds(free_bytes=1000, queued=100, wait_s=60.0)


@pytest.mark.parametrize(
    ("strain", "request_is", "conversation_is"),
    [
        (Strain(None, 0, 0.0), None, None),
        (Strain(1000, 99, 60.0), None, None),
        (Strain(999, 0, 0.0), Excess.DISK, None),
        (Strain(250, 0, 0.0), Excess.DISK, None),
        (Strain(249, 0, 0.0), Excess.DISK, Excess.DISK),
        (Strain(None, 100, 0.0), Excess.QUEUE, None),
        (Strain(None, 399, 0.0), Excess.QUEUE, None),
        (Strain(None, 400, 0.0), Excess.QUEUE, Excess.QUEUE),
        (Strain(None, 0, 60.1), Excess.WAIT, None),
        (Strain(None, 0, 240.1), Excess.WAIT, Excess.WAIT),
        (Strain(0, 400, 999.0), Excess.DISK, Excess.DISK),
    ],
)
def test_first_letters_are_put_off_before_conversations(
    strain: Strain, request_is: Excess | None, conversation_is: Excess | None
) -> None:
    """At each bound, and a step beyond it; who is in the middle of a conversation has four times as much."""
    assert excess(strain, BOUNDS, Rank.REQUEST) is request_is
    assert excess(strain, BOUNDS, Rank.CONVERSATION) is conversation_is
    assert excess(strain, BOUNDS, Rank.URGENT) is conversation_is


def test_a_wait_is_what_stands_before_one_by_the_pace_of_late() -> None:
    """Ten a second, and fifty ahead: five seconds."""
    pace = Throughput()
    pace.begin(100.0)
    for number in range(1, 51):
        pace.done(100.0 + number / 10)
    assert pace.wait_s(50, 105.0) == pytest.approx(5.0)
    assert pace.wait_s(0, 105.0) == 0.0


def test_what_stands_still_waits_longer_and_longer() -> None:
    """Nothing done since there is something to do: at least as long as it has been already."""
    pace = Throughput()
    pace.begin(100.0)
    assert pace.wait_s(1, 100.0) == 0.0
    assert pace.wait_s(1, 190.0) == 90.0


def test_one_done_late_tells_no_pace() -> None:
    """The first waits two seconds for a worker to start, and a thousand stand behind it: that is no wait of half an hour."""
    pace = Throughput()
    pace.begin(100.0)
    pace.done(102.0)
    assert pace.wait_s(1000, 102.0) == 2.0
    for number in range(1, 25):
        pace.done(102.0 + number / 100)
    assert pace.wait_s(1000, 102.25) == pytest.approx(90.0)
    slow = Throughput()
    slow.begin(100.0)
    slow.done(102.0)
    assert slow.wait_s(1000, 111.0) == pytest.approx(11_000.0)


def test_the_pace_follows_and_a_quiet_hour_is_no_slow_one() -> None:
    """It was quick and is slow now; and after a rest the first of a burst is not thought to wait for an hour."""
    pace = Throughput()
    pace.begin(0.0)
    for number in range(1, 1001):
        pace.done(number / 100)
    for number in range(1, 61):
        pace.done(10.0 + number)
    assert pace.wait_s(30, 70.0) == pytest.approx(30.0, rel=0.3)
    pace.rest()
    assert pace.wait_s(30, 3600.0) == 0.0
    pace.begin(3600.0)
    assert pace.wait_s(30, 3600.1) == pytest.approx(0.1)
