"""Sealing: authenticated encryption of one value, bound to the place where it is kept.

Used by every file of this package that writes what could name a person. Promises: a sealed value
opens only under its own key, unchanged, at its own table, column, row and version. A value that was
swapped, moved, cut, changed or put back from an older version raises ``CipherError`` and shows nothing.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. One key may seal about 2**32 values
(§8.3 there); data keys seal a few thousand, the wrapping key one per message.

Layout: format octet, key version octet, nonce (12), ciphertext with tag (16).
"""

from __future__ import annotations

import functools

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relay.edge import randomness
from relay.errors import CipherError

KEY_OCTETS = 32
FORMAT = 1
_NONCE_OCTETS = 12
_TAG_OCTETS = 16
_HEAD_OCTETS = 2
OVERHEAD_OCTETS = _HEAD_OCTETS + _NONCE_OCTETS + _TAG_OCTETS


def place(table: str, column: str, row: bytes, *numbers: int) -> bytes:
    """Where a value is kept, as associated data: every part has its length before it, so none can run over.

    ``numbers`` tell apart what shares a row id: a version, a chunk number, a final flag.
    """
    return b"".join((_column(table, column), _sized(row), *(_sized(b"%d" % number) for number in numbers)))


@functools.cache
def _column(table: str, column: str) -> bytes:
    return _sized(table.encode()) + _sized(column.encode())


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(2, "big") + part


class SealingKey:
    """A key that seals and opens values. Its ``repr`` shows nothing, and it is not to be pickled."""

    __slots__ = ("_cipher", "_former", "_head")

    def __init__(self, octets: bytes, version: int = 1, former: SealingKey | None = None) -> None:
        """``former``: opens what it sealed itself, as long as there is any; nothing new is sealed with it."""
        self._cipher = AESGCM(octets)
        self._head = bytes((FORMAT, version))
        self._former = former

    def seal(self, plain: bytes | bytearray | memoryview, where: bytes) -> bytes:
        """Seal ``plain`` for ``place`` ``where``; up to 2**31 - 1 octets."""
        nonce = randomness.octets(_NONCE_OCTETS)
        return b"".join((self._head, nonce, self._cipher.encrypt(nonce, plain, self._head + where)))

    def open(self, sealed: bytes, where: bytes) -> bytes:
        """Open what was sealed for ``where``. Raises ``CipherError`` for anything else."""
        if self._former is not None and self._former.has_sealed(sealed):
            return self._former.open(sealed, where)
        if len(sealed) < OVERHEAD_OCTETS or not sealed.startswith(self._head):
            raise CipherError("a sealed value has not the form it was written in")
        nonce = sealed[_HEAD_OCTETS : _HEAD_OCTETS + _NONCE_OCTETS]
        try:
            return self._cipher.decrypt(nonce, sealed[_HEAD_OCTETS + _NONCE_OCTETS :], self._head + where)
        except InvalidTag:
            raise CipherError("a sealed value was changed, moved, or sealed with another key") from None

    def has_sealed(self, sealed: bytes) -> bool:
        """Tell whether a value says that it was sealed with this version of the key; whether it opens is seen later."""
        return sealed.startswith(self._head)

    def __repr__(self) -> str:
        return "SealingKey(<hidden>)"

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled")
