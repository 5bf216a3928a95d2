"""Two questions at the end: answers are counted, and nothing leads from an answer to whoever gave it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from aiosmtplib import SMTPRecipientsRefused

from tests.scenarios.test_desk_commands import conversation, words
from tests.support import storage
from tests.support.line import Letter, Line, Person

ON = "\n[conversations]\nfeedback = true\n"
AN_ADDRESS = re.compile(r"new e-mail to\s+([0-9a-z]{20}@relay\.test)")


def rows(line: Line, query: str) -> list[Any]:
    return storage.run(line.folder, query)


def counted(line: Line) -> dict[str, int]:
    return dict(rows(line, "SELECT cell, amount FROM counts WHERE measure = 'feedback'"))


def address_in(letter: Letter) -> str:
    found = AN_ADDRESS.search(" ".join(letter.text.split()))
    assert found is not None
    return found[1]


async def asked(line: Line) -> tuple[Person, Letter, Letter, str]:
    """A conversation that has ended, and the address for two answers."""
    sam, request = await conversation(line)
    await line.ana.replies(request, "It was good to talk.\n!close")
    last = await sam.receives(automatic=False)
    return sam, request, last, address_in(last)


async def test_nobody_is_asked_unless_the_operator_says_so(tmp_path: Path) -> None:
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "It was good to talk.\n!close")
        assert "two things" not in (await sam.receives(automatic=False)).text


async def test_two_answers_are_counted_and_nothing_else_is_left(tmp_path: Path) -> None:
    """No entry, no delivery, no address, no word, no time; and the seeker's mailbox shows nothing more."""
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, request, _, address = await asked(line)
        receipt = await line.ana.receives(automatic=True)
        assert "The answers are only counted" in " ".join(receipt.text.split())
        before = rows(line, "SELECT entry_id FROM entries")
        noted = rows(line, "SELECT count(*) FROM told")
        versions = rows(line, "SELECT conversation_id, version, changed_at FROM conversations")
        kira = Person(line, "quokka.canary@lemurhost.test", "Quokka Zebrano")
        await kira.writes("4 yes", to=address)
        await line.quiet()
        assert counted(line) == {"general helped 4": 1, "general again yes": 1}
        assert rows(line, "SELECT entry_id FROM entries") == before
        assert rows(line, "SELECT conversation_id, version, changed_at FROM conversations") == versions
        assert rows(line, "SELECT counted, told FROM invitations") == [(1, 0)]
        assert rows(line, "SELECT count(*) FROM told") == noted
        await kira.receives_nothing()
        await sam.receives_nothing()
        await line.ana.receives_nothing()
        await line.pass_time(hours=2)
        for file in filter(Path.is_file, (line.folder / "state").rglob("*")):
            for canary in (b"quokka.canary", b"lemurhost", b"Zebrano", address.partition("@")[0].encode()):
                assert canary not in file.read_bytes(), file.name
        assert request.from_name


async def test_the_log_does_not_tell_an_answer_from_other_mail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An hour and a count of one would say whose it was."""
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, _, address = await asked(line)
        await sam.writes("4 yes", to=address)
        await line.quiet()
        assert counted(line)
    told = capsys.readouterr().err
    assert "message.absorbed" in told
    assert "feedback" not in told


async def test_the_address_says_nothing_of_the_conversation_and_is_counted_once(tmp_path: Path) -> None:
    """Whoever answers from it is not compared with anybody; a second answer is told that there was one."""
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, last, address = await asked(line)
        assert address != last.from_address
        tom = Person(line, "tom@elsewhere.test", "Tom")
        await tom.writes("5\nno", to=address)
        await line.quiet()
        await tom.receives_nothing()
        await sam.writes("1 yes", to=address)
        told = await sam.receives(automatic=True)
        assert "have already been counted" in " ".join(told.text.split())
        assert counted(line) == {"general helped 5": 1, "general again no": 1}


@pytest.mark.parametrize("guess", ["0123456789abcdefghjk", "a" * 20])
async def test_nobody_makes_up_an_address(tmp_path: Path, guess: str) -> None:
    async with Line(tmp_path / "line", extra=ON) as line:
        _, _, _, address = await asked(line)
        local = address.partition("@")[0]
        for wrong in (
            guess,
            local[:-1] + ("0" if local[-1] != "0" else "1"),
            ("b" if local[0] != "b" else "c") + local[1:],
        ):
            with pytest.raises(SMTPRecipientsRefused):
                await line.seeker("eve@other.test", "Eve").writes("5 yes", to=f"{wrong}@relay.test")
        assert counted(line) == {}


async def test_what_somebody_writes_beside_the_answers_is_not_lost_silently(tmp_path: Path) -> None:
    """They read that nobody reads it, and where somebody does; an answer to that letter is heard."""
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, _, address = await asked(line)
        await line.quiet()
        before = rows(line, "SELECT delivery_id FROM deliveries")
        await sam.writes("2 no\n\nI want to die. CANARY-77", to=address)
        told = await sam.receives(automatic=True)
        text = " ".join(told.text.split())
        assert "Your answers to our two questions are counted." in text
        assert "Nobody reads what is written to that address" in text
        assert "112" in text
        assert (told.from_name, told["Subject"], told.from_address) == (
            "Mail",
            "Your message",
            "help@relay.test",
        )
        assert counted(line) == {"general helped 2": 1, "general again no": 1}
        await line.quiet()
        assert not any(b"CANARY-77" in each.raw for each in line.ana.mailbox + line.operator.mailbox)
        await line.pass_time(minutes=1)
        assert rows(line, "SELECT delivery_id FROM deliveries") == before
        await sam.writes("I want to die.", to=told.from_address, reply_to=told)
        assert "I want to die." in (await line.ana.receives(automatic=False)).text


async def test_what_is_no_answer_is_not_counted_and_told(tmp_path: Path) -> None:
    """Numbers in a sentence are none; a machine that answers our letters is not answered for ever."""
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, _, address = await asked(line)
        for _ in range(3):
            await sam.writes("I have 3 children and no money", to=address)
            assert "did not understand" in (await sam.receives(automatic=True)).text
        await sam.writes("I have 3 children and no money", to=address)
        await sam.receives_nothing()
        assert counted(line) == {}
        await sam.writes("3, no thanks", to=address)
        await sam.receives_nothing()
        assert counted(line) == {"general helped 3": 1, "general again no": 1}


async def test_automatic_mail_is_no_answer(tmp_path: Path) -> None:
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, _, address = await asked(line)
        entries = len(rows(line, "SELECT 1 FROM entries"))
        await sam.writes("5 yes", to=address, headers="Auto-Submitted: auto-replied\n")
        await sam.receives_nothing()
        assert counted(line) == {}
        assert len(rows(line, "SELECT 1 FROM entries")) == entries


async def test_a_letter_about_it_is_told_in_the_language_that_it_was_written_in(tmp_path: Path) -> None:
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, _, address = await asked(line)
        await sam.writes("4 ja\n\nIch wollte noch sagen, dass es mir wieder etwas besser geht.", to=address)
        assert "sind gezählt" in (await sam.receives(automatic=True)).text


async def test_nobody_but_the_seeker_sees_the_address(tmp_path: Path) -> None:
    """What they quote of the last letter goes on without it; the counselor's receipt has none."""
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, last, address = await asked(line)
        quoted = f"> new e-mail to {address.upper()}, not to this address"
        await sam.writes(f"You wrote:\n{quoted}\nWhat is this?\n", to=last.from_address)
        again = await line.ana.receives(automatic=False)
        assert "> new e-mail to [removed], not to this address" in words(again)
        token = address.partition("@")[0].encode()
        assert not any(token in each.raw.lower() for each in line.ana.mailbox)


async def test_nobody_is_asked_who_may_be_in_danger_and_silence_asks_too(tmp_path: Path) -> None:
    """At the end of a silent conversation the same questions stand in our own letter; a queue may say otherwise."""
    async with Line(tmp_path / "line", extra=ON + "close_after_days = 10\n") as line:
        sam, request = await conversation(line)
        await line.pass_time(days=7, hours=1)
        await line.pass_time(days=3, hours=1)
        note = await sam.receives(automatic=True)
        await sam.writes("5", to=address_in(note))
        await line.quiet()
        assert counted(line) == {"general helped 5": 1}
        await sam.replies(note, "I am still here.")
        await line.ana.receives(automatic=False)
        await line.ana.replies(request, "!risk high")
        await line.ana.replies(request, "Take care of yourself.\n!close")
        await line.quiet()
        question = line.ana.mailbox[-1]
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=question)
        assert "two things" not in (await sam.receives(automatic=False)).text


async def test_a_queue_of_its_own_mind_is_counted_by_itself(tmp_path: Path) -> None:
    queue = '\n[[queue]]\nname = "grief"\nfeedback = true\n'
    async with Line(tmp_path / "line", extra=queue) as line:
        file = line.folder / "relay.toml"
        file.write_text(
            file.read_text().replace('"help@relay.test"\n', '"help@relay.test"\nqueue = "grief"\n', 1)
        )
        await line.stop()
        await line.start()
        sam, _, _, address = await asked(line)
        await sam.writes("4 yes", to=address)
        await line.quiet()
        assert counted(line) == {"grief helped 4": 1, "grief again yes": 1}


async def test_an_invitation_ends_with_the_next_month(tmp_path: Path) -> None:
    async with Line(tmp_path / "line", extra=ON) as line:
        sam, _, _, address = await asked(line)
        await line.pass_time(days=7, hours=13)
        await sam.writes("4 yes", to=address)
        await line.quiet()
        assert len(rows(line, "SELECT 1 FROM invitations")) == 1
        await line.pass_time(days=31)
        with pytest.raises(SMTPRecipientsRefused):
            await sam.writes("4 yes", to=address)
        await line.pass_time(days=31)
        async with asyncio.timeout(20):
            while rows(line, "SELECT 1 FROM invitations"):
                await asyncio.sleep(0.02)
