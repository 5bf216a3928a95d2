"""OpenPGP: reading what people sealed for us and sealing what we send, by either of two engines.

    armor          the letters and digits that binary octets travel in
    packets        where packets begin and end, and what a signature says of itself
    shapes         what a certificate, a key, a message and a signature may look like at all
    pipes          what goes into a process and comes out of it: bounded, watched
    process        a program that reads hostile octets, run once, and ended
    prepared       a program that was made ready once, and forks a child for each question (prepared_child)
    status         what the lines of gpg prove
    gnupg          the engine that asks GnuPG
    private_home   where it is asked
    colons         what gpg says of a certificate
    sequoia        the engine that asks Sequoia, through prepared; sequoia_child is what it is asked
    selfsigned     what a key that we make says of itself
    naming         what names a ciphertext, whatever is done to its wrapping
    desk           whose key is whose; what the flow asks (``flow.ports.OpenPgp``)

Both engines keep the same promises and pass the same tests. An octet from outside meets ``shapes`` first and reaches an
engine only in the one form that we take; what an engine answers is believed only when all of it is as it must be.
Nothing is ever taken in part: there is a result, or an ``OpenPgpError``.

Identity is the full fingerprint of a primary key. User ids are never read, for anybody can write anything into one.

Standards: RFC 4880, RFC 9580 (v6 keys where the engine can).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relay.errors import RelayError


class OpenPgpError(RelayError):
    """It did not happen; ``reason`` is one of these words, and nothing of a key, a message or a library.

    ``bad-key``        not a certificate, or not a secret key, that we take
    ``not-usable``     a certificate that nothing can be encrypted to now, although it was judged to be good
    ``not-encrypted``  not one encrypted and integrity protected message
    ``cannot-open``    no key of ours opens it, or it was changed on its way; these are not told apart
    ``structure``      opened, but not one literal in one layer of encryption
    ``too-large``      more octets than asked for
    ``timeout``        took longer than it may
    ``no-program``     the engine's program does not start
    ``agent``          the agent that serves it has died or does not start
    ``read-only``      the place that it needs cannot be written to
    ``full``           there is no room left in it
    ``failed``         the engine could not do its work, and does not say why: a wrong answer
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a public key says, judged at one instant."""

    fingerprint: str
    """Of the primary key: 40 (v4) or 64 (v6) upper-case hexadecimal digits."""
    octets: bytes
    """The certificate in binary, minimised: no certifications by others, no pictures."""
    expires_at: datetime | None
    """When nothing can be encrypted to it any longer, as far as it says."""
    is_usable: bool
    """Not revoked, not expired, and something can be encrypted to it now."""
    trouble: str
    """Why not: ``expired``, ``revoked``, ``no-encryption-key``, ``bad``; empty when it is usable."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in a message."""

    content: bytes
    signers: frozenset[str]
    """Fingerprints (primary keys) of exactly those of the given certificates with a valid signature."""


class Engine(Protocol):
    """What both engines do. Every method blocks for up to its time limit: call it in a thread."""

    name: str

    def close(self) -> None:
        """End what serves it and what that does; a question after that starts it again."""
        ...

    def read_certificate(self, octets: bytes, now: datetime) -> Certificate:
        """Read exactly one certificate, armored or binary, at most 256 KiB, never a secret key.

        Raises ``OpenPgpError("bad-key")`` when it is none.
        """
        ...

    def encrypt(self, content: bytes, certificate: bytes, now: datetime) -> bytes:
        """Seal for one reader: armor without Version or Comment, no key id of the reader, no signature.

        The certificate is judged first, as by ``read_certificate``. Raises ``OpenPgpError`` with ``bad-key``, or with
        ``Certificate.trouble`` where nothing can be encrypted to it now.
        """
        ...

    def decrypt(
        self,
        message: bytes,
        secret_keys: Sequence[bytes],
        signers: Sequence[Certificate],
        now: datetime,
        max_octets: int,
    ) -> Opened:
        """Open a message, all of it or nothing: one layer of encryption with integrity, one literal in it."""
        ...

    def verify(
        self, content: bytes, signature: bytes, signers: Sequence[Certificate], now: datetime
    ) -> frozenset[str]:
        """Tell which of the given certificates made a valid detached signature; none is the empty set."""
        ...

    def generate(self, user_id: str, expires_at: datetime, now: datetime) -> bytes:
        """Make a secret key: armored, v4, ed25519 and cv25519, no passphrase."""
        ...

    def public_of(self, secret_key: bytes) -> bytes:
        """Give the armored certificate of a secret key."""
        ...

    def revoke(self, secret_key: bytes, now: datetime) -> bytes:
        """Give the armored certificate that says that it is revoked."""
        ...
