"""Events become shifts as a counselor's calendar program shows them; whatever else stands in a file is a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.domain.spans import Spans
from relay.edge.calendars import Job, Trouble, read
from relay.edge.calendars.lines import Mistake
from relay.edge.calendars.unfolding import unfold
from tests.support.calendars import calendar, every_minute, wall

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 11, 10, tzinfo=UTC)

CUSTOM_ZONE = """BEGIN:VTIMEZONE
TZID:Home
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


def spans(text: str, zone: ZoneInfo = BERLIN, *, only_busy: bool = True) -> Spans:
    return Spans.of(unfold(text.encode(), zone, BEGIN, END, only_busy=only_busy))


def mistake(text: str | bytes) -> tuple[int, str]:
    octets = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(Mistake) as raised:
        unfold(octets, BERLIN, BEGIN, END, only_busy=True)
    return raised.value.line, raised.value.sentence


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_weekly_shift_keeps_its_hours_on_the_wall_over_both_changes_of_the_clock() -> None:
    """Also the night itself: from 22:00 to 06:00 is seven hours in March and nine in October."""
    night = calendar(
        "UID:1\nDTSTART;TZID=Europe/Berlin:20261003T220000\nDTEND;TZID=Europe/Berlin:20261004T060000\n"
        "RRULE:FREQ=WEEKLY;BYDAY=SA"
    )
    found = spans(night)

    assert (at("2027-03-27T21:00"), at("2027-03-28T04:00")) in list(found)
    assert (at("2026-10-24T20:00"), at("2026-10-25T05:00")) in list(found)


def test_exceptions_moved_and_cancelled_shifts_are_as_the_calendar_shows_them() -> None:
    """One day left out, one moved to the afternoon, one cancelled, one added."""
    shifts = calendar(
        "UID:1\nDTSTART;TZID=Europe/Berlin:20261102T180000\nDTEND;TZID=Europe/Berlin:20261102T220000\n"
        "RRULE:FREQ=DAILY;COUNT=5\nEXDATE;TZID=Europe/Berlin:20261103T180000\n"
        "RDATE;TZID=Europe/Berlin:20261110T180000",
        "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20261104T180000\n"
        "DTSTART;TZID=Europe/Berlin:20261104T140000\nDTEND;TZID=Europe/Berlin:20261104T150000",
        "UID:1\nRECURRENCE-ID;TZID=Europe/Berlin:20261105T180000\nSTATUS:CANCELLED\n"
        "DTSTART;TZID=Europe/Berlin:20261105T180000\nDTEND;TZID=Europe/Berlin:20261105T220000",
    )

    assert [begin for begin, _ in spans(shifts)] == [
        at("2026-11-02T17:00"),
        at("2026-11-04T13:00"),
        at("2026-11-06T17:00"),
        at("2026-11-10T17:00"),
    ]


def test_free_time_is_no_shift_and_a_holiday_all_the_same() -> None:
    """Feeds of holidays mark their days as free."""
    day = calendar("UID:1\nDTSTART;VALUE=DATE:20261225\nTRANSP:TRANSPARENT\nSUMMARY:Christmas")

    assert not spans(day)
    assert list(spans(day, only_busy=False)) == [(at("2026-12-24T23:00"), at("2026-12-25T23:00"))]


def test_times_without_a_zone_are_the_counselors_own_or_the_files() -> None:
    """Floating times and whole days; a calendar may say its zone for them."""
    event = "UID:1\nDTSTART:20261207T180000\nDURATION:PT2H"

    assert list(spans(calendar(event))) == [(at("2026-12-07T17:00"), at("2026-12-07T19:00"))]
    assert list(spans(calendar(event, head="X-WR-TIMEZONE:America/New_York\n"))) == [
        (at("2026-12-07T23:00"), at("2026-12-08T01:00"))
    ]


def test_a_zone_that_the_file_defines_itself_counts_and_does_not_outlive_the_file() -> None:
    """The same name may mean something else in the next file."""
    event = "UID:1\nDTSTART;TZID=Home:20270701T180000\nDTEND;TZID=Home:20270701T200000"
    other = CUSTOM_ZONE.replace("+0100", "-0500").replace("+0200", "-0400")

    assert list(spans(calendar(event, head=CUSTOM_ZONE))) == [
        (at("2027-07-01T16:00"), at("2027-07-01T18:00"))
    ]
    assert list(spans(calendar(event, head=other))) == [(at("2027-07-01T22:00"), at("2027-07-02T00:00"))]
    assert mistake(calendar(event))[0] == 6


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "W. Europe Standard Time", "/freeassociation.sourceforge.net/Europe/Berlin"]
)
def test_names_that_other_programs_give_a_zone_are_understood(name: str) -> None:
    """Outlook's and Evolution's."""
    event = f'UID:1\nDTSTART;TZID="{name}":20270701T180000\nDURATION:PT1H'

    assert list(spans(calendar(event))) == [(at("2027-07-01T16:00"), at("2027-07-01T17:00"))]


def test_a_shift_that_begins_in_the_hour_that_is_left_out_begins_when_the_clock_has_gone_on() -> None:
    """02:30 on 28 March 2027 is no time in Berlin; half past one in UTC is what RFC 5545 makes of it (§3.3.5).

    RFC 5545 §3.3.5.
    """
    shift = calendar(
        "UID:1\nDTSTART;TZID=Europe/Berlin:20270328T023000\nDTEND;TZID=Europe/Berlin:20270328T060000"
    )

    assert list(spans(shift)) == [(at("2027-03-28T01:30"), at("2027-03-28T04:00"))]


@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 95), st.integers(1, 64)),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata"]),
    st.sampled_from([date(2026, 10, 19), date(2027, 3, 22), date(2027, 3, 8), date(2027, 10, 25)]),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_at_each_minute_of_a_week_with_a_clock_change_duty_is_what_an_unfolding_by_hand_says(
    shifts: list[tuple[set[int], int, int]], name: str, monday: date
) -> None:
    """Overlapping shifts, shifts over midnight; quarters of hours, up to sixteen hours."""
    zone = ZoneInfo(name)
    names = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    first = monday - timedelta(days=14)
    events, by_hand = [], []
    for number, (days, start, length) in enumerate(shifts):
        begin, end = start * 15, (start + length) * 15
        day = next(first + timedelta(days=n) for n in range(7) if n in days)
        stop = day + timedelta(days=end // 1440)
        clock = [f"{each % 1440 // 60:02}{each % 60:02}00" for each in (begin, end)]
        events.append(
            f"UID:{number}\nDTSTART;TZID={name}:{day:%Y%m%d}T{clock[0]}\nDTEND;TZID={name}:{stop:%Y%m%d}T{clock[1]}\n"
            f"RRULE:FREQ=WEEKLY;BYDAY={','.join(names[n] for n in sorted(days))}"
        )
        by_hand += [
            (wall(each, begin, zone), wall(each, end, zone))
            for each in (first + timedelta(days=n) for n in range(35))
            if each.weekday() in days and each >= day
        ]
    found = spans(calendar(*events), zone)

    week = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    for minute in every_minute(week, week + timedelta(days=8)):
        assert found.covers(minute) == any(begin <= minute < end for begin, end in by_hand), minute


BAD = [
    (b"hello", (1, "is no line of a calendar")),
    (b"", (0, "is no calendar")),
    (b"\xff\xfe", (1, "is not UTF-8")),
    (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", (2, "begins and never ends")),
    (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", (2, "ends what was not begun")),
    (b"DTSTART:1\r\n", (1, "stands outside of a calendar")),
    (calendar("SUMMARY:x"), (4, "is an event without a beginning")),
    (calendar("UID:1\nDTSTART:soon"), (6, "has a DTSTART that cannot be read")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nDURATION:P9999999999D"), (7, "has a DURATION that cannot")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nRRULE:FREQ=SECONDLY"), (7, "repeats by no rule")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nRRULE:FREQ=DAILY;INTERVAL=0"), (7, "repeats by no rule")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nRRULE:FREQ=DAILY;BYMINUTE=1,2,3"), (7, "repeats by no rule")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nRRULE:FREQ=DAILY;COUNT=99999999999"), (7, "has a RRULE that")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nEXRULE:FREQ=DAILY"), (7, "says EXRULE")),
    (calendar("UID:1\nDTSTART;TZID=Mars/Base:20261201T180000"), (6, "names a time zone that is neither")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nEXDATE;TZID=Mars/Base:20261201T180000"), (7, "names a time zone")),
    (calendar("UID:1\nDTSTART:20261201T180000Z\nDTSTART:20261201T180000Z"), (7, "says DTSTART a second time")),
    (calendar("UID:1\nDTSTART;VALUE=DATE:20261201\nDTEND:20261202T100000Z"), (7, "ends with a time and begins")),
    (calendar(*["UID:1\nDTSTART:20261201T180000Z"] * 5001), (20004, "is one event too many")),
    (calendar("UID:1\nDTSTART:20261201T180000Z", head="X-A:" + "x" * 100_001 + "\n"), (4, "far too long")),
    (
        calendar(*[f"UID:{n}\nDTSTART:20261001T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY" for n in range(60)]),
        (0, "makes more than 20000 events"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_read_is_a_sentence_with_its_line(
    text: str | bytes, expected: tuple[int, str]
) -> None:
    """Nothing of the file is quoted (RFC 5545 §3.1)."""
    line, sentence = mistake(text)

    assert (line, expected[1] in sentence) == (expected[0], True), (line, sentence)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_spoiled_calendar_is_read_or_a_sentence_and_nothing_else(data: st.DataObject) -> None:
    """Octets exchanged, lines doubled, left out and moved."""
    good = calendar(
        "UID:1\nDTSTART;TZID=Home:20261102T180000\nDTEND;TZID=Home:20261102T220000\nRRULE:FREQ=WEEKLY;COUNT=5\n"
        "EXDATE;TZID=Home:20261109T180000",
        "UID:2\nDTSTART;VALUE=DATE:20261224\nDURATION:P2D",
        head=CUSTOM_ZONE,
    ).splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(good) - 1))
        match data.draw(st.sampled_from(["out", "twice", "swap", "octet"])):
            case "out" if len(good) > 1:
                del good[place]
            case "twice":
                good.insert(place, good[place])
            case "swap":
                other = data.draw(st.integers(0, len(good) - 1))
                good[place], good[other] = good[other], good[place]
            case _:
                word = data.draw(st.sampled_from(["", "9", ":", ";", "T", "\x00", "é", "-", "=", "\n", '"']))
                cut = data.draw(st.integers(0, len(good[place])))
                good[place] = good[place][:cut] + word + good[place][cut + 1 :]
    sentence, found = "", []
    try:
        found = unfold("".join(good).encode(), BERLIN, BEGIN, END, only_busy=True)
    except Mistake as told:
        sentence = told.sentence

    assert sentence or all(BEGIN <= begin < end <= END for begin, end in found)


def test_a_calendar_that_takes_too_long_costs_ten_seconds_and_not_the_others() -> None:
    """A hostile rule is given up in the process that reads calendars; the next file is read."""
    hostile = calendar(
        *[f"UID:{n}\nDTSTART:19700101T180000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY" for n in range(5000)]
    )
    good = calendar("UID:1\nDTSTART:20261102T180000Z\nDURATION:PT1H")
    found = read([Job(hostile.encode(), BERLIN, True), Job(good.encode(), BERLIN, True)], BEGIN, END)

    assert isinstance(found[0], Trouble)
    assert "takes too" in found[0].sentence
    assert isinstance(found[1], Spans)
    assert list(found[1]) == [(at("2026-11-02T18:00"), at("2026-11-02T19:00"))]


def test_a_file_that_is_too_large_is_not_even_handed_over() -> None:
    """Before any of it is parsed."""
    found = read([Job(b"x" * 1_048_577, BERLIN, True)], BEGIN, END)

    assert found == [Trouble(0, "is larger than 1 MiB, which no rota is")]
