"""A conversation goes to another queue: the seeker notices nothing, and nobody has to start again."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiosmtplib import SMTPRecipientsRefused

from tests.scenarios.test_desk_cases import confirmed
from tests.scenarios.test_desk_commands import words
from tests.support.line import Letter, Line, Person

INTAKES = """
[[intake]]
address = "grief@relay.test"
queue = "grief"
topics = ["grief"]

[[queue]]
name = "night"

[conversations]
common_name = "Jo"
"""
PEOPLE = """
[[counselor]]
id = "cleo"
pseudonym = "Hazel"
name = "Cleo Hart"
address = "cleo@home.test"
languages = ["en"]
topics = ["grief"]
queues = ["grief"]
duty = ["always"]
{more}
[[supervisor]]
id = "vera"
pseudonym = "Oak"
address = "vera@super.test"
queues = ["general"]

[[supervisor]]
id = "otis"
pseudonym = "Elm"
address = "otis@super.test"
queues = ["grief"]
"""
ANA = '["always"]\nqueues = ["general"]'
BEN = '["always"]\nqueues = ["night"]'


def line_of(folder: Path, more: str = "", extra: str = "") -> Line:
    return Line(
        folder / "line", ana_duty=ANA, ben_duty=BEN, extra=INTAKES + extra, people=PEOPLE.format(more=more)
    )


async def asked(line: Line) -> tuple[Person, Letter, Person]:
    """Sam has written to Ana's queue, and Cleo answers another one."""
    sam = line.seeker()
    await sam.writes("I miss my brother.")
    request = await line.ana.receives(automatic=False)
    await sam.receives()
    return sam, request, Person(line, "cleo@home.test", "Cleo Hart")


async def test_a_conversation_moves_with_its_summary_and_the_seeker_sees_nothing_of_it(
    tmp_path: Path,
) -> None:
    """Confirmed first; whoever answers there gets summary and unanswered words; address, name and thread stay."""
    async with line_of(tmp_path) as line:
        sam, request, cleo = await asked(line)
        await line.ana.replies(request, "I am here.")
        first = await sam.receives(automatic=False)
        await line.pass_time(minutes=5)
        await sam.replies(first, "Thank you. He died in May.")
        await line.ana.receives(automatic=False)
        await line.ana.replies(request, "!transfer grief\nCANARY-3 lost a brother.\nSleeps badly.")
        question = await confirmed(line, line.ana)
        assert f"It moves {request.from_name} to the queue grief." in question.text
        assert "goes to the queue grief" in (await line.ana.receives(automatic=True)).text
        letters = [await cleo.receives(), await cleo.receives()]
        briefing = next(one for one in letters if one.is_automatic)
        passed_on = next(one for one in letters if not one.is_automatic)
        assert "CANARY-3 lost a brother.\nSleeps badly." in words(briefing)
        assert "He died in May." in passed_on.text
        await cleo.replies(passed_on, "Tell me of him.")
        second = await sam.receives(automatic=False)
        assert second.from_address == first.from_address
        assert second.from_name == first.from_name == "Jo"
        assert first["Message-ID"] in second["References"]
        with pytest.raises(SMTPRecipientsRefused):
            await line.ana.replies(request, "One more word.")
        await sam.replies(second, "He liked rain.")
        assert "rain" in (await cleo.receives(automatic=False)).text
        assert all(b"CANARY-3" not in letter.raw and b"grief" not in letter.raw for letter in sam.mailbox)


async def test_the_promise_counts_from_the_seekers_message_and_the_new_queues_supervisors_watch(
    tmp_path: Path,
) -> None:
    """Twenty of twenty-four hours are gone: who gets it has six hours, and what is late is told to Otis, not Vera."""
    async with line_of(tmp_path) as line:
        _, request, cleo = await asked(line)
        vera, otis = (
            Person(line, "vera@super.test", "Vera Stone"),
            Person(line, "otis@super.test", "Otis Elm"),
        )
        await line.pass_time(hours=20)
        await line.ana.replies(request, "!transfer grief\nLost a brother.")
        await line.quiet()
        line.ana._read = len(line.ana.mailbox) - 1
        await confirmed(line, line.ana)
        await cleo.receives()
        await cleo.receives()
        await line.pass_time(hours=6.1)
        told = await otis.receives()
        assert request.from_name in told.text
        assert "Late by: 2 hours" in told.text
        await vera.receives_nothing()


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("!transfer women\nSummary.", "There are: general, grief, night"),
        ("!transfer general\nSummary.", "it is in the queue general already"),
        ("!transfer night\nSummary.", "There are: de"),
        ("!transfer grief", "Write it like this: !transfer QUEUE"),
        ("!transfer\nSummary.", "Write it like this: !transfer QUEUE"),
        ("!transfer grief\nSummary.\n\n!pass", "does not go together"),
    ],
)
async def test_what_cannot_be_moved_comes_back_with_the_reason(
    text: str, because: str, tmp_path: Path
) -> None:
    """An unknown queue, its own, one where nobody speaks the language, no summary: nothing is sent, nothing changes."""
    async with line_of(tmp_path) as line:
        sam, request, cleo = await asked(line)
        await line.ana.replies(request, f"Words.\n{text}")
        assert because in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()
        await cleo.receives_nothing()
        await line.ana.replies(request, "Still here.")
        assert "Still here." in (await sam.receives(automatic=False)).text


async def test_it_waits_in_the_new_queue_until_somebody_is_on_duty(tmp_path: Path) -> None:
    """Also across a restart; the counselor is told so, and those of the old queue are not asked."""
    async with line_of(tmp_path) as line:
        file = line.folder / "counselors.toml"
        people = file.read_text().replace('queues = ["grief"]\nduty = ["always"]', 'queues = ["grief"]\nduty = ["mon-fri 18:00-22:00 Europe/Berlin"]', 1)  # fmt: skip
        file.write_text(people)
        await line.stop()
        await line.start()
        _, request, cleo = await asked(line)
        await line.ana.replies(request, "!transfer grief\nLost a brother.")
        await confirmed(line, line.ana)
        assert "Nobody of the queue grief is on duty now." in (await line.ana.receives(automatic=True)).text
        await line.stop()
        await line.start()
        await line.pass_time(hours=1)
        await cleo.receives_nothing()
        await line.pass_time(hours=5)
        letters = [await cleo.receives(), await cleo.receives()]
        assert any("Lost a brother." in letter.text for letter in letters)
        await line.ana.receives_nothing()
