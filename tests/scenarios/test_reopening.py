"""Whoever writes again after an end is heard, whatever the end was and whoever is left to hear them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.test_who_may_speak import conversation
from tests.support import remains
from tests.support.line import Letter, Line, Person


async def test_who_stopped_while_waiting_and_writes_again_is_heard(tmp_path: Path) -> None:
    """Nobody was responsible yet, and nobody must be missing later."""
    async with Line(
        tmp_path / "line", ana_duty='["mon-fri 18:00-22:00 Europe/Berlin"]', ben_duty='["never"]'
    ) as line:
        sam = line.seeker()
        await sam.writes("I need help.")
        acknowledgement = await sam.receives()
        await sam.writes("STOP", to=acknowledgement.from_address)
        await sam.receives()
        await sam.writes("I need help after all.", to=acknowledgement.from_address)
        await line.quiet()
        await line.pass_time(hours=6)
        assert "I need help after all." in (await line.ana.receives(automatic=False)).text


async def test_when_a_block_is_over_the_next_letter_arrives(tmp_path: Path) -> None:
    """A block ends by itself; the conversation opens again with whoever had it."""
    async with Line(tmp_path / "line") as line:
        sam, request, answer = await conversation(line)
        await line.ana.replies(request, "!block 1d")
        question = await line.ana.receives(automatic=True)
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=question)
        await line.ana.receives(automatic=True)
        await line.pass_time(days=1, minutes=5)
        await sam.writes("I am sorry.", to=answer.from_address)
        assert "I am sorry." in (await line.ana.receives(automatic=False)).text


async def test_a_closed_conversation_opens_when_its_counselor_has_left_the_line(tmp_path: Path) -> None:
    """Somebody else on duty reads it; the seeker's address to write to stays."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        sam, request, answer = await conversation(line)
        await line.ana.replies(request, "Take care.\n!close")
        await sam.receives(automatic=False)
        await line.stop()
        file = line.folder / "counselors.toml"
        head, _, tail = file.read_text().partition('[[counselor]]\nid = "ben"')
        file.write_text('[[counselor]]\nid = "ben"' + tail)
        assert "ana" in head
        await line.start()
        await sam.writes("It is bad again.", to=answer.from_address)
        await line.quiet()
        await line.pass_time(minutes=2)
        heard = await line.ben.receives(automatic=False)
        assert "It is bad again." in heard.text
        await line.ben.replies(heard, "I am here now.")
        assert (await sam.receives(automatic=False)).from_address == answer.from_address


# --- how long an end can be taken back ------------------------------------------------------------------

BOTH_ANSWER = {"ben_duty": '["always"]', "ben_languages": '["en"]'}


async def ended(line: Line) -> tuple[Person, Letter, Letter]:
    """A conversation that Ana has closed: who wrote, the request as she has it, and the last letter."""
    sam, request, _ = await conversation(line)
    await line.ana.replies(request, "It was good to talk.\n!close")
    last = await sam.receives(automatic=False)
    await line.ana.receives(automatic=True)
    return sam, request, last


async def test_until_the_last_moment_the_same_conversation_goes_on_with_the_same_counselor(
    tmp_path: Path,
) -> None:
    """Fourteen days, to the second."""
    async with Line(tmp_path / "line", **BOTH_ANSWER) as line:
        sam, request, last = await ended(line)
        await line.pass_time(days=14)
        await sam.replies(last, "I am back.")
        again = await line.ana.receives(automatic=False)
        assert again.from_address == request.from_address
        assert again.from_name == request.from_name
        await sam.receives_nothing()


async def test_a_second_later_a_new_conversation_begins(tmp_path: Path) -> None:
    """Another pseudonym and other addresses; the seeker reads that nobody knows what was before."""
    async with Line(tmp_path / "line", **BOTH_ANSWER) as line:
        sam, request, last = await ended(line)
        await line.pass_time(days=14, seconds=1)
        await sam.writes("I am back.", to=last.from_address, reply_to=last)
        told = await sam.receives(automatic=True)
        assert told.text.startswith("Your earlier conversation has ended some time ago")
        assert told.from_address not in {last.from_address, "help@relay.test"}
        await line.quiet()
        heard = [each for who in (line.ana, line.ben) for each in who.mailbox if "I am back." in each.text]
        assert len(heard) == 1
        assert heard[0].from_name != request.from_name
        assert heard[0].from_address != request.from_address
        assert request.from_name not in heard[0].raw.decode()
        reader = next(who for who in (line.ana, line.ben) if heard[0] in who.mailbox)
        await reader.replies(heard[0], "I am here.")
        answer = await sam.receives(automatic=False)
        assert answer.from_address == told.from_address
        await sam.replies(answer, "Thank you.")
        await line.quiet()
        assert any(
            "Thank you." in each.text and each.from_name == heard[0].from_name for each in reader.mailbox
        )


async def test_a_line_may_end_for_good_or_wait_longer(tmp_path: Path) -> None:
    """``reopen_days`` of the line: 0 is a new conversation each time."""
    async with Line(tmp_path / "line", extra="\n[conversations]\nreopen_days = 0\n") as line:
        sam, request, last = await ended(line)
        await line.pass_time(seconds=1)
        await sam.replies(last, "I am back.")
        assert (await line.ana.receives(automatic=False)).from_name != request.from_name
    async with Line(tmp_path / "other", extra="\n[conversations]\nreopen_days = 20\n") as line:
        sam, request, last = await ended(line)
        await line.pass_time(days=20)
        await sam.replies(last, "I am back.")
        assert (await line.ana.receives(automatic=False)).from_name == request.from_name


async def test_what_begins_anew_and_waits_is_one_conversation(tmp_path: Path) -> None:
    """Nobody is on duty when it comes: it is found again as what it has become, and not begun a second time."""
    hours = {"ana_duty": '["mon-fri 12:00-16:00 UTC"]', "ben_duty": '["never"]'}
    async with Line(tmp_path / "line", **hours) as line:
        sam, request, last = await ended(line)
        await line.pass_time(days=20, hours=6)
        await sam.writes("I am back.", to=last.from_address)
        told = await sam.receives(automatic=True)
        assert told.text.startswith("Your earlier conversation has ended")
        await line.pass_time(hours=18)
        heard = await line.ana.receives(automatic=False)
        assert "I am back." in heard.text
        assert heard.from_name != request.from_name
        await line.ana.replies(heard, "I am here.")
        assert (await sam.receives(automatic=False)).from_address == told.from_address
        assert sum("I am back." in each.text for each in line.ana.mailbox) == 1


async def test_it_waits_also_when_the_old_one_is_forgotten_meanwhile(tmp_path: Path) -> None:
    """What was begun by its address does not end with it."""
    hours = {"ana_duty": '["mon-fri 12:00-16:00 UTC"]', "ben_duty": '["never"]'}
    retention = "\n[retention]\nclosed_days = 20\n"
    async with Line(tmp_path / "line", extra=retention, **hours) as line:
        sam, _, last = await ended(line)
        await line.pass_time(days=18, hours=6)
        await sam.writes("I am back.", to=last.from_address)
        await sam.receives(automatic=True)
        await line.stop()
        file = line.folder / "counselors.toml"
        file.write_text(file.read_text().replace("mon-fri 12:00-16:00 UTC", "never"))
        await line.start()
        for _ in range(3):
            await line.pass_time(days=1)
        await line.stop()
        file.write_text(
            file.read_text().replace(
                'duty = ["never"]\ncapacity = 1000', 'duty = ["always"]\ncapacity = 1000'
            )
        )
        await line.start()
        assert "I am back." in (await line.ana.receives(automatic=False)).text


async def test_words_that_end_something_mean_the_conversation_that_they_are_written_to(
    tmp_path: Path,
) -> None:
    """FORGET ME at an old address erases what was, and begins nothing."""
    async with Line(tmp_path / "line") as line:
        sam, _, last = await ended(line)
        await line.pass_time(days=20)
        await sam.replies(last, "FORGET ME")
        assert "FORGET ME" in (await sam.receives(automatic=True)).text
        await line.quiet()
        assert remains.counts(line.folder, "conversations") == {}


async def test_a_stranger_at_an_old_address_begins_nothing(tmp_path: Path) -> None:
    """They are held like anybody at somebody else's alias."""
    async with Line(tmp_path / "line") as line:
        _, _, last = await ended(line)
        await line.pass_time(days=20)
        await line.seeker("eve@other.test", "Eve").writes("Who is there?", to=last.from_address)
        await line.quiet()
        assert remains.counts(line.folder, "conversations") == {"closed": 1}
        assert not any("Who is there?" in each.text for each in line.ana.mailbox)


async def test_whoever_begins_anew_is_written_to_as_discreetly_and_not_by_whom_they_left(
    tmp_path: Path,
) -> None:
    """QUIET and OTHER are about the person, so that a new conversation does not take them back."""
    async with Line(tmp_path / "line", **BOTH_ANSWER) as line:
        sam, request, answer = await conversation(line)
        await sam.replies(answer, "QUIET")
        await sam.receives(automatic=True)
        await sam.replies(answer, "OTHER")
        await sam.receives(automatic=True)
        await line.quiet()
        await sam.replies(answer, "Somebody else, please.")
        heard = await line.ben.receives(automatic=False)
        await line.ben.replies(heard, "Good bye for now.\n!close")
        last = await sam.receives(automatic=False)
        await line.pass_time(days=20)
        before = len(line.ana.mailbox)
        await line.stop()
        file = line.folder / "counselors.toml"
        file.write_text(
            file.read_text().replace('duty = ["always"]\ncapacity = 2', 'duty = ["never"]\ncapacity = 2')
        )
        await line.start()
        await sam.replies(last, "I am back.")
        told = await sam.receives(automatic=True)
        assert (told.from_name, told["Subject"]) == ("Mail", "Your message")
        await line.pass_time(minutes=2)
        assert len(line.ana.mailbox) == before
        assert request.from_name


async def on_duty(line: Line, *, ben: bool) -> None:
    """Ben comes or goes; Ana is always there."""
    await line.stop()
    file = line.folder / "counselors.toml"
    before, after = ("never", "always") if ben else ("always", "never")
    text = file.read_text()
    assert f'duty = ["{before}"]\ncapacity = 2' in text
    file.write_text(text.replace(f'duty = ["{before}"]\ncapacity = 2', f'duty = ["{after}"]\ncapacity = 2'))
    await line.start()


@pytest.mark.parametrize("how", ["declined", "asked for another"])
async def test_who_is_not_to_have_somebody_does_not_get_what_they_begin_anew(
    how: str, tmp_path: Path
) -> None:
    """Neither at once nor while it waits, although nobody else is there; whoever comes next gets it."""
    async with Line(tmp_path / "line", extra="\n[conversations]\nreopen_days = 0\n", **BOTH_ANSWER) as line:
        sam, request, answer = await conversation(line)
        if how == "declined":
            await line.pass_time(minutes=1)
            await sam.replies(answer, "Please go on.")
            await line.ana.receives(automatic=False)
            await line.ana.replies(request, "!pass I know this person")
        else:
            await sam.replies(answer, "OTHER")
            await sam.replies(answer, "Please go on.")
        heard = await line.ben.receives(automatic=False)
        while "Please go on." not in heard.text:
            heard = await line.ben.receives(automatic=False)
        await line.ben.replies(heard, "Good bye.\n!close")
        last = await sam.receives(automatic=False)
        await line.quiet()
        await on_duty(line, ben=False)
        await line.pass_time(minutes=5)
        await sam.replies(last, "CANARY-8 I am back.")
        for _ in range(3):
            await line.pass_time(minutes=2)
        assert not any("CANARY-8" in letter.text for letter in line.ana.mailbox)
        await on_duty(line, ben=True)
        await line.pass_time(minutes=2)
        again = await line.ben.receives(automatic=False)
        while "CANARY-8" not in again.text:
            again = await line.ben.receives(automatic=False)
        assert again.from_name != heard.from_name


async def test_a_counselor_does_not_write_into_what_is_over(tmp_path: Path) -> None:
    """Their letter is held, and they are told why."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await ended(line)
        await line.pass_time(days=14)
        await line.ana.replies(request, "How are you?")
        await sam.receives(automatic=False)
        await line.ana.replies(request, "I close it again.\n!close")
        await sam.receives(automatic=False)
        await line.ana.receives(automatic=True)
        await line.pass_time(days=14, seconds=1)
        await line.ana.replies(request, "How are you?")
        assert "it has ended" in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()
