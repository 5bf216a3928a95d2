"""What names a ciphertext or a signature, whatever is done to its wrapping, so that a captured one is known again.

Armor, packet lengths and the list of readers can be changed by anybody without breaking a message; what is encrypted,
and what a signature covers, cannot. The name is taken from the very packets that an engine gets: read in any other way,
a message could be made that has one ciphertext for the name and another for the engine. Called by ``desk``.

Standard: RFC 9580 §4.2 (packet headers), §5.13 (encrypted data), §5.2.4 (what a signature is computed over).
"""

from __future__ import annotations

import hashlib

from relay.edge.openpgp import shapes
from relay.edge.openpgp.packets import contents, hashed_part, packets


def name_of(message: bytes) -> str:
    """A name that two copies of one ciphertext share, and no two ciphertexts.

    Raises ``OpenPgpError("not-encrypted")`` for what no engine would get.
    """
    digest = hashlib.sha256()
    for piece in contents(shapes.sealed(message)):
        digest.update(piece)
    return f"ciphertext:{digest.hexdigest()}"


def names_of_signed(content: bytes, signature: bytes = b"") -> tuple[str, ...]:
    """Names of an act of signing: of each signature over this content, or of the content when they lie inside of it.

    A signature over text covers neither how lines end nor blanks before that (RFC 9580 §5.2.1, §7); nor does the name.
    """
    lines = (line.rstrip(b" \t\r") for line in content.rstrip(b" \t\r\n").split(b"\n"))
    words = hashlib.sha256(b"\n".join(lines)).digest()
    octets = shapes.signature(signature)
    parts = [hashed_part(packet.body) for packet in packets(octets, len(octets))] or [b""]
    return tuple(dict.fromkeys(f"signed:{hashlib.sha256(words + part).hexdigest()}" for part in parts))
