"""Words between octets that are no text: what the gate takes for them is exactly what can be read."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from relay.mail.gate_views import printable, readable

CHARACTER = rb"(?:[\t\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})"
RUN = re.compile(CHARACTER + rb"{6,}")
"""What a run is. Slow, and of memory for each character, so that it is only told here."""

PRINTABLE = re.compile(rb"[\t\x20-\x7e]{8,}")

PIECES = [b"\t", b" ", b"a", b"Z", b"~", b"2", b"3", b"c", b"s", b"m", b".", b"3cc", b"2c", b"abcdef", b"abcdefgh",
          b"\xc3\xa9", b"\xdf\xbf", b"\xe2\x82\xac", b"\xef\xbf\xbf", b"\xc3", b"\xa9", b"\xe2", b"\xe2\x82", b"\x80",
          b"\xbf", b"\xc1", b"\xc0", b"\xf0\x9f\x98\x80", b"\xff", b"\0", b"\r\n", b"\x7f"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_every_run_of_six_characters_and_no_other_is_read(octets: bytes) -> None:
    """Whole characters, broken ones, and letters that the search uses for kinds of its own."""
    assert RUN.findall(octets) == readable(octets)
    assert PRINTABLE.findall(octets) == printable(octets)


@given(st.binary(max_size=300))
def test_of_any_octets_the_same_is_read(octets: bytes) -> None:
    """Whatever they are."""
    assert RUN.findall(octets) == readable(octets)
    assert PRINTABLE.findall(octets) == printable(octets)


def test_a_picture_s_worth_of_octets_is_read_alike() -> None:
    """As many as a photograph has, by chance, with every neighbour of every other."""
    octets = random.Random(1).randbytes(300_000)
    found = readable(octets)
    assert len(found) > 500
    assert RUN.findall(octets) == found
    assert PRINTABLE.findall(octets) == printable(octets)
