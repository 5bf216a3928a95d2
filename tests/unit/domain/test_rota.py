"""Duty follows the clock on the wall of the shift's zone, over every change of the clocks."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.domain.rota import HORIZON, Rota, Shift

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")

CLOCK_CHANGES = (
    ("Europe/Berlin", datetime(2027, 3, 27, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 13, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 10, 31, tzinfo=UTC)),  # changes at midnight
    ("Australia/Lord_Howe", datetime(2027, 4, 3, tzinfo=UTC)),  # by half an hour
    ("Asia/Kathmandu", datetime(2027, 3, 27, tzinfo=UTC)),  # never, and 5:45 from UTC
    ("Pacific/Apia", datetime(2011, 12, 29, tzinfo=UTC)),  # skipped a whole Friday
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rota(*lines: str) -> Rota:
    return Rota.parse(lines)


def spans(plan: Rota, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When somebody is on duty, as ``next_change`` tells it."""
    found, moment = [], begin
    while moment < end:
        change = plan.next_change(moment) or end
        if plan.on_duty(moment):
            found.append((moment, min(change, end)))
        moment = change
    return found


@pytest.mark.parametrize(
    ("line", "on", "off"),
    [
        ("mon-fri 18:00-22:00 Europe/Berlin", "2026-11-23T17:00", "2026-11-23T21:00"),
        ("sat,sun 10:00-14:00 Europe/London", "2026-11-22T13:59", "2026-11-23T10:00"),
        ("fri 22:00-02:00 Europe/Berlin", "2026-11-28T00:59", "2026-11-28T01:00"),
        ("fri 22:00-02:00 Europe/Berlin", "2026-11-27T21:00", "2026-11-27T00:30"),
        ("daily 08:00-20:00 UTC", "2026-11-22T08:00", "2026-11-22T20:00"),
        ("18:00-24:00", "2026-11-22T23:59", "2026-11-23T00:00"),
        ("18:00-00:00", "2026-11-22T23:59", "2026-11-23T00:00"),
        ("fri-mon 09:00-10:00", "2026-11-23T09:00", "2026-11-24T09:00"),
        ("  MON , Wed   9:00 - 10:00 ", "2026-11-25T09:30", "2026-11-24T09:30"),
        (
            "mon\N{EN DASH}fri 09:00\N{EN DASH}10:00 America/Port-au-Prince",
            "2026-11-23T14:00",
            "2026-11-23T15:00",
        ),
    ],
)
def test_a_line_says_when_duty_is(line: str, on: str, off: str) -> None:
    """Daily when days are left out, UTC when the zone is; a night belongs to the day on which it starts."""
    plan = rota(line)

    assert plan.on_duty(at(on))
    assert not plan.on_duty(at(off))


def test_always_is_always_and_never_is_never() -> None:
    """Neither has a change to wait for."""
    now = at("2026-11-23T12:00")

    assert rota("always").on_duty(now)
    assert not rota("Never").on_duty(now)
    assert not Rota().on_duty(now)
    assert [rota(word).next_change(now) for word in ("always", "never")] == [None, None]
    assert [rota(word).next_start(now) for word in ("always", "never")] == [None, None]
    assert Rota().next_change(now) is None


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("mon-fri", "has no times after the days"),
        ("weekdays 09:00-10:00", "does not start with days or times"),
        ("mon-fry 09:00-10:00", "does not start with days or times"),
        ("mon,,tue 09:00-10:00", "does not start with days or times"),
        ("mon-tue-wed 09:00-10:00", "does not start with days or times"),
        ("mon 9-17", "has no times like"),
        ("mon 09:00", "has no times like"),
        ("mon 25:00-26:00", "a time that no clock shows"),
        ("mon 09:60-10:00", "a time that no clock shows"),
        ("mon 24:00-02:00", "a time that no clock shows"),
        ("mon 08:00-24:30", "a time that no clock shows"),
        ("mon 08:00-08:00", "write 00:00-24:00 for the whole day"),
        ("mon 08:00-09:00 Europe/Berln", "did you mean Europe/Berlin?"),
        ("mon 08:00-09:00 europe/berlin", "did you mean Europe/Berlin?"),
        ("mon 08:00-09:00 Europe", "not in the IANA time zone database"),
        ("mon 08:00-09:00 ../../etc/passwd", "not in the IANA time zone database"),
        ("mon 08:00-09:00 /etc/localtime", "not in the IANA time zone database"),
        ("mon 08:00-09:00 UTC tue", "has more than days, times and zone"),
        ("always UTC", "does not start with days or times"),
        ("mon 08:00-09:00 " + "x" * 200, "is longer than"),
        ("mon 08:00-09:00 \x00", "not in the IANA time zone database"),
        ("mon \N{ARABIC-INDIC DIGIT ONE}8:00-22:00", "has no times like"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_in_words(line: str, what: str) -> None:
    """The sentence says what is wrong and never quotes what was written."""
    with pytest.raises(ValueError) as raised:
        Shift.parse(line)

    assert what in str(raised.value)
    assert "passwd" not in str(raised.value)


def test_a_shift_that_starts_in_the_missing_hour_starts_at_the_first_instant_after_it() -> None:
    """In Berlin the clock jumps from 02:00 to 03:00 on 28 March 2027, which is 01:00 UTC."""
    night = at("2027-03-27T12:00"), at("2027-03-28T12:00")

    assert spans(rota("sun 02:15-04:00 Europe/Berlin"), *night) == [
        (at("2027-03-28T01:00"), at("2027-03-28T02:00"))
    ]
    assert spans(rota("sun 01:30-03:00 Europe/Berlin"), *night) == [
        (at("2027-03-28T00:30"), at("2027-03-28T01:00"))
    ]
    assert spans(rota("sun 02:15-02:45 Europe/Berlin"), *night) == []


def test_a_shift_in_the_repeated_hour_is_kept_both_times() -> None:
    """In Berlin the clock goes from 03:00 back to 02:00 on 25 October 2026, which is 01:00 UTC."""
    night = at("2026-10-24T12:00"), at("2026-10-25T12:00")

    assert spans(rota("sun 01:30-03:00 Europe/Berlin"), *night) == [
        (at("2026-10-24T23:30"), at("2026-10-25T02:00"))
    ]
    assert spans(rota("sun 02:15-02:45 Europe/Berlin"), *night) == [
        (at("2026-10-25T00:15"), at("2026-10-25T00:45")),
        (at("2026-10-25T01:15"), at("2026-10-25T01:45")),
    ]


def test_overlapping_and_touching_shifts_are_one_duty() -> None:
    """Nobody goes off duty between two shifts that meet, also at midnight and between zones."""
    plan = rota(
        "mon 09:00-12:00",
        "mon 11:00-13:00",
        "mon 14:00-16:00 Europe/Berlin",
        "mon 23:00-24:00",
        "tue 00:00-01:00",
    )

    assert spans(plan, at("2026-11-23T00:00"), at("2026-11-25T00:00")) == [
        (at("2026-11-23T09:00"), at("2026-11-23T15:00")),
        (at("2026-11-23T23:00"), at("2026-11-24T01:00")),
    ]


def test_duty_around_the_clock_in_local_time_never_ends() -> None:
    """A whole day is a whole day on the days when it has 23 or 25 hours, too."""
    plan = rota("daily 00:00-12:00 Europe/Berlin", "daily 12:00-24:00 Europe/Berlin")

    assert plan.next_change(at("2026-10-01T00:00")) is None


def test_a_gap_that_only_summer_time_opens_is_found() -> None:
    """Two zones that fit together in winter leave an hour open once the clocks have changed."""
    plan = rota("daily 00:00-12:00 Europe/Berlin", "daily 11:00-23:00")

    assert plan.next_change(at("2026-11-23T00:00")) == at("2027-03-28T10:00")
    assert plan.next_start(at("2026-11-23T00:00")) == at("2027-03-28T11:00")


def test_next_start_waits_for_the_end_of_the_present_duty() -> None:
    """It is the next time that somebody comes on duty, strictly later, and in UTC."""
    plan = rota("mon-fri 18:00-22:00 Europe/Berlin")

    assert plan.next_start(at("2026-11-23T16:59:59")) == at("2026-11-23T17:00")
    assert plan.next_start(at("2026-11-23T17:00")) == at("2026-11-24T17:00")
    assert plan.next_start(at("2026-11-27T20:00").astimezone(BERLIN)) == at("2026-11-30T17:00")
    assert plan.next_change(at("2026-11-23T17:00:00.000001")) == at("2026-11-23T21:00")
    assert plan.next_change(at("2026-11-23T20:59:59.999999")) == at("2026-11-23T21:00")
    assert plan.next_change(at("2026-11-23T21:00")) == at("2026-11-24T17:00")


TIMES = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
NIGHT_TIMES = st.sampled_from(
    ["00:00", "00:30", "01:00", "01:30", "02:00", "02:15", "02:30", "03:00", "03:30", "23:30"]
)
DAYS = st.sampled_from(["", "daily ", "sat ", "sun ", "fri,sat ", "sat-sun ", "thu-sun ", "mon "])


@st.composite
def rotas(draw: st.DrawFn, zone: str) -> Rota:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        start, end = draw(st.lists(TIMES | NIGHT_TIMES, min_size=2, max_size=2, unique=True))
        lines.append(f"{draw(DAYS)}{start}-{end} {draw(st.sampled_from([zone, zone, 'UTC']))}")
    return Rota.parse(lines)


@pytest.mark.parametrize(("zone", "begin"), CLOCK_CHANGES)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_changes_are_what_a_clock_watched_minute_by_minute_shows(
    zone: str, begin: datetime, data: st.DataObject
) -> None:
    """Over the days around a change of the clocks, nobody who watches the wall would see another duty."""
    plan = data.draw(rotas(zone))
    end = begin + timedelta(days=3)
    watched: list[tuple[datetime, datetime]] = []
    moment = begin
    while moment < end:
        if plan.on_duty(moment):
            since = watched.pop()[0] if watched and watched[-1][1] == moment else moment
            watched.append((since, moment + MINUTE))
        moment += MINUTE

    assert spans(plan, begin, end) == watched


@given(
    lines=st.lists(
        st.tuples(DAYS, NIGHT_TIMES, NIGHT_TIMES).filter(lambda t: t[1] != t[2]), min_size=1, max_size=3
    ),
    offset=st.integers(0, 500_000),
)
@settings(max_examples=60, deadline=None)
def test_a_change_is_later_and_is_one(lines: list[tuple[str, str, str]], offset: int) -> None:
    """``next_change`` is strictly later, changes what ``on_duty`` says, and ``next_start`` ends off duty."""
    plan = Rota.parse(f"{days}{start}-{end} Europe/Berlin" for days, start, end in lines)
    now = at("2026-01-01T00:00") + offset * MINUTE
    change, start = plan.next_change(now), plan.next_start(now)

    if change is not None:
        assert now < change < now + HORIZON + timedelta(days=2)
        assert plan.on_duty(change) != plan.on_duty(change - MINUTE)
        assert plan.on_duty(change - MINUTE) == plan.on_duty(now)
    if start is not None:
        assert start > now
        assert plan.on_duty(start)
        assert not plan.on_duty(start - MINUTE)


@given(st.text(max_size=60) | st.text(alphabet="monfri ,-:0123456789UTC/", max_size=40))
def test_any_text_is_a_shift_or_a_value_error(line: str) -> None:
    """Whatever stands in the file, parsing ends with a possible shift or a ``ValueError``."""
    with contextlib.suppress(ValueError):
        shift = Shift.parse(line)

        assert 0 <= shift.start < shift.end <= shift.start + 1440
