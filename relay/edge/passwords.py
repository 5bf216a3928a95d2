"""Passwords as Argon2id hashes in PHC form, the only form in which one is ever written down (RFC 9106).

``relay password`` makes a hash; ``edge.logins`` checks against one, in a thread, for both take a good part of a second.
"""

from __future__ import annotations

import os
import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SHORTEST = 12
"""Characters. Whoever guesses does so over the network, a few times a minute; a short sentence is long enough."""

LONGEST = 1024

# RFC 9106 §4, the second recommended choice: 64 MiB, three passes, four lanes.
_MEMORY_KIB = 65_536
_PASSES = 3
_LANES = 4


def hashed(password: str) -> str:
    """A new hash with a salt of its own. Raises ``ValueError`` with a sentence for a length that will not do."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(
            f"a password has {SHORTEST} to {LONGEST} characters; four unusual words make a good one"
        )
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(_octets(password))


def fits(password: str, hash_: str) -> bool:
    """Tell whether a hash was made of this password."""
    if len(password) > LONGEST:
        return False
    try:
        Argon2id.verify_phc_encoded(_octets(password), hash_)
    except (InvalidKey, ValueError):
        return False
    return True


def _octets(password: str) -> bytes:
    """The same octets from every keyboard: composed characters, whatever the program sends (RFC 8265 §4.2)."""
    return unicodedata.normalize("NFC", password).encode("utf-8")
