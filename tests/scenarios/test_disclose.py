"""The subpoena drill: an operator with all keys shows what there is, and it is what the inventory says, and no more."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from relay.cli import main
from relay.edge.store.disclosing import NOT_OPEN
from relay.edge.store.inventory import INVENTORY
from tests.scenarios.test_who_may_speak import conversation
from tests.support import storage
from tests.support.line import Line

PUBLIC = {"referrals", "referral_words"}


WHY = "A court asks for it, case 12."


async def disclose(line: Line, *words: str) -> int:
    return await asyncio.to_thread(main, ["disclose", *words, "--config", str(line.folder)])


async def test_everything_is_shown_and_everything_is_in_the_inventory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the daemon runs: addresses, words, notes; table by table, column by column, in the inventory's words."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await line.ana.replies(request, "I read this twice.\n!note heron-by-the-lake")
        await sam.receives(automatic=False)
        await line.quiet()
        capsys.readouterr()
        assert await disclose(line, "--everything", "--reason", WHY) == 0
        shown = capsys.readouterr()
        for word in (
            sam.address,
            sam.name,
            request.from_name,
            request.from_address.partition("@")[0],
            "heron-by-the-lake",
        ):
            assert word in shown.out, word
        sections = dict(
            re.findall(r"^== (\w+): \d+ ==\n(.*?)(?=^==|\Z)", shown.out, re.DOTALL | re.MULTILINE)
        )
        assert set(sections) == set(INVENTORY) - {"referral_words"}
        for name, section in sections.items():
            kept = INVENTORY[name]
            assert section.startswith(f"{kept.purpose}. Kept: {kept.life}.")
            rows = [json.loads(each) for each in section.splitlines() if each.startswith("{")]
            assert all(list(row) == list(kept.fields) for row in rows)
            if name not in {*PUBLIC, "reveals", "data_keys"}:  # to show is noted, which adds to these two
                assert len(rows) == storage.run(line.folder, f"SELECT count(*) FROM {name}")[0][0], name
        assert NOT_OPEN not in shown.out
        said = [json.loads(each) for each in shown.err.splitlines()]
        assert [set(each) for each in said if each["event"] == "store.disclosed"] == [
            {"event", "at", "severity"}
        ]


async def test_after_forget_me_nobody_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With every key in hand: neither who it was nor that there was anybody."""
    async with Line(tmp_path / "line") as line:
        sam, request, answer = await conversation(line)
        await sam.writes("FORGET ME", to=answer.from_address)
        await sam.receives(automatic=True)
        await line.ana.receives(automatic=True)
        await line.quiet()
        await asyncio.sleep(0.2)  # what came of the last delivery is written with the next commit
        capsys.readouterr()
        assert await disclose(line, "--everything", "--reason", WHY) == 0
        shown = capsys.readouterr().out
        for word in (
            sam.address,
            sam.name,
            request.from_name,
            "@mail.test",
            answer.from_address.partition("@")[0],
        ):
            assert word not in shown, word
        for empty in (
            "conversations",
            "aliases",
            "thread_links",
            "notes",
            "entries",
            "clocks",
            "acquaintances",
        ):
            assert f"== {empty}: 0 ==" in shown, empty


async def test_nothing_is_shown_by_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the word for it the command says what it would show, and shows nothing."""
    async with Line(tmp_path / "line") as line:
        sam, *_ = await conversation(line)
        capsys.readouterr()
        assert await disclose(line, "--everything") == 1
        assert "give --reason" in capsys.readouterr().err
        assert await disclose(line) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "say --everything" in shown.err
        assert "store.disclosed" not in shown.err
        assert sam.address not in shown.err


async def test_without_the_master_key_there_is_nothing_to_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence, and no row."""
    async with Line(tmp_path / "line") as line:
        await conversation(line)
        await line.stop()
        key = line.folder / "state" / "master.key"
        key.rename(line.folder / "away.key")
        capsys.readouterr()
        assert await disclose(line, "--everything", "--reason", WHY) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "master key file is missing" in shown.err
