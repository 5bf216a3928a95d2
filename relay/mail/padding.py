"""Filler that brings a message to one of a few sizes, so that its size does not tell which message it was.

Called by ``serialize``. The filler is the epilogue of a multipart, which every reader ignores (RFC 2046 §5.1.1),
so text and files stay as they are. It is a character that stands in nobody's name, address or number: the gate
finds nothing in it, whoever is to be hidden. It begins no line with a dot, so that SMTP transfers as many octets
as there are (RFC 5321 §4.5.2). It can be told from content and compressed; what it hides is the size on the wire.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

KIB: Final = 1024

SIZES: Final = tuple(kib * KIB for kib in (8, 16, 32, 64, 128, 256, 1024, 4096, 8192, 16384, 24576, 32768))
"""Octets of a message. Twelve: fine steps where letters are, wide ones where photos are. 24 MiB is there because
the next size, 32 MiB, is more than most providers take, and what went without padding must not be refused with it."""

_LINE_OCTETS: Final = 76
_CRLF: Final = b"\r\n"
_FILL: Final = b"~"


def filler(size_bytes: int) -> bytes:
    """Whole lines that bring ``size_bytes`` to the next of ``SIZES`` exactly; none above the largest.

    One octet cannot be filled with a line; such a message goes to the size after.
    """
    at = bisect_left(SIZES, size_bytes)
    if at < len(SIZES) and SIZES[at] - size_bytes == 1:
        at += 1
    return _lines(SIZES[at] - size_bytes) if at < len(SIZES) else b""


def _lines(octets: int) -> bytes:
    """Lines of so many octets, their ends included; not 1."""
    full, rest = divmod(octets, _LINE_OCTETS + len(_CRLF))
    line = _FILL * _LINE_OCTETS + _CRLF
    if rest == 1:  # no line is this short: the one before takes it
        return line * (full - 1) + _FILL * (_LINE_OCTETS + 1) + _CRLF
    return line * full + (_FILL * (rest - len(_CRLF)) + _CRLF if rest else b"")
