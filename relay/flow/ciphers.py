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
    """``signers``: counselors and supervisors, by id; ``names``: what they signed, by names that nobody can change."""

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


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A certificate as the engine judges it now. ``trouble``: why nothing can be encrypted to it; empty when it can."""

    fingerprint: str
    octets: bytes
    trouble: str

    def __repr__(self) -> str:
        return "PublicKey(<redacted>)"


class OpenPgp(Protocol):
    """Keys, and who may be written to with them. Raises ``CipherTrouble``, never anything of a message or a key."""

    def seals_to(self, person_id: str) -> bool:
        """Tell whether what a counselor or supervisor is sent is to be encrypted, whether that works now or not."""

    async def seal(self, content: bytes, person_id: str) -> bytes:
        """Encrypt to the key of a counselor or supervisor; armoured."""

    async def seal_for(self, content: bytes, certificate: bytes) -> bytes:
        """Encrypt to a certificate, as it is today; armoured."""

    async def certificate(self, octets: bytes) -> PublicKey:
        """Read exactly one certificate. ``CipherTrouble("bad-key")`` when it is none."""

    async def own_key(self, intake: str) -> bytes:
        """The certificate of the key that is given out for an intake address, in binary; empty when there is none."""

    async def open(self, ciphertext: bytes) -> Unsealed:
        """Decrypt with the service's own keys, all or nothing."""

    async def signers(self, signed: Signed) -> Signatures:
        """The counselors whose key has made this signature."""


_CAUSES = {
    "expired": "expired", "revoked": "revoked", "timeout": "hung",
    "no-program": "no-program", "agent": "agent", "read-only": "read-only", "full": "full",
    "no-key": "unusable", "no-encryption-key": "unusable", "bad": "unusable", "bad-key": "unusable",
    "not-usable": "unusable",
}  # fmt: skip
_OF_THE_KEY = frozenset({"expired", "revoked", "unusable"})


class CipherTrouble(RelayError):
    """It cannot be encrypted or opened; ``reason`` is a constant word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def cause(self) -> str:
        """What an operator is told of it: a word of ``text_names.CIPHER_CAUSES``."""
        return _CAUSES.get(self.reason, "out-of-order")

    @property
    def is_ours(self) -> bool:
        """Tell whether the engine is in trouble, and not the key."""
        return self.cause not in _OF_THE_KEY
