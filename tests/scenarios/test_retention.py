"""A helpline that cannot be made to remember: what is done with goes by itself, and nobody has to think of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.scenarios.test_seeker_words import UNKNOWN
from tests.scenarios.test_who_may_speak import conversation
from tests.support import storage
from tests.support.line import Line, Person

SHORT = "\n[retention]\nclosed_days = 7\n"


def swept(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """What the log says of the last sweeps, by kind."""
    lines = [json.loads(each) for each in capsys.readouterr().err.splitlines()]
    found = [each for each in lines if each["event"] == "store.swept"]
    assert all(set(each) == {"event", "at", "severity", "kind", "count"} for each in found)
    return {each["kind"]: each["count"] for each in found}


def rows(line: Line, table: str) -> int:
    return int(storage.run(line.folder, f"SELECT count(*) FROM {table}")[0][0])


async def forgotten(line: Line) -> None:
    """The broom has been round: on a server it takes a moment, and no queue shows it."""
    async with asyncio.timeout(20):
        while rows(line, "conversations"):
            await asyncio.sleep(0.02)


async def gone(line: Line, who: Person, alias: str) -> None:
    """The neutral answer, the same as for any address that there never was."""
    with pytest.raises(Exception, match=UNKNOWN) as late:
        await who.writes("Hello?", to=alias)
    with pytest.raises(Exception, match=UNKNOWN) as never:
        await who.writes("Hello?", to="a3c5e7g9i2k4m6o8q@relay.test")
    assert str(late.value).replace(alias, "") == str(never.value).replace("a3c5e7g9i2k4m6o8q@relay.test", "")


async def test_a_conversation_that_was_closed_is_forgotten_and_says_so_in_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until then it goes on with whoever writes again; afterwards nothing is left, and nobody hears of it."""
    async with Line(tmp_path / "line", extra=SHORT) as line:
        sam, request, answer = await conversation(line)
        await line.ana.replies(request, "Take care.\n!close")
        await sam.receives(automatic=False)
        await line.pass_time(days=6)
        await sam.writes("One more thing.", to=answer.from_address)
        again = await line.ana.receives(automatic=False)
        await line.ana.replies(again, "Of course.\n!close")
        await sam.receives(automatic=False)
        assert "conversations" not in swept(capsys)
        await line.pass_time(days=6)
        assert rows(line, "conversations") == 1
        for _ in range(2):
            await line.pass_time(days=1, minutes=1)
        assert rows(line, "conversations") == rows(line, "aliases") == rows(line, "thread_links") == 0
        assert swept(capsys)["conversations"] == 1
        await gone(line, sam, answer.from_address)
        await gone(line, line.ana, request.from_address)
        await sam.receives_nothing()
        await line.pass_time(days=30)  # traces, what seekers knew, what was said of duty
        kept = {"counselors": 1, "pseudonyms_used": 1, "meta": 1}
        for table in (
            "entries",
            "deliveries",
            "data_keys",
            "acquaintances",
            "told",
            "seen",
            "clocks",
            "answers",
        ):
            assert rows(line, table) == 0, table
        for table, count in kept.items():
            assert rows(line, table) >= count


async def test_silence_ends_a_conversation_and_later_forgets_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty days without a word, and thirty more: nobody had to do anything."""
    async with Line(tmp_path / "line") as line:
        sam, _, answer = await conversation(line)
        for _ in range(31):
            await line.pass_time(days=1)
        assert (await sam.receives()).is_automatic
        assert rows(line, "conversations") == 1
        for _ in range(31):
            await line.pass_time(days=1)
        assert rows(line, "conversations") == 0
        assert swept(capsys)["conversations"] == 1
        await gone(line, sam, answer.from_address)


async def test_what_became_due_while_the_relay_stood_still_goes_at_its_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that was off for two months must not remember longer than it says."""
    async with Line(tmp_path / "line", extra=SHORT) as line:
        _, request, _ = await conversation(line)
        await line.ana.replies(request, "Take care.\n!close")
        await line.quiet()
        await line.stop()
        capsys.readouterr()
        await line.clock.move(line.daemon.settings.retention.periods.closed * 9)
        await line.start()
        await line.pass_time(minutes=2)
        await forgotten(line)
        await line.stop()
        assert swept(capsys)["conversations"] == 1


async def test_a_shorter_time_holds_from_when_the_configuration_is_read_again(tmp_path: Path) -> None:
    """Without a restart, and for what is kept already."""
    async with Line(tmp_path / "line") as line:
        _, request, _ = await conversation(line)
        await line.ana.replies(request, "Take care.\n!close")
        await line.quiet()
        await line.pass_time(days=3)
        assert rows(line, "conversations") == 1
        file = line.folder / "relay.toml"
        file.write_text(file.read_text() + "\n[retention]\nclosed_days = 2\n")
        await line.daemon.in_force.read_again()
        await line.pass_time(hours=1, minutes=1)
        await forgotten(line)
