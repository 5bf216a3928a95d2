"""What a seeker writes about their OpenPGP key: words that stand alone, codes that come back, and the key itself.

Called by ``flow.key_turns`` in the worker; pure, and nothing here fails. As with all words of seekers, a word counts
only where it stands alone in what they have written themselves: whatever is unclear is a message to a human. There is
one exception, and it is clear: below a first line "KEY", with a key at hand, their words may follow.

Standards: RFC 9580 §6.2 (armour), RFC 3156 §7 (application/pgp-keys).
"""

# ruff: noqa: RUF001  letters of other alphabets look like Latin ones and are meant

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Final

from relay.mail.body import decode_text
from relay.mail.content import Content
from relay.mail.model import Mail, Part
from relay.mail.parse import decode_body
from relay.mail.seeker_words import folded

MAX_KEY_OCTETS: Final = 262_144
"""Of an attached key, armoured or not; a key with everything that anybody has added to it seldom has a fifth of it."""

MAX_CODES: Final = 8


class KeyWord(Enum):
    """``GIVEN``: take this key. ``UNWANTED``: no encryption any more. ``ASKED``: what is yours?"""

    GIVEN = "given"
    UNWANTED = "unwanted"
    ASKED = "asked"


GIVEN: Final = frozenset(
    {
        "key", "my key", "pgp key", "openpgp key", "my pgp key", "my openpgp key",
        "schlüssel", "schluessel", "mein schlüssel", "mein schluessel",  # as ``seeker_words`` folds them
        "clave", "mi clave", "llave", "mi llave",
        "clé", "cle", "clef", "ma clé", "ma cle", "ma clef",
        "مفتاح", "مفتاحي", "المفتاح",
    }
)  # fmt: skip
UNWANTED: Final = frozenset(
    {
        "no key", "no encryption", "key off", "kein schlüssel", "kein schluessel", "ohne schlüssel",
        "ohne verschlüsselung", "sin clave", "sin llave", "sin cifrado", "sans clé", "sans cle", "sans clef",
        "sans chiffrement", "بلا مفتاح", "بدون مفتاح", "بدون تشفير",
    }
)  # fmt: skip
ASKED: Final = frozenset(
    {
        *GIVEN, "your key", "your pgp key", "your openpgp key", "dein schlüssel", "euer schlüssel", "ihr schlüssel",
        "tu clave", "su clave", "vuestra clave", "tu llave", "su llave", "ta clé", "votre clé", "votre cle",
        "votre clef", "مفتاحكم", "مفتاحك",
    }
)  # fmt: skip
"""With a question mark."""

_QUESTION: Final = re.compile(r"[?؟？]")
_CODE: Final = re.compile(r"\bKEY-((?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5})\b", re.IGNORECASE)
_BLOCK: Final = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----.*?-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
_ARMOUR: Final = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_KEY_TYPES: Final = frozenset({"application/pgp-keys", "application/x-pgp-keys"})
_KEY_NAMES: Final = (".asc", ".gpg", ".pgp", ".key", ".pub", ".txt")
_PUBLIC_KEY_PACKETS: Final = (b"\x98", b"\x99", b"\xc6")
"""First octet of a binary certificate: a packet of kind 6 in the old format and in the new one (RFC 9580 §4.2)."""


@cache
def _folded(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(folded, words))


def code_of(token: str) -> str:
    """A random token of 20 letters and digits as people can type it."""
    groups = (token[at : at + 5] for at in range(0, len(token), 5))
    return "KEY-" + "-".join(groups).upper()


def codes(text: str) -> tuple[str, ...]:
    """All codes in a text, quotes included, as ``code_of`` writes them."""
    found = (f"KEY-{match[1].upper()}" for match in _CODE.finditer(text))
    return tuple(dict.fromkeys(found))[:MAX_CODES]


def without_codes(text: str) -> str:
    """The text without them."""
    return _CODE.sub("", text)


@dataclass(frozen=True, slots=True)
class Said:
    """What stands first in a seeker's own words, and what follows."""

    word: KeyWord | None
    rest: str


def said(content: Content) -> Said:
    """Read the first line of somebody's own words."""
    first, _, rest = content.own.strip("\n").partition("\n")
    bare = folded(first)
    if _QUESTION.search(first):
        word = KeyWord.ASKED if bare in _folded(ASKED) else None
    elif bare in _folded(UNWANTED):
        word = KeyWord.UNWANTED
    else:
        word = KeyWord.GIVEN if bare in _folded(GIVEN) else None
    return Said(word, rest.strip())


def is_empty_beside(content: Content) -> bool:
    """Tell whether somebody's own words are codes and nothing else, whatever they quote."""
    is_empty = not any(character.isalnum() for character in without_codes(content.own))
    return is_empty and bool(codes(content.text))


def keys_in(mail: Mail, content: Content) -> tuple[bytes, ...]:
    """The public keys that came with a message: attached, or standing in its text; at most two are looked for."""
    found: list[bytes] = []
    for part in content.words:
        text = decode_text(mail, part).text if part.content_type != "text/html" else ""
        found += (block[0].encode("ascii", "replace") for block in _BLOCK.finditer(text))
    for part in content.attached:
        octets = decode_body(mail, part) if is_key(mail, part) else b""
        if octets:
            found.append(octets)
    return tuple(dict.fromkeys(one for one in found if len(one) <= MAX_KEY_OCTETS))[:2]


def is_key(mail: Mail, part: Part) -> bool:
    """Tell whether an attached file is a public key, by what it holds."""
    name = part.filename.lower()
    if part.content_type not in _KEY_TYPES and not name.endswith(_KEY_NAMES):
        return False
    octets = decode_body(mail, part)
    return octets.lstrip().startswith(_ARMOUR) or octets.startswith(_PUBLIC_KEY_PACKETS)
