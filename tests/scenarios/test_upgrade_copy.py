"""Before a database in use is migrated, a copy of it is made: private, without data keys, and good for going back."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from relay import backing
from relay.edge.store import upgrade_copy
from relay.edge.store.dumping import APART
from relay.errors import ConfigError
from tests.scenarios.test_backups import Safe, conversation, forgotten_everywhere
from tests.support import databases, old_schema
from tests.support.line import Line

pytestmark = pytest.mark.only_sqlite

BEFORE = old_schema.revisions()[-2]
"""The newest revision but one."""


def database(line: Line) -> Path:
    return line.folder / "state" / "relay.db"


def make_older(line: Line) -> None:
    """The database as the version before had it."""
    url = f"sqlite:///{database(line)}"
    databases.replace(url, databases.put_back(url, BEFORE, database(line).with_name("older")))


def copies(line: Line) -> list[Path]:
    return sorted(database(line).parent.glob("*before-upgrade*"))


async def put_back(line: Line, copy: Path, *, replaces: bool = True) -> list[str]:
    told: list[str] = []
    await asyncio.to_thread(
        lambda: backing.restore(
            line.folder, str(copy), None, None, replaces=replaces, takes_old_keys=False, tell=told.append
        )
    )
    return told


async def test_an_upgrade_leaves_a_private_copy_without_keys_and_the_line_goes_on(tmp_path: Path) -> None:
    """One copy, 0600, of the revision before; what opens people's words is not in it, not even on a free page."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker("sam@mail.test", "Sam Gray")
        sams = await conversation(line, sam, "I cannot sleep.")
        assert copies(line) == []
        await line.stop()
        with closing(sqlite3.connect(database(line))) as connection:
            wrapped = [bytes(row[0]) for row in connection.execute("SELECT wrapped FROM data_keys")]
        make_older(line)
        await line.start()

        (copy,) = copies(line)
        assert copy.name == f"relay.db.before-upgrade-{BEFORE}"
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (BEFORE,)
            assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (1,)
            assert [connection.execute(f"SELECT count(*) FROM {t.name}").fetchone()[0] for t in APART] == [
                0
            ] * 4
        assert wrapped
        assert not [key for key in wrapped if key in copy.read_bytes()]
        await line.ana.replies(sams[0], "Try to breathe.")
        assert "breathe" in (await sam.receives(automatic=False)).text

        await line.stop()
        await line.start()
        assert copies(line) == [copy]


async def test_an_upgrade_that_was_killed_over_its_copy_begins_anew(tmp_path: Path) -> None:
    """What it left is no reason not to start, and does not stay; nor does the copy before, or a part of that."""
    async with Line(tmp_path / "line") as line:
        await line.stop()
        make_older(line)
        copy = upgrade_copy.copy_of(database(line), BEFORE)
        for left in ("", ".part", ".part-journal"):
            for revision in (BEFORE, "0001"):
                upgrade_copy.copy_of(database(line), revision + left).write_bytes(b"half a copy")
        await line.start()
        assert copies(line) == [copy]
        assert copy.read_bytes().startswith(upgrade_copy.MAGIC)


async def test_going_back_keeps_who_was_forgotten_forgotten(tmp_path: Path) -> None:
    """Kim asks to be forgotten after the upgrade; then the operator goes back. The copy of the data keys goes along."""
    async with Safe(tmp_path / "safe").line(tmp_path / "line") as line:
        kim, sam = line.seeker("kim@mail.test", "Kim Lee"), line.seeker("sam@mail.test", "Sam Gray")
        kims = await conversation(line, kim, "I have to tell somebody about the river.")
        sams = await conversation(line, sam, "I cannot sleep.")
        await line.stop()
        make_older(line)
        await line.start()
        await kim.writes("FORGET ME", kims[1].from_address, reply_to=kims[1])
        await kim.receives(automatic=True)
        await line.quiet()
        await forgotten_everywhere(line)
        (copy,) = copies(line)
        with pytest.raises(ConfigError, match="another relay is running"):
            await put_back(line, copy)
        await line.stop()
        with pytest.raises(ConfigError, match="add --replace"):
            await put_back(line, copy, replaces=False)

        told = await put_back(line, copy)
        assert told[0].startswith("As before the upgrade: 1 conversation(s)")
        assert told[1] == "Forgotten since, and so here: 1 conversation(s)."
        await line.start()
        assert line.daemon.store.key_copy is not None
        await (
            line.daemon.store.key_copy.renew()
        )  # it says which version each row has, and parks what is older
        with pytest.raises(Exception, match="550"):
            await kim.writes("Hello?", kims[1].from_address)
        await line.ana.replies(sams[0], "Try to breathe.")
        assert "breathe" in (await sam.receives(automatic=False)).text


async def test_without_room_for_the_copy_nothing_is_upgraded(tmp_path: Path) -> None:
    """The database stays as it was, and the sentence says what to do."""
    async with Line(tmp_path / "line") as line:
        await conversation(line, line.seeker(), "I cannot sleep.")
        await line.stop()
        make_older(line)
        before = database(line).read_bytes()
        copy = upgrade_copy.copy_of(database(line), BEFORE)
        in_the_way = copy.with_name(f"{copy.name}.part")
        in_the_way.mkdir()
        with pytest.raises(
            ConfigError, match=r"cannot be written \(.*\), so nothing was upgraded; make as much room"
        ):
            await line.start()
        assert database(line).read_bytes() == before
        in_the_way.rmdir()
        await line.start()
        assert [re.sub(".*-", "", each.name) for each in copies(line)] == [BEFORE]


async def test_a_copy_that_was_cut_changes_nothing(tmp_path: Path) -> None:
    """What is no whole copy is refused before anything is touched."""
    async with Line(tmp_path / "line") as line:
        await conversation(line, line.seeker(), "I cannot sleep.")
        await line.stop()
        make_older(line)
        await line.start()
        await line.stop()
        (copy,) = copies(line)
        copy.write_bytes(copy.read_bytes()[:20_000])
        before = database(line).read_bytes()
        with pytest.raises(ConfigError):
            await put_back(line, copy)
        assert database(line).read_bytes() == before
        await line.start()
