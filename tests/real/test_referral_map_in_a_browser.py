"""The map of ``relay referrals map`` in a real browser, made of a directory that wants to break it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from relay.domain.referrals import Reach, Referral, Where
from relay.referrals.coverage import Coverage
from relay.referrals.map_page import as_page
from relay.referrals.names import country_name
from tests.real.test_explain_in_a_browser import CONTRASTS, LEAST_CONTRAST, TRACKERS, ours
from tests.support.browser import Browser, asked_for
from tests.unit.referrals.test_coverage import ENTRY, HOSTILE

pytestmark = pytest.mark.real

PHONE, DESK = 320, 1280
TODAY = date(2030, 3, 4)
OUTLINE = """
JSON.stringify({
  headings: [...document.querySelectorAll('h1, h2, h3')].map((h) => +h.tagName[1]),
  captions: [...document.querySelectorAll('table')].every((t) => !!t.caption && t.caption.textContent.length > 3),
  heads: [...document.querySelectorAll('th')].every((th) => ['row', 'col'].includes(th.scope)),
  clipped: [...document.querySelectorAll('main *')].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).length,
  cards: [...document.querySelectorAll('.card')].map((s) => Math.round(s.getBoundingClientRect().top)),
  small: Math.min(...[...document.querySelectorAll('td, p, li')].map((e) => parseFloat(getComputedStyle(e).fontSize))),
})
"""


def directory() -> Iterator[Referral]:
    """Some forty topics in a dozen countries, among them what a hostile directory would write."""
    topics = [f"topic number {n}" for n in range(36)] + [
        "long" * 60,
        "\u0635\u062d\u0629 \u0646\u0641\u0633\u064a\u0629",
    ]
    for place, code in enumerate(("GB", "IE", "DE", "FR", "ES", "US", "AT", "CH", "PL", "SE", "MA", "EG")):
        for n, topic in enumerate(topics):
            if n % (place + 1) == 0:
                yield replace(
                    ENTRY,
                    source=f"list {place}",
                    topics=(topic,),
                    where=Where(Reach.NATIONAL, countries=(code,)),
                )
    for hostile in HOSTILE:
        for _ in range(60):
            yield replace(
                ENTRY, source=hostile, topics=(hostile,), where=Where(Reach.NATIONAL, countries=(hostile,))
            )
    yield replace(ENTRY, where=Where(Reach.WORLDWIDE))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    coverage = Coverage(TODAY)
    for each in directory():
        coverage.add(each)
    file = tmp_path_factory.mktemp("map") / "map.html"
    missing = list(coverage.missing(["GB", "XX"], ["en", "de"]))
    file.write_text(as_page(coverage, missing, country_name, "Example Peer Support"), "utf-8")
    return file


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_map_is_readable_on_a_phone_and_on_a_desk(
    browser: Browser, page: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    """Nothing scrolls sideways, nothing is cut off, text stands out; cards stand side by side where there is room."""
    shown = browser.open(page, width, scheme=scheme)
    assert shown.value("document.documentElement.scrollWidth") == width
    assert shown.value(CONTRASTS) >= LEAST_CONTRAST
    outline = json.loads(shown.value(OUTLINE))
    assert outline["clipped"] == 0
    assert outline["small"] >= 14
    assert outline["captions"]
    assert outline["heads"]
    assert outline["headings"].count(1) == 1
    assert (
        len(set(outline["cards"])) == len(outline["cards"])
        if width == PHONE
        else outline["cards"][0] == outline["cards"][1]
    )
    shown.screenshot(tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_no_request_leaves_the_map_and_nothing_in_it_runs(tmp_path: Path, page: Path) -> None:
    """Whatever a directory holds: the file itself is all that is asked for, as page, browser and network see it."""
    with Browser(tmp_path) as browser:
        shown = browser.open(page, PHONE)
        assert shown.requests == [page.resolve().as_uri()]
        assert shown.value("document.title") == "What the directory covers"
        assert shown.value("document.scripts.length + document.images.length") == 0
        assert shown.value("document.body.innerText.includes('<script>document.title')")
    assert ours(asked_for(browser.net_log)) == []


def test_the_policy_stops_what_would_be_on_the_map(page: Path, tmp_path: Path) -> None:
    """Were a picture and a script on it in spite of all, nothing would be fetched and nothing would run."""
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text("utf-8").replace("<main>", f"{TRACKERS}<main>"), "utf-8")
    with Browser(tmp_path) as browser:
        assert browser.open(broken, PHONE).value("document.title") != "ran"
    assert ours(asked_for(browser.net_log)) == []
