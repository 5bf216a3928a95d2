"""What the benchmark sends is what it says, and no two letters are the same message."""

from __future__ import annotations

import pytest

from bench.samples import SAMPLES, letter
from relay.mail.parse import parse

SIZES = {"plain2k": (2_000, 5_000), "alt10k": (8_000, 14_000), "attach1m": (700_000, 1_400_000)}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_the_size_of_its_name_and_is_a_sound_message(name: str) -> None:
    """A sample that is held, or is smaller than it says, would make us look quick."""
    one = letter(SAMPLES[name](), "sam@mail.test", "help@relay.test", run="test")
    content = b"".join(one.content)
    low, high = SIZES[name]
    assert low < len(content) < high
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b"\r\n." not in content
    assert not parse(content).defects


def test_every_letter_has_an_id_of_its_own() -> None:
    """A repeated Message-ID is recognised as a repetition and not relayed."""
    body = SAMPLES["plain2k"]()
    ids = {
        parse(b"".join(letter(body, "a@mail.test", "b@relay.test", run="r").content)).message_id
        for _ in range(20)
    }
    assert len(ids) == 20
