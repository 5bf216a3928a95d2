"""The map of a directory: what it counts, what it finds missing, and that nothing of a directory becomes markup."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

from relay.domain.referrals import Phone, PhoneKind, Reach, Referral, Status, Where
from relay.referrals.coverage import EVERYWHERE, NOWHERE, Coverage
from relay.referrals.map_page import MAX_COUNTRIES, as_page

TODAY = date(2030, 3, 4)
GB = Where(Reach.NATIONAL, countries=("GB",))
ENTRY = Referral(
    "list",
    "1",
    "Line",
    topics=("LGBTQ+", "legal aid"),
    languages=("en",),
    where=GB,
    verified=TODAY,
    web="https://a.example/",
)
OLD, EXPIRED = TODAY - timedelta(days=400), TODAY - timedelta(days=800)
HOSTILE = (
    "<script>document.title='ran'</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{background:url(https://tracker.test/c)}",
    "<!-- --> ]]> &amp; &#x3c;b&#x3e; javascript:alert(1)",
    "<base href=https://tracker.test/><meta http-equiv=refresh content=0;url=https://tracker.test/>",
)


def counted(*entries: Referral) -> Coverage:
    coverage = Coverage(TODAY)
    for each in entries:
        coverage.add(each)
    return coverage


def test_a_topic_is_one_however_it_is_written() -> None:
    """And is shown as most directories write it."""
    coverage = counted(
        ENTRY,
        replace(ENTRY, topics=("lgbt",)),
        replace(ENTRY, topics=("lgbt",)),
        replace(ENTRY, topics=("Legal Aid",)),
    )
    assert dict(coverage.topics) == {"bisexual": 3, "legal aid": 2}
    assert coverage.name("bisexual") == "lgbt"


def test_what_is_not_offered_is_counted_apart() -> None:
    """By its reason; it covers nothing."""
    coverage = counted(
        ENTRY,
        replace(ENTRY, status=Status.DEFUNCT),
        replace(ENTRY, verified=EXPIRED),
        replace(ENTRY, until=TODAY - timedelta(days=1)),
    )
    assert (coverage.entries, coverage.offered) == (4, 1)
    assert (coverage.inactive, coverage.expired, coverage.over) == (1, 1, 1)
    assert coverage.countries["GB"].entries == 1


def test_a_place_without_a_country_and_the_whole_world_are_named_so() -> None:
    """Last in order, whatever their number."""
    coverage = counted(
        *[replace(ENTRY, where=Where(Reach.WORLDWIDE))] * 3, replace(ENTRY, where=Where()), ENTRY
    )
    assert [each.code for each in coverage.in_order()] == ["GB", EVERYWHERE, NOWHERE]


def test_what_is_missing_is_said_in_sentences() -> None:
    """For the countries of the queues and the languages of the counselors."""
    coverage = counted(
        ENTRY,
        replace(ENTRY, where=Where(Reach.NATIONAL, countries=("IE",)), topics=("lgbt",), verified=OLD),
        replace(
            ENTRY,
            where=Where(Reach.NATIONAL, countries=("IE",)),
            topics=(),
            verified=None,
            web="",
            phones=(Phone("1", "IE", PhoneKind.FAX),),
        ),
        replace(ENTRY, verified=EXPIRED),
    )
    assert list(coverage.missing(["GB", "IE", "DE"], ["en", "de-AT"])) == [
        "IE: nothing about legal aid.",
        "IE: 2 of 2 entries were not checked within a year, as far as is known.",
        "DE: no entry at all, and an intake address is for this country.",
        "de-AT: no entry says that this language is spoken there, and a counselor answers in it.",
        "1 of 4 entries have no topic: only their words find them.",
        "1 of 4 entries have no number, no web and no mail address.",
        "1 of 4 entries were last checked over two years ago and are not offered.",
    ]
    assert list(counted(ENTRY).missing(["GB"], ["en"])) == []


class _Markup(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_that_a_directory_says_is_markup() -> None:
    """Topics, sources and countries are strangers' words: they are shown, and do nothing."""
    plain = _Markup()
    plain.feed(as_page(counted(ENTRY), ["x"], str, "Service"))
    for hostile in HOSTILE:
        bad = replace(
            ENTRY,
            source=hostile,
            topics=(hostile,),
            where=Where(Reach.NATIONAL, countries=(hostile,)),
            languages=(hostile,),
        )
        coverage = counted(bad)
        page = as_page(coverage, list(coverage.missing([hostile], [hostile])), str, hostile)
        found = _Markup()
        found.feed(page)
        assert found.tags <= plain.tags
        assert found.attributes <= plain.attributes
        assert not [value for value in found.values if "tracker" in value or "script" in value]
        assert hostile in found.text
        assert html.escape(hostile) in page


def test_the_page_is_complete_in_itself() -> None:
    """No script, nothing to fetch, and a policy that says so; the same directory gives the same page."""
    page = as_page(counted(ENTRY), [], str, "Service")
    assert "<script" not in page
    assert not re.search(r"\b(?:src|href)\s*=|url\(", page)
    assert "Content-Security-Policy\" content=\"default-src 'none'" in page
    assert page == as_page(counted(ENTRY), [], str, "Service")
    assert "Nothing that can be seen from here." in page


def test_a_hundred_countries_do_not_make_a_hundred_cards() -> None:
    """The rest are counted together."""
    many = [
        replace(ENTRY, where=Where(Reach.NATIONAL, countries=(f"{n:02}",))) for n in range(MAX_COUNTRIES + 7)
    ]
    page = as_page(counted(*many), [], str, "Service")
    assert page.count('<div class="card">') == MAX_COUNTRIES
    assert '<th scope="row">7 more countries</th><td>7</td>' in page
