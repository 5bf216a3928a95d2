"""What the operator sees of duty: a picture that fits, every gap, and who would get a request and why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from relay import cli
from relay.config import load, warnings
from relay.rostering import read
from relay.rota import show
from relay.rota_picture import Style
from tests.support.calendars import calendar
from tests.unit.config.folder import COUNSELORS, RELAY, SECRETS, write

ROOT = Path(__file__).resolve().parents[2]
MORE = """
[[intake]]
address = "grief@relay.test"
queue = "grief"

[duty]
zone = "Europe/Berlin"
"""
KIM = """
[[counselor]]
id = "kim"
pseudonym = "Aspen"
name = "Kim Brandt"
address = "kim.b@mail.test"
languages = ["de"]
queues = ["grief"]
rota = "kim.ics"
"""
NIGHTS = calendar(
    "UID:1\nDTSTART;TZID=Europe/Berlin:20261123T220000\nDTEND;TZID=Europe/Berlin:20261124T060000\nRRULE:FREQ=DAILY"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    counselors = COUNSELORS.replace('duty = ["always"]', 'duty = ["mon-fri 08:00-20:00 Europe/Berlin"]')
    counselors = counselors.replace(
        'languages = ["en", "es"]', 'languages = ["en", "es"]\nqueues = ["general"]'
    )
    write(tmp_path, RELAY + MORE, counselors + KIM)
    (tmp_path / "kim.ics").write_text(NIGHTS)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert not [secret for secret in (*SECRETS, "Brandt", "kim.b") if secret in shown]
    return shown


def test_the_picture_fits_and_marks_every_gap(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half-hours with nobody are marked by their shape, and told in words."""
    shown = run(capsys, "rota", "--config", str(folder), "--at", "2026-11-25T21:00")
    lines = shown.splitlines()

    assert max(map(len, lines)) <= 80
    assert shown.isascii()
    wednesday = next(line for line in lines if line.startswith("Wed 25 Nov"))
    assert wednesday == "Wed 25 Nov  " + "." * 16 + "1" * 20 + "2" * 4 + "1" * 4 + "." * 4
    assert "  Wed 25 Nov 22:00 to Thu 26 Nov 08:00, 10.0 h" in lines
    assert any(line.startswith("kim") and "##" in line for line in lines)
    assert sum(line.startswith("Queue ") for line in lines) == 2
    assert "Queue general. On duty now: ben." in lines


def test_a_terminal_shows_gaps_reversed_and_no_colour_is_needed(folder: Path) -> None:
    """The marks are other characters, too."""
    style = Style.of(is_terminal=True, encoding="utf-8", colour=True)
    coloured = "\n".join(show(folder, 1, "2026-11-25T21:00", style, as_json=False))
    plain = Style.of(is_terminal=True, encoding="utf-8", colour=False)
    without = "\n".join(show(folder, 1, "2026-11-25T21:00", plain, as_json=False))

    assert coloured.replace("\x1b[7m", "").replace("\x1b[0m", "") == without
    assert "\N{MIDDLE DOT}" in without


def test_values_instead_of_a_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for programs."""
    shown = run(capsys, "rota", "--config", str(folder), "--at", "2026-11-25T21:00", "--json")
    found = json.loads(shown)

    assert [each["queue"] for each in found["queues"]] == ["general", "grief"]
    assert found["queues"][0]["on_duty"] == ["ben"]
    assert ["2026-11-25T21:00:00+00:00", "2026-11-26T07:00:00+00:00"] in found["queues"][0]["gaps"]


def test_who_would_get_it_and_why_not_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By day Ana and Ben share the general queue; at night nobody answers it."""
    by_day = run(capsys, "who", "--config", str(folder), "--intake", "help@relay.test", "--language", "es",
                 "--at", "2026-11-25T19:00")  # fmt: skip
    at_night = run(
        capsys, "who", "--config", str(folder), "--intake", "help@relay.test", "--at", "2026-11-25T23:00"
    )

    assert by_day.startswith("ana would get it on Wed 25 Nov 2026 19:00 Europe/Berlin: speaks the language")
    assert "ben could, and somebody else fits better" in by_day
    assert "kim does not answer this queue" in by_day
    assert at_night.startswith("Nobody would get it")
    assert "ana is off duty until Thu 26 Nov 08:00" in at_night


def test_an_unknown_intake_address_and_a_senseless_time_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what there is."""
    assert cli.main(["who", "--config", str(folder), "--intake", "nobody@relay.test"]) == 1
    assert "there are help@relay.test, grief@relay.test" in capsys.readouterr().err
    assert cli.main(["rota", "--config", str(folder), "--at", "soon"]) == 1
    assert cli.main(["rota", "--config", str(folder), "--days", "0"]) == 1


def test_a_check_warns_of_gaps_for_each_queue(folder: Path) -> None:
    """Ben has the weekend off, too; the nights of grief are Kim's, the days nobody's."""
    from datetime import UTC, datetime

    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    settings = load(folder)
    found = [
        each
        for each in warnings(settings, now=now, roster=read(settings, now))
        if "nobody is on duty" in each
    ]

    assert len(found) == 1
    assert "for the queue general for 58 hours" in found[0]


def test_a_broken_calendar_is_told_by_check_with_its_line(folder: Path) -> None:
    """As the operator runs it."""
    (folder / "kim.ics").write_text(NIGHTS.replace("FREQ=DAILY", "FREQ=SECONDLY"))
    done = subprocess.run(
        [sys.executable, "-m", "relay", "check", "--config", str(folder)],
        check=False, capture_output=True, text=True, timeout=60, cwd=ROOT, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip

    assert done.returncode == 1
    assert "counselors.toml: rota of counselor kim: kim.ics:8 repeats by no rule" in done.stderr
