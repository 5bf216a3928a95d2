"""Whoever gave a key and writes long after the end begins anew like anybody, and still nobody else can read a word."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.test_openpgp import Key, openpgp_line
from tests.support import remains
from tests.support.keys import Keyholder, code_in, in_conversation
from tests.support.line import Letter, Line


async def _ended(line: Line, key: Key) -> tuple[Keyholder, Letter]:
    """A conversation with a key in force that has ended for longer than it can be opened again."""
    sam, request = await in_conversation(line, key)
    await sam.turns_it_on()
    await line.ana.replies(request, "Good bye.\n!close")
    assert "Good bye." in await sam.reads()
    await line.ana.receives(automatic=True)
    await line.pass_time(days=14, seconds=1)
    return sam, request


async def test_who_begins_anew_is_written_to_with_their_key_from_the_first_letter_on(tmp_path: Path) -> None:
    """As ``reopen_days`` says, with another pseudonym and other addresses; the key is theirs there, too."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, request = await _ended(line, sam_key)
        read = len(sam.person.mailbox)
        await sam.sends("I am back.", sam.alias)
        told = await sam.person.receives()
        assert "Your earlier conversation has ended some time ago" in sam_key.opens(told)
        assert told.from_address != sam.alias
        heard = await line.ana.receives(automatic=False)
        assert "I am back." in heard.text
        assert heard.from_name != request.from_name
        await line.ana.replies(heard, "For your eyes only.")
        assert "For your eyes only." in await sam.reads()
        assert all(letter["Subject"] == "[...]" for letter in sam.person.mailbox[read:])

        sam.alias = told.from_address
        await sam.answers("no key")
        await sam.answers(code_in(await sam.reads()).lower())
        assert (await sam.person.receives())["Subject"] == "Encryption is off"


async def test_a_word_about_the_key_means_the_conversation_that_it_is_written_to(tmp_path: Path) -> None:
    """Nothing begins by it, and what is answered is encrypted."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, _ = await _ended(line, sam_key)
        await sam.answers("no key")
        assert "End encryption?" in await sam.reads()
        await line.quiet()
        assert remains.counts(line.folder, "conversations") == {"closed": 1}
