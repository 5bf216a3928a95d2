"""A real rspamd beside the helpline: what it rejects is held, the rest goes on, and nothing waits when it is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.line import Line
from tests.support.rspamd import GTUBE, Rspamd

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rspamd]:
    with Rspamd(tmp_path_factory.mktemp("rspamd") / "own") as running:
        yield running


@pytest.mark.parametrize("way", ["tcp", "unix"])
async def test_what_it_rejects_is_held_and_what_it_does_not_goes_on(
    rspamd: Rspamd, tmp_path: Path, way: str
) -> None:
    """GTUBE is held, its author hears nothing; an ordinary request and its answers pass as ever."""
    url = rspamd.url if way == "tcp" else rspamd.unix_url
    async with Line(tmp_path / "line", extra=f'\n[rspamd]\nurl = "{url}"\n') as line:
        spammer, sam = line.seeker("canaryspam@mail.test", "Spa Mer"), line.seeker()
        await spammer.writes(GTUBE)
        assert "spam filter would have rejected" in (await line.operator.receives()).text
        assert [one.reason for one in await line.daemon.store.held()] == ["spam"]
        await spammer.receives_nothing()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        assert "I cannot sleep." in request.text
        answer = await sam.receives(automatic=True)
        await line.ana.replies(request, f"I am here. {GTUBE}")
        assert "I am here." in (await sam.receives()).text, "a counselor's words are not asked about"
        await sam.replies(answer, GTUBE)
        await line.operator.receives()
        await line.ana.receives_nothing()
        assert len(await line.daemon.store.held()) == 2
    assert "canaryspam" not in rspamd.log


async def test_what_was_held_goes_on_when_a_person_lets_it(rspamd: Rspamd, tmp_path: Path) -> None:
    """Nothing is lost: somebody may write words that look like spam."""
    async with Line(tmp_path / "line", extra=f'\n[rspamd]\nurl = "{rspamd.url}"\n') as line:
        await line.seeker().writes(f"I got this and am afraid: {GTUBE}")
        await line.operator.receives()
        (one,) = await line.daemon.store.held()
        await line.daemon.store.release(one.entry_id, confirmed=True)
        line.daemon.router.offer(one.entry_id)
        assert "I got this and am afraid" in (await line.ana.receives()).text


async def test_the_counselor_is_warned_of_what_is_only_suspicious(rspamd: Rspamd, tmp_path: Path) -> None:
    """With the operator's own table: marked instead of held, below the text."""
    extra = f'\n[rspamd]\nurl = "{rspamd.url}"\nhold = []\nmark = ["reject"]\n'
    async with Line(tmp_path / "line", extra=extra) as line:
        await line.seeker().writes(f"Look: {GTUBE}")
        text = (await line.ana.receives()).text
        assert "The spam filter finds this message suspicious." in text
        assert text.index("Look:") < text.index("The spam filter")


@pytest.mark.parametrize(("when_away", "held"), [("pass", 0), ("hold", 1)])
async def test_nothing_is_lost_when_it_is_away(tmp_path: Path, when_away: str, held: int) -> None:
    """It passes, or is held where the operator wants it so."""
    extra = f'\n[rspamd]\nurl = "http://127.0.0.1:1"\nwhen_away = "{when_away}"\n'
    async with Line(tmp_path / "line", extra=extra) as line:
        await line.seeker().writes("I need help.")
        if held:
            await line.operator.receives()
        else:
            assert "I need help." in (await line.ana.receives()).text
        assert len(await line.daemon.store.held()) == held


async def test_without_a_section_nobody_is_asked(tmp_path: Path) -> None:
    """Off is off: GTUBE is words like others."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes(GTUBE)
        assert "GTUBE" in (await line.ana.receives()).text
