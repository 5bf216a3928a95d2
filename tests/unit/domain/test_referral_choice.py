"""What is sent without asking, and what is shown to the counselor instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from relay.domain.referral_choice import MOST_SENT, MOST_SHOWN, Choice, Why, choose
from relay.domain.referral_question import parse
from relay.domain.referral_ranking import ranked
from relay.domain.referrals import Reach, Referral, Where

TODAY = date(2030, 3, 4)
LEEDS = Where(Reach.LOCAL, ("Leeds",), ("West Yorkshire",), ("GB",))
ENTRY = Referral(
    "list",
    "a",
    "Youth Hub",
    topics=("lgbt", "youth"),
    languages=("en",),
    where=LEEDS,
    verified=TODAY,
    number=1,
)


def chosen(text: str, *entries: Referral, known: bool = True) -> Choice:
    wanted = parse(text)
    return choose(ranked(entries, wanted, TODAY), wanted, is_place_known=known)


def several(count: int, **changes: object) -> list[Referral]:
    return [replace(ENTRY, source_id=str(n), number=n, **changes) for n in range(1, count + 1)]  # type: ignore[arg-type]


def test_what_answers_to_the_whole_question_is_sent() -> None:
    """Up to three of them, the best first; fewer when the counselor says so, never more."""
    entries = several(20)
    assert [each.referral.number for each in chosen("lgbt youth @Leeds en", *entries).entries] == [1, 2, 3]
    assert len(chosen("lgbt @Leeds 2", *entries).entries) == 2
    assert len(chosen("lgbt @Leeds 9", *entries).entries) == MOST_SENT
    assert chosen("lgbt @Leeds 3", *entries).why is None


PERTH = (
    replace(ENTRY, source_id="1", number=1, where=Where(Reach.LOCAL, ("Perth",), ("Scotland",), ("GB",))),
    replace(
        ENTRY, source_id="2", number=2, where=Where(Reach.LOCAL, ("Perth",), ("Western Australia",), ("AU",))
    ),
)
SPRINGFIELD = (
    replace(ENTRY, source_id="1", number=1, where=Where(Reach.LOCAL, ("Springfield",), ("Ohio",), ("US",))),
    replace(ENTRY, source_id="2", number=2, where=Where(Reach.LOCAL, ("Springfield",), ("Texas",), ("US",))),
)
APART = (
    ENTRY,
    replace(
        ENTRY, source_id="2", number=2, where=Where(Reach.LOCAL, ("York",), ("North Yorkshire",), ("GB",))
    ),
)


OF_A_STATE = (
    replace(ENTRY, source_id="1", number=1, where=Where(Reach.LOCAL, ("Oakland",), ("CA",), ("US",))),
    replace(ENTRY, source_id="2", number=2, where=Where(Reach.LOCAL, ("San Diego",), ("CA",), ("US",))),
)


@pytest.mark.parametrize(
    ("text", "entries", "known", "why"),
    [
        ("legal @Leeds", (ENTRY,), True, Why.NOTHING),
        ("lgbt @Leeds", (replace(ENTRY, where=Where(Reach.WORLDWIDE)),), False, Why.PLACE_UNKNOWN),
        ("lgbt @Perth", PERTH, True, Why.PLACE_TWICE),
        ("lgbt @Springfield", SPRINGFIELD, True, Why.PLACE_TWICE),
        ("lgbt", APART, True, Why.NO_PLACE),
        ("lgbt", OF_A_STATE, True, Why.NO_PLACE),
        ("lgbt housing @Leeds", (ENTRY,), True, Why.PARTLY),
        ("lgbt @Leeds de", (ENTRY,), True, Why.LANGUAGE),
    ],
)  # fmt: skip
def test_in_doubt_nothing_is_sent(text: str, entries: tuple[Referral, ...], known: bool, why: Why) -> None:
    """Each doubt has a name, so that the counselor can be told what to do about it."""
    assert chosen(text, *entries, known=known).why is why


def test_a_doubt_ends_when_the_counselor_says_more() -> None:
    """The country, the place, or fewer words."""
    assert chosen("lgbt @Perth GB", *PERTH).why is None
    assert chosen("lgbt @York", *APART).why is None
    assert chosen("lgbt @Leeds", ENTRY).why is None


def test_without_a_place_only_what_lies_together_is_sent() -> None:
    """Where all services are in one town, nobody has to type its name."""
    assert chosen("lgbt", *several(4)).why is None
    county = Where(Reach.REGION, (), ("West Yorkshire",), ("GB",))
    assert chosen("lgbt", *several(2), replace(ENTRY, source_id="9", number=9, where=county)).why is None
    assert chosen("lgbt", replace(ENTRY, where=Where(Reach.NATIONAL, countries=("GB",)))).why is None


def test_regions_of_two_directories_are_not_compared() -> None:
    """One writes the county, the other the country of it; the place is the same."""
    other = replace(
        ENTRY,
        source="other",
        source_id="2",
        number=2,
        where=Where(Reach.LOCAL, ("Leeds",), ("England",), ("GB",)),
    )
    assert chosen("lgbt @Leeds", ENTRY, other).why is None


def test_a_preview_is_short() -> None:
    """Ten are enough to choose from."""
    assert len(chosen("lgbt housing @Leeds", *several(30)).entries) == MOST_SHOWN


def test_what_answers_to_a_part_does_not_go_along() -> None:
    """Nor what speaks another language than was asked for: fewer are better than wrong ones."""
    part = replace(ENTRY, source_id="2", number=2, topics=("lgbt",), name="Line")
    other = replace(ENTRY, source_id="3", number=3, languages=("pl",))
    assert [each.referral.number for each in chosen("lgbt youth @Leeds en", ENTRY, part, other).entries] == [
        1
    ]
    assert [each.referral.number for each in chosen("lgbt youth @Leeds", ENTRY, part, other).entries] == [
        1,
        3,
    ]
