"""Where packets begin and end, and what a signature says of itself. Pure; ``shapes`` calls it.

Nothing here is believed: that a signature names an issuer says whom to ask, not who made it. Time is linear in the
octets, and nothing is copied.

Standards: RFC 9580 §4.2 (packet headers), §5.2.3 (signatures), §5.5.4 (fingerprints), §5.9 (literals).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Tag(IntEnum):
    """The packets that we know by name (RFC 9580 §5)."""

    SESSION_KEY = 1
    SIGNATURE = 2
    SECRET_KEY = 5
    PUBLIC_KEY = 6
    SECRET_SUBKEY = 7
    MARKER = 10
    LITERAL = 11
    USER_ID = 13
    PUBLIC_SUBKEY = 14
    PICTURE = 17
    PROTECTED = 18
    AEAD = 20
    """What GnuPG 2.4 writes where a key allows it; not in any RFC."""


SMALLEST_PIECE: Final = 512
"""Octets: RFC 9580 §4.2.1.4 has it for the first piece, and nobody writes smaller ones, but for the last."""

_FINGERPRINT_OCTETS: Final = {4: 20, 6: 32}
_NOTHING_SAID: Final = b"b\x00\x00\x00\x00\x00"
_ISSUER_ID: Final = 16
_ISSUER_FINGERPRINT: Final = 33


class ShapeError(ValueError):
    """Not what it has to look like."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: all of its octets, and its body, which is empty where it came in pieces."""

    tag: int
    octets: memoryview
    body: memoryview


def packets(octets: bytes, most: int) -> Iterator[Packet]:
    """Go through the packets, each whole. Raises ``ShapeError`` for octets left over or missing, and after ``most``."""
    view = memoryview(octets)
    at = 0
    count = 0
    while at < len(view):
        count += 1
        if count > most:
            raise ShapeError
        try:
            tag, start, end, pieces = _framed(view, at)
        except IndexError:
            raise ShapeError from None
        if end > len(view):
            raise ShapeError
        yield Packet(tag, view[at:end], view[start : start if pieces else end])
        at = end


def contents(packet: Packet) -> Iterator[memoryview]:
    """The body of an encrypted packet that ``packets`` gave, without the lengths between its pieces.

    Tags above 15 stand in the new format alone (RFC 9580 §4.2).
    """
    at, is_more = 1, True
    while is_more:
        length, start, is_more = _length(packet.octets, at)
        at = start + length
        yield packet.octets[start:at]


def _framed(view: memoryview, at: int) -> tuple[int, int, int, bool]:
    """Tag, begin and end of the body, and whether it comes in pieces."""
    first = view[at]
    if not first & 0x80:
        raise ShapeError
    if not first & 0x40:  # the old format
        octets = (1, 2, 4, 0)[first & 3]
        start = at + 1 + octets
        length = int.from_bytes(view[at + 1 : start], "big") if octets else len(view) - start
        return (first >> 2) & 0xF, start, start + length, not octets
    length, start, more = _length(view, at + 1)
    begin, pieces = start, more
    while more:
        if length < SMALLEST_PIECE:
            raise ShapeError
        length, start, more = _length(view, start + length)
    return first & 0x3F, begin, start + length, pieces


def _length(view: memoryview, at: int) -> tuple[int, int, bool]:
    """A length in the new format, where it ends, and whether it is that of a piece with more to come."""
    first = view[at]
    if first < 192:
        return first, at + 1, False
    if first < 224:
        return ((first - 192) << 8) + view[at + 1] + 192, at + 2, False
    if first < 255:
        return 1 << (first & 0x1F), at + 1, True
    if at + 5 > len(view):
        raise ShapeError
    return int.from_bytes(view[at + 1 : at + 5], "big"), at + 5, False


def literal(content: bytes) -> bytes:
    """Content as a packet that says nothing more of it: binary, with neither name nor time (RFC 9580 §5.9)."""
    body_octets = len(_NOTHING_SAID) + len(content)
    return b"".join(
        (bytes((0xC0 | Tag.LITERAL, 0xFF)), body_octets.to_bytes(4, "big"), _NOTHING_SAID, content)
    )


def fingerprint(public_key: memoryview) -> str:
    """The fingerprint of a public key packet's body. Raises ``ShapeError`` for a version that we do not know."""
    version = public_key[0] if public_key else 0
    if version == 4:
        head = b"\x99" + len(public_key).to_bytes(2, "big")
        return hashlib.sha1(head + public_key, usedforsecurity=False).hexdigest().upper()
    if version == 6:
        return hashlib.sha256(b"\x9b" + len(public_key).to_bytes(4, "big") + public_key).hexdigest().upper()
    raise ShapeError


def key_id(of: str) -> str:
    """The key id that belongs to a fingerprint: its end (v4) or its beginning (v6)."""
    return of[-16:] if len(of) == 40 else of[:16]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signature says of itself."""

    kind: int
    issuers: frozenset[str]
    """Fingerprints where it names any, key ids otherwise."""

    def by(self, primary: str) -> bool:
        """Tell whether it says that the key with this fingerprint made it."""
        return bool(self.issuers & {primary, key_id(primary)})


def claims(signature: memoryview) -> Claims | None:
    """Read what a signature says of itself; None when it is of a kind that we do not know, or broken."""
    try:
        version, kind = signature[0], signature[1]
        if version not in _FINGERPRINT_OCTETS:
            return None
        fingerprints, ids = set(), set()
        at = 4
        for _ in ("hashed", "unhashed"):
            octets = 2 if version == 4 else 4
            end = at + octets + int.from_bytes(signature[at : at + octets], "big")
            if end > len(signature):
                return None
            for what, value in _subpackets(signature[at + octets : end]):
                if what == _ISSUER_FINGERPRINT:
                    fingerprints.add(value[1:].hex().upper())
                elif what == _ISSUER_ID:
                    ids.add(value.hex().upper())
            at = end
    except (IndexError, ShapeError):
        return None
    return Claims(kind, frozenset(fingerprints or ids))


def hashed_part(signature: memoryview) -> bytes:
    """What a signature says of itself and covers, the time of its making too; all of it when that cannot be told."""
    octets = 2 if bytes(signature[:1]) == b"\x04" else 4
    end = 4 + octets + int.from_bytes(signature[4 : 4 + octets], "big")
    return bytes(signature[:end] if end <= len(signature) else signature)


def _subpackets(area: memoryview) -> Iterator[tuple[int, memoryview]]:
    at = 0
    while at < len(area):
        first = area[at]
        if first < 192:
            length, start = first, at + 1
        elif first < 255:
            length, start = ((first - 192) << 8) + area[at + 1] + 192, at + 2
        else:
            length, start = int.from_bytes(area[at + 1 : at + 5], "big"), at + 5
        at = start + length
        if not length or at > len(area):
            raise ShapeError
        yield area[start] & 0x7F, area[start + 1 : at]
