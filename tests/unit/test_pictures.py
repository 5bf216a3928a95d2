"""The pictures of the guides are those that the commands would give now, small, and show nobody."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from docs import pictures

TERMINALS = ("check", "rota", "status", "top")
PAGES = ("explain", "report")


def test_each_terminal_is_shown_as_it_is_now(tmp_path: Path) -> None:
    """The commands run on a line with a clock that stands still; ``make pictures`` draws them again."""
    drawn = pictures.terminals(tmp_path)
    assert tuple(sorted(drawn)) == TERMINALS
    stale = [
        name for name, svg in drawn.items() if (pictures.FOLDER / f"{name}.svg").read_text("utf-8") != svg
    ]
    assert stale == []


def test_each_page_is_shown_as_it_is_now(tmp_path: Path) -> None:
    """A PNG is not the same on every machine; it carries the hash of the page that it shows."""
    pages = pictures.pages(tmp_path)
    assert tuple(sorted(pages)) == PAGES
    stale = [name for name, (page, _) in pages.items()
             if pictures.hash_in(pictures.FOLDER / f"{name}.png") != pictures.page_hash(page)]  # fmt: skip
    assert stale == []


@pytest.mark.parametrize("name", TERMINALS)
def test_a_terminal_shows_nobody_and_fetches_nothing(name: str) -> None:
    """Pseudonyms and ids of counselors alone; no font and no picture from somewhere else."""
    svg = (pictures.FOLDER / f"{name}.svg").read_text("utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", svg)).replace("\N{NO-BREAK SPACE}", " ")
    assert f"$ relay {name}" in text
    assert [word for word in pictures.NAMES_NOBODY_SHOWS if word in text] == []
    assert "@" not in text
    assert re.findall(r"url\((?!#)|href|<script|<image|@import", svg) == []


def test_what_is_in_the_folder_is_drawn_small_and_shown_in_a_guide() -> None:
    """Nothing is left behind by hand."""
    files = sorted(path.name for path in pictures.FOLDER.iterdir())
    assert files == sorted([*(f"{name}.svg" for name in TERMINALS), *(f"{name}.png" for name in PAGES)])
    assert max((pictures.FOLDER / name).stat().st_size for name in files) < pictures.MOST_PNG_OCTETS
    guides = "".join(path.read_text("utf-8") for path in (pictures.ROOT / "docs").glob("*.md"))
    assert [name for name in files if f"](pictures/{name})" not in guides] == []
