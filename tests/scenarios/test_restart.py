"""A restart at every stage loses nothing and sends nothing twice."""

import asyncio
from pathlib import Path

import aiosmtplib
import pytest

from relay.edge.workers.pool import WorkerPool
from relay.flow import route
from tests.support.line import Line


async def test_restart_after_acceptance_and_before_routing(tmp_path: Path) -> None:
    """What was answered with 250 is on disk, whatever happens to the process next."""
    async with Line(tmp_path / "line") as line:
        line.daemon.router.offer = lambda *_: None  # type: ignore[method-assign]
        sam = line.seeker()
        await sam.writes("Before.")
        assert not line.sink.captured
        await line.stop()
        await line.start()
        assert "Before." in (await line.ana.receives()).text
        await sam.receives(automatic=True)
        await line.ana.receives_nothing()
        await sam.receives_nothing()


async def test_lives_too_short_to_read_a_message_do_not_count_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends the process again and again before a worker has started, it was not this message."""

    async def never(_: WorkerPool, **__: bool) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(route, "MAX_LEASES", 2)
    async with Line(tmp_path / "line") as line:
        line.daemon.router.offer = lambda *_: None  # type: ignore[method-assign]
        await line.seeker().writes("Before.")
        await line.stop()
        with monkeypatch.context() as patched:
            patched.setattr(WorkerPool, "ready", never)
            patched.setattr(WorkerPool, "_take", never)
            for _ in range(4):
                await line.start()
                await asyncio.sleep(0.1)
                await line.stop()
        await line.start()
        assert "Before." in (await line.ana.receives()).text


async def test_restart_while_the_next_hop_is_down(tmp_path: Path) -> None:
    """A deferred delivery is taken up again under the same id."""
    async with Line(tmp_path / "line") as line:
        line.sink.is_down = True
        await line.seeker().writes("Deferred.")
        await line.quiet()
        await line.stop()
        line.sink.is_down = False
        await line.start()
        await line.pass_time(minutes=5)
        assert "Deferred." in (await line.ana.receives()).text
        await line.ana.receives_nothing()


async def test_restart_in_the_middle_of_a_conversation_keeps_aliases_and_threads(tmp_path: Path) -> None:
    """Both sides go on as if nothing had been."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("One.")
        request = await line.ana.receives()
        await line.stop()
        await line.start()
        await line.ana.replies(request, "Two.")
        answer = await sam.receives(automatic=False)
        assert answer["In-Reply-To"]
        await line.stop()
        await line.start()
        await sam.replies(answer, "Three.")
        third = await line.ana.receives()
        assert third.from_address == request.from_address


async def test_a_held_reply_can_be_let_go_after_a_restart(tmp_path: Path) -> None:
    """What is held stays held, and its notice stays good."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("One.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.ana.replies(request, "Ring +49 30 1234567.")
        notice = await line.ana.receives()
        await line.stop()
        await line.start()
        await sam.receives_nothing()
        await line.ana.writes("send", to="desk@relay.test", reply_to=notice)
        assert "+49 30 1234567" in (await sam.receives()).text


async def test_the_same_message_sent_again_after_a_lost_250_is_relayed_once(tmp_path: Path) -> None:
    """The client that never saw our 250 offers the message again, also after a restart."""
    message = b"From: sam.lee@mail.test\r\nMessage-ID: <once@mua>\r\nSubject: x\r\n\r\nOnly once.\r\n"
    async with Line(tmp_path / "line") as line:
        await line.submit("sam.lee@mail.test", ["help@relay.test"], message)
        await line.submit("sam.lee@mail.test", ["help@relay.test"], message)
        await line.ana.receives()
        await line.stop()
        await line.start()
        await line.submit("sam.lee@mail.test", ["help@relay.test"], message)
        await line.ana.receives_nothing()


async def test_a_retired_and_an_unknown_alias_get_the_same_answer(tmp_path: Path) -> None:
    """Never existed, retired, foreign: the same words at RCPT."""
    async with Line(tmp_path / "line") as line:
        replies = set()
        for recipient in (
            "q7m2q7m2q7m2q7m2q7m2@relay.test",
            "nobody@relay.test",
            "a@elsewhere.test",
            "relay@relay.test",
        ):
            client = aiosmtplib.SMTP(
                hostname="127.0.0.1", port=line.port, start_tls=False, local_hostname="mua.test"
            )
            async with client:
                with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
                    await client.sendmail("x@y.test", [recipient], b"Subject: x\r\n\r\nx\r\n")
                one = refused.value.recipients[0]
                replies.add((one.code, one.message))
        assert len(replies) == 1
        assert next(iter(replies))[0] == 550
