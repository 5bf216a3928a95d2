"""z-base-32 (RFC 6189 §5.1.6), the letters in which a Web Key Directory names a local part. Pure."""

from __future__ import annotations

from typing import Final

_LETTERS: Final = "ybndrfg8ejkmcpqxot1uwisza345h769"


def zbase32(octets: bytes) -> str:
    """The letters for whole groups of five bits: 32 for a SHA-1 digest."""
    bits = int.from_bytes(octets, "big")
    return "".join(_LETTERS[bits >> shift & 31] for shift in range(len(octets) * 8 - 5, -1, -5))
