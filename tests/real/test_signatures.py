"""What the daemon sends, before judges that share no code with it: Mail::DKIM, rspamd and dkimpy, with a name server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import dkimkeys, judges
from tests.support.line import Line
from tests.support.nameserver import NameServer
from tests.support.rspamd import Rspamd
from tests.support.sink import Sink

pytestmark = pytest.mark.real

CHANGES = {
    "From": (b"\r\nFrom: ", b"\r\nFrom: Eve "),
    "Subject": (b"\r\nSubject: ", b"\r\nSubject: Urgent: "),
    "added Reply-To": (b"\r\nTo: ", b"\r\nReply-To: eve@evil.test\r\nTo: "),
    "added From": (b"\r\nTo: ", b"\r\nFrom: eve@evil.test\r\nTo: "),
    "added Subject": (b"\r\nTo: ", b"\r\nSubject: Urgent\r\nTo: "),
    "words": (b"I am here.", b"Call 555. "),
}


@pytest.fixture
async def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """A line that signs with both keys."""
    monkeypatch.setattr(Line, "signs", True)
    async with Line(tmp_path / "line") as line:
        yield line


async def conversation(line: Line) -> list[bytes]:
    """A request, its acknowledgement and an answer, as they left."""
    sam = line.seeker()
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives(automatic=False)
    acknowledgement = await sam.receives(automatic=True)
    await line.ana.replies(request, "I am here.")
    answer = await sam.receives(automatic=False)
    return [request.raw, acknowledgement.raw, answer.raw]


async def test_everything_that_leaves_is_signed_for_each_judge(line: Line, tmp_path: Path) -> None:
    """Words of people and our own notices alike; rspamd and dkimpy know Ed25519, too."""
    sent = await conversation(line)
    async with NameServer(dkimkeys.zone()) as names:
        with Rspamd(tmp_path / "rspamd", dns_port=names.port) as rspamd:
            for message in sent:
                assert (await judges.mail_dkim(message, names.port))["rsa1"] == "pass"
                assert judges.dkimpy(message, dkimkeys.zone()) == [True, True]
                assert await asyncio.to_thread(judges.rspamd, message, rspamd.url) == {"rsa1", "ed1"}


async def test_no_judge_takes_what_was_changed_on_the_way(line: Line, tmp_path: Path) -> None:
    """Neither a change nor an added field, whichever of two a reader would show."""
    answer = (await conversation(line))[-1]
    async with NameServer(dkimkeys.zone()) as names:
        with Rspamd(tmp_path / "rspamd", dns_port=names.port) as rspamd:
            for old, new in CHANGES.values():
                changed = answer.replace(old, new, 1)
                assert changed != answer
                assert (await judges.mail_dkim(changed, names.port))["rsa1"] == "fail"
                assert judges.dkimpy(changed, dkimkeys.zone()) == [False, False]
                assert await asyncio.to_thread(judges.rspamd, changed, rspamd.url) == set()


async def test_a_retry_sends_the_same_octets_also_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next hop that took a message and could not say so sees its twin, not a new message."""
    monkeypatch.setattr(Line, "signs", True)
    refusals = iter(["451 4.3.0 later", "451 4.3.0 later"])
    sink = Sink(refuse=lambda verb, _: next(refusals, None) if verb == "." else None)
    await sink.start()
    async with Line(tmp_path / "line", sink=sink) as line:
        await line.seeker().writes("I cannot sleep.")
        await line.quiet()
        await line.stop()
        await line.start()
        await line.pass_time(hours=1)
        await line.ana.receives(automatic=False)
        await line.clock.move(timedelta(0))
    offered = [octets for octets in sink.raw if octets.startswith(b"DKIM-Signature:")]
    assert len(offered) == 4
    assert len(set(offered)) == 2
    await sink.stop()
