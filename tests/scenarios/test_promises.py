"""What was promised is watched by the machine: each rung of each ladder, once, told to whoever can see to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiosmtplib
import pytest

from tests.support.line import FakeClock, Letter, Line, Person

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALWAYS, NEVER, EVENINGS = '["always"]', '["never"]', '["mon-fri 18:00-22:00 Europe/Berlin"]'
ROWAN = """
[[supervisor]]
id = "rowan"
pseudonym = "Rowan"
address = "sage@home.test"
"""


class Promised:
    """A helpline with a supervisor, and everybody who may hear of a clock."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.sam = line.seeker()
        self.rowan = Person(line, "sage@home.test", "Sage")

    async def asks(self) -> Letter:
        """Sam writes to Ana, and gets the acknowledgement."""
        await self.sam.writes("I cannot sleep.")
        request = await self.line.ana.receives(automatic=False)
        await self.sam.receives(automatic=True)
        return request

    async def only(self, *told: Person) -> list[Letter]:
        """Each of these gets one letter that is new, and nobody else any."""
        letters = [await person.receives(automatic=True) for person in told]
        for person in (self.sam, self.line.ana, self.line.ben, self.rowan, self.line.operator):
            await person.receives_nothing()
        return letters


@asynccontextmanager
async def promised(
    folder: Path,
    *,
    ana: str = ALWAYS,
    ben: str = NEVER,
    extra: str = "",
    supervisor: str = ROWAN,
    clock: FakeClock | None = None,
) -> AsyncIterator[Promised]:
    line = Line(folder / "line", ana_duty=ana, ben_duty=ben, extra=extra, clock=clock, people=supervisor,
                ben_languages='["de", "en"]')  # fmt: skip
    async with line:
        yield Promised(line)


async def test_a_counselor_is_reminded_at_half_and_at_three_quarters_of_the_promise(tmp_path: Path) -> None:
    """And nobody else is; the reminder names the pseudonym, the time left, and where to write."""
    async with promised(tmp_path) as here:
        request = await here.asks()
        await here.line.pass_time(hours=11.9)
        await here.only()
        await here.line.pass_time(hours=0.2)
        (reminder,) = await here.only(here.line.ana)
        assert request.from_name in reminder.text
        assert "11 hours" in reminder.text
        assert request.from_address in reminder.text
        assert reminder.from_address == "desk@relay.test"
        await here.line.pass_time(hours=6)
        (reminder,) = await here.only(here.line.ana)
        assert "5 hours" in reminder.text


async def test_who_answers_in_time_hears_nothing(tmp_path: Path) -> None:
    """Nor does anybody else, ever; the next message has a promise of its own."""
    async with promised(tmp_path) as here:
        request = await here.asks()
        await here.line.pass_time(hours=11)
        await here.line.ana.replies(request, "I am here.")
        answer = await here.sam.receives(automatic=False)
        await here.line.pass_time(days=20)
        await here.only()
        await here.sam.replies(answer, "Are you still there?")
        await here.line.ana.receives(automatic=False)
        await here.line.pass_time(hours=23.9)
        await here.only()
        await here.line.pass_time(hours=0.2)
        await here.only(here.line.ana)


async def test_a_second_message_does_not_push_the_promise_back(tmp_path: Path) -> None:
    """The oldest unanswered one counts."""
    async with promised(tmp_path) as here:
        request = await here.asks()
        await here.line.pass_time(hours=11)
        await here.sam.writes("Hello?", (await _seekers_address(here)))
        assert (await here.line.ana.receives()).from_address == request.from_address
        await here.line.pass_time(hours=1.1)
        await here.only(here.line.ana)


async def test_at_its_end_others_are_asked_then_the_supervisor_then_the_operator(tmp_path: Path) -> None:
    """Two hours apart; an offer says how to take over, and no notice of the ladder goes to the seeker."""
    async with promised(tmp_path, ben=ALWAYS) as here:
        request = await here.asks()
        await here.line.pass_time(hours=12.1)
        await here.line.pass_time(hours=6)
        await here.only(here.line.ana, here.line.ana)
        await here.line.pass_time(hours=6)
        (offer,) = await here.only(here.line.ben)
        assert request.from_name in offer.text
        assert "mailto:desk@relay.test?subject=%21take%20" in offer.text
        assert request.from_address not in offer.text
        await here.line.pass_time(hours=2)
        (told,) = await here.only(here.rowan)
        assert f"- {request.from_name}. Late by: 2 hours. Counselor: Robin." in told.text
        await here.line.pass_time(hours=2)
        (told,) = await here.only(here.line.operator)
        assert "Robin" in told.text
        await here.line.pass_time(days=30)
        await here.only()


async def test_when_nobody_else_could_take_over_the_supervisor_hears_of_it_at_once(tmp_path: Path) -> None:
    """Instead of two hours later, and not once more then."""
    async with promised(tmp_path) as here:
        await here.asks()
        await here.line.pass_time(hours=18.1)
        await here.only(here.line.ana)
        await here.line.pass_time(hours=6)
        await here.only(here.rowan)
        await here.line.pass_time(hours=2)
        await here.only()
        await here.line.pass_time(hours=2)
        await here.only(here.line.operator)


async def test_without_a_supervisor_the_operator_hears_instead(tmp_path: Path) -> None:
    """Somebody always does."""
    async with promised(tmp_path, supervisor="") as here:
        await here.asks()
        await here.line.pass_time(hours=24.1)
        letters = await here.only(here.line.ana, here.line.operator)
        assert "Late by" in letters[1].text


async def test_a_request_that_nobody_has_is_the_supervisors_before_the_promise_is_broken(
    tmp_path: Path,
) -> None:
    """At half, three quarters and the end; the operator, who knew from the start, two hours after that."""
    async with promised(tmp_path, ana=NEVER) as here:
        await here.sam.writes("I cannot sleep.")
        await here.sam.receives(automatic=True)
        await here.line.operator.receives()
        for hours, person in ((12.1, here.rowan), (6, here.rowan), (6, here.rowan), (2, here.line.operator)):
            await here.line.pass_time(hours=hours)
            (told,) = await here.only(person)
            assert "Nobody has it yet" in told.text


async def test_at_the_end_it_is_given_to_somebody_else_where_the_operator_wants_that(tmp_path: Path) -> None:
    """With the words that were not answered, also long after they were delivered; Ana hears of it, Sam sees no change."""
    extra = '[promise]\nat_end = "reassign"\n'
    async with promised(tmp_path, ben=ALWAYS, extra=extra) as here:
        request = await here.asks()
        await here.line.pass_time(hours=23)
        await here.only(here.line.ana)
        await here.line.pass_time(hours=1.1)
        told = await here.line.ana.receives(automatic=True)
        assert "goes to somebody else" in told["Subject"]
        given = await here.line.ben.receives(automatic=False)
        assert "I cannot sleep." in given.text
        assert given.from_name == request.from_name
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await here.line.ana.replies(request, "Too late.")
        await here.line.ben.replies(given, "I am Ben, and I am here.")
        assert "I am here." in (await here.sam.receives(automatic=False)).text
        await here.line.pass_time(days=3)
        for person in (here.line.ana, here.line.ben, here.rowan):
            await person.receives_nothing()


async def test_who_is_given_it_late_has_a_quarter_of_the_promise(tmp_path: Path) -> None:
    """Nobody is told of Ben after a minute for what Ana did not do; supervisor and operator still count from Sam's words."""
    extra = '[promise]\nat_end = "reassign"\n'
    async with promised(tmp_path, ben=ALWAYS, extra=extra) as here:
        await here.asks()
        await here.line.pass_time(hours=24.1)
        await here.line.ben.receives(automatic=False)
        await here.line.ana.receives(automatic=True)
        await here.only()
        await here.line.pass_time(hours=2)
        await here.only(here.rowan)
        await here.line.pass_time(hours=1.1)
        await here.only(here.line.ben)


async def test_quiet_hours_are_caught_up_once_at_their_end(tmp_path: Path) -> None:
    """What falls into the night comes in the morning in one letter, for two conversations."""
    extra = '[promise]\nfirst_answer = "16h"\nquiet_hours = ["daily 22:00-08:00 Europe/Berlin"]\n'
    evening = FakeClock(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
    async with promised(tmp_path, extra=extra, clock=evening) as here:
        first = await here.asks()
        kim = here.line.seeker("kim@mail.test", "Kim Doe")
        await kim.writes("Me neither.")
        second = await here.line.ana.receives(automatic=False)
        for _ in range(14):
            await here.line.pass_time(hours=1)
        await here.only()
        await here.line.pass_time(hours=1.1)
        (reminder,) = await here.only(here.line.ana)
        assert first.from_name in reminder.text
        assert second.from_name in reminder.text
        await here.line.pass_time(hours=0.5)
        await here.only()


async def test_the_ladder_goes_on_after_a_restart_and_a_long_stop(tmp_path: Path) -> None:
    """What was told is not told again; what came due meanwhile is, once, to each."""
    async with promised(tmp_path, ben=ALWAYS) as here:
        await here.asks()
        await here.line.pass_time(hours=12.1)
        await here.only(here.line.ana)
        await here.line.stop()
        await here.line.start()
        await here.line.pass_time(minutes=5)
        await here.only()
        await here.line.stop()
        await here.line.clock.move(timedelta(hours=20))
        await here.line.start()
        await here.line.pass_time(minutes=2)
        await here.only(here.line.ana, here.line.ben, here.rowan, here.line.operator)
        await here.line.stop()
        await here.line.start()
        await here.line.pass_time(days=2)
        await here.only()


async def test_a_clock_that_goes_back_and_ahead_repeats_nothing(tmp_path: Path) -> None:
    """An hour back, a year ahead, and the year back again."""
    async with promised(tmp_path) as here:
        await here.asks()
        await here.line.pass_time(hours=12.1)
        await here.only(here.line.ana)
        await here.line.pass_time(hours=-1)
        await here.line.pass_time(hours=1.1)
        await here.only()
        await here.line.pass_time(days=365)
        await here.only(here.line.ana, here.rowan, here.line.operator)
        await here.line.pass_time(days=-365)
        await here.line.pass_time(hours=30)
        await here.only()


async def test_danger_goes_up_the_ladder_within_two_hours(tmp_path: Path) -> None:
    """Also at night: the counselor after an hour, others and the supervisor, the operator; an answer ends it."""
    extra = '[promise]\nquiet_hours = ["daily 13:00-12:00 UTC"]\n'
    async with promised(tmp_path, ben=ALWAYS, extra=extra) as here:
        request = await here.asks()
        await here.line.pass_time(minutes=5)
        await here.line.ana.replies(request, "!risk high\n\nI am with you.")
        answer = await here.sam.receives(automatic=False)
        await _drained(here)
        await here.sam.replies(answer, "I do not know.")
        again = await here.line.ana.receives(automatic=False)
        await here.line.pass_time(minutes=61)
        (reminder,) = await here.only(here.line.ana)
        assert "May be in danger" in reminder.text
        await here.line.pass_time(minutes=30)
        await here.only(here.line.ben, here.rowan)
        await here.line.ana.replies(again, "Please stay.")
        await here.sam.receives(automatic=False)
        await here.line.pass_time(minutes=60)
        await here.only()
        await here.sam.writes("Hm.", answer.from_address)
        await here.line.ana.receives(automatic=False)
        await here.line.pass_time(minutes=121)
        await here.only(here.line.ana, here.line.ben, here.rowan, here.line.operator)


async def test_with_several_conversations_a_person_gets_one_letter(tmp_path: Path) -> None:
    """Whoever may be in danger, or has the least time left, first."""
    async with promised(tmp_path) as here:
        names = []
        for number in range(5):
            await here.line.seeker(f"seeker{number}@mail.test", "").writes("Hello?")
            names.append((await here.line.ana.receives(automatic=False)).from_name)
            await here.line.pass_time(minutes=1)
        await here.line.pass_time(hours=12)
        (reminder,) = await here.only(here.line.ana)
        listed = [line[2:].partition(".")[0] for line in reminder.text.splitlines() if line.startswith("- ")]
        assert listed[: len(names)] == names


@pytest.mark.parametrize("language", ["de", "es", "fr", "ar"])
async def test_a_supervisor_reads_their_own_language(tmp_path: Path, language: str) -> None:
    """All of it."""
    supervisor = f'{ROWAN}language = "{language}"\n'
    async with promised(tmp_path, supervisor=supervisor) as here:
        await here.asks()
        await here.line.pass_time(hours=24.1)
        await here.line.ana.receives(automatic=True)
        (told,) = await here.only(here.rowan)
        assert "waiting" not in told["Subject"]
        assert "Robin" in told.text


async def _seekers_address(here: Promised) -> str:
    """The alias that Sam writes to: it stands in the acknowledgement."""
    return here.sam.mailbox[0].from_address


async def _drained(here: Promised) -> None:
    """Everybody has read what came so far."""
    await here.line.quiet()
    for person in (here.line.ana, here.rowan, here.line.operator):
        person._read = len(person.mailbox)


async def test_an_offer_is_taken_up_by_sending_the_mail_that_it_links_to(tmp_path: Path) -> None:
    """Ben taps, says once more that it was him, and has it with the words that wait; Ana's part in it is over."""
    async with promised(tmp_path, ben=ALWAYS) as here:
        await here.asks()
        await here.line.pass_time(hours=24.1)
        offer = await here.line.ben.receives(automatic=True)
        link = urlsplit(next(word for word in offer.text.split() if word.startswith("mailto:")))
        command = parse_qs(link.query)["body"][0]
        await here.line.ben.writes(command, link.path, subject=parse_qs(link.query)["subject"][0])
        await here.line.ben.replies(await here.line.ben.receives(automatic=True), "SEND")
        given = await here.line.ben.receives(automatic=False)
        assert "I cannot sleep." in given.text
        await here.line.ben.replies(given, "I am here.")
        assert "I am here." in (await here.sam.receives(automatic=False)).text
        await here.line.ana.receives(automatic=True)
        await _drained(here)
        await here.line.pass_time(days=3)
        for person in (here.sam, here.line.ana, here.rowan, here.line.operator):
            await person.receives_nothing()


async def test_a_supervisor_of_other_queues_hears_nothing(tmp_path: Path) -> None:
    """The operator does, when nobody watches over this one."""
    extra = '[[queue]]\nname = "grief"\n'
    async with promised(tmp_path, extra=extra, supervisor=f'{ROWAN}queues = ["grief"]\n') as here:
        await here.asks()
        await here.line.pass_time(hours=24.1)
        await here.only(here.line.ana, here.line.operator)
