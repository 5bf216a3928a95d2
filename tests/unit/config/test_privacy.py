"""What an operator may choose about delay, sizes, files and signatures: read, refused in words, warned about."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay import config
from relay.config.example import render_example
from relay.domain.delays import Delay
from tests.unit.config.folder import changed as folder_with
from tests.unit.config.folder import problems, settings_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def privacy(line: str) -> tuple[str, str]:
    """The good configuration with one line in ``[privacy]``, which is line 24 of the file."""
    return "[authentication]", f"[privacy]\n{line}\n[authentication]"


def test_nothing_is_chosen_by_default(tmp_path: Path) -> None:
    """At once, as large as it is, without what cannot be cleaned, signatures cut."""
    settings = settings_of(tmp_path)
    assert settings.privacy.delay is None
    assert (settings.service_values().padded, settings.service_values().holds_files) == (False, False)
    assert [c.asks_about_signature for c in settings.roster().counselors] == [False, False]


def test_what_is_chosen_reaches_those_who_keep_it(tmp_path: Path) -> None:
    """The plan of routing, the values of every message, the roster."""
    settings = settings_of(
        tmp_path,
        privacy('delay = "30-300s"\npadding = "buckets"\nother_files = "hold"'),
        ("capacity = 3", 'signature = "hold"'),
    )
    assert settings.privacy.delay == Delay(30, 300)
    assert (settings.service_values().padded, settings.service_values().holds_files) == (True, True)
    assert [c.asks_about_signature for c in settings.roster().counselors] == [False, True]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ('delay = "30-120"', "privacy.delay: is not a range of time; write 'off', or for example '30-120s'"),
        ('delay = "5-1m"', "privacy.delay: must go from a shorter to a longer time; write for example"),
        ('delay = "1-90m"', "privacy.delay: lets people wait for more than an hour; at most '0-60m'"),
        ("delay = 60", "privacy.delay: must be text in quotes: 'off' or a range such as '30-120s'"),
        ("delay = true", "privacy.delay: must be text in quotes"),
        ('padding = "on"', "privacy.padding: must be 'off' or 'buckets'"),
        ("padding = true", "privacy.padding: must be 'off' or 'buckets'"),
        ('other_files = "pass"', "privacy.other_files: must be 'drop' or 'hold'"),
        ('paddding = "off"', "privacy.paddding: unknown key; did you mean padding?"),
    ],
)
def test_a_bad_choice_is_refused_with_a_sentence(line: str, finding: str, tmp_path: Path) -> None:
    """At its line, with what may stand there."""
    found = problems(folder_with(tmp_path, privacy(line)))
    assert [each for each in found if each.startswith(f"relay.toml:24: {finding}")]


def test_a_bad_signature_rule_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """There is no rule that lets a signature through."""
    found = problems(folder_with(tmp_path, ("capacity = 3", 'signature = "keep"')))
    assert found == ("counselors.toml:21: counselor[2].signature: must be 'strip' or 'hold'",)


@pytest.mark.parametrize(
    ("text", "is_told"), [("30-120s", True), ("0-60s", True), ("1-5m", False), ("30-300s", False)]
)
def test_a_range_that_hides_little_is_a_warning(text: str, is_told: bool, tmp_path: Path) -> None:
    """Allowed, and measured to be of little use; the better ranges are not warned about."""
    found = config.warnings(settings_of(tmp_path, privacy(f'delay = "{text}"')), now=NOW)
    assert any("privacy.delay hides little" in each for each in found) is is_told


def test_every_choice_stands_in_the_example_and_its_examples_load(tmp_path: Path) -> None:
    """An operator takes the comment sign away, and it works."""
    example = render_example()
    for name in ("delay", "padding", "other_files"):
        (line,) = [each[2:] for each in example["relay.toml"].split("\n") if each.startswith(f"# {name} = ")]
        assert tomllib.loads(line)
        folder = tmp_path / name
        folder.mkdir()
        settings_of(folder, privacy(line))
    assert '# signature = "strip"' in example["counselors.toml"]
