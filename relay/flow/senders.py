"""Telling senders apart without knowing them. Made by ``app``, used by ``accept`` and ``rates``.

A sender is a keyed hash of an address, under a key that is made at the start and dies with the process: it can
be compared with others of the same run, and with nothing else.
"""

from __future__ import annotations

import hashlib

from relay.domain.aliases import Randomness

_KEY_OCTETS = 32
_HASH_OCTETS = 16


class Senders:
    """Makes the keyed hashes of one run."""

    def __init__(self, randomness: Randomness) -> None:
        self._key = randomness(_KEY_OCTETS)

    def of(self, address: str) -> bytes:
        """The hash that stands for an address, in whatever case it is written."""
        octets = address.lower().encode("utf-8", "surrogatepass")
        return hashlib.blake2b(octets, key=self._key, digest_size=_HASH_OCTETS).digest()
