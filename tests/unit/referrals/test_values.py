"""Dates, ages, costs, hours, languages and countries as directories write them."""

from __future__ import annotations

from datetime import date

import pytest

from relay.domain.referrals import ALWAYS_OPEN, Ages, Cost, Hours, Opening, PhoneKind, Reach
from relay.domain.referrals import Phone as Number
from relay.referrals import hours, names, values
from relay.referrals.numbers import as_printed, is_diallable
from relay.referrals.places import placed
from relay.referrals.showing import ages_in_words, hours_in_words

WEEK = (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "order", "found"),
    [
        ("2026-05-31", "", date(2026, 5, 31)),
        ("2023-03-15T10:30:45.123Z", "", date(2023, 3, 15)),
        ("31/12/2025", "", date(2025, 12, 31)),
        ("12/31/2025", "", date(2025, 12, 31)),
        ("3/4/2024", "dmy", date(2024, 4, 3)),
        ("3/4/2024", "mdy", date(2024, 3, 4)),
        ("4.4.2024", "", date(2024, 4, 4)),
        ("1/24/70", "mdy", date(1970, 1, 24)),
        ("1/2/14", "mdy", date(2014, 1, 2)),
        ("January 20, 1970", "", date(1970, 1, 20)),
        ("24th Dec 2014", "", date(2014, 12, 24)),
        ("January 01, 0001", "", date(1, 1, 1)),
    ],
)
def test_dates(text: str, order: str, found: date) -> None:
    """Only what can be read in one way."""
    assert values.day(text, order) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [("3/4/2024", "two ways"), ("2026-02-30", "no day of the calendar"), ("13/27/2014", "no day of the calendar"),
     ("soon", "no date"), ("Mayember 3, 2020", "no day of the calendar"), ("", "no date")],
)  # fmt: skip
def test_what_is_no_date(text: str, reason: str) -> None:
    """Never a guess."""
    with pytest.raises(ValueError, match=reason):
        values.day(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [("12-25", Ages(12, 25)), ("18+", Ages(18)), ("under 18", Ages(None, 17)), ("up to 18", Ages(None, 18)),
     ("55 and over", Ages(55)), ("from 14", Ages(14)), ("all ages", Ages()), ("", Ages())],
)  # fmt: skip
def test_ages(text: str, found: Ages) -> None:
    """Both limits in one cell."""
    assert values.ages(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("None.", Cost.FREE), ("free", Cost.FREE), ("Free to everyone", Cost.FREE), ("Free for members", Cost.UNKNOWN), ("Free, then £5", Cost.PAID), ("Kostenlos", Cost.FREE), ("sliding scale", Cost.LOW),
     ("$2.50 suggested donation", Cost.LOW), ("£50 per hour", Cost.PAID), ("ask us", Cost.UNKNOWN), ("", Cost.UNKNOWN),
     ("None, except for permits", Cost.UNKNOWN)],
)  # fmt: skip
def test_costs(text: str, found: Cost) -> None:
    """Only what is certain."""
    assert values.cost(text) is found


def test_texts_are_cleaned() -> None:
    """Markup, control characters, quotes of an export, hidden directions; a cut is not within a word."""
    assert values.clean('  """+44 1234 234567""" ') == "+44 1234 234567"
    assert values.clean("We offer <ul>\n <li>Food</li>\n</ul> &amp; beds\x07\u202e") == "We offer Food & beds"
    assert values.clean("1 < 2 and 3 > 2") == "1 < 2 and 3 > 2"
    assert values.clean("one two three", 9) == "one two…"
    assert values.clean("First.\\n\\nSecond.") == "First. Second."
    assert values.one_line("First. " + "x" * 300) == "First."
    assert values.items("a, b,, a") == ("a", "b")
    assert values.items("a, b; c") == ("a, b", "c")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mon-Fri 09:00-17:00; Sat 10:00-14:00", (Opening(WEEK, 540, 1020), Opening((5,), 600, 840))),
        ("Monday to Friday: 9.30 to 17h", (Opening(WEEK, 570, 1020),)),
        ("Mo-Fr 9-12, 14-17 Uhr", (Opening(WEEK, 540, 720), Opening(WEEK, 840, 1020))),
        ("lun-ven 9-17", (Opening(WEEK, 540, 1020),)),
        ("Sat & Sun 10am-4pm", (Opening((5, 6), 600, 960),)),
        ("Fri-Mon 0900-1700", (Opening((0, 4, 5, 6), 540, 1020),)),
        ("daily 22:00-02:00", (Opening(tuple(range(7)), 1320, 120),)),
        ("24/7", (Opening(*ALWAYS_OPEN),)),
    ],
)  # fmt: skip
def test_hours_in_words_are_read(text: str, found: tuple[Opening, ...]) -> None:
    """In four languages."""
    assert hours.from_text(text) == Hours(found)


@pytest.mark.parametrize(
    "text", ["by appointment", "Mon-Fri 9-17 except holidays", "9-17", "Funday 9-17", "Mon-Fri 9-99"]
)
def test_hours_that_are_not_understood_to_the_end_stay_words(text: str) -> None:
    """Half of somebody's hours are worse than none."""
    assert hours.from_text(text) == Hours(note=text)


def test_open_or_not() -> None:
    """Also over midnight; not known is neither."""
    night = Hours((Opening((4,), 1320, 120),))
    assert [night.is_open(*at) for at in ((4, 1300), (4, 1320), (5, 60), (5, 120), (4, 60))] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert Hours().is_open(0, 0) is None
    assert Hours((Opening(*ALWAYS_OPEN),)).is_open(6, 1439)
    assert (
        hours_in_words(hours.from_text("Mon-Fri 9-17; Sat 10-14")) == "Mon-Fri 09:00-17:00, Sat 10:00-14:00"
    )
    assert hours_in_words(hours.from_text("24/7")) == "day and night"


def test_rules_of_a_week() -> None:
    """What is no plain week is not made one."""
    assert hours.weekly("TH,FR", "WEEKLY", "10:00:00", "18:00:00", others=False) == Opening((3, 4), 600, 1080)
    assert hours.weekly("1MO", "MONTHLY", "10:00", "18:00", others=False) is None
    assert hours.weekly("MO", "WEEKLY", "10:00", "18:00", others=True) is None
    assert hours.weekly("MO", "WEEKLY", "", "18:00", others=False) is None
    with pytest.raises(ValueError, match="no days"):
        hours.weekly("XX", "WEEKLY", "10:00", "18:00", others=False)


def test_languages_and_countries() -> None:
    """By name, by either code; a country that is not known is none."""
    given = ("English", "eng", "it-IT", "Türkçe", "Chinese (Cantonese)", "Spanish spoken", "Klingon")
    assert names.languages(given) == ("en", "it", "tr", "yue", "es", "klingon")
    assert [names.country(each) for each in ("gb", "UK", "Deutschland", "Germany", "Nowhere")] == [
        "GB",
        "GB",
        "DE",
        "DE",
        "",
    ]


def test_reach_follows_from_what_is_named() -> None:
    """The widest area, else the nearest place."""
    assert placed(["Worldwide"], ["Leeds"], [], []).reach is Reach.WORLDWIDE
    assert placed(["United Kingdom"], ["Leeds"], [], []).countries == ("GB",)
    assert placed(["nationwide"], ["Leeds"], [], ["GB"]).reach is Reach.NATIONAL
    assert placed(["West Yorkshire"], [], ["West Yorkshire"], []).reach is Reach.REGION
    assert placed(["Bradford"], ["Leeds"], [], []).places == ("Bradford", "Leeds")
    assert placed([], [], [], [], is_online=True).reach is Reach.WORLDWIDE
    assert placed([], [], [], []).reach is Reach.UNKNOWN
    sentence = "All who live anywhere in the area of our city"
    assert placed([sentence], [], [], []).places == ()


def test_numbers_of_a_country() -> None:
    """Short ones, too; without a country nothing can be said."""
    good = [
        Number("116 123", "GB"),
        Number("0113 496 0000", "GB"),
        Number("988", "US"),
        Number("+49 30 123456", "DE"),
        Number("85258", "GB", PhoneKind.TEXT),
    ]
    assert [is_diallable(each) for each in good] == [True] * 5
    assert [
        is_diallable(each)
        for each in (Number("123-456-7890", "US"), Number("+44116123"), Number("0113 496", "GB"))
    ] == [False] * 3
    assert is_diallable(Number("0113 496 0000")) is None
    assert as_printed("+441134960000", "GB") == "0113 496 0000"
    assert as_printed("+441134960000", "DE") == "+44 113 496 0000"
    assert as_printed("+44999999999999999", "GB") == "+44999999999999999"


def test_ages_in_words() -> None:
    """Nought is no limit."""
    given = (Ages(), Ages(0), Ages(12, 25), Ages(18), Ages(None, 17), Ages(0, 17))
    told = ["", "", "12-25 years", "from 18 years", "up to 17 years", "up to 17 years"]
    assert [ages_in_words(each) for each in given] == told
