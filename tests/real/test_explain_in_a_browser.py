"""The page of ``relay explain`` in a real browser: Debian's chromium, without a window and without a network."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from relay.config import load
from relay.demo import letters
from relay.demo.letters import Earlier
from relay.explain import as_page, explain
from tests.support.browser import Browser, asked_for
from tests.support.line import COUNSELORS_TOML, RELAY_TOML

pytestmark = pytest.mark.real

PHONE, DESK = 360, 1280
VENDOR = (".google.com", ".googleapis.com", ".gvt1.com")
"""Where the browser itself looks for updates and the time, whatever page is open."""
LEAST_CONTRAST = 4.5
"""WCAG 2.2 §1.4.3 for text of this size."""

CONTRASTS = """
(() => {
  const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = 21;
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !e.getClientRects().length) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
})()
"""
"""The least contrast of any text that is shown with what is behind it."""

OUTLINE = """
JSON.stringify({
  headings: [...document.querySelectorAll('h1, h2, h3')].map((h) => h.tagName + ' ' + h.textContent),
  captions: [...document.querySelectorAll('table')].map((t) => !!t.caption && t.caption.textContent.length > 3),
  heads: [...document.querySelectorAll('th')].every((th) => ['row', 'col'].includes(th.scope)),
  sides: [...document.querySelectorAll('section')].map((s) => { const r = s.getBoundingClientRect(); return [r.left, r.top, r.right]; }),
  clipped: [...document.querySelectorAll('section *')].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).length,
  small: Math.min(...[...document.querySelectorAll('td, p, div')].map((e) => parseFloat(getComputedStyle(e).fontSize))),
})
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A message with everything on it, a word longer than any telephone is wide among it, explained."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "relay.toml").write_text(RELAY_TOML.format(port=25))
    (folder / "counselors.toml").write_text(
        COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')
    )
    earlier = Earlier("Sleep", "Robin", "kmn4w8p2zt6q9xv3hd7r@relay.test", "<x@relay.test>", "Hello\nthere")
    text = (
        f"I cannot sleep. Write to {letters.SEEKER}.\n<img src='https://tracker.test/p.gif'>\n\n"
        f"{'long' * 60}\n\nhttps://news.test/{'path/' * 40}\n\n\u0634\u0643\u0631\u0627 \u4f60\u597d"
    )
    message = letters.apple(text, earlier.from_address, "Re: Sleep", 1, earlier)
    file = folder / "page.html"
    file.write_text(as_page(explain(message, load(folder), "seeker")), "utf-8")
    return file


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_is_readable_on_a_phone_and_on_a_desk(
    browser: Browser, page: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    """Nothing scrolls sideways, nothing is cut off, text stands out, and the two sides are where they belong."""
    shown = browser.open(page, width, scheme=scheme)
    assert shown.value("document.documentElement.scrollWidth") == width
    assert shown.value(CONTRASTS) >= LEAST_CONTRAST
    outline = json.loads(shown.value(OUTLINE))
    assert outline["clipped"] == 0
    assert outline["small"] >= 14
    (sent_left, sent_top, sent_right), (got_left, got_top, _) = outline["sides"]
    if width == PHONE:
        assert got_top > sent_top
        assert got_left == sent_left
    else:
        assert got_top == sent_top
        assert got_left > sent_right
    shown.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_can_be_heard_as_well_as_seen(browser: Browser, page: Path) -> None:
    """One first heading, levels without gaps, a caption on every table and a scope on every head of one."""
    outline = json.loads(browser.open(page, DESK).value(OUTLINE))
    levels = [int(heading[1]) for heading in outline["headings"]]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert outline["headings"][1:3] == ["H2 What the seeker sent", "H3 Subject and text"]
    assert "H2 What the counselor receives" in outline["headings"]
    assert len(outline["captions"]) == 4
    assert all(outline["captions"])
    assert outline["heads"]


def test_no_request_leaves_the_page(tmp_path: Path, page: Path) -> None:
    """The file itself is all that is asked for, as the page, the browser and its network see it."""
    with Browser(tmp_path) as browser:
        shown = browser.open(page, PHONE)
        assert shown.requests == [page.resolve().as_uri()]
    assert ours(asked_for(browser.net_log)) == []


def test_the_policy_stops_what_would_be_on_the_page(page: Path, tmp_path: Path) -> None:
    """Were a picture and a script on it in spite of all, nothing would be fetched and nothing would run."""
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text("utf-8").replace("<main>", f"{TRACKERS}<main>"), "utf-8")
    with Browser(tmp_path) as browser:
        assert browser.open(broken, PHONE).value("document.title") != "ran"
    assert ours(asked_for(browser.net_log)) == []


def test_the_measurements_can_fail(tmp_path: Path) -> None:
    """A page without policy, with a tracker, a wide line and grey text is found out by each of them."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<!DOCTYPE html><meta name="viewport" content="width=device-width"><body>'
        f'{TRACKERS}<p style="width:900px;color:#999;background:#fff">grey and wide</p>'
    )
    with Browser(tmp_path) as browser:
        shown = browser.open(bad, PHONE)
        assert shown.value("document.documentElement.scrollWidth") > PHONE
        assert shown.value(CONTRASTS) < LEAST_CONTRAST
        assert "https://tracker.test/p.gif" in shown.requests
        assert shown.value("document.title") == "ran"
    assert ours(asked_for(browser.net_log)) == ["https://tracker.test/p.gif"]


TRACKERS = '<img src="https://tracker.test/p.gif" alt=""><script>document.title = "ran"</script>'


def ours(urls: list[str]) -> list[str]:
    return [url for url in urls if not (urlsplit(url).hostname or "").endswith(VENDOR)]
