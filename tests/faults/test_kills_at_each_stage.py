"""SIGKILL while a message is at a known stage: each stage is driven from outside, none is hoped for.

The next hop kills the daemon at the SMTP command that a test names; a worker that is stopped (SIGSTOP) keeps a
message before its routing; a rota without anybody keeps it waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from relay.domain.entries import MAX_ATTEMPTS
from tests.support import remains
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, NEVER, RELAY_TOML, Ledger, Load, header, tokens_in

QUIET_S = 0.7
"""How long nothing more may come before we believe that nothing will: the daemon delivers within 0.1 s."""


class Stage:
    """A daemon, its ledger, and the seeker and counselor of one conversation."""

    def __init__(self, folder: Path, counselors: str) -> None:
        self.daemon = Daemon(folder, RELAY_TOML, counselors)
        self.ledger = Ledger()
        self.load = Load(self.daemon, self.ledger, random.Random())
        self.frozen: list[psutil.Process] = []

    async def request(self) -> str:
        return await self.load.offer("sam@mail.test", "help@relay.test", ANA)

    def freeze_workers(self) -> None:
        """Let the workers read nothing more, as if their time stood still."""
        self.frozen = remains.workers_of(self.daemon)
        for worker in self.frozen:
            worker.send_signal(signal.SIGSTOP)

    def bury_frozen(self) -> None:
        """End the workers that were frozen before they had tied their lives to the daemon's."""
        for worker in self.frozen:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()

    async def until_out(self) -> None:
        """Wait until everything is delivered and nothing more comes."""
        captured = self.daemon.sink.captured
        async with asyncio.timeout(30):
            while self.ledger.outstanding(captured) or await self._is_any_under_way():
                await asyncio.sleep(0.02)
        seen = -1
        while seen != len(captured):
            seen = len(captured)
            await asyncio.sleep(QUIET_S)

    async def _is_any_under_way(self) -> bool:
        """On a server what a killed node was sending is its own until it has been missed for some seconds."""
        await asyncio.sleep(0.1)
        return "active" in remains.counts(self.daemon.folder, "deliveries")

    async def assert_exactly_once(self) -> None:
        await self.until_out()
        account = self.ledger.account(self.daemon.sink.captured)
        account.assert_whole(copies_at_most=0)
        assert remains.letters_counted(self.daemon.folder) == account.acknowledged

    def mailbox(self, address: str) -> list[bytes]:
        return [each.message for each in self.daemon.sink.captured if each.recipient == address]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path / "line", ALWAYS)
    async with made.daemon:
        yield made
    assert made.daemon.other_output == []
    remains.assert_sound(made.daemon.folder)


async def test_killed_after_acceptance_and_before_routing(stage: Stage) -> None:
    """The worker never gets to read it: the entry is only on the disk, and a stopped worker ends as well."""
    await stage.request()
    await stage.until_out()
    stage.freeze_workers()
    await stage.request()
    await stage.daemon.kill()
    await remains.assert_ended(stage.frozen)
    assert remains.counts(stage.daemon.folder, "entries") == {"received": 1, "kept": 1}
    await stage.daemon.start()
    await stage.assert_exactly_once()


async def test_killed_many_times_before_routing_is_no_poison(stage: Stage) -> None:
    """A message that was under way when the daemon died has done nothing wrong and is not held for it: neither where it
    was leased already nor where the daemon died before a worker could read.
    """
    for _ in range(MAX_ATTEMPTS):
        stage.freeze_workers()
        if not stage.ledger.acknowledged:
            await stage.request()
            await until_leased(stage)
        else:
            await asyncio.sleep(QUIET_S)
        await stage.daemon.kill()
        stage.bury_frozen()
        await stage.daemon.start()
    await stage.assert_exactly_once()
    assert stage.mailbox("operator@ops.test") == []


async def test_killed_in_the_middle_of_data(stage: Stage) -> None:
    """What was not acknowledged leaves nothing behind; its author offers it again."""
    async with stage.daemon.connect() as door:
        for command in (b"MAIL FROM:<sam@mail.test>", b"RCPT TO:<help@relay.test>", b"DATA"):
            await door._ask(command)
        door._writer.write(b"Subject: half\r\n\r\n" + b"half a message\r\n" * 20_000)
        await door._writer.drain()
        await asyncio.sleep(0.1)
        await stage.daemon.kill()
    await stage.daemon.start()
    assert remains.counts(stage.daemon.folder, "entries") == {}
    await stage.request()
    await stage.assert_exactly_once()
    assert not any(b"half" in message for message in stage.mailbox(ANA))


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_killed_at_a_step_of_the_delivery(stage: Stage, verb: str) -> None:
    """Before the final dot has left, nothing has been delivered: it is, once, after the restart."""
    dying = kill_at(stage, verb)
    await stage.request()
    await dying.wait()
    await stage.daemon.process.wait()
    await stage.daemon.start()
    await stage.assert_exactly_once()


async def test_killed_after_the_final_dot_sends_the_same_octets_again(stage: Stage) -> None:
    """The only window for two copies (RFC 5321 §4.5.4.1 prefers them to a loss): same Message-ID, same octets."""
    dying = kill_at(stage, ".", recipient=ANA)
    token = await stage.request()
    await dying.wait()
    await stage.daemon.process.wait()
    await stage.daemon.start()
    await stage.until_out()
    copies = [message for message in stage.mailbox(ANA) if token in tokens_in(message)]
    assert len(copies) == 2
    assert copies[0] == copies[1]
    assert len(set(stage.mailbox("sam@mail.test"))) == 1, "the acknowledgement may have been in flight, too"


async def test_killed_while_deferred(stage: Stage) -> None:
    """The next hop is down; the delivery keeps its place and its id."""
    stage.daemon.sink.is_down = True
    await stage.request()
    async with asyncio.timeout(10):
        while remains.counts(stage.daemon.folder, "deliveries") != {"deferred": 2}:
            await asyncio.sleep(0.02)
    await stage.daemon.kill()
    assert remains.counts(stage.daemon.folder, "deliveries") == {"deferred": 2}
    stage.daemon.sink.is_down = False
    remains.make_due(stage.daemon.folder)
    await stage.daemon.start()
    await stage.assert_exactly_once()


async def test_killed_while_nobody_is_on_duty(tmp_path: Path) -> None:
    """The request waits through the crash and goes to who comes on duty; it is acknowledged once."""
    stage = Stage(tmp_path / "line", NEVER)
    async with stage.daemon as daemon:
        await stage.request()
        await daemon.said("message.waiting")
        await daemon.said("delivery.accepted")
        await daemon.kill()
        assert remains.counts(daemon.folder, "entries") == {"waiting": 1}
        (daemon.folder / "counselors.toml").write_text(ALWAYS)
        await daemon.start()
        await stage.assert_exactly_once()
        assert len(stage.mailbox("sam@mail.test")) == 1


async def test_killed_while_held(stage: Stage) -> None:
    """The notice stays good: an answer to it lets the reply go, once."""
    pair = await stage.load.pair("sam@mail.test")
    async with stage.daemon.connect() as door:
        await door.submit(
            ANA, [pair.counselor_writes_to], _mail(pair.counselor_writes_to, "Ring +49 30 1234567.")
        )
    await stage.daemon.said("message.held")
    await stage.until_out()
    notice = stage.mailbox(ANA)[-1]
    await stage.daemon.kill()
    assert remains.counts(stage.daemon.folder, "entries")["held"] == 1
    await stage.daemon.start()
    answered = f"In-Reply-To: <{header(notice, 'message-id')}>\r\n"
    async with stage.daemon.connect() as door:
        await door.submit(ANA, ["desk@relay.test"], _mail("desk@relay.test", "send", answered))
    await stage.daemon.said("message.routed", after=stage.daemon.log[-1].number - 1)
    await stage.until_out()
    assert sum(b"1234567" in message for message in stage.mailbox("sam@mail.test")) == 1


async def until_leased(stage: Stage) -> None:
    """Wait until the router has the entry in its hands."""
    async with asyncio.timeout(10):
        while not remains.has_leased_entry(stage.daemon.folder):
            await asyncio.sleep(0.02)


def kill_at(stage: Stage, verb: str, recipient: str = "") -> asyncio.Event:
    """Let the next hop kill the daemon when it hears ``verb``; for ``.`` the message is captured nevertheless."""
    done = asyncio.Event()

    def kill(heard: str, argument: str) -> str | None:
        if heard == verb and not done.is_set() and (not recipient or argument == recipient):
            done.set()
            os.kill(stage.daemon.process.pid, signal.SIGKILL)
            return None if verb == "." else "drop"
        return None

    stage.daemon.sink.refuse = kill
    return done


def _mail(to: str, text: str, more: str = "") -> bytes:
    return (
        f"From: {ANA}\r\nTo: {to}\r\nSubject: Re: A question\r\nMessage-ID: <{abs(hash(text))}@mua.test>\r\n{more}"
        f"Date: Mon, 23 Nov 2026 13:00:00 +0000\r\n\r\n{text}\r\n"
    ).encode()
