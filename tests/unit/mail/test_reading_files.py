"""Reading lists: what a file must say, and how every mistake is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from relay.domain.reading import Shelf
from relay.errors import ConfigError
from relay.mail.reading_files import read_shelf
from relay.mail.reading_lines import titles, whole
from relay.mail.texts import Texts
from relay.resources import folder

SHIPPED = read_shelf([folder("templates") / "reading"])
TEXTS = Texts.load(folder("templates"))
GOOD = """---
title: A good night
language: en
topics: sleep, worry
checked: 2026-05-31
about: In short.
---
Text.
"""


def shelf(tmp_path: Path, **files: str) -> Shelf:
    place = tmp_path / "reading"
    place.mkdir()
    for name, text in files.items():
        (place / f"{name.replace('_', '-')}.md".replace("-en.md", ".en.md")).write_text(text, "utf-8")
    return read_shelf([place])


def test_a_file_is_read(tmp_path: Path) -> None:
    """Head and text."""
    (one,) = shelf(tmp_path, good_en=GOOD).readings
    assert (one.name, one.title, one.topics, one.checked, one.text) == (
        "good", "A good night", ("sleep", "worry"), date(2026, 5, 31), "Text.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("---\ntitle", "title", "reading/good.en.md:1: has no head"),
        ("Text.\n", "Text.\n\x07", "reading/good.en.md:9: holds a control character"),
        ("title: A good night\n", "", "reading/good.en.md:1: title is missing in the head"),
        ("topics: sleep, worry", "topics:", "reading/good.en.md:4: topics is empty"),
        ("checked: 2026-05-31", "checked: May", "reading/good.en.md:5: checked is no date; write it as 2026-05-31"),
        ("checked: 2026-05-31\n", "", "reading/good.en.md:1: checked is missing in the head"),
        ("about: In short.", "author: me", "reading/good.en.md:6: is none of about, checked, language, link, title, topics"),
        ("about: In short.", "title: again", "reading/good.en.md:6: title stands here twice"),
        ("language: en", "language: de", "reading/good.en.md:3: language is de, and the file's name says en"),
        ("about: In short.", "link: https://a.example/?utm_source=b", "reading/good.en.md:6: link is no plain web address"),
        ("Text.\n", "Text.\n!close\n", "reading/good.en.md:9: begins like a command"),
        ("Text.\n", "See https://a.example/?utm_source=b\n", "reading/good.en.md:8: holds a web address that follows"),
        ("Text.\n", "", "has neither a text nor a link to one"),
        ("Text.", "x" * 6001, "is longer than 6000 characters"),
        ("Text.", "x" * 20000, "is larger than 16384 octets"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    """File, line, remedy."""
    with pytest.raises(ConfigError) as caught:
        shelf(tmp_path, good_en=GOOD.replace(old, new, 1))
    assert any(told in problem for problem in caught.value.problems), caught.value.problems


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Also those of several files, and a name that is none."""
    with pytest.raises(ConfigError) as caught:
        shelf(tmp_path, one_en=GOOD.replace("title", "titel"), two="x", three_en=GOOD.replace("2026", "20XX"))
    assert {problem.partition(":")[0] for problem in caught.value.problems} == {
        "reading/one.en.md", "reading/two.md", "reading/three.en.md",
    }  # fmt: skip


def test_the_operators_own_text_replaces_ours(tmp_path: Path) -> None:
    """Same name and language; a folder that is not there holds nothing."""
    own = tmp_path / "reading"
    own.mkdir()
    (own / "panic.en.md").write_text(GOOD, "utf-8")
    both = read_shelf([folder("templates") / "reading", own, tmp_path / "none"])
    panic = both.named("panic", "en")
    assert panic is not None
    assert panic.title == "A good night"
    assert len(both.readings) == len(SHIPPED.readings)


def test_what_we_ship_is_whole_in_every_language() -> None:
    """Every text in every language that there are texts in, checked in the last year of its release, and short."""
    names = {each.name for each in SHIPPED.readings}
    assert SHIPPED.languages() >= set(TEXTS.languages)
    for name in names:
        assert set(SHIPPED.others(name)) == SHIPPED.languages()
    for each in SHIPPED.readings:
        assert len(each.text.split()) <= 220, each.name
        assert "http" not in each.text
        assert each.about
    assert SHIPPED.old(date(2026, 12, 1)) == ()
    assert len(SHIPPED.old(date(2027, 12, 2))) == len(SHIPPED.readings)


def test_a_text_is_found_by_its_name_in_the_readers_language_only() -> None:
    """Another language is no answer: the counselor is told which there are."""
    german = SHIPPED.named("sleep-tips", "de-AT".lower())
    assert german is not None
    assert german.language == "de"
    assert SHIPPED.named("sleep-tips", "pl") is None
    assert "fr" in SHIPPED.others("sleep-tips")
    assert whole(german).startswith("Schlafen, wenn der Kopf nicht aufhört\n\nViele Menschen")


def test_titles_are_found_by_topic_in_a_language() -> None:
    """All words count; a title says how to get at what is behind it."""
    assert [each.name for each in SHIPPED.about(["Trauer"], "de")] == ["grief"]
    assert [each.name for each in SHIPPED.about(["grief"], "de")] == ["grief"]
    assert SHIPPED.about(["grief", "sleep"], "de") == ()
    assert SHIPPED.about([], "de") == ()
    told = titles(TEXTS, "de", SHIPPED.about(["angst"], "de"))
    assert told.startswith("Wenn Panik kommt (schreib uns, dann schicken wir es dir)\nKleine Dinge")
