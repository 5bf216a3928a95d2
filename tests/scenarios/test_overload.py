"""Too much to do, or too little room: who is in the middle of a conversation goes on, first letters come again later.

Nothing is refused for good, nothing that was taken is lost, and afterwards all goes on without hands.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiosmtplib
import pytest

from relay.flow import route
from relay.log import Event
from tests.support.line import Letter, Line, Person
from tests.support.storage import only_sqlite


@contextlib.asynccontextmanager
async def standstill(line: Line) -> AsyncIterator[None]:
    """Nothing is worked on inside; afterwards everything is."""
    go_on = asyncio.Event()
    usual = line.daemon.router._route

    async def held_up(entry_id: bytes, sender: bytes) -> bool:
        await go_on.wait()
        return await usual(entry_id, sender)

    line.daemon.router._route = held_up  # type: ignore[method-assign]
    try:
        yield
    finally:
        go_on.set()
        line.daemon.router._route = usual  # type: ignore[method-assign]


async def conversation(line: Line, person: Person) -> Letter:
    """A conversation in progress: what its seeker answers to."""
    await person.writes("Hello.")
    await line.ana.receives(automatic=False)
    return await person.receives(automatic=True)


async def put_off(person: Person, text: str, code: int, enhanced: str) -> None:
    with pytest.raises(aiosmtplib.SMTPResponseException) as caught:
        await person.writes(text)
    assert (caught.value.code, caught.value.message.partition(" ")[0]) == (code, enhanced)


async def test_with_a_long_queue_conversations_go_on_and_first_letters_come_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """452; and once the queue is short again the same letter is taken."""
    async with Line(tmp_path / "line", extra="\n[limits]\nqueue_messages = 10\n") as line:
        sam = line.seeker()
        answer = await conversation(line, sam)
        await line.quiet()
        others = [line.seeker(f"kim{number}@mail.test", f"Kim {number}") for number in range(11)]
        async with standstill(line):
            for number, kim in enumerate(others[:10]):
                await kim.writes(f"First letter {number}.")
            await put_off(others[10], "First letter 10.", 452, "4.3.1")
            await sam.replies(answer, "I go on.")
        await line.quiet()
        await others[10].writes("First letter 10.")
        await line.quiet()
        texts = " ".join(letter.text for letter in line.ana.mailbox)
        assert all(f"First letter {number}." in texts for number in range(11))
        assert "I go on." in texts
    said = capsys.readouterr()
    assert Event.MESSAGE_POSTPONED.value in said.out + said.err


async def test_when_letters_wait_too_long_the_next_hears_busy_and_the_connection_ends(tmp_path: Path) -> None:
    """421, which closes (RFC 5321 §3.8), for a first letter; a conversation has four times the patience."""
    async with Line(tmp_path / "line", extra="\n[limits]\nwait_seconds = 1\n") as line:
        sam, kim = line.seeker(), line.seeker("kim@mail.test", "Kim")
        answer = await conversation(line, sam)
        await line.quiet()
        async with standstill(line):
            for number in range(route.CONCURRENT + 1):
                await line.seeker(f"lee{number}@mail.test", "Lee").writes(f"Hello {number}.")
            await asyncio.sleep(1.1)
            await put_off(kim, "Is anybody there?", 421, "4.3.2")
            await sam.replies(answer, "I go on.")
        await line.quiet()
        await kim.writes("Is anybody there?")
        await line.quiet()
        texts = " ".join(letter.text for letter in line.ana.mailbox)
        assert "I go on." in texts
        assert "Is anybody there?" in texts
        assert all(f"Hello {number}." in texts for number in range(route.CONCURRENT + 1))


@only_sqlite  # the disk of a server is not looked at
async def test_with_little_room_on_the_disk_the_last_of_it_is_for_conversations(tmp_path: Path) -> None:
    """As many MiB asked for as make half or an eighth of it what there is; a reload with less takes all again."""
    free_mb = shutil.disk_usage(tmp_path).free >> 20
    async with Line(tmp_path / "line", extra="\n[limits]\nfree_disk_mb = 200\n") as line:
        sam, kim = line.seeker(), line.seeker("kim@mail.test", "Kim")
        answer = await conversation(line, sam)
        for asked_mb, takes_conversation in ((2 * free_mb, True), (8 * free_mb, False)):
            await reload(line, asked_mb)
            await put_off(kim, "Is anybody there?", 452, "4.3.1")
            if takes_conversation:
                await sam.replies(answer, "I go on.")
            else:
                with pytest.raises(aiosmtplib.SMTPDataError) as caught:
                    await sam.replies(answer, "Still here.")
                assert caught.value.code == 452
        await reload(line, 200)
        await kim.writes("Is anybody there?")
        await sam.replies(answer, "Still here.")
        await line.quiet()
        texts = " ".join(letter.text for letter in line.ana.mailbox)
        assert all(each in texts for each in ("I go on.", "Still here.", "Is anybody there?"))


async def reload(line: Line, free_disk_mb: int) -> None:
    file = line.folder / "relay.toml"
    head, _, tail = file.read_text().partition("free_disk_mb = ")
    file.write_text(f"{head}free_disk_mb = {min(free_disk_mb, 1_000_000)}{tail[tail.index(chr(10)) :]}")
    await line.daemon.in_force.read_again()
    assert line.daemon.settings.limits.free_disk_mb == min(free_disk_mb, 1_000_000)
    await asyncio.sleep(1.1)  # what is known of the disk may be a second old


async def test_who_may_be_in_danger_is_read_first_when_others_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the conversations that came earlier, and these before first letters."""
    monkeypatch.setattr(route, "CONCURRENT", 1)
    async with Line(tmp_path / "line") as line:
        sam, lee = line.seeker(), line.seeker("lee@mail.test", "Lee Park")
        to_sam = await conversation(line, sam)
        to_lee = await conversation(line, lee)
        await sam.replies(to_sam, "I am not safe.")
        request = await line.ana.receives(automatic=False)
        await line.ana.writes("!risk high", request.from_address)
        await line.quiet()
        already = len(line.ana.mailbox)
        async with standstill(line):
            await line.seeker("kim@mail.test", "Kim").writes("First letter A.")  # in work
            await line.seeker("kim2@mail.test", "Kim").writes("First letter B.")
            await lee.replies(to_lee, "The other goes on.")
            await sam.replies(to_sam, "It is bad again.")
        await line.quiet()
        new = [letter.text for letter in line.ana.mailbox[already:] if not letter.is_automatic]
        order = ["First letter A.", "It is bad again.", "The other goes on.", "First letter B."]
        assert [next(i for i, text in enumerate(new) if each in text) for each in order] == [0, 1, 2, 3]
