"""Unpacking deflate streams within bounds, wherever they stand in some octets.

Only ``gate_views`` calls this. zip members are read by their local headers and PNG by its chunks, so that
no index that an author wrote decides what is looked at. Linear: no octet is unpacked twice. Raises
``Unsearchable`` for what is larger than the budget, encrypted, or packed in another way; a broken stream
gives what came before the break.

Standards: RFC 1950-1952 (zlib, deflate, gzip), PKWARE APPNOTE §4.3.7 (zip), PNG §11.3 (text chunks),
ISO 32000 §7.3.8 (PDF streams).
"""

from __future__ import annotations

import contextlib
import re
import zlib
from collections.abc import Iterator
from itertools import pairwise

_ZLIB_HEAD = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP_HEAD = b"\x1f\x8b\x08"
_PDF_HEAD_WITHIN = 1024
_PDF_STREAM = re.compile(rb"stream\r?\n(?=\x78[\x01\x5e\x9c\xda])")
_PDF_DICTIONARY_OCTETS = 400
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = frozenset([b"zTXt", b"iTXt", b"iCCP"])
_PNG_FRAME_OCTETS = 12  # length, type, check sum
_PNG_KEYWORD_OCTETS = 200
# Signature, version below 6.4, flags, a method below 100: chance makes this once in 2**50 octets.
_ZIP_MEMBER = re.compile(rb"PK\x03\x04[\x00-\x3f]\x00..[\x00-\x63]\x00", re.DOTALL)
_ZIP_HEAD_OCTETS = 30
_STORED, _DEFLATED = 0, 8


class Unsearchable(Exception):
    """A packed stream is larger than the budget, or nobody can read it; holds no data."""


class Budget:
    """Octets that may still be unpacked: ten times the message, at least 1 MiB, at most 25 MiB.

    Base64 and quoted-printable only shrink and are not counted.
    """

    def __init__(self, message_octets: int) -> None:
        self._left = min(max(10 * message_octets, 1 << 20), 25 << 20)

    def inflate(self, octets: bytes, window_bits: int) -> bytes:
        """Unpack one stream; a broken one gives what came before the break. Raises ``Unsearchable``."""
        unpacker = zlib.decompressobj(window_bits)
        unpacked = b""
        with contextlib.suppress(zlib.error):
            unpacked = unpacker.decompress(octets, self._left + 1)
        if len(unpacked) > self._left:
            raise Unsearchable
        self._left -= len(unpacked)
        return unpacked


def streams(octets: bytes, budget: Budget) -> Iterator[tuple[bytes, str]]:
    """Every stream in the octets, unpacked, and what it was packed with. Raises ``Unsearchable``."""
    if b"PK\x03\x04" in octets:
        for member in _zip_members(octets, budget):
            yield member, "zip"
    at = octets.find(_GZIP_HEAD)
    if at != -1:
        yield budget.inflate(octets[at:], 16 + zlib.MAX_WBITS), "gzip"
    if _ZLIB_HEAD.match(octets):
        yield budget.inflate(octets, zlib.MAX_WBITS), "zlib"
    if b"%PDF-" in octets[:_PDF_HEAD_WITHIN]:
        for stream in _pdf_streams(octets):
            yield budget.inflate(stream, zlib.MAX_WBITS), "zlib"
    if octets.startswith(_PNG_HEAD):
        for text in _png_texts(octets):
            yield budget.inflate(text, zlib.MAX_WBITS), "zlib"


def _zip_members(octets: bytes, budget: Budget) -> Iterator[bytes]:
    """What is in each member, up to the next local header."""
    starts = [match.start() for match in _ZIP_MEMBER.finditer(octets)]
    for at, following in pairwise([*starts, len(octets)]):
        flags, method, size, name, extra = (
            int.from_bytes(octets[at + offset : at + offset + length], "little")
            for offset, length in ((6, 2), (8, 2), (18, 4), (26, 2), (28, 2))
        )
        if flags & 1 or method not in {_STORED, _DEFLATED}:
            raise Unsearchable
        start = at + _ZIP_HEAD_OCTETS + name + extra
        packed = octets[start : min(start + size, following) if size else following]
        yield packed if method == _STORED else budget.inflate(packed, -zlib.MAX_WBITS)


def _pdf_streams(octets: bytes) -> Iterator[bytes]:
    """Deflate streams of a PDF, but no pixels: those hide no text from a search, and would eat the budget."""
    starts = [match.end() for match in _PDF_STREAM.finditer(octets)]
    for start, following in pairwise([*starts, len(octets)]):
        dictionary = octets[max(0, start - _PDF_DICTIONARY_OCTETS) : start]
        if b"/Image" not in dictionary.rpartition(b"obj")[2]:
            yield octets[start:following]


def _png_texts(octets: bytes) -> Iterator[bytes]:
    """Packed text of a PNG, from where deflate begins in its chunk."""
    at = len(_PNG_HEAD)
    while at < len(octets):
        end = at + _PNG_FRAME_OCTETS + int.from_bytes(octets[at : at + 4], "big")
        if octets[at + 4 : at + 8] in _PNG_TEXTS:
            head = _ZLIB_HEAD.search(octets, at + 8, min(end, at + _PNG_KEYWORD_OCTETS))
            if head:
                yield octets[head.start() : end]
        at = end
