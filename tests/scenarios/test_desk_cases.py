"""Conversations that end, wait or go to somebody else, because a counselor wrote so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiosmtplib import SMTPRecipientsRefused

from relay.counselor import act
from relay.errors import ConfigError
from tests.scenarios.test_desk_commands import conversation, words
from tests.support.line import Letter, Line, Person

BOTH = {"ana_duty": '["always"]', "ben_duty": '["always"]'}


async def confirmed(line: Line, who: Person) -> Letter:
    """The counselor is asked, says yes, and gets the receipt."""
    question = await who.receives(automatic=True)
    await who.writes("Send", to="desk@relay.test", reply_to=question)
    return question


async def both_speak_english(line: Line) -> None:
    """Ben too, and with more places."""
    file = line.folder / "counselors.toml"
    text = file.read_text().replace('languages = ["de"]', 'languages = ["de", "en"]')
    file.write_text(text.replace("capacity = 2", "capacity = 9"))
    await line.stop()
    await line.start()


# --- close -----------------------------------------------------------------------------------------


async def test_closing_says_a_few_words_and_frees_the_place(tmp_path: Path) -> None:
    """The words of the end stand where the command stood; whoever writes again comes to the same counselor."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "It was good to talk.\n!close\nRobin")
        last = await sam.receives(automatic=False)
        assert words(last).startswith("It was good to talk.\n\nWe have agreed to stop here for now.")
        assert "!close" not in last.text
        assert (
            f"The conversation with {request.from_name} is closed."
            in (await line.ana.receives(automatic=True)).text
        )
        await line.ana.writes("!list", to="desk@relay.test")
        assert "no open conversations" in (await line.ana.receives(automatic=True)).text
        await sam.replies(last, "I am back.")
        again = await line.ana.receives(automatic=False)
        assert "I am back." in again.text
        assert again.from_address == request.from_address


async def test_closing_without_words_or_with_others(tmp_path: Path) -> None:
    """``none`` says nothing of ours; a name that there is none of is refused."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!close soon")
        assert "done, referred, silent, none" in (await line.ana.receives(automatic=True)).text
        await line.ana.replies(request, "!close none")
        assert "Nothing was sent" in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()
        await line.ana.replies(request, "!close")
        assert "is not open" in (await line.ana.receives(automatic=True)).text


async def test_closing_where_somebody_may_be_in_danger_is_confirmed(tmp_path: Path) -> None:
    """Nothing goes out before the answer."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!risk high")
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "Farewell.\n!close")
        question = await line.ana.receives(automatic=True)
        assert "marked as high risk" in question.text
        await sam.receives_nothing()
        await line.ana.writes("send", to="desk@relay.test", reply_to=question)
        assert "Farewell." in (await sam.receives(automatic=False)).text
        assert "is closed" in (await line.ana.receives(automatic=True)).text


async def test_a_silent_conversation_is_closed_with_notice(tmp_path: Path) -> None:
    """Three days before, the counselor is told; at the end both are; the seeker may write again."""
    async with Line(tmp_path / "line", extra="\n[conversations]\nclose_after_days = 10\n") as line:
        sam, request = await conversation(line)
        await line.pass_time(days=6, hours=12)
        await line.ana.receives_nothing()
        await line.pass_time(days=1)
        assert "is closed on 2026-12-0" in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()
        await line.pass_time(days=3, hours=1)
        note = await sam.receives(automatic=True)
        assert "We have not heard from you for a while" in note.text
        assert note["In-Reply-To"]
        assert "closed now" in (await line.ana.receives(automatic=True)).text
        await sam.replies(note, "I am still here.")
        assert "I am still here." in (await line.ana.receives(automatic=False)).text
        assert request.from_address


# --- hold ------------------------------------------------------------------------------------------


async def test_hold_tells_the_seeker_until_when(tmp_path: Path) -> None:
    """In their language and in the counselor's own message; the promise waits, too."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "I have to travel.\n!hold 3d")
        told = await sam.receives(automatic=False)
        assert "I have to travel.\n\nYou will hear from me again on Thursday at 12:00" in words(told)
        assert "on Thursday" in (await line.ana.receives(automatic=True)).text


# --- pass and take -----------------------------------------------------------------------------------


async def test_pass_brings_the_request_to_somebody_else(tmp_path: Path) -> None:
    """With the seeker's words and the reason as a note; the seeker notices nothing, the old alias is dead."""
    async with Line(tmp_path / "line", **BOTH) as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives(automatic=False)
        await sam.receives()
        await line.ana.replies(request, "!pass CANARY-1 I know this person")
        assert f"Somebody else gets {request.from_name}" in (await line.ana.receives(automatic=True)).text
        letters = [await line.ben.receives(), await line.ben.receives()]
        briefing = next(one for one in letters if one.is_automatic)
        passed_on = next(one for one in letters if not one.is_automatic)
        assert "CANARY-1 I know this person" in briefing.text
        assert "I cannot sleep." in passed_on.text
        assert passed_on.from_address != request.from_address
        assert briefing.from_address == passed_on.from_address
        await line.ben.replies(passed_on, "I am here now.")
        assert "I am here now." in (await sam.receives(automatic=False)).text
        with pytest.raises(SMTPRecipientsRefused):
            await line.ana.replies(request, "One more word.")
        assert all(b"CANARY-1" not in letter.raw for letter in sam.mailbox)


async def test_take_in_a_conversation_is_a_word_of_assent(tmp_path: Path) -> None:
    """Nothing changes, and the counselor knows that they have it."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives(automatic=False)
        await line.ana.replies(request, "!take")
        assert f"{request.from_name} is with you." in (await line.ana.receives(automatic=True)).text


async def test_what_is_not_offered_cannot_be_taken(tmp_path: Path) -> None:
    """Nobody takes a conversation from somebody whose time is not over; nor one that does not exist."""
    async with Line(tmp_path / "line", **BOTH) as line:
        _, request = await conversation(line)
        await line.ben.writes(f"!take {request.from_name}", to="desk@relay.test")
        assert "Frist" in (refused := await line.ben.receives(automatic=True)).text or "Zeit" in refused.text
        await line.ben.writes("!take Purple Unicorn", to="desk@relay.test")
        assert "gibt es nicht" in (await line.ben.receives(automatic=True)).text


async def test_an_overdue_conversation_is_taken_over_by_a_tap_and_a_word(tmp_path: Path) -> None:
    """The offer's link, the confirming answer, the words that nobody answered; whoever had it is told."""
    async with Line(tmp_path / "line", **BOTH) as line:
        await both_speak_english(line)
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives(automatic=False)
        await sam.receives()
        await line.pass_time(hours=25)
        offers = [letter for letter in line.ben.mailbox if "take" in letter.text]
        assert offers
        await line.ben.writes(f"!take {request.from_name}", to="desk@relay.test")
        question = await line.ben.receives(automatic=True)
        while "Bitte bestätigen" not in question["Subject"]:
            question = await line.ben.receives(automatic=True)
        await line.ben.receives_nothing()
        await line.ben.writes("SEND", to="desk@relay.test", reply_to=question)
        passed_on = await line.ben.receives(automatic=False)
        assert "I cannot sleep." in passed_on.text
        await line.quiet()
        assert any(request.from_name in letter.text for letter in line.ana.mailbox if letter.is_automatic)


async def test_a_forged_take_asks_the_counselor_and_does_nothing(tmp_path: Path) -> None:
    """From alone proves nothing at the desk: the question goes to the registered address."""
    async with Line(tmp_path / "line") as line:
        _, request = await conversation(line)
        await line.ana.replies(request, "!pass")
        await line.ana.receives(automatic=True)
        eve = line.seeker("eve@evil.test", "Eve")
        await eve.writes(
            f"!take {request.from_name}",
            to="desk@relay.test",
            sender="ana.ruiz@home.test",
            envelope="eve@evil.test",
        )
        question = await line.ana.receives(automatic=True)
        assert f"!take {request.from_name.lower()}" in question.text.lower()
        assert "in your name" in question.text
        await eve.receives_nothing()


# --- handover --------------------------------------------------------------------------------------


async def test_handover_to_a_colleague_keeps_the_seekers_thread(tmp_path: Path) -> None:
    """Confirmed first; the new counselor reads the summary, not the transcript; the seeker's address stays."""
    async with Line(tmp_path / "line", extra='\n[conversations]\ncommon_name = "Jo"\n', **BOTH) as line:
        sam, request = await conversation(line)
        first = next(letter for letter in sam.mailbox if not letter.is_automatic)
        await line.ana.replies(request, "!handover linden\nCANARY-2 sleeps badly.\nWas brave.")
        question = await confirmed(line, line.ana)
        assert f"It hands {request.from_name} over to Linden." in question.text
        assert "goes to Linden" in (await line.ana.receives(automatic=True)).text
        briefing = await line.ben.receives()
        assert "CANARY-2 sleeps badly.\nWas brave." in words(briefing)
        assert "I cannot sleep" not in briefing.text
        assert "Robin, 2026-11-23" in briefing.text
        await line.ben.replies(briefing, "Hello, I am here.")
        second = await sam.receives(automatic=False)
        assert second.from_address == first.from_address
        assert second.from_name == first.from_name == "Jo"
        assert second["Subject"] == "Re: Your message", "what the briefing is called comes back to the seeker"
        assert first["Message-ID"] in second["References"], (second.raw, first.raw)
        with pytest.raises(SMTPRecipientsRefused):
            await line.ana.replies(request, "One more thing.")
        await sam.receives_nothing()
        assert all(b"CANARY-2" not in letter.raw for letter in sam.mailbox)


async def test_handover_to_anybody(tmp_path: Path) -> None:
    """Whoever is found gets it with the summary."""
    async with Line(tmp_path / "line", **BOTH) as line:
        _, request = await conversation(line)
        await line.ana.replies(request, "!handover any\nNeeds German.")
        await confirmed(line, line.ana)
        assert "Needs German." in (await line.ben.receives()).text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("!handover Oak\nSummary.", "There are: Linden"),
        ("!handover Linden\nSummary.", "Linden is not on duty now"),
        ("!handover any", "Write it like this"),
        ("!handover any\nSummary.\n\n!close", "does not go together"),
    ],
)
async def test_a_handover_that_cannot_be_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """With the names that there are; nothing changes."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, text)
        assert reason in (await line.ana.receives(automatic=True)).text
        await line.ana.replies(request, "Still here.")
        assert "Still here." in (await sam.receives(automatic=False)).text


async def test_counselor_leaves_with_five_cases(tmp_path: Path) -> None:
    """All five go to somebody else with their notes; nothing new comes to whoever left."""
    async with Line(tmp_path / "line", **BOTH) as line:
        await both_speak_english(line)
        for number in range(5):
            await line.seeker(f"s{number}@mail.test", "S").writes(f"Letter {number}.")
        await line.quiet()
        cases = [letter for letter in line.ana.mailbox if not letter.is_automatic]
        for number, letter in enumerate(cases):
            await line.ana.replies(letter, f"!note Note {number}.")
        await line.quiet()
        with pytest.raises(ConfigError):
            await asyncio.to_thread(act, line.folder, "leave", "zoe")
        lines = await asyncio.to_thread(act, line.folder, "leave", "ana")
        assert lines[0].startswith(f"{len(cases)} open conversation(s) of ana")
        await line.pass_time(minutes=2)
        for _ in range(
            5 + len(cases)
        ):  # the duty loop writes the notes, and is not waited for by ``pass_time``
            await line.ben.receives()
        relayed = [letter for letter in line.ben.mailbox if not letter.is_automatic]
        assert sorted(letter.text.strip() for letter in relayed) == [
            f"Letter {number}." for number in range(5)
        ]
        briefings = [letter for letter in line.ben.mailbox if letter.is_automatic]
        assert len(briefings) == len(cases)
        await line.seeker("new@mail.test", "N").writes("Letter 6.")
        await line.quiet()
        assert len([letter for letter in line.ana.mailbox if not letter.is_automatic]) == len(cases)


# --- warn, block, spam -------------------------------------------------------------------------------


async def test_warn_says_once_more_what_is_not_answered(tmp_path: Path) -> None:
    """In the counselor's own message."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!warn")
        assert "We do not answer insults" in (await sam.receives(automatic=False)).text
        assert "was warned" in (await line.ana.receives(automatic=True)).text


async def test_block_is_confirmed_told_once_and_holds_what_comes(tmp_path: Path) -> None:
    """The seeker hears it once, with where to ask; afterwards nobody is told anything but the operator."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!block 7d")
        question = await confirmed(line, line.ana)
        assert "until 2026-11-30" in question.text
        told = await sam.receives(automatic=False)
        assert "postmaster@relay.test" in told.text
        assert "held until 2026-11-30" in (await line.ana.receives(automatic=True)).text
        await sam.replies(told, "What?")
        await line.operator.receives()
        await line.ana.receives_nothing()
        await sam.receives_nothing()


async def test_spam_ends_without_a_word(tmp_path: Path) -> None:
    """Nothing goes to whoever it was."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!spam")
        assert "is no person" in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()
