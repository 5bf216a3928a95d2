"""Replies of the next hop, read line by line, bounded in octets; the caller bounds the time."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from relay.edge.smtp_out.verdicts import Reply
from relay.errors import Deferred

MAX_LINE_OCTETS: Final = 4096
"""Eight times what RFC 5321 §4.5.3.1.5 allows a reply line."""

MAX_LINES: Final = 100

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?\r?\n")


class Replies(asyncio.StreamReader):
    """What comes from the next hop while a session is ours."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=MAX_LINE_OCTETS, loop=loop)

    @property
    def is_empty(self) -> bool:
        """Nothing came that was not asked for; pairing it with the next command would shift every answer."""
        return not self._buffer  # type: ignore[attr-defined]

    async def next(self) -> Reply:
        """One reply, all its lines. Raises ``Deferred`` for what is none, ``EOFError`` at the end."""
        text = ""
        for _ in range(MAX_LINES):
            try:
                line = _LINE.fullmatch(await self.readuntil(b"\n"))
            except asyncio.LimitOverrunError:
                line = None
            if line is None:
                break
            text = text or (line[3] or b"").decode("ascii", "replace")
            if line[2] != b"-":
                return Reply(int(line[1]), text)
        raise Deferred(None, None, "protocol")
