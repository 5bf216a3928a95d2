"""Clients that go away right after the final dot: their message is taken once, also when they come again."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML, Ledger, fresh_token, letter, tokens_in

CLIENTS = 100
"""Of each kind."""
AT_ONCE = 8
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on with no time: close() sends RST instead of FIN."""


def dialogue(token: str, *, quits: bool) -> bytes:
    """A whole session in one write, as a pipelining client sends it (RFC 2920)."""
    return (
        b"EHLO mua.test\r\nMAIL FROM:<sam@mail.test>\r\nRCPT TO:<help@relay.test>\r\nDATA\r\n"
        + letter("sam@mail.test", "help@relay.test", token)
        + b".\r\n"
        + (b"QUIT\r\n" if quits else b"")
    )


async def half_close(port: int, octets: bytes, _pause_s: float) -> None:
    """Say everything, close the writing side, and read what the daemon has to say, to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(octets)
    writer.write_eof()
    async with asyncio.timeout(15):
        answer = await reader.read()
    writer.close()
    assert b"250 2.0.0 Message accepted" in answer, "a half-closed connection is still owed its answers"


async def reset(port: int, octets: bytes, pause_s: float) -> None:
    """Say everything, wait or not, and cut the connection hard."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(octets)
    await asyncio.sleep(pause_s)
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.close()


@pytest.mark.parametrize("leave", [half_close, reset])
async def test_a_client_that_hangs_up_after_the_final_dot_and_comes_again_has_written_once(
    tmp_path: Path, leave: object
) -> None:
    """Closing cancels no commit, and the retry of who never saw our 250 is recognised."""
    source = random.Random()
    ledger = Ledger()
    room = asyncio.Semaphore(AT_ONCE)
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS) as daemon:

        async def write_twice(number: int) -> None:
            token = fresh_token(source)
            ledger.reader_of[token] = ANA
            async with room:
                octets = dialogue(token, quits=number % 2 == 0)
                await leave(daemon.port, octets, source.uniform(0, 0.02))  # type: ignore[operator]
                async with daemon.connect() as door:
                    message = letter("sam@mail.test", "help@relay.test", token)
                    reply = await door.submit("sam@mail.test", ["help@relay.test"], message)
            assert reply.startswith("250")
            ledger.acknowledged.add(token)

        await asyncio.gather(*(write_twice(number) for number in range(CLIENTS)))
        await until(lambda: not ledger.outstanding(daemon.sink.captured))
        await until(lambda: len(daemon.sink.captured) == 2 * CLIENTS)
        assert await daemon.stop() == 0
        account = ledger.account(daemon.sink.captured)
        account.assert_whole(copies_at_most=0)
        assert account.once == CLIENTS
        received = sum(line.event == "message.received" for line in daemon.log)
        repeated = sum(line.event == "message.repeated" for line in daemon.log)
        assert received == CLIENTS
        assert 0 < repeated <= CLIENTS, (
            "no client came again after its message had been taken: nothing was tried"
        )
        assert daemon.other_output == []
        assert sum(len(tokens_in(each.message)) for each in daemon.sink.captured) == CLIENTS


async def until(so: object, at_most_s: float = 30.0) -> None:
    async with asyncio.timeout(at_most_s):
        while not so():  # type: ignore[operator]
            await asyncio.sleep(0.02)
