"""The seeker is asked also before their conversation goes to another queue, and when their counselor leaves the line."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtplib import SMTPRecipientsRefused

from relay.counselor import act
from tests.scenarios.test_consent import BOTH, HANDS_OVER, QUEUE
from tests.scenarios.test_desk_cases import confirmed
from tests.scenarios.test_desk_commands import conversation
from tests.scenarios.test_transfer import line_of
from tests.support.line import Letter, Line, Person

TRANSFER = "!transfer grief\nCANARY-3 lost a brother."


async def asked_about_a_queue(line: Line) -> tuple[Person, Letter, Letter, Person]:
    """Ana wants to move it to Cleo's queue; the question as Sam has it."""
    sam, request = await conversation(line)
    await line.ana.replies(request, f"Somebody knows more of this.\n{TRANSFER}")
    question = await sam.receives(automatic=False)
    assert "is asked first" in (await line.ana.receives(automatic=True)).text
    return sam, request, question, Person(line, "cleo@home.test", "Cleo Hart")


async def leaves(line: Line, who: str = "ana") -> list[str]:
    """Somebody leaves, and a minute passes."""
    said = await asyncio.to_thread(act, line.folder, "leave", who)
    await line.pass_time(minutes=2)
    return said


def plain(letter: Letter) -> str:
    return " ".join(letter.text.split())


# --- !transfer ---------------------------------------------------------------------------------------


async def test_yes_moves_it_to_the_other_queue(tmp_path: Path) -> None:
    """Until then nobody there sees anything, and the counselor goes on."""
    async with line_of(tmp_path, extra=QUEUE) as line:
        sam, request, question, cleo = await asked_about_a_queue(line)
        assert "one word YES or NO" in plain(question)
        await line.pass_time(minutes=5)
        assert not cleo.mailbox
        await sam.replies(question, "Yes")
        assert "Somebody else goes on with you now." in (await sam.receives(automatic=True)).text
        assert "They agree." in (await line.ana.receives(automatic=True)).text
        assert "CANARY-3 lost a brother." in (await cleo.receives(automatic=True)).text
        with pytest.raises(SMTPRecipientsRefused):
            await line.ana.replies(request, "One more word.")


async def test_no_leaves_it_in_its_queue(tmp_path: Path) -> None:
    async with line_of(tmp_path, extra=QUEUE) as line:
        sam, request, question, cleo = await asked_about_a_queue(line)
        await sam.replies(question, "No, thank you")
        assert "They do not agree." in (await line.ana.receives(automatic=True)).text
        await sam.replies(question, "Good night.")
        assert (await line.ana.receives(automatic=False)).from_address == request.from_address
        await line.pass_time(hours=25)
        assert not cleo.mailbox


async def test_silence_moves_it_to_the_other_queue_where_the_operator_says_so(tmp_path: Path) -> None:
    """And not merely to somebody else of its own."""
    async with line_of(tmp_path, extra='consent_silence = "hand_over"\n' + QUEUE) as line:
        sam, _, _, cleo = await asked_about_a_queue(line)
        await line.pass_time(hours=24, minutes=2)
        assert "somebody else goes on with you now" in (await sam.receives(automatic=True)).text
        assert "CANARY-3 lost a brother." in (await cleo.receives(automatic=True)).text


async def test_who_may_be_in_danger_or_was_never_answered_is_not_asked(tmp_path: Path) -> None:
    async with line_of(tmp_path, extra=QUEUE) as line:
        _, request = await conversation(line)
        tom = Person(line, "tom@mail.test", "Tom Fox")
        await tom.writes("I am new.")
        first = await line.ana.receives(automatic=False)
        for letter, text in ((request, f"!risk high\n\n{TRANSFER}"), (first, TRANSFER)):
            await line.ana.replies(letter, text)
            if "high" in text:  # the mark stands first
                await line.quiet()
            await confirmed(line, line.ana)
            await line.ana.receives(automatic=True)
        cleo = Person(line, "cleo@home.test", "Cleo Hart")
        await line.quiet()
        assert any("CANARY-3" in each.text for each in cleo.mailbox)
        assert any("I am new." in each.text for each in cleo.mailbox)


# --- relay counselor leave -----------------------------------------------------------------------------


async def test_when_a_counselor_leaves_their_seekers_are_asked_first(tmp_path: Path) -> None:
    """By the line itself, in the thread; nobody reads anything before the word, and the address stays."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request = await conversation(line)
        said = await leaves(line)
        assert any("1 seeker(s)" in each and "asked first" in each for each in said)
        question = await sam.receives(automatic=True)
        assert "Whoever answered you until now will not be here any more." in plain(question)
        assert "one word YES or NO" in plain(question)
        assert "somebody else goes on, so that you are not left alone" in plain(question)
        assert question["In-Reply-To"]
        await sam.replies(question, "Who would it be?")
        await line.pass_time(minutes=5)
        assert not line.ben.mailbox
        await sam.replies(question, "Yes")
        assert "Somebody else goes on with you now." in (await sam.receives(automatic=True)).text
        letter = await line.ben.receives(automatic=False)
        while "Who would it be?" not in letter.text:
            letter = await line.ben.receives(automatic=False)
        await line.ben.replies(letter, "It is me.")
        assert (await sam.receives(automatic=False)).from_address == question.from_address
        assert letter.from_address != request.from_address


async def test_who_does_not_want_anybody_else_is_read_by_nobody_else(tmp_path: Path) -> None:
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, _ = await conversation(line)
        await leaves(line)
        question = await sam.receives(automatic=True)
        await sam.replies(question, "CANARY-5 What does that mean?")
        await sam.replies(question, "No")
        assert "Nobody else reads what you wrote" in (await sam.receives(automatic=True)).text
        await line.pass_time(hours=30)
        assert not line.ben.mailbox


async def test_nobody_is_lost_when_no_answer_comes(tmp_path: Path) -> None:
    """Also when nothing ran for days after they had left: the question is put then, and its time begins then."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, _ = await conversation(line)
        await line.stop()
        await asyncio.to_thread(act, line.folder, "leave", "ana")
        await line.clock.move(timedelta(days=3))
        await line.start()
        question = await sam.receives(automatic=True)
        assert "one word YES or NO" in plain(question)
        await line.pass_time(hours=23)
        assert not line.ben.mailbox
        await line.pass_time(hours=2)
        assert (await line.ben.receives(automatic=True)).text


async def test_a_word_before_the_question_is_put_answers_nothing(tmp_path: Path) -> None:
    """It was meant for something else, waits like every letter, and is read by whoever goes on."""
    async with Line(tmp_path / "line", extra=QUEUE, **BOTH) as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "Will you sleep now?")
        asked = await sam.receives(automatic=False)
        await asyncio.to_thread(act, line.folder, "leave", "ana")
        await sam.replies(asked, "No")
        await line.pass_time(minutes=2)
        question = await sam.receives(automatic=True)
        await sam.replies(question, "Yes")
        assert "Somebody else goes on with you now." in (await sam.receives(automatic=True)).text
        heard = [await line.ben.receives(automatic=False) for _ in range(2)]
        assert any(letter.text.startswith("No") for letter in heard)


async def test_what_was_asked_before_they_left_stays_asked(tmp_path: Path) -> None:
    """One question, and the answer to it counts."""
    async with Line(tmp_path / "line", extra=QUEUE + HANDS_OVER, **BOTH) as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!pass I go on holiday")
        question = await sam.receives(automatic=False)
        await line.ana.receives(automatic=True)
        await leaves(line)
        await sam.receives_nothing()
        await sam.replies(question, "Yes")
        await sam.receives(automatic=True)
        assert "I go on holiday" in (await line.ben.receives(automatic=True)).text


async def test_who_may_be_in_danger_waits_for_no_word_when_their_counselor_leaves(tmp_path: Path) -> None:
    """Neither marked before nor by URGENT afterwards."""
    async with Line(tmp_path / "line", extra=QUEUE, ben_languages='["en"]', ben_duty='["always"]') as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!risk high")
        await line.ana.receives(automatic=True)
        await leaves(line)
        await line.ben.receives()
        await sam.receives_nothing()
    async with Line(tmp_path / "other", extra=QUEUE, ben_languages='["en"]', ben_duty='["always"]') as line:
        sam, _ = await conversation(line)
        await leaves(line)
        question = await sam.receives(automatic=True)
        await sam.replies(question, "URGENT\n\nIt is very bad tonight.")
        await line.pass_time(minutes=2)
        assert any("It is very bad tonight." in each.text for each in line.ben.mailbox)
