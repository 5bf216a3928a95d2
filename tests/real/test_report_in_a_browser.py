"""The page of ``relay report`` in a real browser, made of a busy half year and of words that want to break it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relay.domain.measures import Measure
from relay.domain.statistics import Figure, Month
from relay.report.page import as_page
from tests.real.test_explain_in_a_browser import CONTRASTS, LEAST_CONTRAST, TRACKERS, ours
from tests.support.browser import Browser, asked_for
from tests.unit.report.months import contents

pytestmark = pytest.mark.real

PHONE, DESK = 320, 1280
LEAST_OF_SHAPES = 3.0
"""WCAG 2.2 §1.4.11."""
HALF_A_YEAR = (202605, 202606, 202607, 202608, 202609, 202610)
HOSTILE = (
    "</style><script>document.title='ran'</script>",
    '" onload="document.title=1',
    "&amp;<img src=x:>",
    "w" * 70,
)

OUTLINE = """
JSON.stringify({
  headings: [...document.querySelectorAll('h1, h2, h3')].map((h) => +h.tagName[1]),
  captions: [...document.querySelectorAll('table')].every((t) => !!t.caption && t.caption.textContent.length > 3),
  heads: [...document.querySelectorAll('th')].every((th) => ['row', 'col'].includes(th.scope)),
  clipped: [...document.querySelectorAll('main *')].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth
    && !e.classList.contains('scroll') && e.tagName !== 'CAPTION').length,
  regions: [...document.querySelectorAll('.scroll')].every((e) => e.tabIndex === 0 && !!e.getAttribute('aria-label')),
  plots: [...document.querySelectorAll('svg')].length,
  heard: [...document.querySelectorAll('svg')].filter((e) => !e.closest('[aria-hidden=true]')).length,
  alone: [...document.querySelectorAll('.curve')].filter((e) => !e.parentElement.querySelector('table')).length,
  small: Math.min(...[...document.querySelectorAll('td, p, li, th, span')].map((e) => parseFloat(getComputedStyle(e).fontSize))),
  stands_out: [...document.querySelectorAll('.bar, .rest')].map((e) => getComputedStyle(e).fill)
    .concat([...document.querySelectorAll('polyline')].map((e) => getComputedStyle(e).stroke)),
  card: getComputedStyle(document.querySelector('.part')).backgroundColor,
})
"""


def hostile(month: Month) -> Month:
    """The same month with topics and languages as nobody should write them."""
    bad = {
        Measure.TOPICS.value: Figure(Measure.TOPICS.value, tuple((word, 10) for word in HOSTILE)),
        Measure.LANGUAGES.value: Figure(Measure.LANGUAGES.value, ((HOSTILE[0], 15),), 45, 60, HOSTILE[1:]),
    }
    return replace(month, figures=tuple(bad.get(each.measure, each) for each in month.figures))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One month, half a year, and a month of a very small line."""
    folder = tmp_path_factory.mktemp("report")
    one, many = contents(202610, service=f"Line {HOSTILE[0]}"), contents(*HALF_A_YEAR)
    made = {
        "one": replace(one, months=tuple(hostile(month) for month in one.months)),
        "many": replace(many, months=tuple(hostile(month) for month in many.months)),
        "small": contents(202610, size=3),
    }
    files = {}
    for name, each in made.items():
        files[name] = folder / f"{name}.html"
        files[name].write_text(as_page(each), "utf-8")
    return files


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["one", "many", "small"])
def test_the_report_is_readable_on_a_phone_and_on_a_desk(
    browser: Browser, pages: dict[str, Path], tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    """Nothing scrolls sideways but a table of months by itself; text and plots stand out from what is behind them."""
    shown = browser.open(pages[name], width, scheme=scheme)
    assert shown.value("document.documentElement.scrollWidth") == width
    assert shown.value(CONTRASTS) >= LEAST_CONTRAST
    outline = json.loads(shown.value(OUTLINE))
    assert outline["clipped"] == 0
    assert outline["small"] >= 14
    assert outline["regions"]
    for colour in set(outline["stands_out"]):
        assert contrast(colour, outline["card"]) >= LEAST_OF_SHAPES
    shown.screenshot(tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: the contrast of two colours as a browser says them."""

    def light(colour: str) -> float:
        parts = [int(each) / 255 for each in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return sum(v * w for v, w in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))

    a, b = sorted((light(one), light(other)))
    return (b + 0.05) / (a + 0.05)


@pytest.mark.parametrize("name", ["one", "many"])
def test_the_report_can_be_heard_as_well_as_seen(browser: Browser, pages: dict[str, Path], name: str) -> None:
    """Every plot has its numbers in a table beside it, and is itself kept from who listens."""
    outline = json.loads(browser.open(pages[name], DESK).value(OUTLINE))
    assert outline["headings"].count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(outline["headings"]))
    assert outline["captions"]
    assert outline["heads"]
    assert outline["plots"] > 10
    assert outline["heard"] == 0
    assert outline["alone"] == 0


def test_no_request_leaves_the_report_and_nothing_in_it_runs(tmp_path: Path, pages: dict[str, Path]) -> None:
    """Whatever words are in it: the file itself is all that is asked for, as page, browser and network see it."""
    with Browser(tmp_path) as browser:
        shown = browser.open(pages["one"], PHONE)
        assert shown.requests == [pages["one"].resolve().as_uri()]
        assert shown.value("document.title").startswith("Line </style>")
        assert shown.value("document.scripts.length + document.images.length") == 0
        assert shown.value("document.body.innerText.includes('<script>document.title')")
    assert ours(asked_for(browser.net_log)) == []


def test_the_policy_stops_what_would_be_on_the_report(pages: dict[str, Path], tmp_path: Path) -> None:
    """Were a picture and a script on it in spite of all, nothing would be fetched and nothing would run."""
    broken = tmp_path / "broken.html"
    broken.write_text(pages["small"].read_text("utf-8").replace("<main>", f"{TRACKERS}<main>"), "utf-8")
    with Browser(tmp_path) as browser:
        assert browser.open(broken, PHONE).value("document.title") != "ran"
    assert ours(asked_for(browser.net_log)) == []
