"""What an operator promises: read, refused in words, handed on as values."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from relay.domain.clocks import Terms, Whom
from relay.domain.pledges import AtEnd, Pledge, Pledges
from tests.unit.config.folder import changed, problems, settings_of


def promise(lines: str) -> tuple[str, str]:
    """The good configuration with lines in ``[promise]``, which begins at line 23 of the file."""
    return "[authentication]", f"[promise]\n{lines}\n[authentication]"


def test_without_the_section_the_usual_is_promised(tmp_path: Path) -> None:
    """24 and 48 hours, no quiet hours, others are asked at the end; silence ends a conversation after 30 days."""
    assert settings_of(tmp_path).pledges() == Pledges(Pledge(Terms(idle=timedelta(days=30))))


def test_what_is_promised_reaches_the_timer(tmp_path: Path) -> None:
    """In one value."""
    lines = 'first_answer = "12h"\nlater_answers = "3d"\ninterval = "30m"\nrisk = ["30m", "45m", "1h"]\n'
    lines += 'quiet_hours = ["daily 22:00-08:00 Europe/Berlin"]\nat_end = "reassign"'
    pledge = settings_of(tmp_path, promise(lines)).pledges().of("help@relay.test")
    minutes = [timedelta(minutes=n) for n in (30, 45, 60)]
    assert pledge.terms == Terms(
        timedelta(hours=12),
        timedelta(days=3),
        minutes[0],
        (minutes[0], minutes[1], minutes[2]),
        timedelta(days=30),
    )
    assert pledge.at_end is AtEnd.REASSIGN
    assert pledge.quiet_for()[Whom.OPERATOR].shifts[0].zone.key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('first_answer = "soon"', "24: promise.first_answer: is not a length of time"),
        ("first_answer = 24", "24: promise.first_answer: must be text in quotes"),
        ('first_answer = "5m"', "24: promise.first_answer: must be between 15m and 30d"),
        ('interval = "4d"', "24: promise.interval: must be between 5m and 3d"),
        ('risk = ["60m", "60m", "90m"]', "24: promise.risk: must go from a shorter to a longer time"),
        ('risk = ["60m"]', "24: promise.risk"),
        ('quiet_hours = ["always"]', "24: promise.quiet_hours: has no end"),
        ('quiet_hours = ["at night"]', "24: promise.quiet_hours[1]: does not start with days"),
        ('at_end = "give up"', "24: promise.at_end"),
        ('answer = "1h"', "24: promise.answer: unknown key"),
    ],
)
def test_what_cannot_be_promised_is_told_in_words(tmp_path: Path, line: str, says: str) -> None:
    """At its line, with what to write instead."""
    found = problems(changed(tmp_path, promise(line)))
    assert any(says in each for each in found), found


QUEUE = """[[queue]]
name = "grief"
first_answer = "6h"
quiet_hours = ["daily 23:00-07:00 Europe/Paris"]
[authentication]"""


def test_a_queue_may_promise_something_else(tmp_path: Path) -> None:
    """For the addresses whose requests wait in it; what it says nothing of is as everywhere."""
    intake = ('language = "en"\n\n[smtp]', 'language = "en"\nqueue = "grief"\n\n[smtp]')
    settings = settings_of(tmp_path, intake, ("[authentication]", QUEUE))
    pledge = settings.pledges().of("help@relay.test")
    assert (pledge.terms.first, pledge.terms.later) == (timedelta(hours=6), timedelta(hours=48))
    assert pledge.quiet_for()[Whom.SUPERVISOR].shifts[0].zone.key == "Europe/Paris"
    assert settings.pledges().of("other@relay.test").terms.first == timedelta(hours=24)


def test_consent_to_a_hand_over_is_not_asked_where_nobody_has_a_conversation(tmp_path: Path) -> None:
    """A pool hands over all the time; the option would do nothing there."""
    queue = QUEUE.replace('name = "grief"', 'name = "grief"\nhandover_consent = true')
    intake = ('language = "en"\n\n[smtp]', 'language = "en"\nqueue = "grief"\n\n[smtp]')
    assert settings_of(tmp_path, intake, ("[authentication]", queue)).queue[0].handover_consent
    pool = queue.replace("handover_consent", 'continuity = "pool"\nhandover_consent')
    (found,) = problems(changed(tmp_path, intake, ("[authentication]", pool)))
    assert "queue[1]: has handover_consent with continuity = 'pool'" in found


def test_a_counselor_may_have_quiet_hours_of_their_own(tmp_path: Path) -> None:
    """By their own wall clock."""
    line = ("capacity = 1000", 'capacity = 1000\nquiet_hours = ["daily 20:00-07:00 Asia/Tokyo"]')
    settings = settings_of(tmp_path, line)
    ana = settings.roster().counselors[0]
    quiet = settings.pledges().of("help@relay.test").quiet_for(ana.quiet)
    assert quiet[Whom.COUNSELOR].shifts[0].zone.key == "Asia/Tokyo"
    assert not quiet[Whom.SUPERVISOR].shifts
