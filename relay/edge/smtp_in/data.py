"""From the octets after ``354`` to the content of a message: where it ends, and what it is.

Pure, one object per message, fed by ``session`` with blocks cut anywhere. Promises:

- Only ``CRLF "." CRLF`` ends the data, and ``"." CRLF`` at its very start (RFC 5321 §4.1.1.4). No
  mixture of bare CR, bare LF and NUL does: that is how messages are smuggled.
- A dot is unstuffed after a true CRLF only (RFC 5321 §4.5.2).
- What comes out has CRLF line ends only and no NUL, so it cannot smuggle anything onwards.
- The result does not depend on where blocks are cut; no line is too long; time is linear, memory is
  that of one block.
"""

from __future__ import annotations

_CRLF = b"\r\n"
_STUFFED = b"\r\n."
_END = b"\r\n.\r\n"
_BEGINNINGS_OF_END = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")


class DataDecoder:
    """Decodes the data of one message."""

    __slots__ = ("_at_start", "_content_cr", "_undecided", "ended", "received_octets", "rest")

    def __init__(self) -> None:
        self._undecided = _CRLF  # the one that ended the DATA command; never part of the content
        self._at_start = True
        self._content_cr = b""
        self.received_octets = 0
        self.ended = False
        self.rest = b""  # after the end: the commands that followed in the same block

    def feed(self, block: bytes) -> bytes:
        """Take the next octets; return the content they settle, perhaps none, at most twice their size."""
        self.received_octets += len(block)
        data = self._undecided + block
        end = data.find(_END)
        if end >= 0:
            self.ended = True
            self.rest = data[end + len(_END) :]
            settled = data[: end + len(_CRLF)]
        else:
            self._undecided = next((piece for piece in _BEGINNINGS_OF_END if data.endswith(piece)), b"")
            settled = data[: len(data) - len(self._undecided)]
        settled = settled.replace(_STUFFED, _CRLF)
        if self._at_start and settled:
            self._at_start = False
            settled = settled[len(_CRLF) :]
        return self._normalised(settled)

    def _normalised(self, settled: bytes) -> bytes:
        """Drop NUL, then make every line end CRLF. A CR waits for its LF, perhaps behind a NUL."""
        text = self._content_cr + settled.replace(b"\0", b"")
        self._content_cr = b""
        if text.endswith(b"\r") and not self.ended:
            self._content_cr = b"\r"
            text = text[:-1]
        # To count single octets takes four times as long where there are many.
        alone = text.replace(_CRLF, b"")
        if b"\r" not in alone and b"\n" not in alone:
            return text
        return text.replace(_CRLF, b"\n").replace(b"\r", b"\n").replace(b"\n", _CRLF)
