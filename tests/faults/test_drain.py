"""SIGTERM: what is in work is finished, what is accepted stays, and the process ends in time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import remains
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML, Ledger, Load, fresh_token, letter

DRAIN_S = 30.0
IDLE_S = 5.0
ROUNDS = 4


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS) as made:
        yield made
    assert made.other_output == []


async def stopped(daemon: Daemon) -> float:
    """Stop it; the seconds that took. No process may be left."""
    processes = remains.processes_of(daemon)
    began = time.monotonic()
    assert await daemon.stop() == 0
    took = time.monotonic() - began
    await remains.assert_ended(processes)
    return took


async def test_an_idle_daemon_ends_within_five_seconds(daemon: Daemon) -> None:
    """Nothing to do, nothing to wait for; an idle client is told 421 and does not keep it."""
    async with daemon.connect() as door:
        assert await stopped(daemon) < IDLE_S
        assert (await door._reply()).startswith("421")


async def test_restarts_under_load_lose_and_double_nothing(daemon: Daemon) -> None:
    """A clean stop is not a crash: every acknowledged message is delivered exactly once."""
    ledger = Ledger()
    load = Load(daemon, ledger, random.Random())
    pairs = [await load.pair("sam@mail.test")]
    load.start(pairs, writers=6, pause_s=0.05)
    for _ in range(ROUNDS):
        await asyncio.sleep(1.0)
        stopping = asyncio.create_task(stopped(daemon))
        await daemon.said("relay.stopping", after=len(daemon.log))
        load.hold()
        assert await stopping < DRAIN_S
        await daemon.start()
        load.go_on()
    await load.finish()
    async with asyncio.timeout(60):
        while ledger.outstanding(daemon.sink.captured):
            await asyncio.sleep(0.05)
    account = ledger.account(daemon.sink.captured)
    account.assert_whole(copies_at_most=0)
    assert account.acknowledged > 10 * ROUNDS


async def test_a_message_that_is_coming_in_is_still_taken(daemon: Daemon) -> None:
    """Who is in the middle of DATA may finish and hears 250; the message is there after the restart."""
    token = fresh_token(random.Random())
    ledger = Ledger(reader_of={token: ANA}, acknowledged={token})
    message = letter("sam@mail.test", "help@relay.test", token)
    async with daemon.connect() as door:
        for command in (b"MAIL FROM:<sam@mail.test>", b"RCPT TO:<help@relay.test>", b"DATA"):
            await door._ask(command)
        door._writer.write(message[:60])
        await door._writer.drain()
        stopping = asyncio.create_task(stopped(daemon))
        await daemon.said("relay.stopping")
        await asyncio.sleep(0.3)
        door._writer.write(message[60:] + b".\r\n")
        assert (await door._reply()).startswith("250")
        assert await stopping < DRAIN_S
    await daemon.start()
    async with asyncio.timeout(15):
        while ledger.outstanding(daemon.sink.captured):
            await asyncio.sleep(0.05)
    ledger.account(daemon.sink.captured).assert_whole(copies_at_most=0)


async def test_a_client_that_stops_in_the_middle_and_a_hung_next_hop_do_not_keep_it(daemon: Daemon) -> None:
    """Thirty seconds are thirty seconds, whatever everybody else does; the delivery is made after the start."""
    hung = await asyncio.start_server(_hear_and_say_nothing, "127.0.0.1", 0)
    port = hung.sockets[0].getsockname()[1]
    settings = daemon.folder / "relay.toml"
    text = settings.read_text()
    settings.write_text(text.replace(f"port = {daemon.sink.port}", f"port = {port}"))
    await daemon.stop()
    await daemon.start()
    ledger = Ledger()
    await Load(daemon, ledger, random.Random()).offer("sam@mail.test", "help@relay.test", ANA)
    await daemon.said("message.routed")
    async with daemon.connect() as door:
        for command in (b"MAIL FROM:<sam@mail.test>", b"RCPT TO:<help@relay.test>", b"DATA"):
            await door._ask(command)
        door._writer.write(b"Subject: never finished\r\n\r\n")
        assert await stopped(daemon) < DRAIN_S
    hung.close()
    settings.write_text(text)
    await daemon.start()
    async with asyncio.timeout(15):
        while ledger.outstanding(daemon.sink.captured):
            await asyncio.sleep(0.05)
    ledger.account(daemon.sink.captured).assert_whole(copies_at_most=0)


async def _hear_and_say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greet and take the envelope, then never answer again, not even QUIT."""
    writer.write(b"220 tarpit ESMTP\r\n")
    for answer in (b"250 tarpit\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        await reader.readline()
        writer.write(answer)
    await reader.read()
    writer.close()
