"""A next hop for the demo: takes every message on a loopback port and keeps it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Kept:
    """One delivery: the recipient of the envelope and the octets."""

    recipient: str
    message: bytes


@dataclass
class Sink:
    """Start it, read ``port``, wait with ``next_for``."""

    kept: list[Kept] = field(default_factory=list)
    port: int = 0
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    _read: dict[str, int] = field(default_factory=dict)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="sink", ident="sink", loop=loop, decode_data=False), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        async with self._came:
            self.kept.extend(Kept(str(recipient), content) for recipient in envelope.rcpt_tos)
            self._came.notify_all()
        return "250 2.0.0 kept"

    async def next_for(self, recipient: str, at_most_s: float = 10) -> bytes:
        """The next message for this mailbox that was not asked for yet."""
        async with asyncio.timeout(at_most_s), self._came:
            while True:
                mine = [one.message for one in self.kept if one.recipient == recipient]
                done = self._read.get(recipient, 0)
                if len(mine) > done:
                    self._read[recipient] = done + 1
                    return mine[done]
                await self._came.wait()

    def close(self) -> None:
        self._server.close()
