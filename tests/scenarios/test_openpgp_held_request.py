"""An encrypted request that is held before it has a conversation: a captured copy is opened for nobody meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.scenarios.test_openpgp import ENGINES, Key, openpgp_line, own_key


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_request_that_is_held_is_opened_for_nobody_else(engine: str, tmp_path: Path) -> None:
    """Sam is blocked by mistake; Mallory sends what she has captured; then Sam's own request is let go."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        public = await own_key(line)
        store, now = line.daemon.store, line.clock.now()
        await store.block("sam.lee@mail.test", now, now + timedelta(days=1))
        head = "From: Sam Lee <sam.lee@mail.test>\nTo: help@relay.test\nSubject: ...\nMessage-ID: <1@mail.test>\n"
        message = (head + sam_key.seals("Only for the line.", public, sam_key.engine)).encode()
        await line.submit("sam.lee@mail.test", ["help@relay.test"], message)
        assert "blocked" in (await line.operator.receives()).text

        stolen = message.replace(b"sam.lee@mail.test", b"mallory@evil.test").replace(b"<1@mail", b"<2@evil")
        await line.submit("mallory@evil.test", ["help@relay.test"], stolen)
        assert "sent before, in another conversation" in (await line.operator.receives()).text
        await line.ana.receives_nothing()

        (sams, _) = sorted(await store.held(), key=lambda one: one.reason)
        await store.release(sams.entry_id, confirmed=True)
        await line.pass_time(seconds=30)
        assert "Only for the line." in (await line.ana.receives()).text

        again = stolen.replace(b"<2@evil", b"<3@evil")
        await line.submit("mallory@evil.test", ["help@relay.test"], again)
        assert "sent before, in another conversation" in (await line.operator.receives()).text
        await line.ana.receives_nothing()
