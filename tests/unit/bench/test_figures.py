"""What the bench prints of what it measured: percentiles, ratios of pairs, and whether a goal is reached."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import Figure, Spread, percentile, table


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, 1), (0.01, 1), (0.5, 50), (0.98, 98), (0.07, 7), (0.99, 99), (0.991, 100), (1.0, 100)],
)
def test_a_percentile_is_the_smallest_value_that_the_share_is_not_above(share: float, expected: int) -> None:
    """Of 1 to 100 each value is its own percentile."""
    assert expected == percentile(reversed(range(1, 101)), share)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_was_measured_and_has_its_share_below(values: list[float], share: float) -> None:
    """Nothing between two values is made up, and no smaller one would do."""
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= math.floor(share * len(values))
    assert sum(value < found for value in values) <= math.ceil(share * len(values))


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    """99 instead of 0.99 would give the longest wait, and look like a figure."""
    with pytest.raises(ValueError, match="share"):
        percentile([1, 2], share)


def test_nothing_has_no_percentile() -> None:
    """A run without a letter is no run without a wait."""
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.99)


def test_quartiles_of_a_short_look_are_values_that_were_seen() -> None:
    """Between one pair or two there is nothing to be calculated, and less beyond them."""
    assert Spread(2.0, 2.0, 2.0) == Spread.of([2.0])
    assert Spread(1.0, 2.0, 3.0) == Spread.of([3.0, 1.0])


@pytest.mark.parametrize(("values", "expected"), [((1.0, 1.0, 1.1), True), ((0.5, 1.0, 1.5), False)])
def test_quartiles_far_apart_are_unsteady(values: tuple[float, ...], expected: bool) -> None:
    """By more than a quarter of the median."""
    assert expected is Spread.of(values).is_steady


def _figure(ours: list[float], theirs: list[float], reach: float, *, at_least: bool) -> Figure:
    return Figure("G0", "what", "/s", ours, theirs, reach, at_least)


def test_a_ratio_is_of_pairs_and_not_of_medians() -> None:
    """Whatever slows the machine down for one pair slows both sides: only within it they are to be compared."""
    figure = _figure([10, 100, 30], [10, 50, 10], 1.0, at_least=True)
    assert figure.spread.median == 2.0  # the medians, 30 and 10, would say 3


@pytest.mark.parametrize(
    ("ratio", "at_least", "expected"), [(0.5, True, True), (0.494, True, False), (0.494, False, True), (0.5, False, True), (0.506, False, False)]
)  # fmt: skip
def test_a_goal_is_reached_by_the_median_that_is_shown(ratio: float, at_least: bool, expected: bool) -> None:
    """At the goal is reached, from either side."""
    assert expected is _figure([ratio], [1.0], 0.5, at_least=at_least).is_reached


def test_the_table_says_everything_about_a_figure() -> None:
    """Ratios have no unit, and what is compared with nothing has no other side."""
    figures = [
        Figure("G1", "letters", "/s", [200, 210, 220], [400, 400, 400], 1.5, at_least=True),
        Figure("G5", "memory", "MiB", [50, 100, 150], (), 200, at_least=False),
    ]
    assert table(figures).splitlines()[2:] == [
        "| G1 | letters | 210 /s | 400 /s | 0.53 | 0.50..0.55 | ≥ 1.5 | missed |",
        "| G5 | memory | 100 MiB |  | 100.00 MiB | 50.00..150.00 | ≤ 200 MiB | reached, unsteady |",
    ]
