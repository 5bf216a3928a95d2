"""A troll is blocked for a time: kept, told nothing, and nobody else notices."""

from __future__ import annotations

import asyncio
import io
import re
import sys
from pathlib import Path

import pytest

from relay import cli
from tests.support.line import Line


async def relay(capsys: pytest.CaptureFixture[str], line: Line, *words: str) -> str:
    """Run the command; what it prints, and it has to succeed."""
    capsys.readouterr()
    assert await asyncio.to_thread(cli.main, [*words, "--config", str(line.folder)]) == 0
    return capsys.readouterr().out


async def blocked(line: Line, address: str) -> None:
    await line.daemon.store.block(address, line.clock.now(), line.clock.now().replace(year=2027))


async def test_a_blocked_seeker_hears_nothing_and_everything_they_write_is_kept(tmp_path: Path) -> None:
    """At the intake and at the alias, by envelope or by From: held, the operator told once, nobody else at all."""
    async with Line(tmp_path / "line") as line:
        troll, sam = line.seeker("troll@mail.test", "Tro Ll"), line.seeker()
        await troll.writes("Hello.")
        request = await line.ana.receives()
        answer = await troll.receives(automatic=True)
        await blocked(line, "troll@mail.test")
        await troll.replies(answer, "This is abuse.")
        assert "blocked" in (await line.operator.receives()).text
        await line.quiet()
        await troll.writes("More abuse.")
        await troll.writes("In another envelope.", envelope="bounce@lists.test")
        await troll.writes("With a tag.", sender="troll+2@mail.test", envelope="troll+2@mail.test")
        await line.quiet()
        held = await line.daemon.store.held()
        assert [one.reason for one in held] == ["blocked"] * 4
        await line.ana.receives_nothing()
        await troll.receives_nothing()
        await line.operator.receives_nothing()
        await sam.writes("I need help.")
        assert "I need help." in (await line.ana.receives()).text
        await sam.receives(automatic=True)
        await line.ana.replies(request, "A last word.")
        assert "A last word." in (await troll.receives()).text


async def test_what_was_held_can_be_released_and_a_block_that_is_over_holds_nothing(tmp_path: Path) -> None:
    """Nothing is lost: a person decides; and time heals."""
    async with Line(tmp_path / "line") as line:
        troll = line.seeker("troll@mail.test", "Tro Ll")
        await blocked(line, "troll@mail.test")
        await troll.writes("I am sorry.")
        await line.operator.receives()
        (one,) = await line.daemon.store.held()
        await line.daemon.store.release(one.entry_id, confirmed=True)
        line.daemon.router.offer(one.entry_id)
        assert "I am sorry." in (await line.ana.receives()).text
        await troll.receives(automatic=True)
        await line.pass_time(hours=24 * 500)
        await troll.writes("It has been long.")
        assert "It has been long." in (await line.ana.receives(automatic=False)).text


async def test_a_counselor_whose_address_was_blocked_by_mistake_can_still_answer(tmp_path: Path) -> None:
    """A block is against who asks, never against who answers."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await blocked(line, "ana.ruiz@home.test")
        await line.ana.replies(request, "I am here.")
        assert "I am here." in (await sam.receives()).text


async def test_the_command_blocks_lists_and_removes_without_naming_anybody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From standard input or as an argument; beside a running daemon, which takes it over with the next message."""
    async with Line(tmp_path / "line") as line:
        store = line.daemon.store
        assert await relay(capsys, line, "block") == "Nobody is blocked.\n"
        monkeypatch.setattr(sys, "stdin", io.StringIO("Troll@mail.test\n"))
        said = await relay(capsys, line, "block", "add", "--days", "7")
        said += await relay(capsys, line, "block", "add", "second@mail.test")
        listed = await relay(capsys, line, "block", "list")
        assert re.fullmatch(
            r"([0-9a-f]{12}  since \d{4}-\d\d-\d\d \d\d:\d\d  until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n){2}",
            listed,
        )
        assert await store.blocked({"troll@mail.test"}, line.clock.now()) is not None
        said += await relay(capsys, line, "block", "remove", "troll@mail.test")
        said += await relay(capsys, line, "block", "remove", listed.splitlines()[1][:12])
        assert await relay(capsys, line, "block") == "Nobody is blocked.\n"
        assert not re.search(r"troll|second|mail\.test|@", (said + listed).lower())


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["add", "canary"], "no address"),
        (["add", "canary@relay.test"], "the service's own"),
        (["add", "ana.ruiz@home.test"], "the service's own"),
        (["add", "aruiz@work.test"], "the service's own"),
        (["add", "operator@ops.test"], "the service's own"),
        (["add", "canary@mail.test", "--days", "0"], "1 to 180"),
        (["add", "canary@mail.test", "--days", "181"], "1 to 180"),
        (["remove", "canary@mail.test"], "no block is in force"),
        (["remove", "0123456789ab"], "no block is in force"),
    ],
)
async def test_what_cannot_be_done_is_said_without_the_address(
    words: list[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong and what to do, and nothing of what was given."""
    async with Line(tmp_path / "line") as line:
        capsys.readouterr()
        assert await asyncio.to_thread(cli.main, ["block", *words, "--config", str(line.folder)]) == 1
        said = capsys.readouterr()
        assert problem in said.err
        assert "canary" not in said.err + said.out
        assert "ruiz" not in said.err + said.out


@pytest.mark.parametrize("command", ["!spam", "!block 7d"])
async def test_who_writes_under_somebody_elses_address_silences_nobody(command: str, tmp_path: Path) -> None:
    """A counselor ends what Eve began in Sam's name: Sam's own conversation goes on, and nothing new begins."""
    async with Line(tmp_path / "line") as line:
        sam, eve = line.seeker(), line.seeker("eve@evil.test", "Eve")
        await sam.writes("I need help.")
        request = await line.ana.receives(automatic=False)
        await line.ana.replies(request, "I am here.")
        answer = await sam.receives(automatic=False)
        await eve.writes("Insults.", sender=sam.address)
        forged = await line.ana.receives(automatic=False)
        await line.ana.replies(forged, command)
        if command.startswith("!block"):
            question = await line.ana.receives(automatic=True)
            await line.ana.writes("SEND", to="desk@relay.test", reply_to=question)
        await line.ana.receives(automatic=True)
        await sam.replies(answer, "CANARY-6 Are you still there?")
        heard = await line.ana.receives(automatic=False)
        assert "CANARY-6" in heard.text
        assert heard.from_address == request.from_address
        await eve.writes("More insults.", sender=sam.address)
        await line.quiet()
        assert [one.reason for one in await line.daemon.store.held()] == ["blocked"]
        await blocked(line, sam.address)
        await sam.replies(answer, "What the operator blocks is held everywhere.")
        await line.ana.receives_nothing()
