"""From a finished message to the ``DKIM-Signature`` field that signs it. Pure, but for the key.

``carrier`` calls it for each key. The message is one of ``mail.serialize``: ASCII, CRLF, each field once. Promises:

- ``relaxed/relaxed``, the whole body (no ``l=``), SHA-256.
- Each field that we write is named once more than it stands in the message, and ``Reply-To``, which we never write,
  as well: whoever adds another one on the way breaks the signature (RFC 6376 §8.15).
- Nothing in it tells more than the message does: no ``t=``, no ``x=``, no ``i=``, and the same fields in the same
  order for every message, so that all signatures of a key are equally long.
- Time is linear in the octets, whatever they are; a body is looked at block by block, so that no step of a large one
  keeps the interpreter for itself or takes much memory.

Standards: RFC 6376 §3.4.2, §3.4.4, §3.5, §3.7, §5.4.2; RFC 8463 §3.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from relay.edge.dkim.keys import PrivateKey

OURS: Final = (
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version",
    "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
"""The fields that a message of ours can have, each at most once."""

NEVER_OURS: Final = ("Reply-To", "Sender", "Cc")
"""Fields that change who seems to write, or who is answered; we never write them, and nobody may add them."""

AT_TIMES_OURS: Final = "Autocrypt"
"""The line's key, where the operator has it in mail to seekers: nobody may put in another."""

SIGNED: Final = (*(name for name in (*OURS, AT_TIMES_OURS) for _ in range(2)), *NEVER_OURS)
"""``h=``: what is named more often than it is there counts as absent (RFC 6376 §5.4.2)."""

_BLOCK_OCTETS: Final = 128 * 1024
"""Of a body, and whole lines of it: a fifth of a millisecond."""

_LINE_OCTETS: Final = 76
_BLANKS: Final = re.compile(rb"[ \t]+")
_TABS_TO_SPACES: Final = bytes.maketrans(b"\t", b" ")


class Signing:
    """One message that is signed, with as many keys as there are: its body is hashed once."""

    def __init__(self, message: bytes) -> None:
        head_end = message.find(b"\r\n\r\n")
        head = message if head_end < 0 else message[:head_end]
        hashed = hashlib.sha256()
        for block in relaxed_body(message, len(message) if head_end < 0 else head_end + 4):
            hashed.update(block)
        self._body_hash = base64.b64encode(hashed.digest()).decode("ascii")
        self._fields = b"".join(_chosen(head))

    def field(self, domain: str, selector: str, key: PrivateKey) -> bytes:
        """The field with its CRLF, to be put before the message. ``domain``, ``selector``: as they stand in the DNS."""
        algorithm = "ed25519-sha256" if isinstance(key, Ed25519PrivateKey) else "rsa-sha256"
        tags = (
            f"v=1; a={algorithm}; c=relaxed/relaxed;",
            f"d={domain};",
            f"s={selector};",
            *_names(),
            f"bh={self._body_hash};",
            "b=",
        )
        field = ("DKIM-Signature: " + "\r\n ".join(tags)).encode("ascii")
        signed = _sign(key, self._fields + relaxed_field(field))
        return field + _folded(base64.b64encode(signed)) + b"\r\n"


def relaxed_field(field: bytes) -> bytes:
    """One header field, without the CRLF at its end (RFC 6376 §3.4.2)."""
    name, _, value = field.partition(b":")
    unfolded = _BLANKS.sub(b" ", value.replace(b"\r\n", b""))
    return name.strip(b" \t").lower() + b":" + unfolded.strip(b" ")


def relaxed_body(message: bytes, start: int = 0) -> Iterator[bytes]:
    """The body as it is hashed (RFC 6376 §3.4.4), from ``start`` on, in blocks. Passes in C: a body can have 40 MB."""
    held_back = 0  # empty lines, for those at the end do not count
    is_empty = True
    for block in _whole_lines(message, start):
        text = block.translate(_TABS_TO_SPACES)
        while b"  " in text:  # halves the longest run each time
            text = text.replace(b"  ", b" ")
        text = text.replace(b" \r\n", b"\r\n").removesuffix(b" ")
        end = len(text)
        while text.endswith(b"\r\n", 0, end):
            end -= 2
        if end:
            is_empty = False
            yield b"\r\n" * held_back + text[:end]
            held_back = 0
        held_back += (len(text) - end) // 2
    if not is_empty:
        yield b"\r\n"


def _whole_lines(message: bytes, start: int) -> Iterator[bytes]:
    while start < len(message):
        line_end = message.find(b"\r\n", start + _BLOCK_OCTETS)
        end = len(message) if line_end < 0 else line_end + 2
        yield message[start:end]
        start = end


def _chosen(head: bytes) -> Iterator[bytes]:
    """The fields that are signed, each once, in the order of ``SIGNED``, canonical and with CRLF."""
    fields: dict[bytes, bytes] = {}
    for line in re.split(rb"\r\n(?![ \t])", head):
        canonical = relaxed_field(line)
        fields[canonical.partition(b":")[0]] = canonical
    for name in SIGNED:
        found = fields.pop(name.lower().encode("ascii"), None)
        if found is not None:
            yield found + b"\r\n"


def _names() -> Iterator[str]:
    """``h=`` in lines that are short enough; blanks may stand beside its colons (RFC 6376 §3.5)."""
    line = "h="
    for place, name in enumerate(SIGNED):
        word = name + (";" if place == len(SIGNED) - 1 else ":")
        if len(line) + len(word) > _LINE_OCTETS:
            yield line
            line = ""
        line += word
    yield line


def _folded(encoded: bytes) -> bytes:
    lines = (encoded[start : start + _LINE_OCTETS] for start in range(0, len(encoded), _LINE_OCTETS))
    return b"".join(b"\r\n " + line for line in lines)


def _sign(key: PrivateKey, octets: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):  # RFC 8463 §3: the hash is what is signed
        return key.sign(hashlib.sha256(octets).digest())
    return key.sign(octets, PKCS1v15(), SHA256())
