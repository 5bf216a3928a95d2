"""A counselor asks by mail: what is clear is done and told once, what is not does nothing and comes back."""

from __future__ import annotations

from pathlib import Path

from tests.support.line import Letter, Line, Person


def words(letter: Letter) -> str:
    """What it says, with the line ends of this machine."""
    return letter.text.replace("\r\n", "\n")


async def conversation(line: Line) -> tuple[Person, Letter]:
    """A seeker with Ana, who has answered once; and the request as Ana has it."""
    sam = line.seeker()
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives(automatic=False)
    await line.ana.replies(request, "I am here.")
    await sam.receives(automatic=False)
    return sam, request


async def test_commands_leave_the_reply_and_one_receipt_tells_of_them(tmp_path: Path) -> None:
    """The seeker gets the words; the counselor one receipt, in the thread of what they wrote."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(
            request, "Try to rest.\n!note CANARY-4711 sleeps\nbadly since May\n\n!risk high\nRobin"
        )
        answer = await sam.receives(automatic=False)
        assert words(answer).startswith("Try to rest.\n\nRobin")
        receipt = await line.ana.receives(automatic=True)
        assert receipt.from_address == "desk@relay.test"
        assert receipt["Auto-Submitted"] == "auto-replied"
        assert receipt["In-Reply-To"]
        assert f"Sent to {request.from_name}: 4 words." in receipt.text
        assert "note is kept" in receipt.text
        assert "high risk" in receipt.text
        await line.ana.receives_nothing()
        for letter in sam.mailbox:
            assert b"CANARY-4711" not in letter.raw
            assert b"risk" not in letter.raw


async def test_one_word_that_was_sent_is_one_word(tmp_path: Path) -> None:
    """Not "1 words"."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "Rest.\n!risk high")
        assert words(await sam.receives(automatic=False)).startswith("Rest.")
        receipt = await line.ana.receives(automatic=True)
        assert f"Sent to {request.from_name}: 1 word.\n" in words(receipt)


async def test_a_mail_of_nothing_but_commands_sends_nothing(tmp_path: Path) -> None:
    """Not even the greeting below them."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!lang de\n\nBest regards,\nRobin")
        receipt = await line.ana.receives(automatic=True)
        assert "Nothing was sent" in receipt.text
        assert "now: de" in receipt.text
        await sam.receives_nothing()


async def test_command_typo(tmp_path: Path) -> None:
    """Nothing goes to the seeker, nothing changes, and the counselor has line, reason and words again."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "Try to rest.\n!risk high\n!nte she is better")
        back = await line.ana.receives(automatic=True)
        assert '"!nte she is better": there is no such command. Did you mean !note?' in back.text
        assert "Try to rest.\n!risk high\n!nte she is better" in words(back)
        await sam.receives_nothing()
        await line.ana.writes("!list", to="desk@relay.test")
        listed = await line.ana.receives(automatic=True)
        assert "HIGH RISK" not in listed.text


async def test_command_in_quote(tmp_path: Path) -> None:
    """It may be the seeker's words: nothing is done, and one word lets the mail go as it is."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.writes("Sleep well.\n\n> !risk high\n> I cannot sleep.", to=request.from_address)
        back = await line.ana.receives(automatic=True)
        assert '"!risk high": this command stands in the quoted part' in back.text
        await sam.receives_nothing()
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=back)
        assert "Sleep well." in (await sam.receives(automatic=False)).text
        await line.ana.receives_nothing()


async def test_list_and_help_at_the_desk(tmp_path: Path) -> None:
    """They change nothing, and are answered at the registered address, however often in a day."""
    async with Line(tmp_path / "line") as line:
        _, request = await conversation(line)
        for _ in range(3):
            await line.ana.writes("!list", to="desk@relay.test")
            listed = await line.ana.receives(automatic=True)
            assert f"- {request.from_name}: under way, language en, since 2026-11-23." in listed.text
        await line.ana.writes(
            "!help", to="desk@relay.test", sender="aruiz@work.test", envelope="aruiz@work.test"
        )
        assert "!note text" in (await line.ana.receives(automatic=True)).text


async def test_every_notice_ends_in_links_to_tap(tmp_path: Path) -> None:
    """What makes sense now, filled in: a telephone's user types nothing."""
    async with Line(tmp_path / "line") as line:
        _, request = await conversation(line)
        await line.ana.replies(request, "!note brave")
        receipt = words(await line.ana.receives(automatic=True))
        assert f"- Write to them: mailto:{request.from_address}\n" in receipt
        assert f"- Pass it on: mailto:{request.from_address}?subject=%21pass&body=%21pass" in receipt
        await line.ana.writes("What?", to="desk@relay.test")
        notice = words(await line.ana.receives(automatic=True))
        assert notice.endswith(
            "- My conversations: mailto:desk@relay.test?subject=%21list&body=%21list\n"
            "- All commands: mailto:desk@relay.test?subject=%21help&body=%21help\n"
        )


async def test_who_has_no_conversation_hears_so(tmp_path: Path) -> None:
    """Nobody else's are listed."""
    async with Line(tmp_path / "line") as line:
        await conversation(line)
        await line.ben.writes("!list", to="desk@relay.test")
        assert (await line.ben.receives(automatic=True)).text.startswith("Du hast keine offenen Gespräche.")


async def test_a_stranger_at_the_desk_is_not_answered(tmp_path: Path) -> None:
    """Held for the operator, like all that strangers write to it."""
    async with Line(tmp_path / "line") as line:
        eve = line.seeker("eve@evil.test", "Eve")
        await eve.writes("!list", to="desk@relay.test")
        await line.operator.receives()
        await eve.receives_nothing()
        await line.ana.receives_nothing()


async def test_a_command_that_belongs_into_a_conversation_is_refused_at_the_desk(tmp_path: Path) -> None:
    """And one for the desk in a conversation."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.writes("!risk high", to="desk@relay.test")
        assert "only in a reply to a conversation" in (await line.ana.receives(automatic=True)).text
        await line.ana.replies(request, "Hello.\n!duty off")
        assert "desk@relay.test" in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()


async def test_a_language_that_nobody_speaks_is_refused(tmp_path: Path) -> None:
    """With those that there are."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "Hello.\n!lang tlh")
        assert "There are: ar, de, en, es, fr" in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()


async def test_nobody_can_be_made_to_answer_for_ever(tmp_path: Path) -> None:
    """A machine that sends back what the desk returns is answered so often in a day, and then held."""
    async with Line(tmp_path / "line") as line:
        for number in range(45):
            await line.ana.writes(f"!nope {number}", to="desk@relay.test")
            await line.quiet()
        assert len(line.ana.mailbox) == 40
        assert len(line.operator.mailbox) == 5


async def test_a_stranger_at_the_alias_commands_nobody(tmp_path: Path) -> None:
    """The same proof as for relayed words."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        eve = line.seeker("eve@evil.test", "Eve")
        await eve.writes("!risk high", to=request.from_address)
        await line.ana.receives(automatic=True)
        await sam.receives_nothing()
        await line.ana.writes("!list", to="desk@relay.test")
        assert "HIGH RISK" not in (await line.ana.receives(automatic=True)).text


async def test_a_seekers_line_is_never_a_command(tmp_path: Path) -> None:
    """They may write what they like, and it is passed on."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("!risk high\nHello.")
        request = await line.ana.receives(automatic=False)
        assert words(request).startswith("!risk high\nHello.")
