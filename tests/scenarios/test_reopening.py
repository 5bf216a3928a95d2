"""Whoever writes again after an end is heard, whatever the end was and whoever is left to hear them."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.test_who_may_speak import conversation
from tests.support.line import Line


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
