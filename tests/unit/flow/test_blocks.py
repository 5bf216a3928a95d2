"""Marks in the place of inserts: they come out where they went in, and nobody can write one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.flow.desk.blocks import Block, are_there, marked, put_in, taken_out
from relay.flow.values import Envelope, Known, LeasedEntry, Minted, Service, Target, TargetKind

ONE, TWO = Block("k1", "First\nservice"), Block("k2", "Second")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("k1", "First\nservice"),
        ("Hello\nk1\nBye", "Hello\n\nFirst\nservice\n\nBye"),
        ("Hello\n\nk1\n\nBye", "Hello\n\nFirst\nservice\n\nBye"),
        ("k1\nk2", "First\nservice\n\nSecond"),
        ("Hello\n k1 \n> quoted\nk2\n", "Hello\n\nFirst\nservice\n\n> quoted\n\nSecond\n"),
        ("nothing k1 here", "nothing k1 here"),
    ],
)  # fmt: skip
def test_a_block_stands_where_its_mark_stood(text: str, made: str) -> None:
    """With an empty line around it, and one only."""
    assert put_in(text, [ONE, TWO]) == made


def test_the_counselors_own_words_are_what_is_left() -> None:
    """For counting, asking and judging."""
    assert taken_out("Hello\nk1\nBye\nk2", [ONE, TWO]) == "Hello\nBye"
    assert taken_out("Hello\nk1", []) == "Hello\nk1"


def test_a_mark_that_was_lost_or_doubled_is_noticed() -> None:
    """Cut with a signature, or wrapped into a line."""
    assert are_there("a\nk1\n k2", [ONE, TWO])
    assert are_there("anything", [])
    for text in ("a\nk1", "a k1\nk2", "k1\nk1\nk2"):
        assert not are_there(text, [ONE, TWO])


def test_every_message_has_marks_of_its_own() -> None:
    """They follow from what is drawn for the message, and differ by place."""
    entry = LeasedEntry(
        b"e",
        Envelope(ReversePath(""), (OurAddress("x", "relay.test"),)),
        datetime(2030, 1, 1, tzinfo=UTC),
        1,
        1,
        1,
    )
    known = Known(entry, Target(TargetKind.ALIAS, OurAddress("x", "relay.test")), Service("n", "relay.test", "o@x.test"),
                  datetime(2030, 1, 1, tzinfo=UTC), Minted(("<a@relay.test>",), ("tokentokentokentoken",)))  # fmt: skip
    blocks = marked(known, {4: "a", 7: "b"})
    assert set(blocks) == {4, 7}
    assert len({block.mark for block in blocks.values()}) == 2
    assert all(
        block.mark.startswith("tokentokentokentoken") and block.mark.isalnum() for block in blocks.values()
    )
