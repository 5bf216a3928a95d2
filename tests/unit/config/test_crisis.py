"""``crisis.toml``: what it must say, what ``relay check`` asks for again, and the set that we ship."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.config import load, warnings
from relay.config.crisis import CRISIS_FILE
from relay.domain.crisis import INTERNATIONAL
from relay.domain.referrals import Phone
from relay.referrals.numbers import is_diallable
from tests.unit.config.folder import RELAY, problems, write

EXAMPLE = Path(__file__).parents[3] / "config" / "crisis.example.toml"
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
CRISIS = """\
[[crisis]]
country = "international"
name = "Anywhere"
web = "https://anywhere.example/"
checked = 2026-11-01
source = "https://anywhere.example/"

[[crisis]]
country = "GB"
name = "Adults"
phone = "116 123"
pair = "gb"
checked = 2026-11-01
source = "a call"

[[crisis]]
country = "GB"
name = "Young"
phone = "0800 1111"
pair = "gb"
about = { en = "under 19" }
checked = 2025-11-29
source = "a call"
"""


def folder(tmp_path: Path, *edits: tuple[str, str], relay: str = RELAY, crisis: str = CRISIS) -> Path:
    for old, new in edits:
        assert old in crisis
        crisis = crisis.replace(old, new, 1)
    (tmp_path / CRISIS_FILE).write_text(crisis, "utf-8")
    return write(tmp_path, relay)


def test_a_service_without_the_file_runs(tmp_path: Path) -> None:
    """It is the operator's to have."""
    assert load(write(tmp_path)).crisis_book().lines == ()


def test_the_file_is_read(tmp_path: Path) -> None:
    """In the operator's order, with the words for each language."""
    book = load(folder(tmp_path)).crisis_book()
    assert [(line.country, line.name) for line in book.lines] == [
        (INTERNATIONAL, "Anywhere"), ("GB", "Adults"), ("GB", "Young"),
    ]  # fmt: skip
    assert book.lines[2].about_in("en") == "under 19"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('country = "international"', 'country = "IE"', f"{CRISIS_FILE}:1: crisis: none is for everybody"),
        ('country = "GB"', 'country = "England"', f"{CRISIS_FILE}:9: crisis[2].country: is not a country"),
        ('phone = "116 123"\npair = "gb"', 'pair = "gb"', f"{CRISIS_FILE}:8: crisis[2]: has neither phone nor web"),
        ('pair = "gb"', "", "crisis[3].pair: is the only line with this word"),
        ('country = "GB"', 'country = "IE"', "crisis[2].pair: joins lines of different countries"),
        ("checked = 2026-11-01", "checked = 2999-01-01", "crisis[1].checked: has not been yet"),
        ("checked = 2026-11-01\n", "", "crisis[1].checked: is missing"),
        ('source = "https://anywhere.example/"\n', "", "crisis[1].source: is missing"),
        ('phone = "116 123"', 'telephone = "116 123"', "crisis[2].telephone: unknown key"),
        ("[[crisis]]", "[[line]]", "line: unknown"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    """As in the other files."""
    found = problems(folder(tmp_path, (old, new)))
    assert any(told in problem for problem in found), found


def test_a_line_is_asked_for_again_after_a_year(tmp_path: Path) -> None:
    """``relay check`` names it; nothing stops: a number that was true a year ago is better than none."""
    settings = load(folder(tmp_path))
    told = [each for each in warnings(settings, now=NOW) if each.startswith(CRISIS_FILE)]
    assert told == [
        f"{CRISIS_FILE}: crisis[3] (Young) was last checked on 2025-11-29, more than a year ago; see whether it is still "
        "true, then write the new date"
    ]
    assert not [
        each for each in warnings(settings, now=NOW.replace(month=11, day=1)) if each.startswith(CRISIS_FILE)
    ]


def test_an_intake_for_a_country_without_lines_is_told(tmp_path: Path) -> None:
    """Somebody meant to write them."""
    relay = RELAY.replace('language = "en"', 'language = "en"\ncountries = ["GB", "FR"]', 1)
    told = [
        each for each in warnings(load(folder(tmp_path, relay=relay)), now=NOW) if "an intake is for" in each
    ]
    assert told == [f"relay.toml: an intake is for FR, and {CRISIS_FILE} has no line of that country"]
    wrong = problems(folder(tmp_path, relay=relay.replace('"FR"', '"uk"')))
    assert (
        "relay.toml:9: intake[1].countries[2]: is not a country; write its two capital letters (ISO 3166), as in GB"
        in wrong
    )


def test_what_we_ship_has_to_be_checked_before_it_is_used(tmp_path: Path) -> None:
    """No line has a date: whoever copies the file as it is, is told so for each of them."""
    text = EXAMPLE.read_text("utf-8")
    found = problems(folder(tmp_path, crisis=text))
    assert len(found) == text.count("[[crisis]]")
    assert all(".checked: is missing" in problem for problem in found), found


def test_what_we_ship_is_whole_once_it_is_checked(tmp_path: Path) -> None:
    """Sources that can be looked at, pairs that are two, numbers that can be dialled in their country."""
    text = re.sub(r"(?m)^# (checked = .*)$", r"\1", EXAMPLE.read_text("utf-8"))
    settings = load(folder(tmp_path, crisis=text))
    for line in settings.crisis:
        assert line.source.startswith("https://")
        if line.phone:
            assert is_diallable(Phone(line.phone, line.country)) is not False, line.name
    assert settings.crisis_book().has(INTERNATIONAL)
