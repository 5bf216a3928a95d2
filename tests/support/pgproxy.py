"""A TCP proxy in front of a PostgreSQL of the tests: it knows a COMMIT when it sees one, and may lose it.

async with Proxy(server.port) as proxy:
    proxy.lose = lambda transaction: Loss.ANSWER      # for each COMMIT of what writes; its statements, in order
    proxy.is_down = True                              # all connections are cut, and none is taken
    proxy.is_silent = True                            # nothing is passed on, and nothing is cut

The protocol: https://www.postgresql.org/docs/15/protocol-message-formats.html. Encryption is not spoken.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import struct
from collections.abc import Callable
from typing import Self

_ASKS_FOR_ENCRYPTION = {80877103, 80877104}
"""SSLRequest and GSSENCRequest: like the first packet of a connection, and there is another one after them."""
CHUNK = 1 << 16


class Loss(enum.Enum):
    """What becomes of a COMMIT. ``COMMAND``: the server never hears it. ``ANSWER``: it commits, and nobody hears that."""

    COMMAND = "command"
    ANSWER = "answer"


class Proxy:
    """``port``: where it listens on loopback. ``lost``: how many COMMITs were lost, by kind."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.lose: Callable[[list[str]], Loss | None] = lambda _: None
        self.lost = dict.fromkeys(Loss, 0)
        self._server_port = server_port
        self._open: set[asyncio.StreamWriter] = set()
        self._is_down = False
        self._loud = asyncio.Event()
        self._loud.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.is_silent = False
        self.cut()

    @property
    def is_down(self) -> bool:
        return self._is_down

    @is_down.setter
    def is_down(self, down: bool) -> None:
        self._is_down = down
        if down:
            self.cut()

    @property
    def is_silent(self) -> bool:
        return not self._loud.is_set()

    @is_silent.setter
    def is_silent(self, silent: bool) -> None:
        (self._loud.clear if silent else self._loud.set)()

    def cut(self) -> None:
        """Reset every connection, on both sides."""
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._is_down:
            to_client.transport.abort()
            return
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            to_client.transport.abort()
            return
        ends = {to_client, to_server}
        self._open |= ends
        swallows = asyncio.Event()
        swallowed = asyncio.Event()
        answers = asyncio.create_task(self._answers(server, to_client, swallows, swallowed))
        try:
            await self._commands(client, to_server, swallows, swallowed)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            answers.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await answers
            self._open -= ends
            for writer in ends:
                writer.transport.abort()

    async def _answers(
        self,
        server: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        swallows: asyncio.Event,
        swallowed: asyncio.Event,
    ) -> None:
        with contextlib.suppress(OSError):
            while octets := await server.read(CHUNK):
                await self._loud.wait()
                if swallows.is_set():
                    swallowed.set()
                    return
                to_client.write(octets)
                await to_client.drain()
        to_client.transport.abort()
        swallowed.set()

    async def _commands(
        self,
        client: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        swallows: asyncio.Event,
        swallowed: asyncio.Event,
    ) -> None:
        await self._first_packets(client, to_server)
        prepared: dict[bytes, str] = {}
        transaction: list[str] = []
        while True:
            head = await client.readexactly(5)
            body = await client.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            await self._loud.wait()
            said = _statement(head[:1], body, prepared)
            if said.startswith("BEGIN"):
                transaction = [said]
            elif said == "COMMIT" and transaction and "READ ONLY" not in transaction[0]:
                loss = self.lose(transaction[1:])
                if loss is not None:
                    self.lost[loss] += 1
                if loss is Loss.COMMAND:
                    return
                if loss is Loss.ANSWER:
                    swallows.set()
                    to_server.write(head + body)
                    await swallowed.wait()
                    return
            elif said:
                transaction.append(said)
            to_server.write(head + body)
            await to_server.drain()

    async def _first_packets(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        code = -1
        while code == -1 or code in _ASKS_FOR_ENCRYPTION:
            packet = await client.readexactly(4)
            packet += await client.readexactly(struct.unpack("!I", packet)[0] - 4)
            code = struct.unpack("!I", packet[4:8])[0]
            await self._loud.wait()
            to_server.write(packet)
            await to_server.drain()


def _statement(kind: bytes, body: bytes, prepared: dict[bytes, str]) -> str:
    """The statement that a message of a client runs; empty for a message that runs none."""
    if kind == b"Q":
        return body.partition(b"\0")[0].decode()
    if kind == b"P":  # Parse: a name, and what it stands for from now on
        name, _, rest = body.partition(b"\0")
        prepared[name] = rest.partition(b"\0")[0].decode()
    if kind == b"B":  # Bind: a portal, and the name
        return prepared.get(body.split(b"\0", 2)[1], "")
    return ""
