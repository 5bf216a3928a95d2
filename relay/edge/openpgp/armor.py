"""The letters and digits that binary octets travel in (RFC 9580 §6). ``shapes`` and the engines call it.

Strict where leniency would help only somebody who mixes things: one block, nothing around it but blank space, and of
the kind that was asked for. What stands in armor headers is dropped unread. The checksum is not looked at: it protects
from nothing that the signatures and the integrity codes inside do not (RFC 9580 §6.1), and engines get binary octets.
What we write has one where nothing else shows where the octets end: GnuPG 2.2 reads on into the last line there.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

MESSAGE: Final = "PGP MESSAGE"
SIGNATURE: Final = "PGP SIGNATURE"
CERTIFICATE: Final = "PGP PUBLIC KEY BLOCK"
SECRET_KEY: Final = "PGP PRIVATE KEY BLOCK"  # noqa: S105 - what stands in the first line of such a file

_BLANK: Final = b" \t\r\n"
_HEADER: Final = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,31}: ?[^\r\n]{0,1024}\Z")
_CHECKSUM: Final = re.compile(rb"(?:\A|\n)=[A-Za-z0-9+/]{4}\Z")
_MAX_HEADERS: Final = 16
_OCTETS_A_LINE: Final = 48
_CRC24_START, _CRC24_POLYNOMIAL, _CRC24_BITS = 0xB704CE, 0x1864CFB, 24
_CRC24_LAST_BITS: Final = 512
"""From here on bit by bit."""


class NoArmor(ValueError):
    """Not one block of that kind."""


def binary(octets: bytes, kind: str) -> bytes:
    """Take the octets out of their armor; octets that begin like a packet are in none. Raises ``NoArmor``."""
    if octets[:1] >= b"\x80":
        return octets
    text = octets.strip(_BLANK)
    first, last = f"-----BEGIN {kind}-----".encode("ascii"), f"-----END {kind}-----".encode("ascii")
    if not (text.startswith(first) and text.endswith(last)):
        raise NoArmor
    inside = text[len(first) : len(text) - len(last)]
    if inside.lstrip(b" \t\r")[:1] != b"\n" or b"-" in inside[-2:]:
        raise NoArmor
    data = _without_headers(inside.lstrip(b" \t\r")[1:]).rstrip(_BLANK)
    data = data.replace(b"\r", b"")
    found = _CHECKSUM.search(data, max(0, len(data) - 8))
    data = data[: found.start()] if found else data
    try:
        return binascii.a2b_base64(data.translate(None, _BLANK), strict_mode=True)
    except binascii.Error:
        raise NoArmor from None


def _without_headers(inside: bytes) -> bytes:
    """What follows the empty line; a block may also have neither headers nor the line."""
    rest = inside
    for _ in range(_MAX_HEADERS):
        line, _, rest_of_it = rest.partition(b"\n")
        if not line.strip(_BLANK):
            return rest_of_it
        if not _HEADER.match(line.rstrip(_BLANK)):
            return rest
        rest = rest_of_it
    raise NoArmor


def armored(octets: bytes, kind: str, *, is_new: bool = False) -> bytes:
    """Put octets into armor that has no headers.

    ``is_new``: only programs of RFC 9580 can read it, so there is never a checksum (§6.1). Without, there is one where
    the digits end without padding: GnuPG 2.2 takes the letters of the last line for digits when it finds neither.
    """
    lines = [
        binascii.b2a_base64(octets[start : start + _OCTETS_A_LINE])
        for start in range(0, len(octets), _OCTETS_A_LINE)
    ]
    is_padded = len(octets) % 3 != 0
    end = b"" if is_new or is_padded else b"=" + binascii.b2a_base64(_crc24(octets))
    return b"".join(
        (
            f"-----BEGIN {kind}-----\n\n".encode("ascii"),
            *lines,
            end,
            f"-----END {kind}-----\n".encode("ascii"),
        )
    )


def _crc24(octets: bytes) -> bytes:
    """RFC 9580 §6.1.1: what is left of the octets as a polynomial over GF(2), divided by that of the checksum.

    Folded in half again and again, in whole numbers of many digits, so that a megabyte takes some milliseconds; bit by
    bit it held up the interpreter, and all mail, for a hundred.
    """
    left = (_CRC24_START << 8 * len(octets)) ^ (int.from_bytes(octets, "big") << _CRC24_BITS)
    while (width := left.bit_length()) > _CRC24_LAST_BITS:
        half = width // 2
        upper = left >> half
        left &= (1 << half) - 1
        weight = _crc24_power(half)
        for place in range(_CRC24_BITS):
            if weight >> place & 1:
                left ^= upper << place
    return _crc24_rest(left).to_bytes(_CRC24_BITS // 8, "big")


def _crc24_power(exponent: int) -> int:
    """What is left of x to that power."""
    left = 1
    for digit in f"{exponent:b}":
        square = int("0".join(f"{left:b}"), 2)  # over GF(2) a square only has its digits further apart
        left = _crc24_rest(square << int(digit))
    return left


def _crc24_rest(left: int) -> int:
    while (over := left.bit_length() - 1 - _CRC24_BITS) >= 0:
        left ^= _CRC24_POLYNOMIAL << over
    return left


def as_certificate(octets: bytes) -> bytes:
    """A binary certificate in armor."""
    return armored(octets, CERTIFICATE)
