"""Which referrals may be offered, and in which order; what a question means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from relay.domain.referral_question import parse, possible_places, with_place
from relay.domain.referral_ranking import Freshness, Nearness, Wanted, freshness, may_be_offered, ranked
from relay.domain.referrals import (
    Ages,
    Cost,
    Hours,
    Opening,
    Reach,
    Referral,
    Status,
    Where,
    place_key,
    words_of,
)

TODAY = date(2030, 3, 4)
LEEDS = Where(Reach.LOCAL, ("Leeds",), ("West Yorkshire",), ("GB",))
YORK = Where(Reach.LOCAL, ("York",), ("North Yorkshire",), ("GB",))
REGION = Where(Reach.REGION, (), ("West Yorkshire",), ("GB",))
NATION = Where(Reach.NATIONAL, countries=("GB",))
WORLD = Where(Reach.WORLDWIDE, is_online=True)
ASKED = Wanted(words=("lgbt",), place="leeds", regions=("West Yorkshire",), countries=("GB",))


def entry(number: int = 1, **changes: object) -> Referral:
    values: dict[str, object] = {"name": "LGBT line", "where": LEEDS, "verified": TODAY}
    return Referral("test", str(number), number=number, **{**values, **changes})  # type: ignore[arg-type]


def order(*entries: Referral, wanted: Wanted = ASKED) -> list[int]:
    return [one.referral.number for one in ranked(entries, wanted, TODAY)]


@pytest.mark.parametrize("status", [Status.INACTIVE, Status.DEFUNCT, Status.TEMPORARILY_CLOSED])
def test_only_what_is_active_is_ever_offered(status: Status) -> None:
    """However well it fits."""
    assert order(entry(1, status=status), entry(2)) == [2]


def test_old_is_marked_and_too_old_is_not_offered() -> None:
    """A year, two years; nobody knows when is marked, too."""
    days = {number: TODAY - timedelta(days=age) for number, age in ((1, 730), (2, 731), (3, 365), (4, 366))}
    entries = [entry(number, verified=day) for number, day in days.items()]
    assert [freshness(each, TODAY) for each in entries] == [
        Freshness.OLD, Freshness.EXPIRED, Freshness.FRESH, Freshness.OLD,
    ]  # fmt: skip
    assert freshness(entry(verified=None), TODAY) is Freshness.UNKNOWN
    assert order(*entries, entry(5, verified=None)) == [3, 5, 4, 1]
    assert [may_be_offered(entry(until=day), TODAY) for day in (TODAY, TODAY - timedelta(days=1))] == [
        True,
        False,
    ]


def test_near_comes_before_far_and_elsewhere_is_not_offered() -> None:
    """Town or service area, region, country, anywhere."""
    other = Where(Reach.NATIONAL, countries=("DE",))
    entries = [entry(1, where=WORLD), entry(2, where=NATION), entry(3, where=REGION), entry(4), entry(5, where=YORK),
               entry(6, where=other), entry(7, where=Where())]  # fmt: skip
    assert order(*entries) == [4, 3, 2, 1]
    found = ranked(entries, ASKED, TODAY)
    assert [one.nearness for one in found] == list(Nearness)


def test_language_topic_age_and_freshness_in_this_order() -> None:
    """Each decides only where the one before does not."""
    wanted = replace(ASKED, languages=("pl",), age=16)
    youth = {"ages": Ages(12, 25)}
    old = TODAY - timedelta(days=400)
    entries = [
        entry(1, languages=("pl",), topics=("lgbt",), verified=old, **youth),
        entry(2, languages=("pl",), topics=("lgbt",), **youth),
        entry(3, languages=("pl",), topics=("lgbt",)),
        entry(4, languages=("pl",), name="A line", line="also lgbt people", **youth),
        entry(5, **youth),
        entry(6, languages=("en",), topics=("lgbt",), **youth),
        entry(7, languages=("pl",), ages=Ages(18)),
    ]
    assert order(*entries, wanted=wanted) == [2, 1, 3, 4, 5, 6]


def test_answering_to_all_words_comes_before_answering_to_some() -> None:
    """Half of them at least, and what is missing is said."""
    wanted = replace(ASKED, words=("lgbt", "youth"))
    one, two = ranked(
        [entry(1), entry(2, line="for youths", where=WORLD), entry(3, name="Food")], wanted, TODAY
    )
    assert (one.referral.number, one.missing) == (2, ())
    assert (two.referral.number, two.missing) == (1, ("youth",))
    assert order(entry(1), wanted=replace(ASKED, words=("lgbt", "legal", "advice"))) == []


def test_cost_opening_topics_and_online_rule_out() -> None:
    """What is not known does not."""
    open_now = Hours((Opening((0,), 540, 1020),))
    entries = [entry(1, cost=Cost.PAID), entry(2, cost=Cost.FREE), entry(3), entry(4, cost=Cost.LOW)]
    assert order(*entries, wanted=replace(ASKED, is_free=True)) == [2, 4, 3]
    entries = [entry(1), entry(2, hours=open_now)]
    assert order(*entries, wanted=replace(ASKED, open_at=(0, 600))) == [2, 1]
    assert order(*entries, wanted=replace(ASKED, open_at=(1, 600))) == [1]
    assert order(*entries, wanted=replace(ASKED, open_at=(0, None))) == [2, 1]
    assert order(*entries, wanted=replace(ASKED, open_at=(6, None))) == [1]
    assert order(entry(1, topics=("Legal aid",)), entry(2), wanted=replace(ASKED, topics=("legal-aid",))) == [
        1
    ]
    assert order(entry(1), entry(2, where=WORLD), wanted=replace(ASKED, is_online=True)) == [2]


def test_a_county_that_is_asked_for_and_one_that_is_served() -> None:
    """A place is one however it is written."""
    county = Where(Reach.LOCAL, ("San Mateo County",), ("CA",), ("US",))
    assert order(entry(where=county), wanted=Wanted(("lgbt",), place="san mateo")) == [1]
    assert order(entry(where=LEEDS), wanted=Wanted(("lgbt",), place="West Yorkshire")) == [1]
    assert place_key("City of Leeds") == place_key(" LEEDS ") == "leeds"
    assert place_key("Málaga") == "malaga"
    assert words_of("LGBTQ+ Straße, 東京") == ("lgbtq", "strasse", "東京")


def test_a_country_alone_is_a_place() -> None:
    """Everything in it, and what serves everybody."""
    wanted = Wanted(("lgbt",), countries=("GB",))
    german = Where(Reach.LOCAL, ("Leer",), (), ("DE",))
    assert order(
        entry(1, where=german), entry(2), entry(3, where=NATION), entry(4, where=WORLD), wanted=wanted
    ) == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("lgbt youth @Leeds en 3", Wanted(("lgbt", "youth"), place="Leeds", languages=("en",), count=3)),
        ('legal @"San Mateo" US', Wanted(("legal",), place="San Mateo", countries=("US",))),
        ("legal @San_Mateo free online", Wanted(("legal",), place="San Mateo", is_free=True, is_online=True)),
        ("age:16 topic:grief lang:is country:gb", Wanted(age=16, topics=("grief",), languages=("is",), countries=("GB",))),
        ("lgbt open:sat", Wanted(("lgbt",), open_at=(5, None))),
        ("open:Sunday-18 lgbt", Wanted(("lgbt",), open_at=(6, 1080))),
        ("open:mon-9:05", Wanted(open_at=(0, 545))),
        ("open:24h", Wanted(("open", "24h"))),
        ("open:mon-25", Wanted(("open", "mon-25"))),
        ("open:day", Wanted(("open", "day"))),
        ("it is so no", Wanted(("it", "is", "so", "no"))),
        ("age:old x:y", Wanted(("age", "old", "x", "y"))),
        ("116 123 0", Wanted(("116", "123", "0"))),
        ("", Wanted()),
        ("@", Wanted(("@",))),
        (" ".join(map(str, range(10, 40))), Wanted(tuple(map(str, range(10, 22))))),
    ],
)  # fmt: skip
def test_questions(text: str, wanted: Wanted) -> None:
    """What counselors type."""
    assert parse(text) == wanted


def test_a_place_among_the_words_is_found_when_the_directory_knows_it() -> None:
    """The longest run, and of several the last."""
    wanted = parse("lgbt youth san mateo")
    assert {"sanmateo", "youthsanmateo", "lgbt"} <= set(possible_places(wanted))
    placed = with_place(wanted, {"sanmateo", "mateo", "youth"})
    assert (placed.place, placed.words) == ("san mateo", ("lgbt", "youth"))
    assert with_place(wanted, set()) == wanted
    assert possible_places(parse("@Leeds lgbt")) == ("leeds",)
