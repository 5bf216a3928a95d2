"""One who writes 500 messages a minute delays nobody: in the real daemon, through one trusted host, to the end."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML
from tests.support.sink import Sink

FLOOD = 500
LIMIT_S = 5.0
SLOW_NEXT_HOP_S = 0.04
"""For each message: what the flood comes to takes four connections ten seconds."""


def letter(author: str, words: str) -> bytes:
    return (
        f"From: {author}\r\nTo: help@relay.test\r\nSubject: help\r\nMessage-ID: <{words}@mua.test>\r\n\r\n{words}\r\n"
    ).encode()


async def flood(daemon: Daemon, recipients: list[str]) -> None:
    """Offer all of it as fast as it is taken, on four connections."""

    async def share(first: int) -> None:
        async with daemon.connect() as door:
            for number in range(first, FLOOD, 4):
                to = [recipients[number % len(recipients)]]
                reply = await door.submit("troll@mail.test", to, letter("troll@mail.test", f"flood{number}"))
                assert reply.startswith("250"), "nothing of it is lost or refused"

    await asyncio.gather(*(share(first) for first in range(4)))


async def received(daemon: Daemon, words: str, reader: str) -> None:
    while not any(words.encode() in one.message and one.recipient == reader for one in daemon.sink.captured):
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("to", ["intake", "alias"])
async def test_a_flood_of_one_sender_does_not_delay_anothers_request(to: str, tmp_path: Path) -> None:
    """Whether it asks for help 500 times or writes 500 times to the alias it has: another is answered in 5 s."""
    sink = Sink(pause_s=SLOW_NEXT_HOP_S)
    await sink.start()
    try:
        async with Daemon(tmp_path / "relay", RELAY_TOML, ALWAYS, sink=sink) as daemon:
            recipient = "help@relay.test"
            if to == "alias":
                async with daemon.connect() as door:
                    await door.submit("troll@mail.test", [recipient], letter("troll@mail.test", "first"))
                await received(daemon, "", "troll@mail.test")
                (answer,) = [one for one in sink.captured if one.recipient == "troll@mail.test"]
                recipient = (
                    answer.message.partition(b"From: ")[2].partition(b"<")[2].partition(b">")[0].decode()
                )
            flooding = asyncio.create_task(flood(daemon, [recipient]))
            waits: list[float] = []
            for number in range(5):
                await asyncio.sleep(0.4)
                began = time.monotonic()
                async with daemon.connect() as door:
                    words = f"please{number}"
                    await door.submit("sam@mail.test", ["help@relay.test"], letter("sam@mail.test", words))
                await asyncio.wait_for(received(daemon, words, ANA), 3 * LIMIT_S)
                waits.append(time.monotonic() - began)
            await flooding
            behind = FLOOD - sum(b"flood" in one.message and one.recipient == ANA for one in sink.captured)
    finally:
        await sink.stop()
    print(
        f"  {to}: sam's requests took {min(waits):.2f} to {max(waits):.2f} s, {behind} of {FLOOD} still to come"
    )
    assert behind > 0, "the flood was over before it could delay anybody"
    assert max(waits) < LIMIT_S
