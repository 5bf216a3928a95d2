"""Somebody may be in danger: supervisors hear of it at once, once, and read pseudonyms only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.line import Line, Person

VERA = '\n[[supervisor]]\nid = "vera"\npseudonym = "Oak"\naddress = "vera@super.test"\nlanguage = "{0}"\n'


def watched(folder: Path, language: str = "en", **how: str) -> Line:
    extra = '\n[risk]\nwords = ["risk.txt"]\n'
    return Line(
        folder / "line", people=VERA.format(language), extra=extra, files={"risk.txt": "end it all\n"}, **how
    )


def vera_of(line: Line) -> Person:
    return Person(line, "vera@super.test", "Vera Stone")


@pytest.mark.parametrize(
    ("words", "because"),
    [("URGENT\nPlease help.", "marked their message as urgent"), ("I will end it all.", "operator's list")],
)
async def test_a_seekers_word_or_one_of_the_list_reaches_supervisors_at_once(
    words: str, because: str, tmp_path: Path
) -> None:
    """In a first letter and in a later one; one notice for the conversation, and no address in it."""
    async with watched(tmp_path) as line:
        sam, vera = line.seeker(), vera_of(line)
        await sam.writes(words)
        request = await line.ana.receives(automatic=False)
        told = await vera.receives()
        assert told["Subject"] == f"May be in danger: {request.from_name}"
        assert because in told.text
        assert "Counselor: Robin." in told.text
        assert b"sam.lee" not in told.raw
        assert b"ana.ruiz" not in told.raw
        assert "end it" not in told.text
        await line.operator.receives()
        answer = await sam.receives()
        await sam.replies(answer, words)
        await line.ana.receives(automatic=False)
        await vera.receives_nothing()
        await vera.replies(told, "Stay with them.")
        said = await line.ana.receives(automatic=True)
        assert "Stay with them." in said.text


async def test_it_is_told_once_also_when_the_message_waits_and_the_daemon_stops(tmp_path: Path) -> None:
    """Nobody is on duty: supervisors hear that nobody has it; what one answers is read by whoever gets it."""
    async with watched(tmp_path, ana_duty='["mon-fri 18:00-22:00 Europe/Berlin"]') as line:
        sam, vera = line.seeker(), vera_of(line)
        await sam.writes("URGENT")
        told = await vera.receives()
        assert "Nobody has it yet." in told.text
        await vera.writes("CANARY-5 Ask about the exam.", to="desk@relay.test", reply_to=told)
        await line.quiet()
        await line.stop()
        await line.start()
        await line.pass_time(hours=6)
        letters = [await line.ana.receives(), await line.ana.receives()]
        assert any("CANARY-5" in letter.text for letter in letters)
        subjects = [letter["Subject"] for letter in vera.mailbox]
        assert sum("May be in danger" in subject for subject in subjects) == 1
        assert all(b"CANARY-5" not in letter.raw for letter in sam.mailbox)


async def test_a_counselors_mark_reaches_supervisors_once(tmp_path: Path) -> None:
    """A second mark is no news; taken back and set again it is; asking them to step in says it, too."""
    async with watched(tmp_path, language="de") as line:
        sam, vera = line.seeker(), vera_of(line)
        await sam.writes("Hello.")
        request = await line.ana.receives(automatic=False)
        await line.ana.replies(request, "!risk high")
        told = await vera.receives()
        assert told["Subject"] == f"Vielleicht in Gefahr: {request.from_name}"
        assert "In Beratung bei: Robin." in told.text
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "!risk high")
        await line.ana.receives(automatic=True)
        await vera.receives_nothing()
        await line.ana.replies(request, "!risk none")
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "!risk high\n!escalate")
        await line.ana.receives(automatic=True)
        await vera.receives()
        await vera.receives_nothing()
        await line.operator.receives_nothing()


async def test_without_supervisors_the_operator_hears_of_a_counselors_mark(tmp_path: Path) -> None:
    """Somebody does."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes("Hello.")
        request = await line.ana.receives(automatic=False)
        await line.ana.replies(request, "!risk high")
        assert "A counselor has marked" in (await line.operator.receives()).text


async def test_words_that_are_held_still_raise_the_alarm(tmp_path: Path) -> None:
    """A file that cannot be cleaned holds the letter; that it is urgent is told, and told once when it is let go."""
    extra = '\n[privacy]\nother_files = "hold"\n'
    async with watched(tmp_path) as line:
        file = line.folder / "relay.toml"
        file.write_text(file.read_text() + extra)
        await line.stop()
        await line.start()
        sam, vera = line.seeker(), vera_of(line)
        await sam.writes("Hello.")
        request = await line.ana.receives(automatic=False)
        await line.ana.replies(request, "Hello.")
        answer = await sam.receives(automatic=False)
        raw = (
            f"From: Sam Lee <sam.lee@mail.test>\nTo: {answer.from_address}\nSubject: x\nMessage-ID: <z@mail.test>\n"
            'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
            "--b\nContent-Type: text/plain\n\nURGENT\nPlease read this.\n"
            '--b\nContent-Type: application/zip\nContent-Disposition: attachment; filename="a.zip"\n\nPK\n--b--\n'
        ).encode()
        await sam.writes("", answer.from_address, raw=raw)
        assert "May be in danger" in (await vera.receives())["Subject"]
        await line.quiet()
        (held,) = await line.daemon.store.held()
        await line.daemon.store.release(held.entry_id, confirmed=True)
        await line.pass_time(minutes=1)
        assert "Please read this." in (await line.ana.receives(automatic=False)).text
        await vera.receives_nothing()
