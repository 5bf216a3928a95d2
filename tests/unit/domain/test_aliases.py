"""Tokens are unguessable, all of one shape, and the same in upper and lower case."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from relay.domain.addresses import OurAddress
from relay.domain.aliases import (
    TOKEN_BITS,
    TOKEN_LENGTH,
    address_at,
    local_of,
    message_id,
    mint_token,
    token_of,
)

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def test_a_token_has_one_hundred_bits_in_twenty_letters_and_digits() -> None:
    """Five bits a character, none of i, l, o, u, and a letter first."""
    randomness = random.Random(1).randbytes
    tokens = [mint_token(randomness) for _ in range(2_000)]

    assert TOKEN_LENGTH * 5 == TOKEN_BITS == 100
    assert len(set(tokens)) == len(tokens)
    for token in tokens:
        assert len(token) == TOKEN_LENGTH
        assert set(token) <= set(ALPHABET)
        assert token[0].isalpha()


def test_every_place_of_a_token_takes_every_value() -> None:
    """No bit is lost or stuck: each place shows the whole alphabet, evenly."""
    randomness = random.Random(2).randbytes
    tokens = [mint_token(randomness) for _ in range(6_400)]
    for place in range(TOKEN_LENGTH):
        seen = Counter(token[place] for token in tokens)

        assert len(seen) == (22 if place == 0 else 32)
        assert max(seen.values()) < 2 * min(seen.values())


def test_a_token_that_would_start_with_a_digit_is_drawn_again() -> None:
    """Some mail programs take a leading digit badly."""
    draws = [bytes(13), b"\xff" * 13]

    assert mint_token(lambda _octets: draws.pop(0)) == "z" * TOKEN_LENGTH
    assert draws == []


def test_a_token_is_known_in_any_case() -> None:
    """Mail programs and people change the case of an address."""
    token = mint_token(random.Random(3).randbytes)

    assert token_of(OurAddress(token.upper(), "relay.test")) == token
    assert token_of(OurAddress(token, "relay.test")) == token


@pytest.mark.parametrize(
    "local", ["help", "a" * 19, "a" * 21, "a" * 19 + "i", "a" * 19 + "-", "a" * 10 + "." + "a" * 9]
)
def test_another_local_part_is_no_token(local: str) -> None:
    """Length and alphabet decide."""
    assert token_of(OurAddress(local, "relay.test")) is None


def test_a_message_id_is_random_at_our_domain() -> None:
    """It has the shape of a token on the left, and no angle brackets."""
    made = message_id(random.Random(4).randbytes, "relay.test")
    left, _, right = made.partition("@")

    assert right == "relay.test"
    assert token_of(OurAddress(left, right)) == left


def test_behind_the_plus_of_a_mailbox_is_a_token_and_elsewhere_it_is_none() -> None:
    """Where we have no domain, only what stands behind our own mailbox's plus is ours (RFC 5233)."""
    token = mint_token(os.urandom)
    assert address_at(token, "provider.test", "help") == f"help+{token}@provider.test"
    assert token_of(OurAddress(f"Help+{token.upper()}", "provider.test"), "help") == token
    for local in (token, f"else+{token}", f"help+{token}+x", f"help+x+{token}", "help", "help+"):
        assert token_of(OurAddress(local, "provider.test"), "help") is None
    assert token_of(OurAddress(f"help+{token}", "relay.test")) is None
    assert local_of(OurAddress("help", "provider.test"), "help") == ""
    assert local_of(OurAddress("help+Desk", "provider.test"), "help") == "desk"
