"""A seeker writes, a counselor answers, they go on; neither learns who the other is."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.hosted import HostedLine
from tests.support.line import Line

LineOver = Callable[[Path], Line]


@pytest.fixture(
    params=[
        pytest.param(Line, id="smtp"),
        pytest.param(partial(HostedLine, aliases="plus"), id="plus"),
        pytest.param(partial(HostedLine, aliases="catch_all", tls="starttls"), id="catch-all"),
    ]
)
def line_over(request: pytest.FixtureRequest) -> LineOver:
    """The line as it gets its mail: by SMTP, or out of a mailbox with either kind of addresses."""
    made: LineOver = request.param
    return made


async def test_a_request_reaches_the_counselor_on_duty_and_the_answer_comes_back(
    tmp_path: Path, line_over: LineOver
) -> None:
    """The main job: both see a pseudonym and an alias, and neither sees an address."""
    async with line_over(tmp_path / "line") as line:
        sam = line.seeker("sam.lee@mail.test", "Sam Lee")
        await sam.writes("I cannot sleep since my neighbour follows me.", subject="Please help")

        request = await line.ana.receives()
        assert "I cannot sleep since my neighbour follows me." in request.text
        assert request["Subject"] == "Please help"
        assert len(request.from_name.split()) >= 2
        assert request.from_address.endswith("@relay.test")

        await line.ana.replies(request, "I am here. Tell me more.")
        answer = await sam.receives(automatic=False)
        assert "I am here. Tell me more." in answer.text
        assert answer.from_name == "Robin"
        assert answer.from_address.endswith("@relay.test")
        assert answer.from_address != request.from_address

        await sam.replies(answer, "It began last week.")
        more = await line.ana.receives()
        assert "It began last week." in more.text
        assert (more.from_name, more.from_address) == (request.from_name, request.from_address)

        for letter in line.ana.mailbox:
            assert b"sam.lee" not in letter.raw
            assert b"mail.test" not in letter.raw
        for letter in sam.mailbox:
            assert b"ana.ruiz" not in letter.raw.lower()
            assert b"home.test" not in letter.raw


async def test_the_first_message_is_acknowledged_once_from_the_alias_to_answer_to(
    tmp_path: Path, line_over: LineOver
) -> None:
    """One acknowledgement per conversation, marked as automatic, under the null reverse-path."""
    async with line_over(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello?")
        acknowledgement = await sam.receives(automatic=True)
        assert acknowledgement["Auto-Submitted"] == "auto-replied"
        assert acknowledgement.captured.return_path == ""
        request = await line.ana.receives()

        await line.ana.replies(request, "Hello.")
        answer = await sam.receives(automatic=False)
        assert answer.from_address == acknowledgement.from_address

        await sam.replies(acknowledgement, "One more thing.")
        assert "One more thing." in (await line.ana.receives()).text
        await sam.receives_nothing()


async def test_both_mail_programs_show_one_thread_and_no_foreign_id(
    tmp_path: Path, line_over: LineOver
) -> None:
    """Thread ids are mapped per side: what each side is given refers only to ids that it knows."""
    async with line_over(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("First.")
        request = await line.ana.receives()
        await line.ana.replies(request, "Second.")
        answer = await sam.receives(automatic=False)
        assert "mua.mail.test" in answer["In-Reply-To"]
        assert "mua.home.test" not in answer.raw.decode()

        await sam.replies(answer, "Third.")
        third = await line.ana.receives()
        assert "mua.home.test" in third["In-Reply-To"]
        assert request["Message-ID"] in third["References"]
        assert "mua.mail.test" not in third.raw.decode()


async def test_a_second_message_to_the_intake_opens_a_conversation_of_its_own(
    tmp_path: Path, line_over: LineOver
) -> None:
    """Identity is the alias, never the From."""
    async with line_over(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Once.")
        first = await line.ana.receives()
        await sam.writes("Again.")
        second = await line.ana.receives()
        assert first.from_address != second.from_address
        assert first.from_name != second.from_name


async def test_mail_to_alias_and_intake_at_once_is_taken_once_and_the_alias_wins(
    tmp_path: Path, line_over: LineOver
) -> None:
    """When both are addressed in one message, it belongs to the conversation."""
    async with line_over(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await line.ana.replies(request, "Hello Sam.")
        answer = await sam.receives(automatic=False)
        await sam.writes("To both.", to=f"help@relay.test, {answer.from_address}")
        again = await line.ana.receives()
        assert again.from_address == request.from_address
        await line.ana.receives_nothing()
        await sam.receives_nothing()
