"""The guides: every link leads somewhere, the site has all of them, and what they tell people to write exists."""

from __future__ import annotations

import importlib.util
import re
from argparse import ArgumentParser
from html.parser import HTMLParser
from pathlib import Path

import pytest

from docs import standards
from docs.standards_status import STATUS, TITLES
from relay.cli import parser
from relay.domain.verbs import VERBS
from relay.edge.store.tables import metadata

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("site_of_guides", ROOT / "docs" / "site.py")
assert _SPEC is not None
assert _SPEC.loader is not None
site = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(site)

PAGES = [path.relative_to(ROOT).as_posix() for path in site.sources()]
LANGUAGES = ("en", "de", "es", "fr", "ar")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page: str) -> None:
    """Within the project; others are not asked."""
    assert site.broken(ROOT / page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above is not blind: neither to files nor to headings."""
    monkeypatch.setattr(site, "ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# One\n\n## Two words: `x`\n\n## One\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md#two-words-x) [b](there.md#one-1) [c](there.md#three) [d](gone.md) [e](#here) [f](../x) "
        "![g](no.svg) [h](https://example.org/)\n"
    )
    assert site.broken(page) == ["there.md#three", "gone.md", "#here", "../x", "no.svg"]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                self.found.append(value or "")
            if name == "id":
                self.ids.add(value or "")
        assert tag not in ("script", "link", "iframe")


def test_the_site_holds_together(tmp_path: Path) -> None:
    """Each link of each page leads to a file that was written, and to a heading that is there."""
    pages = site.build(tmp_path)
    assert len(pages) == len(PAGES)
    read = {}
    for page in pages:
        read[page.resolve()] = _Links()
        read[page.resolve()].feed(page.read_text("utf-8"))
    for page, found in read.items():
        for link in found.found:
            path, _, anchor = link.partition("#")
            if re.match("[a-z]+:", link):
                continue
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), (page.name, link)
            assert not anchor or target not in read or anchor in read[target].ids, (page.name, link)
    assert '<html lang="ar" dir="rtl">' in (tmp_path / "docs" / "counselor-page" / "ar.html").read_text(
        "utf-8"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_for_counselors_is_one_page_and_says_the_same_everywhere(language: str) -> None:
    """The same commands in each language, all of which there are; short enough for a sheet of paper."""
    folder = ROOT / "docs" / "counselor-page"
    text = (folder / f"{language}.md").read_text("utf-8")
    commands = re.findall(r"`(![^`]+)`", text)
    assert commands == re.findall(r"`(![^`]+)`", (folder / "en.md").read_text("utf-8"))
    assert {command[1:].split()[0] for command in commands} <= set(VERBS)
    assert len(text.split()) < 480
    assert "`SEND`" in text
    assert "FORGET ME" in text


def commands() -> dict[str, set[str]]:
    """Every command with its options and those of its own commands."""
    return {name: options_of(each) for name, each in subcommands(parser()).items()}


def subcommands(one: ArgumentParser) -> dict[str, ArgumentParser]:
    return next((a.choices for a in one._actions if isinstance(a.choices, dict)), {})


def options_of(one: ArgumentParser) -> set[str]:
    own = {option for action in one._actions for option in action.option_strings}
    return own.union(*(options_of(each) for each in subcommands(one).values()))


def test_the_threat_model_says_of_every_table_what_is_noticed() -> None:
    """Whoever adds a table decides what happens when somebody writes into it, and says so."""
    section = (ROOT / "docs/threat-model.md").read_text().partition("## Rows that somebody writes into")[2]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    said = [name for row in rows for name in re.findall(r"`(\w+)`", row[1])]
    assert sorted(said) == sorted(metadata.tables)
    assert {cell.strip() for row in rows for cell in row[2:6]} == {"at once", "copy", "no"}


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_commands_that_a_guide_shows_exist(page: str) -> None:
    """With their options, as far as they stand on the same line."""
    known = commands()
    shown = re.findall(
        r"(?:^ {4}|`)(?:\.venv/bin/|sudo -u relay )?relay ([a-z]+)([^\n`#|]*)",
        (ROOT / page).read_text("utf-8"),
        re.MULTILINE,
    )
    for name, rest in shown:
        assert name in known, name
        assert set(re.findall(r"(?<= )--[a-z-]+", rest)) <= known[name], (name, rest)


def test_every_standard_that_is_cited_has_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three words and what they leave open; without one, or with one of what nobody cites, nothing is written."""
    words = re.compile(r"kept(: .+)?|kept in part: .+|refused on purpose: .+|for the tests: .+")
    said = {says for clauses in STATUS.values() for says in clauses.values()}
    assert [each for each in said if not words.fullmatch(each)] == []
    assert all(standards.WHOLE in clauses for clauses in STATUS.values())
    standards.page(TITLES, STATUS)
    undecided = {number: clauses for number, clauses in STATUS.items() if number != 5321}
    with pytest.raises(LookupError, match="5321"):
        standards.page(TITLES, undecided)
    with pytest.raises(LookupError, match=r"9\.9\.9"):
        standards.page(TITLES, {**STATUS, 5321: {**STATUS[5321], "9.9.9": "kept"}})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(RFC 5321 §4.5.2).", [(5321, "4.5.2")]),
        (
            "RFC 5322 §2.1.1, §3.3 and §3.6; RFC 2047.",
            [(5322, "2.1.1"), (5322, "3.3"), (5322, "3.6"), (2047, "")],
        ),
        ("RFC 3834 (§2 when to answer, §5 Auto-Submitted)", [(3834, "2"), (3834, "5")]),
        ("RFC 9580 §6.2 (armour),\n§7 (text)", [(9580, "6.2"), (9580, "7")]),
        ("RFC 2045 §6.7-6.8 (both)", [(2045, "6.7"), (2045, "6.8")]),
        ("RFC 2047 §5 (3)). Then §9 of ours", [(2047, "5")]),
    ],
)
def test_citations_are_read_with_all_their_clauses(text: str, found: list[tuple[int, str]]) -> None:
    """As people write them in docstrings."""
    assert list(standards.citations(text)) == found
