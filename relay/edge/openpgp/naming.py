"""What names a ciphertext, whatever is done to its wrapping: the octets that were encrypted, without their framing.

Armor, packet lengths and the list of readers can be changed by anybody without breaking a message; the encrypted
octets cannot. The name is taken from the very packets that an engine gets: read in any other way, a message could be
made that has one ciphertext for the name and another for the engine. Called by ``desk``.

Standard: RFC 9580 §4.2 (packet headers), §5.13 (encrypted data).
"""

from __future__ import annotations

import hashlib

from relay.edge.openpgp import shapes
from relay.edge.openpgp.packets import contents


def name_of(message: bytes) -> str:
    """A name that two copies of one ciphertext share, and no two ciphertexts.

    Raises ``OpenPgpError("not-encrypted")`` for what no engine would get.
    """
    digest = hashlib.sha256()
    for piece in contents(shapes.sealed(message)):
        digest.update(piece)
    return f"ciphertext:{digest.hexdigest()}"
