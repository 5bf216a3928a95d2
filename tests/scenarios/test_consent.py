"""A hand-over that waits for the seeker's word, where the queue asks for it; nobody is lost because no answer comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiosmtplib import SMTPRecipientsRefused

from tests.scenarios.test_desk_cases import confirmed
from tests.scenarios.test_desk_commands import conversation, words
from tests.support.line import Letter, Line, Person

QUEUE = '\n[[queue]]\nname = "general"\nhandover_consent = true\n'
HANDS_OVER = '\n[conversations]\nconsent_silence = "hand_over"\n'
OFF_DUTY = {
    "ana_duty": '["mon-fri 12:00-16:00 UTC"]',
    "ben_duty": '["always"]',
    "ben_languages": '["en"]',
}
BOTH = {"ana_duty": '["always"]', "ben_duty": '["always"]', "ben_languages": '["en"]'}
SUMMARY = "!handover Linden\nThey cannot sleep since May."


async def asked(line: Line, command: str = SUMMARY) -> tuple[Person, Letter, Letter]:
    """A conversation whose counselor wants to hand it over; the question as the seeker has it."""
    sam, request = await conversation(line)
    await line.ana.replies(request, command)
    question = await sam.receives(automatic=False)
    await line.ana.receives(automatic=True)
    return sam, request, question


async def asked_off_duty(line: Line) -> tuple[Person, Letter]:
    """The same by a counselor whose duty is over, so that it waits; who was asked, and the question."""
    sam, request = await conversation(line)
    await line.pass_time(hours=6)
    await line.ana.replies(request, "!handover any\nThey cannot sleep since May.")
    return sam, await sam.receives(automatic=False)


async def test_without_the_setting_nobody_is_asked(tmp_path: Path) -> None:
    async with Line(tmp_path / "line", **BOTH) as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, SUMMARY)
        await confirmed(line, line.ana)
        assert "They cannot sleep since May." in (await line.ben.receives(automatic=True)).text
        await sam.receives_nothing()


async def test_yes_lets_somebody_else_go_on(tmp_path: Path) -> None:
    """Until then the counselor stays responsible; afterwards their alias is dead, and the seeker's address the same."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request, question = await asked(line)
        assert "one word YES or NO" in " ".join(question.text.split())
        assert "everything stays as it is" in " ".join(question.text.split())
        await line.ana.replies(request, "I am still here.")
        await sam.receives(automatic=False)
        assert not line.ben.mailbox
        await sam.replies(question, "Yes, please.")
        assert "Somebody else goes on with you now." in (await sam.receives(automatic=True)).text
        assert "They agree." in (await line.ana.receives(automatic=True)).text
        briefing = await line.ben.receives(automatic=True)
        assert "They cannot sleep since May." in briefing.text
        with pytest.raises(SMTPRecipientsRefused):
            await line.ana.replies(request, "One more word.")
        await line.ben.replies(briefing, "I am here now.")
        assert (await sam.receives(automatic=False)).from_address == question.from_address


async def test_no_leaves_everything_as_it_is(tmp_path: Path) -> None:
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request, question = await asked(line)
        await sam.replies(question, "NO")
        assert "Everything stays as it is." in (await sam.receives(automatic=True)).text
        assert "They do not agree." in (await line.ana.receives(automatic=True)).text
        await sam.replies(question, "Good night.")
        again = await line.ana.receives(automatic=False)
        assert again.from_address == request.from_address
        await line.pass_time(hours=25)
        assert not line.ben.mailbox


async def test_a_letter_is_no_answer_and_goes_to_the_counselor(tmp_path: Path) -> None:
    """With a line that says that the question is open; a second question is refused."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request, question = await asked(line)
        await sam.replies(question, "Yes, but I am afraid that nobody understands.")
        letter = await line.ana.receives(automatic=False)
        assert "whether somebody else may go on" in " ".join(letter.text.split())
        await sam.replies(question, "Yes\n\nBut who is it?")
        assert "But who is it?" in (await line.ana.receives(automatic=False)).text
        await line.ana.replies(request, SUMMARY)
        assert "has been asked already" in (await line.ana.receives(automatic=True)).text
        assert not line.ben.mailbox


async def test_an_answer_to_something_else_is_no_answer_and_is_not_lost(tmp_path: Path) -> None:
    """What their counselor asks later may be about their life: the word goes to them, and the question stays open."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request, question = await asked(line)
        await line.ana.replies(request, "Are you safe tonight?")
        later = await sam.receives(automatic=False)
        await sam.replies(later, "No")
        letter = await line.ana.receives(automatic=False)
        assert letter.text.startswith("No")
        assert "whether somebody else may go on" in " ".join(letter.text.split())
        await sam.writes("No", to=later.from_address)
        assert (await line.ana.receives(automatic=False)).text.startswith("No")
        await sam.receives_nothing()
        await sam.replies(question, "No")
        assert "Everything stays as it is." in (await sam.receives(automatic=True)).text
        assert "They do not agree." in (await line.ana.receives(automatic=True)).text


async def test_silence_leaves_it_with_the_counselor(tmp_path: Path) -> None:
    """They are told; to the last moment nothing is decided."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request, question = await asked(line)
        await line.pass_time(hours=23, minutes=58)
        await line.ana.receives_nothing()
        await line.pass_time(minutes=3)
        assert "No answer came in time, so they stay with you." in " ".join(
            (await line.ana.receives(automatic=True)).text.split()
        )
        await sam.receives_nothing()
        await sam.replies(question, "I was away.")
        again = await line.ana.receives(automatic=False)
        assert again.from_address == request.from_address
        assert "whether somebody else" not in again.text


async def test_silence_hands_over_where_the_operator_says_so(tmp_path: Path) -> None:
    """The question says it, and both are told."""
    async with Line(tmp_path / "line", extra=QUEUE + HANDS_OVER, **BOTH) as line:
        sam, request, question = await asked(line)
        assert "somebody else goes on, so that you are not left alone" in " ".join(question.text.split())
        await line.pass_time(hours=24, minutes=2)
        assert "somebody else goes on with you now" in (await sam.receives(automatic=True)).text
        assert "as your line has decided" in " ".join((await line.ana.receives(automatic=True)).text.split())
        assert "since May" in (await line.ben.receives(automatic=True)).text
        with pytest.raises(SMTPRecipientsRefused):
            await line.ana.replies(request, "One more word.")


async def test_who_may_be_in_danger_is_not_asked(tmp_path: Path) -> None:
    """Neither before the question nor after it."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        _, request = await conversation(line)
        await line.ana.replies(request, "!risk high")
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, SUMMARY)
        await confirmed(line, line.ana)
        assert "since May" in (await line.ben.receives(automatic=True)).text


async def test_urgent_ends_the_question(tmp_path: Path) -> None:
    """Whoever is responsible reads it at once, and nobody waits for a word any more."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request, question = await asked(line)
        await sam.replies(question, "URGENT\n\nIt is very bad tonight.")
        assert "It is very bad tonight." in (await line.ana.receives(automatic=False)).text
        await line.quiet()
        await line.ana.replies(request, SUMMARY)
        await line.quiet()
        danger = line.ana.mailbox[-1]
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=danger)
        await line.quiet()
        assert any("since May" in each.text for each in line.ben.mailbox)


async def test_who_is_off_duty_leaves_it_waiting_and_nobody_is_lost(tmp_path: Path) -> None:
    """It waits for the word; without one it goes on when the time is over, whatever the setting."""
    async with Line(tmp_path / "line", extra=QUEUE, **OFF_DUTY) as line:
        sam, question = await asked_off_duty(line)
        assert "not left alone" in " ".join(question.text.split())
        await sam.replies(question, "Who is it? I write CANARY.")
        await line.pass_time(minutes=5)
        assert not line.ben.mailbox
        await line.pass_time(hours=24)
        await line.quiet()
        assert any("CANARY" in each.text for each in line.ben.mailbox)
        assert any("since May" in each.text for each in line.ben.mailbox)


async def test_pass_asks_too_once_somebody_was_answered(tmp_path: Path) -> None:
    """A request that nobody has answered yet is passed on at once."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        tom = Person(line, "tom@mail.test", "Tom Fox")
        await tom.writes("I am new.")
        await line.quiet()
        first = next(who for who in (line.ana, line.ben) if who.mailbox)
        other = line.ben if first is line.ana else line.ana
        request = await first.receives(automatic=False)
        await first.replies(request, "!pass I know this person")
        await line.quiet()
        assert any("I am new." in each.text for each in other.mailbox)
    async with Line(tmp_path / "other", extra=QUEUE, **BOTH) as line:
        _, _, question = await asked(line, "!pass I go on holiday")
        assert "one word YES or NO" in " ".join(words(question).split())
        assert not line.ben.mailbox


async def test_no_while_it_waits_ends_it_and_nobody_else_reads(tmp_path: Path) -> None:
    """What nobody has read is forgotten; whoever writes again is heard by somebody."""
    async with Line(tmp_path / "line", extra=QUEUE, **OFF_DUTY) as line:
        sam, question = await asked_off_duty(line)
        await sam.replies(question, "Who is it? CANARY-1.")
        await sam.replies(question, "No")
        assert "Nobody else reads what you wrote" in (await sam.receives(automatic=True)).text
        await line.pass_time(hours=30)
        assert not line.ben.mailbox
        await sam.replies(question, "It is bad again.")
        await line.pass_time(minutes=2)
        assert "It is bad again." in (await line.ben.receives(automatic=False)).text
        assert not any("CANARY-1" in each.text for each in line.ben.mailbox)


async def test_urgent_while_it_waits_brings_somebody_at_once(tmp_path: Path) -> None:
    """Nobody in danger waits for the end of a question."""
    async with Line(tmp_path / "line", extra=QUEUE, **OFF_DUTY) as line:
        sam, question = await asked_off_duty(line)
        await sam.replies(question, "URGENT\n\nIt is very bad tonight.")
        await line.quiet()
        await line.pass_time(minutes=2)
        assert any("It is very bad tonight." in each.text for each in line.ben.mailbox)
