"""What a message is on the wire: the octets after ``354``, block by block. Pure; ``session`` sends them.

A block is whole lines, so that what is done to one does not depend on the next, and a large message is neither copied
as a whole nor keeps the interpreter for itself.

Standards: RFC 5321 §2.3.8 (line ends), §4.5.2 (dots).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

BLOCK_OCTETS: Final = 64 * 1024
"""A tenth of a millisecond, and what a connection is given at once."""

END_OF_DATA: Final = b".\r\n"


def on_the_wire(message: bytes) -> Iterator[bytes]:
    """CRLF line ends only, no NUL, dots stuffed; the last block is ``END_OF_DATA``."""
    start = 0
    while True:
        line_end = message.find(b"\n", start + BLOCK_OCTETS - 1)
        if line_end < 0:
            break
        yield _lines(message[start : line_end + 1])
        start = line_end + 1
    rest = _lines(message[start:])
    if rest and not rest.endswith(b"\r\n"):
        rest += b"\r\n"
    yield rest
    yield END_OF_DATA


def _lines(text: bytes) -> bytes:
    text = text.replace(b"\0", b"")
    alone = text.replace(b"\r\n", b"")  # to count single octets takes four times as long where there are many
    if b"\r" in alone or b"\n" in alone:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if text.startswith(b"."):
        text = b"." + text
    return text.replace(b"\r\n.", b"\r\n..")
