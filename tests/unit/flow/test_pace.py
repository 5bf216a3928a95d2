"""A provider that limits what is sent: each message over the rate has an instant of its own, and nothing hammers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relay.flow.pace import BURST, PAUSE, Pace

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ids(count: int) -> list[bytes]:
    return [n.to_bytes(16, "big") for n in range(count)]


def test_without_a_rate_everything_leaves_at_once() -> None:
    """Whatever the next hop says; its own schedule of attempts is enough."""
    pace = Pace(None)
    pace.heard(421, "4.7.0", NOW)
    assert {pace.may_leave_at(each, NOW) for each in ids(1000)} == {NOW}


@pytest.mark.parametrize("per_hour", [20, 60, 500])
def test_no_hour_sees_more_than_the_rate_and_the_burst(per_hour: int) -> None:
    """In the order in which they came, each once."""
    pace = Pace(per_hour)
    at = [pace.may_leave_at(each, NOW) for each in ids(3 * per_hour)]
    assert at == sorted(at)
    burst = per_hour * BURST / HOUR
    assert sum(each == NOW for each in at) == int(burst) + 1
    for start in at:
        assert sum(start <= each < start + HOUR for each in at) <= per_hour + burst + 1


def test_who_was_put_off_leaves_at_its_own_instant_and_is_not_counted_twice() -> None:
    """Asking again before, or at that instant, books nothing anew."""
    pace = Pace(20)
    *burst, second, third = ids(4)
    assert {pace.may_leave_at(each, NOW) for each in burst} == {NOW}
    at = [pace.may_leave_at(each, NOW) for each in (second, third)]
    assert pace.may_leave_at(second, NOW) == at[0]
    assert pace.may_leave_at(second, at[0]) == at[0]
    assert pace.may_leave_at(third, at[1]) == at[1]


def test_when_it_is_too_much_all_others_wait_a_minute() -> None:
    """The provider is not asked again by each of them (RFC 3463 §3.8).

    RFC 3463 §3.4, §3.5, §3.8.
    """
    pace = Pace(3600)
    pace.heard(450, "4.7.1", NOW)
    assert {pace.may_leave_at(each, NOW) for each in ids(5)} == {NOW + PAUSE}
    assert pace.may_leave_at(ids(1)[0], NOW + PAUSE) == NOW + PAUSE
    calm = Pace(3600)
    calm.heard(451, "4.2.1", NOW)
    assert calm.may_leave_at(b"x", NOW) == NOW
