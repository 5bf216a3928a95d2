"""Who is on duty gets the request; nobody on duty means that it waits, and that the seeker is told so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.line import FakeClock, Line

NIGHT = '["mon-fri 18:00-22:00 Europe/Berlin"]'
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BEFORE_THE_SHIFT_H = 5.01


async def test_with_nobody_on_duty_a_request_waits_until_the_shift_starts(tmp_path: Path) -> None:
    """The acknowledgement says so; when the shift starts the request is handed over by itself."""
    async with Line(tmp_path / "line", ana_duty=NIGHT, clock=FakeClock(MONDAY_NOON)) as line:
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        acknowledgement = await sam.receives(automatic=True)
        assert "18:00" in acknowledgement.text
        assert "Berlin" in acknowledgement.text
        await line.ana.receives_nothing()
        assert (await line.operator.receives()).from_address == "relay@relay.test"

        await line.pass_time(hours=BEFORE_THE_SHIFT_H)
        request = await line.ana.receives()
        assert "Is anybody there?" in request.text
        await line.ana.replies(request, "Yes.")
        answer = await sam.receives(automatic=False)
        assert answer.from_address == acknowledgement.from_address


async def test_a_request_that_waits_survives_a_restart(tmp_path: Path) -> None:
    """The shift begins while the daemon is down; after the start the request is handed over."""
    async with Line(tmp_path / "line", ana_duty=NIGHT, clock=FakeClock(MONDAY_NOON)) as line:
        sam = line.seeker()
        await sam.writes("Is anybody there?")
        await sam.receives(automatic=True)
        await line.quiet()
        await line.stop()
        await line.clock.move(timedelta(hours=BEFORE_THE_SHIFT_H))
        await line.start()
        assert "Is anybody there?" in (await line.ana.receives()).text
        await sam.receives_nothing()


async def test_what_a_seeker_adds_while_waiting_waits_too(tmp_path: Path) -> None:
    """Mail to the alias of a conversation that nobody has yet is handed over with the request."""
    async with Line(tmp_path / "line", ana_duty=NIGHT, clock=FakeClock(MONDAY_NOON)) as line:
        sam = line.seeker()
        await sam.writes("First.")
        acknowledgement = await sam.receives(automatic=True)
        await sam.replies(acknowledgement, "Second.")
        await line.ana.receives_nothing()
        await line.pass_time(hours=BEFORE_THE_SHIFT_H)
        texts = (await line.ana.receives()).text + (await line.ana.receives()).text
        assert "First." in texts
        assert "Second." in texts


async def test_a_conversation_stays_with_its_counselor_when_the_shift_ends(tmp_path: Path) -> None:
    """A known conversation goes to its counselor, also after hours."""
    clock = FakeClock(datetime(2026, 11, 23, 20, 0, tzinfo=UTC))
    async with Line(tmp_path / "line", ana_duty=NIGHT, ben_duty='["always"]', clock=clock) as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await line.ana.replies(request, "Hello.")
        answer = await sam.receives(automatic=False)
        await line.pass_time(hours=4)
        await sam.replies(answer, "Still there?")
        assert "Still there?" in (await line.ana.receives()).text
        await line.ben.receives_nothing()


async def test_a_request_goes_to_who_speaks_its_language_and_has_a_free_slot(tmp_path: Path) -> None:
    """German requests go to Ben until his two slots are taken; then a person in need comes before the language."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        for number in range(2):
            await line.seeker(f"seeker{number}@mail.test", "").writes("Hallo.", to="hilfe@relay.test")
            assert "Hallo." in (await line.ben.receives()).text
        await line.seeker("seeker9@mail.test", "").writes("Hallo.", to="hilfe@relay.test")
        assert "Hallo." in (await line.ana.receives()).text


async def test_a_german_intake_acknowledges_in_german(tmp_path: Path) -> None:
    """The intake address has the first say on the language."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        sam = line.seeker()
        await sam.writes("Hallo.", to="hilfe@relay.test")
        acknowledgement = await sam.receives(automatic=True)
        assert "Nachricht" in acknowledgement["Subject"]
