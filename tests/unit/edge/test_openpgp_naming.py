"""One ciphertext has one name, whatever is wrapped around it, and what has no name is not opened."""

from __future__ import annotations

import os

import pytest

from relay.edge.openpgp import OpenPgpError, armor
from relay.edge.openpgp.naming import name_of
from tests.unit.edge.openpgp_world import packet

READER, MARKER, PROTECTED = 1, 10, 18
BODY = b"\x01" + bytes(range(256)) * 5
PLAIN = packet(READER, b"reader") + packet(PROTECTED, BODY)


def in_pieces(tag: int, body: bytes, power: int) -> bytes:
    """The newer framing with partial lengths (RFC 9580 §4.2.1.4)."""
    size, framed = 1 << power, bytes([0xC0 | tag])
    while len(body) > size:
        framed, body = framed + bytes([0xE0 | power]) + body[:size], body[size:]
    return framed + b"\xff" + len(body).to_bytes(4, "big") + body


def decoy() -> bytes:
    """A session key that holds a whole armored message of somebody else."""
    other = packet(READER, b"x") + packet(PROTECTED, os.urandom(300))
    return packet(READER, b"\n" + armor.armored(other, armor.MESSAGE) + b"\n")


@pytest.mark.parametrize(
    "message",
    [
        armor.armored(PLAIN, armor.MESSAGE),
        armor.armored(PLAIN, armor.MESSAGE).replace(b"\n\n", b"\nComment: x\n\n", 1),
        packet(READER, b"another") + packet(READER, b"two") + packet(PROTECTED, BODY),
        packet(MARKER, b"PGP") + PLAIN,
        packet(READER, b"reader") + in_pieces(PROTECTED, BODY, 9),
        packet(READER, b"reader") + in_pieces(PROTECTED, BODY, 10),
        decoy() + packet(PROTECTED, BODY),
        packet(MARKER, armor.armored(PLAIN[:8] + packet(PROTECTED, b"x"), armor.MESSAGE)) + PLAIN,
    ],
    ids=range(8),
)
def test_a_new_wrapping_is_no_new_name(message: bytes) -> None:
    """Anybody can wrap anew what they have captured."""
    assert name_of(message) == name_of(PLAIN)


def test_another_ciphertext_has_another_name() -> None:
    assert name_of(packet(READER, b"reader") + packet(PROTECTED, BODY + b"x")) != name_of(PLAIN)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"x",
        PLAIN[:-1],
        PLAIN + packet(PROTECTED, b"more"),
        packet(PROTECTED, BODY),
        packet(READER, b"x"),
    ],
    ids=range(6),
)
def test_what_no_engine_would_get_has_no_name(message: bytes) -> None:
    with pytest.raises(OpenPgpError):
        name_of(message)
