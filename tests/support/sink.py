"""A next hop that keeps what it is given: enough SMTP for our own client, and faults on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Captured:
    """One delivery as the next hop saw it."""

    return_path: str
    recipient: str
    message: bytes


@dataclass
class Sink:
    """``refuse(verb, argument)`` may give a reply (such as ``550 5.1.1 no``), ``drop`` to hang up, or None.

    It is asked for each command, for ``.`` when a message has come, and for ``...`` in the middle of one, where only
    ``drop`` counts; the argument of both is the recipient. ``is_down``: hangs up at once. ``pause_s``: how long a
    message takes; ``pauses``: by recipient.
    """

    refuse: Callable[[str, str], str | None] = lambda _verb, _argument: None
    is_down: bool = False
    pause_s: float = 0.0
    pauses: Mapping[str, float] = field(default_factory=dict)
    captured: list[Captured] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.is_down:
                return
            await self._converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        say("220 sink ESMTP")
        path = recipient = ""
        while line := await reader.readline():
            self.raw.append(line)
            command = line.decode("latin-1").rstrip("\r\n")
            verb = command[:4].upper()
            refusal = self.refuse(verb, command)
            if refusal == "drop" or self.is_down:
                return
            if refusal:
                say(refusal)
            elif verb == "EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == "MAIL":
                path, recipient = _within_brackets(command), ""
                say("250 2.1.0 ok")
            elif verb == "RCPT":
                recipient = _within_brackets(command)
                say("250 2.1.5 ok")
            elif verb == "DATA" and not recipient:
                say("554 5.5.1 no valid recipients")
            elif verb == "DATA":
                say("354 go on")
                if self.refuse("...", recipient) == "drop":
                    await reader.read(64)
                    return
                data = await reader.readuntil(b"\r\n.\r\n")
                self.raw.append(data)
                if pause_s := self.pauses.get(recipient, self.pause_s):
                    await asyncio.sleep(pause_s)
                answer = self.refuse(".", recipient)
                if answer == "drop":
                    return
                if answer:
                    say(answer)
                    continue
                content = data[:-3].replace(b"\r\n..", b"\r\n.")
                self.captured.append(
                    Captured(path, recipient, content.removeprefix(b".") if content[:2] == b".." else content)
                )
                say("250 2.0.0 kept")
            elif verb == "QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 ok")
            await writer.drain()


def _within_brackets(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]
