"""Safe hours: when mail may reach somebody, on both days of the year on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relay.domain.wishes import NO_WISHES, Wishes, is_span, safe_hours
from relay.mail.seeker_words import zone_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_without_hours_mail_leaves_now() -> None:
    """Discreet or not."""
    assert NO_WISHES.opens(NOON) == NOON
    assert Wishes(discreet=True).opens(NOON) == NOON
    assert Wishes().span is None


def test_mail_waits_for_the_hours_to_begin() -> None:
    """By the clock that was named; inside, it leaves at once; a window may run past midnight."""
    wishes = Wishes(discreet=True, hours=safe_hours("09:00-17:00", "Europe/Berlin"))
    assert wishes.span == ("09:00", "17:00", "Europe/Berlin")
    assert wishes.opens(NOON) == NOON
    assert wishes.opens(NOON.replace(hour=16)) == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    night = Wishes(hours=safe_hours("22:00-02:00", "UTC"))
    assert night.opens(NOON) == NOON.replace(hour=22)
    assert night.opens(NOON.replace(hour=1)) == NOON.replace(hour=1)


def test_hours_follow_the_clock_on_the_wall() -> None:
    """Nine in Berlin is 8 UTC in winter and 7 in summer."""
    wishes = Wishes(hours=safe_hours("09:00-17:00", "Europe/Berlin"))
    assert wishes.opens(datetime(2026, 3, 28, 20, tzinfo=UTC)) == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert wishes.opens(datetime(2026, 10, 24, 20, tzinfo=UTC)) == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_every_minute_of_a_year_is_inside_or_waits_less_than_a_day() -> None:
    """Sampled each 37 minutes, in a zone with odd offsets."""
    wishes = Wishes(hours=safe_hours("06:30-07:00", "Australia/Lord_Howe"))
    at = NOON
    while at < NOON + timedelta(days=366):
        opens = wishes.opens(at)
        assert at <= opens < at + timedelta(hours=24, minutes=30)
        assert wishes.opens(opens) == opens
        at += timedelta(minutes=37)


@pytest.mark.parametrize("bad", ["", "9-17", "09:00-17:00", "25:00-26:00 UTC", "09:00-17:00 Mars/Base", "mon 09:00-10:00 UTC",
                                 "09:00-17:00 UTC extra", "09:00-09:00 UTC"])  # fmt: skip
def test_what_a_worker_says_is_no_span_until_it_is_read(bad: str) -> None:
    """It reads hostile bytes."""
    assert not is_span(bad)
    assert is_span("09:00-17:00 Etc/GMT-2")


@pytest.mark.parametrize(
    ("date", "usual", "zone"),
    [
        (b"Mon, 23 Nov 2026 13:00:00 +0100", "Europe/Berlin", "Europe/Berlin"),
        (b"Mon, 23 Nov 2026 13:00:00 +0100 (CET)", "UTC", "Etc/GMT-1"),
        (b"Mon, 23 Nov 2026 08:00:00 -0500", "Europe/Berlin", "Etc/GMT+5"),
        (b"Mon, 23 Nov 2026 12:00:00 +0000", "Europe/Berlin", "Europe/Berlin"),
        (b"Mon, 23 Nov 2026 17:30:00 +0530", "Europe/Berlin", "Europe/Berlin"),
        (b"nonsense", "Europe/Berlin", "Europe/Berlin"),
        (b"", "UTC", "UTC"),
    ],
)
def test_hours_are_by_the_clock_that_their_mail_shows(date: bytes, usual: str, zone: str) -> None:
    """Unless that is the line's own, or says nothing; the answer names it, so that it can be put right."""
    assert zone_of(date, usual, NOON) == zone
    assert is_span(safe_hours("09:00-17:00", zone))
