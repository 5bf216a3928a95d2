"""Instants in words: right on the wall clock of the place they name, in every language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from relay.mail.moments import next_duty_in_words, when_in_words
from relay.mail.text_names import CITY
from relay.mail.texts import Texts
from relay.resources import folder

TEXTS = Texts.load(folder("templates"))
BERLIN = "Europe/Berlin"
NOW = datetime(2026, 12, 14, 12, 0, tzinfo=UTC)
"""A Monday, 13:00 in Berlin."""


def _berlin(day: int, hour: int, minute: int = 0, month: int = 12, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "en", "de", "es", "fr", "ar"),
    [
        (
            _berlin(14, 18),
            "today at 18:00 (Berlin time)",
            "heute um 18:00 Uhr (Ortszeit Berlin)",
            "hoy a las 18:00 (hora de Berlín)",
            "aujourd'hui à 18h00 (heure locale : Berlin)",
            "اليوم في الساعة 18:00 (بتوقيت برلين)",
        ),
        (
            _berlin(15, 9, 30),
            "tomorrow at 09:30 (Berlin time)",
            "morgen um 09:30 Uhr (Ortszeit Berlin)",
            "mañana a las 09:30 (hora de Berlín)",
            "demain à 09h30 (heure locale : Berlin)",
            "غدا في الساعة 09:30 (بتوقيت برلين)",
        ),
        (
            _berlin(17, 1, 5),
            "on Thursday at 01:05 (Berlin time)",
            "am Donnerstag um 01:05 Uhr (Ortszeit Berlin)",
            "el jueves a la 01:05 (hora de Berlín)",
            "jeudi à 01h05 (heure locale : Berlin)",
            "يوم الخميس في الساعة 01:05 (بتوقيت برلين)",
        ),
        (
            _berlin(1, 18, month=1, year=2027),
            "on Friday 1 January at 18:00 (Berlin time)",
            "am Freitag, dem 1. Januar, um 18:00 Uhr (Ortszeit Berlin)",
            "el viernes 1 de enero a las 18:00 (hora de Berlín)",
            "le vendredi 1er janvier à 18h00 (heure locale : Berlin)",
            "يوم الجمعة 1 يناير في الساعة 18:00 (بتوقيت برلين)",
        ),
    ],
)
def test_a_moment_reads_naturally_in_every_language(
    at: datetime, en: str, de: str, es: str, fr: str, ar: str
) -> None:
    """Today, tomorrow, a day of this week, a date; at one o'clock and on a first of the month."""
    said = {
        language: when_in_words(TEXTS, language, at, NOW, BERLIN)
        for language in ("en", "de", "es", "fr", "ar")
    }
    assert said == {"en": en, "de": de, "es": es, "fr": fr, "ar": ar}


def test_the_day_is_named_only_while_it_can_mean_one_day() -> None:
    """From a week ahead on it would be today's name."""
    assert when_in_words(TEXTS, "en", _berlin(20, 18), NOW, BERLIN) == "on Sunday at 18:00 (Berlin time)"
    assert (
        when_in_words(TEXTS, "en", _berlin(21, 18), NOW, BERLIN)
        == "on Monday 21 December at 18:00 (Berlin time)"
    )


def test_days_change_at_midnight_of_the_place_and_not_of_utc() -> None:
    """23:00 UTC is tomorrow in Berlin already, and noon UTC is in Auckland, too."""
    late = datetime(2026, 12, 14, 22, 59, tzinfo=UTC)
    assert (
        when_in_words(TEXTS, "en", late + timedelta(minutes=1), late, BERLIN)
        == "tomorrow at 00:00 (Berlin time)"
    )
    assert when_in_words(TEXTS, "en", late + timedelta(minutes=1), late, "UTC") == "today at 23:00 (UTC)"
    assert when_in_words(TEXTS, "en", late, NOW, "Pacific/Auckland") == "today at 11:59 (Auckland time)"


def test_the_hour_is_the_wall_clock_s_on_that_day() -> None:
    """Summer time begins between now and then; the shift is still at 18:00."""
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert when_in_words(TEXTS, "en", datetime(2026, 3, 29, 16, 0, tzinfo=UTC), before, BERLIN).startswith(
        "tomorrow at 18:00"
    )


@pytest.mark.parametrize(
    ("zone", "named"),
    [
        ("UTC", "(UTC)"),
        ("Etc/UTC", "(UTC)"),
        ("Etc/GMT-2", "(UTC+2)"),
        ("Japan", "(UTC+9)"),
        ("Asia/Kathmandu", "(Kathmandu time)"),
        ("NZ-CHAT", "(UTC+13:45)"),
        ("America/New_York", "(New York time)"),
        ("America/Argentina/Buenos_Aires", "(Buenos Aires time)"),
    ],
)
def test_a_zone_is_named_after_its_city_or_by_its_distance_from_utc(zone: str, named: str) -> None:
    """Never as a key of the zone database, which is nobody's language."""
    assert when_in_words(TEXTS, "en", NOW + timedelta(hours=1), NOW, zone).endswith(named)


@pytest.mark.parametrize(
    "zone", ["Nowhere/Atlantis", "../../etc/passwd", "/etc/localtime", "", "a\0b", "Europe"]
)
def test_an_unknown_zone_still_gives_a_time_that_is_right(zone: str) -> None:
    """A person waits for this line: UTC, and named so, is better than none."""
    assert when_in_words(TEXTS, "en", NOW + timedelta(hours=1), NOW, zone) == "today at 13:00 (UTC)"


def test_what_is_not_known_or_not_ahead_is_said_honestly() -> None:
    """No promise of a time that is over, nor of one that nobody planned."""
    unknown = "We cannot say yet when somebody will be here."
    assert next_duty_in_words(TEXTS, "en", None, NOW, BERLIN) == unknown
    assert next_duty_in_words(TEXTS, "en", NOW, NOW, BERLIN) == unknown
    assert next_duty_in_words(TEXTS, "en", NOW + timedelta(hours=5), NOW, BERLIN) == (
        "The next volunteers are here today at 18:00 (Berlin time)."
    )


@pytest.mark.parametrize("language", TEXTS.languages)
def test_every_day_and_month_has_a_name_of_its_own(language: str) -> None:
    """A list with a line twice would send somebody on the wrong day."""
    assert len({TEXTS.word(f"weekday.{day}", language) for day in range(1, 8)}) == 7
    assert len({TEXTS.word(f"month.{month}", language) for month in range(1, 13)}) == 12


def test_every_city_with_another_name_is_one_of_the_zone_database() -> None:
    """A misspelt key would never be found."""
    cities = {zone.rpartition("/")[2] for zone in available_timezones()}
    named = {key.removeprefix(CITY) for _, key in TEXTS.words if key.startswith(CITY)}
    assert named <= cities


@pytest.mark.parametrize("language", TEXTS.languages)
@pytest.mark.parametrize("zone", [BERLIN, "America/Mexico_City", "Asia/Kolkata", "UTC"])
def test_every_hour_of_a_year_can_be_said(language: str, zone: str) -> None:
    """No hour, day, month or change of the clock without words; each holds the minute of the wall clock."""
    for hour in range(1, 366 * 24, 29):
        at = NOW + timedelta(hours=hour)
        said = when_in_words(TEXTS, language, at, NOW, zone)
        local = at.astimezone(ZoneInfo(zone))
        assert f"{local:%H:%M}" in said or f"{local:%Hh%M}" in said
        assert "{" not in said
