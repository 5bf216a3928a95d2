"""The header Autocrypt, in and out: a public key in one field. Pure.

What comes in counts only when exactly one field names the author's own address, and says that they would like mail to
be encrypted: only that is a key given on purpose. What goes out has nothing but our alias and a small key of the line.

Standard: Autocrypt Level 1, §2 (peer state), §3.1 (the header), §4.1 (the size of what one sends).
"""

from __future__ import annotations

import binascii
from typing import Final

from relay.mail.model import Mail

MAX_KEY_OCTETS: Final = 10_240
"""Of a key in such a field (§3.1: ten kilobytes)."""

_ATTRIBUTES: Final = frozenset({"addr", "prefer-encrypt", "keydata"})
_COLUMNS: Final = 72


def key_of(mail: Mail, author: str) -> bytes:
    """The key that the author asks to be encrypted to, in binary; empty when there is none.

    A field with an attribute that is not known and not marked as of no weight (``_``) is void (§3.1), and so are two
    fields that both could count.
    """
    fields = [found for value in mail.all("autocrypt") if (found := _parsed(value, author.lower()))]
    return fields[0] if len(fields) == 1 else b""


def _parsed(value: bytes, author: str) -> bytes:
    attributes: dict[str, str] = {}
    for piece in value.decode("ascii", "replace").split(";"):
        name, has_value, text = piece.strip().partition("=")
        name = name.strip().lower()
        if not has_value or name in attributes or (name not in _ATTRIBUTES and not name.startswith("_")):
            return b""
        attributes[name] = text.strip()
    is_theirs = attributes.get("addr", "").lower() == author and attributes.get("prefer-encrypt") == "mutual"
    try:
        octets = binascii.a2b_base64("".join(attributes.get("keydata", "").split()), strict_mode=True)
    except (binascii.Error, ValueError):
        return b""
    return octets if is_theirs and len(octets) <= MAX_KEY_OCTETS else b""


def field(address: str, certificate: bytes, *, mutual: bool) -> str:
    """The value for a message from that address of ours, folded; empty for a key that is too large.

    ``certificate``: binary, with what a reader needs and no more.
    """
    if not certificate or len(certificate) > MAX_KEY_OCTETS:
        return ""
    text = binascii.b2a_base64(certificate, newline=False).decode("ascii")
    lines = (text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS))
    prefers = " prefer-encrypt=mutual;" if mutual else ""
    return "\r\n ".join((f"addr={address};{prefers} keydata=", *lines))
