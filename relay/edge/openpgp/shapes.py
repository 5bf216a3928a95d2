"""What a certificate, a secret key, a message and a signature may look like. Pure; both engines ask here first.

What an engine is given has been through here, so that what a library makes of strange input matters less. Promises:

- A message is session keys and then one encrypted, integrity protected packet, and nothing before, between or after.
- A certificate is one, without secrets; certifications by others, pictures and everything unknown are left out.
- What we send names no reader, and is encrypted.

Failures are ``OpenPgpError`` with its constant word.
Standards: RFC 9580 §10.1, §10.2, §10.3, §5.1 (the key id that may be zero).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from relay.edge.openpgp import OpenPgpError, armor
from relay.edge.openpgp.packets import Packet, ShapeError, Tag, claims, contents, fingerprint, packets

CERTIFICATE_OCTETS: Final = 262_144
MINIMISED_OCTETS: Final = 65_536
"""A certificate of ten user ids and ten subkeys has a tenth of it; looking at one takes milliseconds."""

_MAX_CERTIFICATE_PACKETS: Final = 1_000
_MAX_USER_IDS: Final = 64
_MAX_SUBKEYS: Final = 64
_MAX_SELF_SIGNATURES: Final = 256
_MAX_READERS: Final = 32
"""Each may have to be tried with each of our keys."""

_MAX_SIGNATURES: Final = 16
_MAX_SIGNATURE_OCTETS: Final = 65_536
_LONGEST_USER_ID: Final = 254

_SELF_SIGNATURES: Final = {
    Tag.PUBLIC_KEY: frozenset({0x1F, 0x20}),
    Tag.USER_ID: frozenset({0x10, 0x11, 0x12, 0x13, 0x30}),
    Tag.PUBLIC_SUBKEY: frozenset({0x18, 0x28}),
}
"""What the owner's signature after each of these can be (RFC 9580 §5.2.1)."""

_KEY_ID_OCTETS: Final = 8
_V4_FINGERPRINT_DIGITS: Final = 40
_SIGNATURE_VERSIONS: Final = (b"\x04", b"\x06")


@dataclass(frozen=True, slots=True)
class Minimised:
    """A certificate with nothing in it but what its owner says."""

    fingerprint: str
    octets: bytes
    created_at: datetime

    @property
    def is_new(self) -> bool:
        """Only programs of RFC 9580 can read it (v6)."""
        return len(self.fingerprint) > _V4_FINGERPRINT_DIGITS


def certificate(given: bytes) -> Minimised:
    """Read one certificate, armored or binary. Raises ``OpenPgpError("bad-key")``."""
    if len(given) > CERTIFICATE_OCTETS:
        raise OpenPgpError("bad-key")
    try:
        octets = armor.binary(given, armor.CERTIFICATE)
        return _minimised(packets(octets, _MAX_CERTIFICATE_PACKETS))
    except (armor.NoArmor, ShapeError):
        raise OpenPgpError("bad-key") from None


def _minimised(found: Iterable[Packet]) -> Minimised:
    stream = iter(found)
    primary = next(stream, None)
    if primary is None or primary.tag != Tag.PUBLIC_KEY or len(primary.body) < 6:
        raise ShapeError
    owner = fingerprint(primary.body)
    kept = [primary.octets]
    counts = dict.fromkeys((Tag.USER_ID, Tag.PUBLIC_SUBKEY, Tag.SIGNATURE), 0)
    component: Tag | None = Tag.PUBLIC_KEY
    for packet in stream:
        if packet.tag in {Tag.PUBLIC_KEY, Tag.SECRET_KEY, Tag.SECRET_SUBKEY}:
            raise ShapeError
        if packet.tag in {Tag.USER_ID, Tag.PUBLIC_SUBKEY}:
            component = Tag(packet.tag)
        elif packet.tag != Tag.SIGNATURE:  # a picture, what a program keeps for itself, what is not known
            component = None if packet.tag == Tag.PICTURE else component
            continue
        elif component is None or not _is_owners(packet, component, owner):
            continue
        counts[Tag(packet.tag)] += 1
        kept.append(packet.octets)
    octets = b"".join(kept)
    if (
        len(octets) > MINIMISED_OCTETS
        or counts[Tag.USER_ID] > _MAX_USER_IDS
        or counts[Tag.PUBLIC_SUBKEY] > _MAX_SUBKEYS
        or counts[Tag.SIGNATURE] > _MAX_SELF_SIGNATURES
    ):
        raise ShapeError
    created = datetime.fromtimestamp(int.from_bytes(primary.body[1:5], "big"), UTC)
    return Minimised(owner, octets, created)


def _is_owners(packet: Packet, component: Tag, owner: str) -> bool:
    said = claims(packet.body)
    return said is not None and said.kind in _SELF_SIGNATURES[component] and said.by(owner)


def secret_key(given: bytes) -> bytes:
    """Read one secret key, armored or binary, into binary. Raises ``OpenPgpError("bad-key")``."""
    if len(given) > CERTIFICATE_OCTETS:
        raise OpenPgpError("bad-key")
    try:
        octets = armor.binary(given, armor.SECRET_KEY)
        tags = [packet.tag for packet in packets(octets, _MAX_CERTIFICATE_PACKETS)]
    except (armor.NoArmor, ShapeError):
        raise OpenPgpError("bad-key") from None
    if not tags or tags[0] != Tag.SECRET_KEY or {Tag.SECRET_KEY, Tag.PUBLIC_KEY} & set(tags[1:]):
        raise OpenPgpError("bad-key")
    return octets


def message(given: bytes) -> bytes:
    """Read one encrypted message, armored or binary, into binary. Raises ``OpenPgpError("not-encrypted")``."""
    return b"".join(packet.octets for packet in _message(given))


def sealed(given: bytes) -> Packet:
    """The encrypted packet of a message, armored or binary. Raises ``OpenPgpError("not-encrypted")``."""
    return _message(given)[-1]


def _message(given: bytes) -> list[Packet]:
    try:
        octets = armor.binary(given, armor.MESSAGE)
        found = [packet for packet in packets(octets, _MAX_READERS + 1) if packet.tag != Tag.MARKER]
    except (armor.NoArmor, ShapeError):
        raise OpenPgpError("not-encrypted") from None
    readers = found[:-1]
    if not readers or any(packet.tag != Tag.SESSION_KEY for packet in readers):
        raise OpenPgpError("not-encrypted")
    if found[-1].tag not in {Tag.PROTECTED, Tag.AEAD}:
        raise OpenPgpError("not-encrypted")
    return found


def for_each_reader(octets: bytes, key_id: bytes) -> Iterator[bytes]:
    """A message as messages of one reader each, who is named by the key id: for an engine that need not guess then.

    Readers of version 6, which have no key id, are left as they are.
    """
    *readers, sealed = packets(octets, _MAX_READERS + 1)
    for one in readers:
        body = bytes(one.body)
        is_v3 = body[:1] == b"\x03"
        reader = _session_key(body[:1] + key_id + body[1 + _KEY_ID_OCTETS :]) if is_v3 else bytes(one.octets)
        yield reader + bytes(sealed.octets)


def signature(given: bytes) -> bytes:
    """Read detached signatures, armored or binary, into binary; nothing when it is anything else.

    In one piece and of version 4 or 6: of others, which nobody writes, ``naming`` could not tell two copies of one.
    """
    if len(given) > _MAX_SIGNATURE_OCTETS:
        return b""
    try:
        octets = armor.binary(given, armor.SIGNATURE)
        for packet in packets(octets, _MAX_SIGNATURES):
            if packet.tag != Tag.SIGNATURE or bytes(packet.body[:1]) not in _SIGNATURE_VERSIONS:
                return b""
    except (armor.NoArmor, ShapeError):
        return b""
    return octets


def without_readers(octets: bytes) -> bytes:
    """The same message with no key id in it (RFC 9580 §5.1: zero, or no fingerprint). Raises ``OpenPgpError``."""
    try:
        return b"".join(_anonymised(packet) for packet in packets(octets, _MAX_READERS + 1))
    except ShapeError:
        raise OpenPgpError("failed") from None


def _anonymised(packet: Packet) -> bytes | memoryview:
    if packet.tag == Tag.PROTECTED:
        return packet.octets
    if packet.tag != Tag.SESSION_KEY:
        raise ShapeError
    return _session_key(_anonymous(bytes(packet.body)))


def _session_key(body: bytes) -> bytes:
    return bytes((0xC0 | Tag.SESSION_KEY, 0xFF)) + len(body).to_bytes(4, "big") + body


def _anonymous(body: bytes) -> bytes:
    if body[:1] == b"\x03":
        return body[:1] + bytes(_KEY_ID_OCTETS) + body[1 + _KEY_ID_OCTETS :]
    if body[:1] == b"\x06" and len(body) > 2:
        return body[:1] + b"\x00" + body[2 + body[1] :]
    raise ShapeError


def is_new(octets: bytes) -> bool:
    """Tell whether only programs of RFC 9580 can read a message of ours: v2 of the encrypted packet, with AEAD."""
    *_, sealed = packets(octets, _MAX_READERS + 1)
    return bytes(next(contents(sealed))[:1]) == b"\x02"


def names_no_reader(octets: bytes) -> bool:
    """Tell whether a message of ours is encrypted, names nobody, and is nothing more."""
    try:
        *readers, sealed = packets(octets, _MAX_READERS + 1)
    except (ShapeError, ValueError):
        return False
    anonymous = (b"\x03" + bytes(_KEY_ID_OCTETS), b"\x06\x00")
    return (
        sealed.tag == Tag.PROTECTED
        and bool(readers)
        and all(one.tag == Tag.SESSION_KEY and bytes(one.body).startswith(anonymous) for one in readers)
    )


def user_id(text: str) -> str:
    """A user id that we put into a key of ours. Raises ``OpenPgpError("failed")`` for what could be read as more."""
    if (
        not text.isprintable()
        or text != text.strip()
        or not 1 <= len(text.encode("utf-8")) <= _LONGEST_USER_ID
    ):
        raise OpenPgpError("failed")
    return text
