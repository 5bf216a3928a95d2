# ruff: noqa: RUF001  (Arabic is meant)
"""A counselor asks from Thunderbird, Gmail, Outlook or a telephone, in English and in Arabic: through the whole line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk_shapes import BELOW, PROGRAMS, Said, reply
from tests.support.line import NUMBERS, Letter, Line, Person

SETTINGS = """
[phone]
desk = "calls@ops.test"
hours = ["mon-fri 14:00-16:00 Europe/Berlin"]

[conversations]
tags = ["grief", "sleep"]
"""
VERA = '\n[[supervisor]]\nid = "vera"\npseudonym = "Oak"\naddress = "vera@super.test"\n'
WORDS = {
    "en": ("Dear you,\n\ntry to rest tonight.", "CANARY brave", "What now?", "They sleep badly."),
    "ar": ("أهلا بك،\n\nحاول أن ترتاح الليلة.", "CANARY شجاع", "ما العمل الآن؟", "النوم سيئ."),
}


class Desk:
    """Ana, who answers one letter of one seeker with one program in one language."""

    def __init__(self, line: Line, program: str, language: str, sam: Person, letter: Letter) -> None:
        self.line, self.program, self.language = line, program, language
        self.sam, self.letter, self.words = sam, letter, WORDS[language]

    async def asks(self, text: str, *, to: str = "", below: bool = False) -> None:
        said = Said(
            text, self.letter.from_name, to or self.letter.from_address, self.letter.text, self.language
        )
        make = BELOW[self.program] if below else PROGRAMS[self.program]
        raw = reply(make, said, "Ana Ruiz <ana.ruiz@home.test>", next(NUMBERS))
        await self.line.ana.writes("", said.alias, raw=raw)

    async def receipt(self) -> str:
        return " ".join((await self.line.ana.receives(automatic=True)).text.split())

    async def seeker_reads(self) -> str:
        return (await self.sam.receives(automatic=False)).text.replace("\r\n", "\n")


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("program", sorted(PROGRAMS))
async def test_one_command_of_each_kind_from_each_program(
    program: str, language: str, tmp_path: Path
) -> None:
    """What notes, marks, tells, asks others, puts something in, moves after a word, ends, and looks at the desk."""
    async with Line(
        tmp_path / "line", extra=SETTINGS, people=VERA, ben_duty='["always"]', ben_languages='["en", "ar"]'
    ) as line:
        vera, calls = Person(line, "vera@super.test", "Vera"), Person(line, "calls@ops.test", "Calls")
        sam = line.seeker()
        await sam.writes("!risk high\nI cannot sleep.")
        desk = Desk(line, program, language, sam, await line.ana.receives(automatic=False))
        await sam.receives(automatic=True)
        greeting, note, question, summary = desk.words

        await desk.asks(f"{greeting}\n!note {note}\n\n!Risk high\n!tag sleep\nRobin")
        assert (read := await desk.seeker_reads()).startswith(greeting)
        assert "CANARY" not in read
        assert not any(
            line.startswith("!") for line in read.split("\n")
        )  # their own words may stand in a quote
        assert "high risk" in (receipt := await desk.receipt())
        assert "note is kept" in receipt
        assert "sleep" in receipt
        await vera.receives()  # of the danger

        await desk.asks(f"{greeting}\n!hold 3d")
        assert greeting in (held := await desk.seeker_reads())
        assert "You will hear from me again on Thursday" in held
        assert "Thursday" in await desk.receipt()

        await desk.asks(f"!ask {question}")
        assert question in (await vera.receives()).text
        await desk.receipt()

        await desk.asks(f"{greeting}\n!callback")
        assert "somebody can call you" in await desk.seeker_reads()
        assert desk.letter.from_name in (await calls.receives())["Subject"]
        await desk.receipt()

        await desk.asks("!list", to="desk@relay.test")
        assert desk.letter.from_name in await desk.receipt()

        await desk.asks(f"{greeting}\n!clsoe")
        assert "Did you mean !close?" in (back := await desk.receipt())
        assert " ".join(greeting.split()) in back

        await desk.asks(f"!handover Linden\n{summary}")
        asked = await line.ana.receives(automatic=True)
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=asked)
        assert summary in (await line.ben.receives(automatic=True)).text
        await desk.receipt()
        await sam.receives_nothing()
        for letter in sam.mailbox:
            assert not any(each.encode() in letter.raw for each in ("CANARY", "!note", "!tag", "Linden"))


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("program", sorted(BELOW))
async def test_a_command_below_what_is_quoted_comes_back(program: str, language: str, tmp_path: Path) -> None:
    """The seeker gets nothing, nothing changes, and the words are not lost."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.\nNobody knows.")
        desk = Desk(line, program, language, sam, await line.ana.receives(automatic=False))
        await sam.receives(automatic=True)
        await desk.asks(f"{desk.words[0]}\n!close", below=True)
        back = await desk.receipt()
        assert "below the quoted part" in back
        assert " ".join(desk.words[0].split()) in back
        await sam.receives_nothing()
        await desk.asks(f"{desk.words[0]}\n!close")
        assert "We have agreed to stop here for now." in await desk.seeker_reads()
