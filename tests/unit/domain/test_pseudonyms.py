"""A seeker's pseudonym is two neutral words that say nothing of the person."""

from __future__ import annotations

import random
from collections.abc import Callable

from relay.domain.pseudonym_words import FIRST, SECOND
from relay.domain.pseudonyms import HIGHEST_NUMBER, LOWEST_NUMBER, PLAIN_PAIRS, mint

COMMON_NAMES = """
alice amber andrea anna ash aurora basil bell birch blossom brook carol chase cherry clay cliff coral
dahlia daisy dale dawn daphne delta drake eve faith fern finch fox ginger glen grace grove hazel heath
heather holly honey hope iris ivy jade jasmine jasper jay june juniper kim lake laurel lee leo lily
linden magnolia maple marina martin may merlin myrtle olive opal pearl pepper perry poppy primo reed
rice robin rose rowan ruby sage sierra sienna sky skye sparrow starling stone summer swan swift terra
violet willow wolf wood wren yasmin
"""


def scripted(*draws: bytes) -> Callable[[int], bytes]:
    """Randomness that gives these octets, in this order."""
    left = list(draws)

    def draw(octets: int) -> bytes:
        assert len(left[0]) == octets
        return left.pop(0)

    return draw


def test_each_list_has_one_octets_worth_of_words_and_no_word_twice() -> None:
    """An octet chooses a word without bias, and no pseudonym says a word twice."""
    assert len(set(FIRST)) == len(FIRST) == 256
    assert len(set(SECOND)) == len(SECOND) == 256
    assert not set(FIRST) & set(SECOND)
    assert PLAIN_PAIRS == 65_536


def test_words_are_short_plain_letters() -> None:
    """They are read aloud, typed and shown in every mail program."""
    for word in FIRST + SECOND:
        assert word.isascii()
        assert word.isalpha()
        assert word.islower()
        assert 3 <= len(word) <= 13


def test_no_word_is_a_common_name() -> None:
    """A pseudonym must not seem to be somebody's name, and counselors choose such names for themselves."""
    assert not set(COMMON_NAMES.split()) & set(FIRST + SECOND)


def test_the_words_are_chosen_by_the_randomness_alone() -> None:
    """The same octets give the same name, first and last included."""
    assert mint(scripted(b"\x00\x00")) == "Acacia Accordion"
    assert mint(scripted(b"\xff\xff")) == "Zinnia Zebra"


def test_numbers_go_from_2_to_999_and_none_is_favoured() -> None:
    """A draw that is out of range is drawn again instead of being folded back."""
    pair = b"\x00\x00"

    assert mint(scripted(pair, b"\x00\x3f"), numbered=True) == f"Acacia Accordion {LOWEST_NUMBER}"
    assert (
        mint(scripted(pair, (997 << 6).to_bytes(2, "big")), numbered=True)
        == f"Acacia Accordion {HIGHEST_NUMBER}"
    )
    assert mint(
        scripted(pair, (998 << 6).to_bytes(2, "big"), b"\xff\xff", b"\x00\x40"), numbered=True
    ).endswith(" 3")


def test_ten_thousand_people_hardly_ever_share_a_numbered_name() -> None:
    """65 million names: a handful of collisions at most, which the caller draws again."""
    randomness = random.Random(7).randbytes

    assert len({mint(randomness, numbered=True) for _ in range(10_000)}) > 9_990
