"""An alias accepts only the person it was issued to; what falls short is held, told, and never relayed."""

from pathlib import Path

from tests.support.line import Letter, Line, Person


async def conversation(line: Line) -> tuple[Person, Letter, Letter]:
    """A seeker in a conversation with Ana: (the seeker, the request as Ana has it, the answer as the seeker has it)."""
    sam = line.seeker()
    await sam.writes("Hello.")
    request = await line.ana.receives()
    await line.ana.replies(request, "I am here.")
    answer = await sam.receives(automatic=False)
    return sam, request, answer


async def test_reply_from_a_second_registered_address_is_passed_on_and_shows_neither(tmp_path: Path) -> None:
    """A counselor's further addresses are as good as the first, and as secret."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await line.ana.replies(
            request, "From work, aruiz@work.test.", sender="aruiz@work.test", envelope="aruiz@work.test"
        )
        second = await sam.receives(automatic=False)
        assert "From work" in second.text
        for secret in (b"aruiz", b"work.test", b"home.test"):
            assert secret not in second.raw


async def test_a_stranger_at_the_counselors_side_alias_is_held_and_the_counselor_is_told(
    tmp_path: Path,
) -> None:
    """An unknown sender at an alias is never relayed and never becomes a new seeker."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        eve = line.seeker("eve@evil.test", "Eve")
        await eve.writes("Give me the file.", to=request.from_address)
        notice = await line.ana.receives()
        assert notice.from_address == "desk@relay.test"
        assert b"eve" not in notice.raw.lower()
        assert b"sam.lee" not in notice.raw
        await sam.receives_nothing()
        await eve.receives_nothing()


async def test_a_stranger_at_the_seekers_side_alias_is_held_and_the_operator_is_told(tmp_path: Path) -> None:
    """Somebody who found the seeker's alias for the counselor reaches nobody."""
    async with Line(tmp_path / "line") as line:
        _, _, answer = await conversation(line)
        eve = line.seeker("eve@evil.test", "Eve")
        await eve.writes("Who are you?", to=answer.from_address)
        notice = await line.operator.receives()
        assert notice.from_address == "relay@relay.test"
        assert b"eve@" not in notice.raw
        await line.ana.receives_nothing()
        await eve.receives_nothing()


async def test_one_side_writing_to_its_own_alias_is_held(tmp_path: Path) -> None:
    """The seeker writes to the alias that stands for the seeker: it was not issued to them."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await sam.writes("Am I here?", to=request.from_address)
        assert (await line.ana.receives()).from_address == "desk@relay.test"
        await sam.receives_nothing()


async def test_a_reply_all_with_a_third_party_shows_nobody_to_anybody(tmp_path: Path) -> None:
    """The relay's copy goes on without the third party's name and address."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await line.ana.writes(
            "To both of you.",
            to=f"{request.from_address}, friend@third.test",
            headers="Cc: Best Friend <other@third.test>\n",
            reply_to=request,
        )
        answer = await sam.receives(automatic=False)
        assert "To both of you." in answer.text
        assert b"third.test" not in answer.raw
        assert b"Friend" not in answer.raw


async def test_an_out_of_office_answer_never_reaches_the_seeker(tmp_path: Path) -> None:
    """Automatic answers name people; they are absorbed and the conversation goes on."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await line.ana.writes(
            "I am away. Ask Luis, +34 600 555 099.",
            to=request.from_address,
            subject="Automatic reply: Hello",
            headers="Auto-Submitted: auto-replied\n",
            envelope="",
        )
        await sam.receives_nothing()
        await line.ana.replies(request, "I am back.")
        assert "I am back." in (await sam.receives(automatic=False)).text


async def test_an_automatic_first_message_gets_no_acknowledgement_but_is_handled(tmp_path: Path) -> None:
    """A suspicious header may suppress our automatic answer, never the request."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Please help.", headers="Auto-Submitted: auto-generated\nPrecedence: bulk\n")
        assert "Please help." in (await line.ana.receives()).text
        await sam.receives_nothing()


async def test_a_counselors_telephone_number_is_asked_about_once(tmp_path: Path) -> None:
    """Contact details that nobody registered are held; nothing reaches the seeker before the counselor says so."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await line.ana.replies(request, "Call my friend on +49 30 1234567.")
        notice = await line.ana.receives()
        assert notice.from_address == "desk@relay.test"
        await sam.receives_nothing()
        await line.ana.writes(
            "SEND", to="desk@relay.test", subject="Re: " + notice["Subject"], reply_to=notice
        )
        assert "+49 30 1234567" in (await sam.receives(automatic=False)).text


async def test_the_same_reply_sent_once_more_passes(tmp_path: Path) -> None:
    """Sending it again is as good an answer as any."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await line.ana.replies(request, "Call my friend on +49 30 1234567.")
        await line.ana.receives()
        await sam.receives_nothing()
        await line.ana.replies(request, "Call my friend on +49 30 1234567.")
        assert "+49 30 1234567" in (await sam.receives(automatic=False)).text
