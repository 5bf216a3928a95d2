"""What a key that we make says of itself. ``sequoia`` calls it for keys that pysequoia made.

pysequoia lets nobody choose what a key of its making announces: that it reads SEIPD version 2, which GnuPG does not
write or read, and nothing of compression, so that GnuPG compresses what it sends. Here the self-signature is made
anew: the same announcements as on a key that GnuPg makes for us. One primary key (certify, sign), one subkey (encrypt).
Both engines judge the result by their own means; a wrong signature would make the key ``bad``.

Standards: RFC 9580 §5.2.3 (version 4), §5.2.4 (what is hashed), §5.5.5.5 (EdDSALegacy), §10.1.2.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay.edge.openpgp.packets import ShapeError, Tag, fingerprint, key_id, packets

_ED25519: Final = bytes.fromhex("16092b06010401da470f01010740")
"""Algorithm 22, its curve by name, and the length and kind of the point that follows."""

_POINT_OCTETS: Final = 32
_PUBLIC_OCTETS: Final = 5 + len(_ED25519) + _POINT_OCTETS
_POSITIVE: Final = 0x13
_SHA512: Final = 10


def announced(secret_key: bytes, expires_at: datetime) -> bytes:
    """The same secret key with a self-signature of ours. Raises ``ShapeError`` but for a new key of Sequoia's."""
    primary, _, user_id, _, *rest = list(packets(secret_key, 16))
    if (primary.tag, user_id.tag) != (Tag.SECRET_KEY, Tag.USER_ID):
        raise ShapeError
    body = bytes(primary.body)
    public, secret = body[:_PUBLIC_OCTETS], body[_PUBLIC_OCTETS:]
    encryption = [
        pair for pair in zip(rest[::2], rest[1::2], strict=True)
        if pair[0].tag == Tag.SECRET_SUBKEY and pair[1].tag == Tag.SIGNATURE and pair[0].body[5] == 18
    ]  # fmt: skip
    if len(encryption) != 1:
        raise ShapeError
    made = _certification(public, _signer(public, secret), bytes(user_id.body), expires_at)
    head = bytes((0xC0 | Tag.SIGNATURE, 0xFF)) + len(made).to_bytes(4, "big")
    return b"".join((primary.octets, user_id.octets, head, made, *(one.octets for one in encryption[0])))


def _signer(public: bytes, secret: bytes) -> Ed25519PrivateKey:
    """The key itself: in clear, as a number of at most 256 bits, and after it two octets that add it up."""
    bits = int.from_bytes(secret[1:3], "big")
    number = secret[3 : 3 + (bits + 7) // 8]
    if secret[:1] != b"\x00" or len(secret) != len(number) + 5 or len(number) > _POINT_OCTETS:
        raise ShapeError
    key = Ed25519PrivateKey.from_private_bytes(number.rjust(_POINT_OCTETS, b"\x00"))
    if key.public_key().public_bytes_raw() != public[-_POINT_OCTETS:]:
        raise ShapeError
    return key


def _certification(public: bytes, key: Ed25519PrivateKey, user_id: bytes, expires_at: datetime) -> bytes:
    created = public[1:5]
    lifetime = int(expires_at.timestamp()) - int.from_bytes(created, "big")
    if public[:1] != b"\x04" or not public[5:].startswith(_ED25519) or not 0 < lifetime < 1 << 32:
        raise ShapeError
    owner = fingerprint(memoryview(public))
    hashed = b"".join((
        _subpacket(33, b"\x04" + bytes.fromhex(owner)),
        _subpacket(2, created),
        _subpacket(27, b"\x03"),  # certify, sign
        _subpacket(9, lifetime.to_bytes(4, "big")),
        _subpacket(11, b"\x09\x08\x07"),  # AES with 256, 192, 128 bits
        _subpacket(21, b"\x0a\x09\x08"),  # SHA-512, -384, -256
        _subpacket(22, b"\x00"),  # not compressed
        _subpacket(25, b"\x01"),
        _subpacket(30, b"\x01"),  # SEIPD version 1
    ))  # fmt: skip
    signed = bytes((4, _POSITIVE, public[5], _SHA512)) + len(hashed).to_bytes(2, "big") + hashed
    digest = hashlib.sha512(b"".join((
        b"\x99" + len(public).to_bytes(2, "big") + public,
        b"\xb4" + len(user_id).to_bytes(4, "big") + user_id,
        signed,
        b"\x04\xff" + len(signed).to_bytes(4, "big"),
    ))).digest()  # fmt: skip
    made = key.sign(digest)
    unhashed = _subpacket(16, bytes.fromhex(key_id(owner)))
    numbers = _number(made[:_POINT_OCTETS]) + _number(made[_POINT_OCTETS:])
    return signed + len(unhashed).to_bytes(2, "big") + unhashed + digest[:2] + numbers


def _subpacket(kind: int, value: bytes) -> bytes:
    return bytes((len(value) + 1, kind)) + value


def _number(octets: bytes) -> bytes:
    value = int.from_bytes(octets, "big")
    return value.bit_length().to_bytes(2, "big") + value.to_bytes((value.bit_length() + 7) // 8, "big")
