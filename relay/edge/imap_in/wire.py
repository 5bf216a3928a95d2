"""What a server sends, cut into lines and literals and checked before aioimaplib sees any of it.

aioimaplib reads a whole packet by recursion, changes octets of untagged lines, keeps whatever comes, waits for ever for
what does not, and knows no end of a literal but its count. So everything passes here first: line by line, each bounded;
only the untagged lines that the command under way has asked for; literals only where one was asked for and not larger
than was announced; behind a literal only the end of its answer. Anything else ends the connection. Used by ``session``.

Standard: RFC 9051 §2.2.2, §4.3 (literals), §7.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any, Final, cast

from aioimaplib import aioimaplib

from relay.edge.imap_in.trouble import MailboxTrouble

MAX_LINE_OCTETS: Final = 65_536
MAX_UIDS_OCTETS: Final = 16_777_216
"""The one line that grows with a mailbox, the answer to UID SEARCH: two million messages."""

MAX_LINES: Final = 1000
"""Lines kept for one command; the largest answer is that to a batch of sizes."""

NOTHING: Final = re.compile(rb"(?!)")
CAPABILITY: Final = re.compile(rb"\* CAPABILITY ", re.IGNORECASE)

_NEWS: Final = re.compile(rb"\* \d{1,10} EXISTS\b", re.IGNORECASE)
_BYE: Final = re.compile(rb"\* BYE\b", re.IGNORECASE)
_LITERAL: Final = re.compile(rb"\{(\d{1,10})\}\Z")
_CLOSING: Final = re.compile(
    rb"(?: (?:UID \d{1,10}|FLAGS \([^()]{0,1000}\)|MODSEQ \(\d{1,20}\)))*\)\Z", re.IGNORECASE
)
_GREETING: Final = re.compile(rb"\* OK\b", re.IGNORECASE)
_TAGGED: Final = re.compile(rb"[A-P]{1,8}\d{1,10} (?:OK|NO|BAD)\b")


class Guarded(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """One connection. ``lost`` is done when it has ended, with the cause; ``news`` is set when mail has come.

    ``wanted``: untagged lines that the command under way is answered with; ``largest``: octets that a literal may have.
    ``octets``: how many have come.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.wanted: re.Pattern[bytes] = NOTHING
        self.largest = 0
        self.octets = 0
        self.lost: asyncio.Future[str] = loop.create_future()
        self.news = asyncio.Event()
        self._buffer = bytearray()
        self._scanned = 0
        self._left_of_literal = 0
        self._is_closing = False
        self._greeted = False
        self._kept = 0

    def expect(self, wanted: re.Pattern[bytes], largest: int = 0) -> None:
        """Get ready for the answer to one command."""
        self.wanted, self.largest, self._kept = wanted, largest, 0

    @property
    def has_unread(self) -> bool:
        """Whether octets have come that no answer was complete with."""
        return bool(self._buffer)

    def data_received(self, data: bytes) -> None:
        """Take a packet. Never raises: what cannot be understood ends the connection."""
        self._buffer += data
        self.octets += len(data)
        try:
            while not self.lost.done() and (piece := self._next_piece()) is not None:
                super().data_received(piece)
        except MailboxTrouble as trouble:
            self.end(trouble.cause)
        except Exception:  # noqa: BLE001 - whatever the parser stumbles over, its words hold the server's
            self.end("protocol")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.end("closed")

    def end(self, cause: str) -> None:
        """Close without a word, and wake whoever waits."""
        if not self.lost.done():
            self.lost.set_result(cause)
        self.news.set()
        self._buffer.clear()
        if self.transport is not None:
            with contextlib.suppress(RuntimeError):
                cast("asyncio.Transport", self.transport).abort()

    def _next_piece(self) -> bytes | None:
        """The next octets for the parser: one line, or as much of a literal as is here. ``None``: wait for more."""
        if self._left_of_literal:
            return self._of_literal()
        while (line := self._line()) is not None:
            if self._is_for_parser(line):
                return line + b"\r\n"
        return None

    def _of_literal(self) -> bytes | None:
        piece = bytes(self._buffer[: self._left_of_literal])
        del self._buffer[: len(piece)]
        self._left_of_literal -= len(piece)
        self._is_closing = not self._left_of_literal
        return piece or None

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", max(self._scanned - 1, 0))
        if end < 0:
            self._scanned = len(self._buffer)
            is_uids = self._buffer[:9].upper() == b"* SEARCH "
            if len(self._buffer) > (MAX_UIDS_OCTETS if is_uids else MAX_LINE_OCTETS):
                raise MailboxTrouble("protocol")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._scanned = 0
        return line

    def _is_for_parser(self, line: bytes) -> bool:
        """Judge a line; ``False`` for what nobody has asked for. Raises ``MailboxTrouble``."""
        if self._is_closing:
            self._is_closing = False
            if not _CLOSING.match(line):
                raise MailboxTrouble("size")
            return True
        if not self._greeted:
            self._greeted = True
            if not _GREETING.match(line):  # PREAUTH would skip the login and, before STARTTLS, the encryption
                raise MailboxTrouble("preauth" if line[:9].upper() == b"* PREAUTH" else "refused")
            return True
        if line.startswith(b"*"):
            return self._is_wanted(line)
        if line.startswith(b"+") or _TAGGED.match(line):
            return True
        raise MailboxTrouble("protocol")

    def _is_wanted(self, line: bytes) -> bool:
        if _BYE.match(line):
            raise MailboxTrouble("bye")
        literal = _LITERAL.search(line)
        if not self.wanted.match(line):
            if literal:
                raise MailboxTrouble("protocol")
            if _NEWS.match(line):
                self.news.set()
            return False
        self._kept += 1
        if self._kept > MAX_LINES:
            raise MailboxTrouble("protocol")
        if literal:
            self._begin_literal(int(literal[1]))
        return True

    def _begin_literal(self, octets: int) -> None:
        if octets > self.largest:
            raise MailboxTrouble("size")
        self._left_of_literal = octets
        self._is_closing = not octets

    def _continuation(self, line: bytes) -> None:
        """A challenge in the middle of a login tells why it fails: an empty answer lets the server say so."""
        command = self.pending_sync_command
        if command is not None and command.name == "AUTHENTICATE":
            self.transport.write(b"\r\n")
            return
        super()._continuation(line)


def lines_of(response: Any) -> tuple[bytes | bytearray, ...]:
    """The lines of an answer; a literal is a ``bytearray``."""
    return tuple(response.lines)
