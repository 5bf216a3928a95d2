"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relay.domain.lengths import read_length, write_length


@pytest.mark.parametrize(
    ("text", "length", "back"),
    [
        ("90m", timedelta(minutes=90), "90m"),
        ("24h", timedelta(days=1), "24h"),
        ("1d", timedelta(days=1), "24h"),
        ("48h", timedelta(days=2), "48h"),
        ("3d", timedelta(days=3), "3d"),
        ("120m", timedelta(hours=2), "2h"),
    ],
)
def test_a_length_is_read_and_written(text: str, length: timedelta, back: str) -> None:
    """In the largest unit that fits; up to two days in hours."""
    assert read_length(text) == length
    assert write_length(length) == back
    assert read_length(back) == length


@pytest.mark.parametrize("text", ["", "24", "h", "0h", "-1h", "1.5h", "24 h", "24H", "999999h", "24h "])
def test_what_is_no_length_is_told(text: str) -> None:
    """With an example."""
    with pytest.raises(ValueError, match="24h"):
        read_length(text)
