"""The envelope of a message that comes out of a mailbox, from what the provider wrote into its header. Pure.

A mailbox keeps no envelope. What a provider writes at delivery stands above all that came with the message, for each
hop puts its fields on top (RFC 5321 §4.4); so only what stands above the provider's own lowest ``Received`` is its
word. A field of the same name further down was written by whoever wrote the message, and says nothing. Called by
``flow.gather``; linear, and never fails on a message.

Standards: RFC 5321 §4.4 (trace fields, Return-Path); RFC 5322 §2.2.3 (folding).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD_OCTETS = 262_144
"""What a provider writes stands at the very top; this is more than header blocks may be."""

MAX_FIELDS = 200
MAX_NAMED = 50

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)(?:\r\n|\Z)")
_FOLD = re.compile(rb"\r\n[ \t]+")
_MAILBOX = re.compile(r"<?([^<>\s]{3,320})>?\Z")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+")


@dataclass(frozen=True, slots=True)
class Trace:
    """``reverse_path``: empty for the null one. ``recipient``: empty when the provider names none. ``named``: whom the
    author says that it is for, in To and Cc; a claim.
    """

    reverse_path: str
    recipient: str
    named: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Trace(<redacted>)"


def read(content: bytes, recipient_field: str, own_received: int) -> Trace:
    """What the provider says of the envelope.

    ``own_received``: how many ``Received`` fields the provider writes itself. Without a Return-Path of the provider's
    the author in From stands for it: a claim, as every envelope is.
    """
    own: dict[bytes, bytes] = {}
    author = b""
    received = 0
    named: list[str] = []
    wanted = recipient_field.lower().encode("ascii")
    for name, value in _fields(content[:HEAD_OCTETS]):
        if name == b"received":
            received += 1
        elif name == b"from":
            author = author or value
        elif name in {b"to", b"cc"}:
            named += _ADDRESS.findall(value.decode("latin-1"))[:MAX_NAMED]
        elif received < own_received and name in {wanted, b"return-path"}:
            own.setdefault(name, value)
    path = own.get(b"return-path")
    reverse_path = _author(author) if path is None else _bare(path)
    return Trace(reverse_path, _bare(own.get(wanted, b"")), tuple(named[:MAX_NAMED]))


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Name in lower case and unfolded value of each field, up to the first line that is none."""
    found: list[tuple[bytes, bytes]] = []
    position = 0
    while len(found) < MAX_FIELDS and (match := _FIELD.match(head, position)):
        found.append((match[1].lower(), _FOLD.sub(b" ", match[2])))
        position = match.end()
    return found


def _bare(value: bytes) -> str:
    """The one address in a trace field; ``<>`` and what is no address are empty."""
    match = _MAILBOX.match(value.decode("latin-1").strip())
    return match[1] if match and "@" in match[1] else ""


def _author(value: bytes) -> str:
    shown = _ADDRESS.findall(value.decode("latin-1"))
    return shown[-1] if shown else ""
