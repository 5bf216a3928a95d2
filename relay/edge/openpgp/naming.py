"""What names a ciphertext, whatever is done to its wrapping: the octets that were encrypted, without their framing.

Armour, packet lengths and the list of recipients can be changed by anybody without breaking a message; the encrypted
octets cannot. Called by ``desk``. Raises ``ValueError`` for what is no sequence of packets.

Standard: RFC 9580 §4.2 (packet headers), §5.13 (encrypted data), §6.2 (armour).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Final

_ENCRYPTED: Final = frozenset({9, 18, 20})
"""Tags of encrypted data: without and with integrity protection, and an early AEAD."""

_ARMOUR: Final = re.compile(
    rb"-----BEGIN PGP MESSAGE-----[ \t]*\r?\n(?:[A-Za-z]+: [^\r\n]*\r?\n)*[ \t]*\r?\n(.*?)(?:\r?\n=[A-Za-z0-9+/]{4})?"
    rb"\r?\n-----END PGP MESSAGE-----",
    re.DOTALL,
)


def name_of(message: bytes) -> str:
    """A name that two copies of one ciphertext share, and no two ciphertexts."""
    digest = hashlib.sha256()
    is_found = False
    for tag, body in _packets(binary(message)):
        if tag in _ENCRYPTED:
            is_found = True
            digest.update(body)
    if not is_found:
        raise ValueError("nothing is encrypted")
    return f"ciphertext:{digest.hexdigest()}"


def binary(message: bytes) -> bytes:
    """The packets, out of their armour when they stand in one."""
    match = _ARMOUR.search(message)
    if match is None:
        return message
    try:
        return base64.b64decode(b"".join(match[1].split()), validate=True)
    except binascii.Error:
        raise ValueError("armour") from None


def _packets(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(octets):
        head = octets[at]
        if not head & 0x80:
            raise ValueError("no packet")
        if head & 0x40:
            tag = head & 0x3F
            at, body = _new_body(octets, at + 1)
        else:
            tag = head >> 2 & 0x0F
            at, body = _old_body(octets, at + 1, head & 3)
        yield tag, body


def _new_body(octets: bytes, at: int) -> tuple[int, bytes]:
    """A body in lengths of the newer form, which may be partial; where the next packet begins."""
    pieces = []
    while True:
        if at >= len(octets):
            raise ValueError("length")
        first = octets[at]
        if first < 192:
            length, at, is_last = first, at + 1, True
        elif first < 224:
            length, at, is_last = (first - 192 << 8) + _number(octets, at + 1, 1) + 192, at + 2, True
        elif first < 255:
            length, at, is_last = 1 << (first & 0x1F), at + 1, False
        else:
            length, at, is_last = _number(octets, at + 1, 4), at + 5, True
        pieces.append(_piece(octets, at, length))
        at += length
        if is_last:
            return at, b"".join(pieces)


def _old_body(octets: bytes, at: int, kind: int) -> tuple[int, bytes]:
    if kind == 3:
        return len(octets), octets[at:]
    size = 1 << kind
    length = _number(octets, at, size)
    return at + size + length, _piece(octets, at + size, length)


def _number(octets: bytes, at: int, size: int) -> int:
    return int.from_bytes(_piece(octets, at, size), "big")


def _piece(octets: bytes, at: int, length: int) -> bytes:
    if at + length > len(octets):
        raise ValueError("length")
    return octets[at : at + length]
