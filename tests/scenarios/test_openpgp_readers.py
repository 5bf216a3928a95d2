"""Whose key: every letter is sealed to whoever reads it, also where it is about somebody else's conversation."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.test_openpgp import Key, openpgp_line
from tests.support.line import Letter, Line, Person


async def sealed_letters(line: Line, who: Person, key: Key) -> list[str]:
    """All that somebody has got, opened with their own key; whatever is sealed to somebody else fails here."""
    await line.quiet()
    return [key.opens(letter) for letter in who.mailbox]


async def taken_over(line: Line, ana: Key, ben: Key) -> Letter:
    """Ana does not answer for a day; Ben takes it over by a tap and a word. The request as Ana had it."""
    file = line.folder / "counselors.toml"
    text = file.read_text().replace('duty = ["never"]', 'duty = ["always"]')
    file.write_text(text.replace('languages = ["de"]', 'languages = ["en"]'))
    await line.stop()
    await line.start()
    sam = line.seeker()
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives()
    await line.pass_time(hours=25)
    assert "take" in ben.opens(await line.ben.receives())
    await line.ben.writes(f"!take {request.from_name}", to="desk@relay.test")
    asked = await line.ben.receives()
    assert "Please confirm" in ben.opens(asked)
    await line.ben.writes("SEND", to="desk@relay.test", reply_to=asked)
    assert "is with you" in ben.opens(await line.ben.receives())
    return request


async def test_whoever_had_a_conversation_can_read_that_somebody_else_has_it(tmp_path: Path) -> None:
    """The note to Ana comes of Ben's mail, and is for Ana's eyes."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    ben = Key.of(tmp_path / "ben", "Ben <ben.okafor@mail.test>")
    async with await openpgp_line(tmp_path / "line", "gnupg", ana, ben_key=ben) as line:
        request = await taken_over(line, ana, ben)
        (told,) = [
            text for text in await sealed_letters(line, line.ana, ana) if "goes to somebody else" in text
        ]
        assert request.from_name in told
        assert any("I cannot sleep." in text for text in await sealed_letters(line, line.ben, ben))
