"""Who answers: calendars, leave, holidays, what a counselor says of their own duty, queues and the pool."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtplib
import pytest

from relay.domain.overrides import Override
from tests.support.calendars import calendar
from tests.support.line import FakeClock, Line

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NEVER = '["never"]'
SHIFT = "UID:1\nDTSTART;TZID=Europe/Berlin:{}T180000\nDTEND;TZID=Europe/Berlin:{}T220000\n"
EVENING = calendar(SHIFT.format("20261123", "20261123") + "RRULE:FREQ=DAILY;COUNT=3")
KIM = """
[[counselor]]
id = "kim"
pseudonym = "Aspen"
name = "Kim Brandt"
address = "kim.brandt@post.test"
languages = ["en"]
"""
GRIEF = """
[[intake]]
address = "grief@relay.test"
queue = "grief"
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def test_a_shift_in_a_calendar_begins_while_a_request_waits(tmp_path: Path) -> None:
    """The acknowledgement tells when; the request is handed over by itself."""
    line = Line(
        tmp_path / "line",
        ana_duty=f'{NEVER}\nrota = "ana.ics"\nzone = "Europe/Berlin"',
        files={"ana.ics": EVENING},
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        acknowledgement = await sam.receives(automatic=True)
        assert "18:00" in acknowledgement.text
        await line.ana.receives_nothing()

        await line.pass_time(hours=5.01)
        assert "Is anybody there?" in (await line.ana.receives()).text


async def test_a_calendar_that_changes_is_in_force_within_a_minute(tmp_path: Path) -> None:
    """A shift is moved to now; nobody restarts or reloads anything."""
    line = Line(
        tmp_path / "line",
        ana_duty=f'{NEVER}\nrota = "ana.ics"',
        files={"ana.ics": EVENING},
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        await sam.receives(automatic=True)
        await line.ana.receives_nothing()

        (line.folder / "ana.ics").write_text(
            calendar("UID:1\nDTSTART:20261123T110000Z\nDTEND:20261123T130000Z")
        )
        await line.pass_time(minutes=1.1)
        assert "Is anybody there?" in (await line.ana.receives()).text


async def test_a_calendar_that_breaks_leaves_in_force_what_there_was(tmp_path: Path) -> None:
    """The counselor's program writes half a file; their evening shift begins all the same."""
    line = Line(
        tmp_path / "line",
        ana_duty=f'{NEVER}\nrota = "ana.ics"',
        files={"ana.ics": EVENING},
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        (line.folder / "ana.ics").write_text(EVENING[: len(EVENING) // 2])
        await line.pass_time(minutes=1.1)
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        await line.ana.receives_nothing()
        await line.pass_time(hours=5.01)
        assert "Is anybody there?" in (await line.ana.receives()).text


async def test_nobody_on_leave_is_asked(tmp_path: Path) -> None:
    """From midnight to midnight where the counselor lives, whatever their rota says."""
    line = Line(
        tmp_path / "line",
        ana_duty='["always"]\nleave = ["2026-11-23"]\nzone = "Europe/Berlin"',
        ben_duty=NEVER,
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        await sam.receives(automatic=True)
        await line.pass_time(hours=10.9)
        await line.ana.receives_nothing()
        await line.pass_time(hours=0.2)
        assert "Is anybody there?" in (await line.ana.receives()).text


HOLIDAY = calendar("UID:1\nDTSTART;VALUE=DATE:20261123\nTRANSP:TRANSPARENT\nSUMMARY:A feast")


async def test_on_a_holiday_only_those_who_keep_their_duty_answer(tmp_path: Path) -> None:
    """The feed says which days; the configuration who is there all the same."""
    holidays = '\n[[holidays]]\nfile = "feed.ics"\nkeeps = ["kim"]\n'
    line = Line(
        tmp_path / "line",
        extra=holidays,
        people=KIM + 'duty = ["daily 14:00-15:00"]\n',
        files={"feed.ics": HOLIDAY},
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        await sam.receives(automatic=True)
        await line.ana.receives_nothing()
        await line.pass_time(hours=2.01)
        kim = line.seeker("kim.brandt@post.test", "Kim Brandt")
        assert "Is anybody there?" in (await kim.receives()).text


async def test_a_holiday_of_one_queue_is_none_of_the_others(tmp_path: Path) -> None:
    """Grief rests; the general queue does not."""
    holidays = '\n[[holidays]]\nfile = "feed.ics"\nqueues = ["grief"]\n'
    line = Line(
        tmp_path / "line", extra=GRIEF + holidays, files={"feed.ics": HOLIDAY}, clock=FakeClock(MONDAY_NOON)
    )
    async with line:
        await line.seeker().writes("Good morning.")
        assert "Good morning." in (await line.ana.receives()).text
        ada = line.seeker("ada@mail.test", "Ada")
        await ada.writes("My father died.", to="grief@relay.test")
        await line.ana.receives_nothing()
        await line.pass_time(hours=12.01)
        assert "My father died." in (await line.ana.receives(automatic=False)).text


async def test_what_a_counselor_says_of_their_duty_holds_until_it_ends_also_over_a_restart(
    tmp_path: Path,
) -> None:
    """Against a rota of always: off until two, and then on again by itself."""
    line = Line(tmp_path / "line", ben_duty=NEVER, clock=FakeClock(MONDAY_NOON))
    async with line:
        off = Override(False, MONDAY_NOON, at("2026-11-23T14:00"))
        await line.daemon.store.duties.override("ana", off)
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        acknowledgement = await sam.receives(automatic=True)
        await line.ana.receives_nothing()
        await line.quiet()
        await line.stop()
        await line.start()
        await line.ana.receives_nothing()

        await line.pass_time(hours=2.01)
        assert "Is anybody there?" in (await line.ana.receives()).text
        assert acknowledgement


async def test_who_says_that_they_are_on_duty_gets_requests_until_it_ends(tmp_path: Path) -> None:
    """Against a rota of never, and against leave."""
    line = Line(
        tmp_path / "line",
        ana_duty=f'{NEVER}\nleave = ["2026-11-01..2026-11-30"]',
        ben_duty=NEVER,
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        await line.daemon.store.duties.override("ana", Override(True, MONDAY_NOON, at("2026-11-23T14:00")))
        await line.seeker().writes("Is anybody there?")
        assert "Is anybody there?" in (await line.ana.receives()).text
        await line.pass_time(hours=2.01)
        await line.seeker("ada@mail.test", "Ada").writes("And now?")
        await line.ana.receives_nothing()


OVERFLOW = (
    GRIEF
    + """
[[queue]]
name = "grief"
overflow = [{to = "general", when = "mon 14:00-16:00"}]
"""
)


async def test_another_queue_helps_out_only_in_the_agreed_time(tmp_path: Path) -> None:
    """Ana answers the general queue; from two to four on Mondays she helps out with grief."""
    line = Line(
        tmp_path / "line",
        ana_duty='["always"]\nqueues = ["general"]',
        extra=OVERFLOW,
        people=KIM + f'duty = {NEVER}\nqueues = ["grief"]\n',
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        ada = line.seeker("ada@mail.test", "Ada")
        await ada.writes("My father died.", to="grief@relay.test")
        await ada.receives(automatic=True)
        await line.pass_time(hours=1.99)
        await line.ana.receives_nothing()
        await line.pass_time(minutes=2)
        assert "My father died." in (await line.ana.receives(automatic=False)).text


async def test_the_fallback_person_stands_in_when_nobody_of_the_queue_is_free(tmp_path: Path) -> None:
    """Kim speaks German only and is of another queue, and is asked all the same, because the queue names her."""
    queue = '\n[[queue]]\nname = "general"\nfallback = "kim"\n' + GRIEF
    line = Line(
        tmp_path / "line",
        ana_duty=NEVER,
        extra=queue,
        people=KIM.replace('["en"]', '["de"]') + 'duty = ["always"]\nqueues = ["grief"]\n',
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        await line.seeker().writes("Is anybody there?")
        kim = line.seeker("kim.brandt@post.test", "Kim Brandt")
        assert "Is anybody there?" in (await kim.receives()).text


async def test_whoever_writes_anew_gets_to_the_counselor_they_know(tmp_path: Path) -> None:
    """Also to one who takes nobody new; nothing of the older conversation is in the new one."""
    line = Line(
        tmp_path / "line", people=KIM + 'duty = ["always"]\ncapacity = 1000\n', clock=FakeClock(MONDAY_NOON)
    )
    async with line:
        kim = line.seeker("kim.brandt@post.test", "Kim Brandt")
        sam, ada = line.seeker(), line.seeker("ada@mail.test", "Ada")
        await sam.writes("First.")
        assert "First." in (await line.ana.receives()).text
        await ada.writes("Second.")
        assert "Second." in (await kim.receives()).text
        await line.pass_time(minutes=1)
        await ada.writes("Third, once more.")
        assert "Third, once more." in (await kim.receives()).text

        counselors = line.folder / "counselors.toml"
        counselors.write_text(counselors.read_text().replace("capacity = 1000\n", 'capacity = "none"\n'))
        await line.daemon.in_force.read_again()
        await ada.writes("Fourth.")
        assert "Fourth." in (await kim.receives()).text
        await line.seeker("new@mail.test", "New").writes("Fifth.")
        await kim.receives_nothing()


async def test_in_a_pool_each_letter_goes_to_whoever_is_there(tmp_path: Path) -> None:
    """Ana's shift ends; Kim reads on, with what Ana had not answered, and the seeker sees the same address."""
    line = Line(
        tmp_path / "line",
        ana_duty='["daily 08:00-13:00"]',
        ben_duty=NEVER,
        extra='\n[[queue]]\nname = "general"\ncontinuity = "pool"\n',
        people=KIM + 'duty = ["daily 14:00-22:00"]\n',
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        kim = line.seeker("kim.brandt@post.test", "Kim Brandt")
        sam = line.seeker()
        await sam.writes("First.")
        acknowledgement = await sam.receives(automatic=True)
        first = await line.ana.receives()
        await line.ana.replies(first, "Hello.")
        answer = await sam.receives(automatic=False)
        await line.pass_time(minutes=5)
        await sam.replies(answer, "Second.")
        second = await line.ana.receives()

        await line.pass_time(hours=2.1)
        await sam.replies(answer, "Third.")
        letters = [await kim.receives(), await kim.receives()]
        assert sorted(each.text.split()[0] for each in letters) == ["Second.", "Third."]
        assert first.from_address not in {each.from_address for each in letters}
        await kim.replies(letters[-1], "Kim here.")
        reply = await sam.receives(automatic=False)
        assert reply.from_address == answer.from_address == acknowledgement.from_address

        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await line.ana.replies(second, "Too late.")
        await sam.receives_nothing()


async def test_with_nobody_there_a_letter_to_a_pool_waits(tmp_path: Path) -> None:
    """Between two shifts; whoever comes first reads it."""
    line = Line(
        tmp_path / "line",
        ana_duty='["daily 08:00-13:00"]',
        ben_duty=NEVER,
        extra='\n[[queue]]\nname = "general"\ncontinuity = "pool"\n',
        people=KIM + 'duty = ["daily 14:00-22:00"]\n',
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        sam = line.seeker()
        await sam.writes("First.")
        request = await line.ana.receives()
        await line.ana.replies(request, "Hello.")
        answer = await sam.receives(automatic=False)
        await line.pass_time(hours=1.5)
        await sam.replies(answer, "Second.")
        await line.ana.receives_nothing()
        await line.pass_time(hours=0.6)
        kim = line.seeker("kim.brandt@post.test", "Kim Brandt")
        assert "Second." in (await kim.receives()).text


async def test_a_stranger_moves_no_conversation_of_a_pool(tmp_path: Path) -> None:
    """Only the seeker's own mail does; a stranger's is held, and Kim hears nothing of Sam."""
    line = Line(
        tmp_path / "line",
        ana_duty='["daily 08:00-13:00"]',
        ben_duty=NEVER,
        extra='\n[[queue]]\nname = "general"\ncontinuity = "pool"\n',
        people=KIM + 'duty = ["daily 14:00-22:00"]\n',
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        sam = line.seeker()
        await sam.writes("First.")
        await line.ana.receives()
        answer = await sam.receives(automatic=True)
        await line.pass_time(hours=2.1)
        await line.seeker("eve@mail.test", "Eve").writes("Hm?", to=answer.from_address)
        await line.seeker("kim.brandt@post.test", "Kim Brandt").receives_nothing()


async def test_a_calendar_that_is_a_pipe_or_gone_stops_nothing(tmp_path: Path) -> None:
    """The relay does not hang on a file that is none."""
    line = Line(
        tmp_path / "line",
        ana_duty=f'{NEVER}\nrota = "ana.ics"',
        files={"ana.ics": EVENING},
        clock=FakeClock(MONDAY_NOON),
    )
    async with line:
        (line.folder / "ana.ics").unlink()
        os.mkfifo(line.folder / "ana.ics")
        await line.pass_time(minutes=1.1)
        await line.clock.move(timedelta(hours=5))
        await line.seeker().writes("Is anybody there?")
        assert "Is anybody there?" in (await line.ana.receives()).text


ANY_LANGUAGE = '\n[[intake]]\naddress = "any@relay.test"\ndetect_language = true\n'


async def test_a_letter_in_another_language_is_answered_in_it_by_somebody_who_speaks_it(
    tmp_path: Path,
) -> None:
    """To the English address in German: the acknowledgement is German, and Ben gets it, whose language it is."""
    async with Line(
        tmp_path / "line", ben_duty='["always"]', extra=ANY_LANGUAGE, clock=FakeClock(MONDAY_NOON)
    ) as line:
        sam = line.seeker()
        await sam.writes(
            "Mein Freund schlägt mich und ich habe Angst nach Hause zu gehen. Kann mir jemand helfen?",
            to="any@relay.test",
        )
        acknowledgement = await sam.receives(automatic=True)
        assert "Nachricht" in acknowledgement["Subject"]
        assert "Mein Freund" in (await line.ben.receives()).text
        await line.ana.receives_nothing()


async def test_a_short_letter_is_in_the_language_of_the_address(tmp_path: Path) -> None:
    """Two words say too little."""
    async with Line(
        tmp_path / "line", ben_duty='["always"]', extra=ANY_LANGUAGE, clock=FakeClock(MONDAY_NOON)
    ) as line:
        sam = line.seeker()
        await sam.writes("Ist da jemand?", to="any@relay.test")
        assert "Nachricht" not in (await sam.receives(automatic=True))["Subject"]
        assert "Ist da jemand?" in (await line.ana.receives()).text


async def test_an_address_that_asks_for_no_other_language_has_the_say(tmp_path: Path) -> None:
    """As each address, unless the operator wants it otherwise."""
    more = '\n[[intake]]\naddress = "english@relay.test"\n'
    async with Line(
        tmp_path / "line", ben_duty='["always"]', extra=more, clock=FakeClock(MONDAY_NOON)
    ) as line:
        sam = line.seeker()
        await sam.writes(
            "Mein Freund schlägt mich und ich habe Angst nach Hause zu gehen. Kann mir jemand helfen?",
            to="english@relay.test",
        )
        assert "Nachricht" not in (await sam.receives(automatic=True))["Subject"]
        assert "Mein Freund" in (await line.ana.receives()).text
