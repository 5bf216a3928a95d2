"""Addresses for two answers: all of one look, good for a while, and of nobody."""

from __future__ import annotations

import hashlib
import hmac
import random
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from relay.domain.addresses import OurAddress
from relay.domain.aliases import token_of
from relay.domain.invitations import is_one, mint, queue_of

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2026, 2029))
QUEUES = ("general", "grief", "women")


def keyed(text: str, key: bytes = b"key") -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)[:16]


@given(st.integers(0, 2**32), st.sampled_from(QUEUES), st.datetimes(EARLIEST, LATEST))
def test_an_invitation_is_a_token_like_all_others_and_names_its_queue(
    seed: int, queue: str, at: datetime
) -> None:
    now = at.replace(tzinfo=UTC)
    token = mint(random.Random(seed).randbytes, keyed, queue, now)
    assert token_of(OurAddress.parse(f"{token}@relay.test")) == token
    assert is_one(token, keyed, now)
    assert queue_of(token, keyed, QUEUES, "") == queue


def test_it_is_good_to_the_end_of_the_next_month() -> None:
    token = mint(random.Random(1).randbytes, keyed, "general", datetime(2026, 12, 1, tzinfo=UTC))
    assert is_one(token, keyed, datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert is_one(token, keyed, datetime(2027, 1, 31, 23, 59, tzinfo=UTC))
    assert not is_one(token, keyed, datetime(2027, 2, 1, tzinfo=UTC))
    assert not is_one(token, keyed, datetime(2026, 11, 30, tzinfo=UTC))


def test_nobody_makes_one_without_the_key() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    token = mint(random.Random(1).randbytes, lambda text: keyed(text, b"another"), "general", now)
    assert not is_one(token, keyed, now)
    assert not is_one("", keyed, now)


def test_two_of_one_queue_have_nothing_in_common() -> None:
    """Their digits agree no more often than those of any two tokens: one in thirty-two."""
    now, source = datetime(2026, 12, 1, tzinfo=UTC), random.Random(7)
    tokens = [mint(source.randbytes, keyed, "grief", now) for _ in range(400)]
    for place in range(1, 20):
        seen = [token[place] for token in tokens]
        assert max(seen.count(digit) for digit in set(seen)) < 40
