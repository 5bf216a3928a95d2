"""Somebody changes the database while the line runs: the operator gets a mail, once a day, and others write on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.scenarios.test_who_may_speak import conversation
from tests.support import storage
from tests.support.line import Line

SUBJECT = "Rows of the database do not open"


async def about_damage(line: Line, count: int) -> list[str]:
    """The mails that the operator has got of it, once there are so many and nothing more is under way."""

    def found() -> list[str]:
        return [each.text for each in line.operator.mailbox if each["subject"] == SUBJECT]

    async with asyncio.timeout(30):
        while len(found()) < count:
            await asyncio.sleep(0.02)
    await line.quiet()
    return found()


async def test_the_operator_gets_a_mail_of_rows_that_do_not_open_once_a_day(tmp_path: Path) -> None:
    """By table and count, with nothing of whose they are; after a start on the same day there is none."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        storage.run(line.folder, "UPDATE counselors SET sealed = ?", (bytes(60),))
        for _ in range(2):
            await line.daemon.store.loads()
        (told,) = await about_damage(line, 1)
        assert "\ncounselors: " in told
        assert not [word for word in (sam.address, sam.name, request.from_name) if word in told]
        await line.pass_time(hours=23)
        await line.daemon.store.loads()
        assert len(await about_damage(line, 1)) == 1
        await line.stop()
        await line.start()
        await line.daemon.store.loads()
        assert len(await about_damage(line, 1)) == 1
        await line.pass_time(hours=25)
        await line.daemon.store.loads()
        assert len(await about_damage(line, 2)) == 2
