"""Ogg with an empty comment, of one stream of Opus, Vorbis or Speex. Called by ``audio``; ``ValueError`` for all else.

The headers are written anew: the first, which says how to decode; a comment that says nothing, not even with which
program; Vorbis' tables. Every page of sound is copied with a number and checksum of its own. A second stream, beside
the first or behind it, is not passed on, for it may be anything: then there is no file.

Standards: RFC 3533 (pages, CRC-32 with the polynomial 0x04C11DB7); RFC 7845 (Opus); RFC 5574 (Speex); Vorbis I §4, §5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = struct.Struct("<4sBBqIIIB")
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_SERIAL = 1
_LACED = 255
_EMPTY = struct.pack("<II", 0, 0)
_OPUS_RATE = 48_000
"""Positions in Opus are always counted so (RFC 7845 §4)."""

_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    position: int
    lacing: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class _Codec:
    """``headers``: how many packets come before the sound; ``skipped``: samples at its beginning that are not heard."""

    head: bytes
    comment: bytes
    headers: int
    rate: int
    skipped: int = 0


def rebuild(data: bytes) -> tuple[bytes, float]:
    """The file anew, and its length in seconds."""
    pages = _pages(data)
    headers, seen = b"", 0
    lacing = b""
    codec: _Codec | None = None
    while codec is None or seen < codec.headers:
        page = next(pages, None)
        if page is None:
            raise ValueError("no sound")
        lacing, headers = lacing + page.lacing, headers + page.body
        seen = sum(size < _LACED for size in lacing)
        if codec is None and seen:
            codec = _codec(_packets(lacing, headers)[0])
    if seen > codec.headers or lacing[-1] == _LACED:
        raise ValueError("sound on a page of headers")
    rest = _packets(lacing, headers)[2:]
    written = [
        _written(_FIRST, 0, 0, _laced(codec.head), codec.head),
        *_of_packets([codec.comment, *rest], 1),
    ]
    last = 0
    for page in pages:
        flags = page.flags & (_CONTINUED | _LAST)
        written.append(_written(flags, page.position, len(written), page.lacing, page.body))
        last = page.position if page.position >= 0 else last
    if last <= codec.skipped:
        raise ValueError("no sound")
    return b"".join(written), (last - codec.skipped) / codec.rate


def _pages(data: bytes) -> Iterator[_Page]:
    at, serial = 0, None
    while at < len(data):
        mark, version, flags, position, own, _number, _crc, count = _HEAD.unpack_from(data, at)
        lacing = data[at + _HEAD.size : at + _HEAD.size + count]
        begin = at + _HEAD.size + count
        at = begin + sum(lacing)
        is_other = serial is not None and (own != serial or flags & _FIRST)
        if mark != b"OggS" or version or is_other or len(lacing) < count or at > len(data):
            raise ValueError("no page of this stream")
        serial = own
        yield _Page(flags, position, lacing, data[begin:at])


def _packets(lacing: bytes, body: bytes) -> list[bytes]:
    packets, begin, end = [], 0, 0
    for size in lacing:
        end += size
        if size < _LACED:
            packets.append(body[begin:end])
            begin = end
    return packets


def _codec(head: bytes) -> _Codec:
    """What the first packet says. Only what is written down of it is kept."""
    if head[:8] == b"OpusHead" and len(head) == 19 and head[8] < 16 and head[18] == 0:
        return _Codec(head, b"OpusTags" + _EMPTY, 2, _OPUS_RATE, struct.unpack_from("<H", head, 10)[0])
    if head[:7] == b"\x01vorbis" and len(head) == 30:
        return _Codec(head, b"\x03vorbis" + _EMPTY + b"\x01", 3, _rate(head, 12))
    if head[:8] == b"Speex   " and len(head) == 80 and struct.unpack_from("<I", head, 68)[0] == 0:
        plain = head[:8] + b"1.2".ljust(20, b"\0") + head[28:]
        return _Codec(plain, _EMPTY, 2, _rate(head, 36))
    raise ValueError("another codec")


def _rate(head: bytes, at: int) -> int:
    rate = int(struct.unpack_from("<I", head, at)[0])
    if not 4000 <= rate <= 192_000:
        raise ValueError("no rate")
    return rate


def _laced(packet: bytes) -> bytes:
    return b"\xff" * (len(packet) // _LACED) + bytes((len(packet) % _LACED,))


def _of_packets(packets: list[bytes], number: int) -> Iterator[bytes]:
    """Pages for the other headers; position 0, or -1 where none of them ends (RFC 3533 §6)."""
    lacing, body = b"".join(map(_laced, packets)), b"".join(packets)
    begin, flags = 0, 0
    for at in range(0, len(lacing), _LACED):
        some = lacing[at : at + _LACED]
        end = begin + sum(some)
        position = 0 if any(size < _LACED for size in some) else -1
        yield _written(flags, position, number, some, body[begin:end])
        flags = _CONTINUED if some[-1] == _LACED else 0
        begin, number = end, number + 1


def _written(flags: int, position: int, number: int, lacing: bytes, body: bytes) -> bytes:
    def page(crc: int) -> bytes:
        return _HEAD.pack(b"OggS", 0, flags, position, _SERIAL, number, crc, len(lacing)) + lacing + body

    return page(_crc(page(0)))


def _crc(octets: bytes) -> int:
    """CRC-32 from the other end: what zlib counts in mirrored bits, begun with 0."""
    mirrored = zlib.crc32(octets.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
