"""``relay check`` and reading lists: what is wrong with a text is named with file and line, what is old is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.cli import main
from relay.config import load
from relay.parts import reading_warnings
from tests.unit.config.folder import write

TEXT = "---\ntitle: Exams\nlanguage: en\ntopics: school\nchecked: {day}\n---\nBreathe.\n"


def own(folder: Path, text: str) -> Path:
    (folder / "reading").mkdir()
    (folder / "reading" / "exam-fear.en.md").write_text(text, "utf-8")
    return write(folder)


def test_a_mistake_stops_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With every problem, as in the other files."""
    folder = own(tmp_path, TEXT.format(day="soon").replace("topics: school\n", ""))
    assert main(["check", "--config", str(folder)]) == 1
    err = capsys.readouterr().err
    assert "reading/exam-fear.en.md:1: topics is missing in the head" in err
    assert "reading/exam-fear.en.md:4: checked is no date; write it as 2026-05-31" in err


def test_a_text_is_asked_for_again_after_a_year(tmp_path: Path) -> None:
    """Those of the operator, and those that came with the program."""
    settings = load(own(tmp_path, TEXT.format(day="2025-11-29")))
    now = datetime(2026, 11, 30, tzinfo=UTC)
    (told,) = reading_warnings(settings, now)
    assert told.startswith(
        "reading/exam-fear.en.md: was last checked on 2025-11-29, more than a year ago; read it again"
    )
    assert len(list(reading_warnings(settings, now.replace(year=2028)))) > 20
