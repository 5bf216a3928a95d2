"""What the use cases need of OpenPGP: to seal, to open, and to see who has signed. No library, no key material.

Called by ``flow.decide`` and ``flow.envelopes``; ``edge.openpgp.desk`` does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from relay.errors import RelayError
from relay.mail.openpgp_mime import Signed


@dataclass(frozen=True, slots=True)
class Signatures:
    """``signers``: counselors, by id; ``names``: what they signed, by names that nobody else can change."""

    signers: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What was encrypted. ``signed``: who has signed it; ``binding`` names the ciphertext."""

    content: bytes
    signed: Signatures
    binding: str

    def __repr__(self) -> str:
        return "Unsealed(<redacted>)"


class OpenPgp(Protocol):
    """Keys, and who may be written to with them. Raises ``CipherTrouble``, never anything of a message or a key."""

    def seals_to(self, counselor_id: str) -> bool:
        """Tell whether what this counselor is sent is to be encrypted, whether that works now or not."""

    async def seal(self, content: bytes, counselor_id: str) -> bytes:
        """Encrypt to a counselor's key; armoured."""

    async def open(self, ciphertext: bytes) -> Unsealed:
        """Decrypt with the service's own keys, all or nothing."""

    async def signers(self, signed: Signed) -> Signatures:
        """The counselors whose key has made this signature."""


class CipherTrouble(RelayError):
    """It cannot be encrypted or opened; ``reason`` is a constant word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
