"""Pseudonyms of seekers: two neutral words such as ``Cedar Heron``, drawn at random, never derived.

Routing mints one for each new conversation and asks the store whether it was ever used; when plain pairs
run short it asks for a numbered one. Nothing of the person, the time or the order of requests is in it.
"""

from __future__ import annotations

from relay.domain.aliases import Randomness
from relay.domain.pseudonym_words import FIRST, SECOND

LOWEST_NUMBER, HIGHEST_NUMBER = 2, 999
"""Numbers of a numbered pseudonym: no 1, as ``Cedar Heron 1`` would seem to be the first of a family."""

PLAIN_PAIRS = len(FIRST) * len(SECOND)
"""65,536 pairs without number. Half used up, a fresh one takes two draws on average: time for numbers."""

_NUMBERS = HIGHEST_NUMBER - LOWEST_NUMBER + 1


def mint(randomness: Randomness, *, numbered: bool = False) -> str:
    """Draw a pseudonym, every one equally likely: 65,536 plain ones, or 65 million ``numbered``."""
    first, second = randomness(2)
    pair = f"{FIRST[first]} {SECOND[second]}".title()
    return f"{pair} {_number(randomness)}" if numbered else pair


def _number(randomness: Randomness) -> int:
    while True:  # 10 bits, drawn again when out of range: 1.03 draws on average, and no number favoured
        drawn = int.from_bytes(randomness(2), "big") >> 6
        if drawn < _NUMBERS:
            return LOWEST_NUMBER + drawn


def plain_name(pseudonym: str) -> str:
    """The form under which two spellings are the same pseudonym, as people type them: no hyphen, no capitals."""
    return " ".join(pseudonym.replace("-", " ").casefold().split())
