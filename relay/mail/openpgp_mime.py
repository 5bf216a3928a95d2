"""Where OpenPGP stands in a message, and how a message of ours goes into it. Bytes in, bytes out; no cryptography.

Called by ``compose`` in the worker, for what comes in, and by ``flow.envelopes`` for what goes out. What comes in is
opened all or nothing: a message that is encrypted as a whole, by PGP/MIME, by PGP/MIME that a gateway has wrapped
anew, or as one armoured block that is its whole text. Anything else with encrypted parts stays closed, and is held
(a reader that joins clear and opened parts can be made to show one under the name of the other).

A signature proves a message only where what it covers is, octet by octet, what we read: a part that ends for us where
it does not end for the signature is nobody's. The header outside is covered by nothing (``Mail.covered``).

Standards: RFC 3156 (PGP/MIME), RFC 9580 §6.2 and §7 (armour, clear-signed text), RFC 9788 §2-4 (header protection).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from relay.errors import MalformedMessage
from relay.mail.addresslist import read_addresses
from relay.mail.body import decode_text
from relay.mail.content import TRADITIONAL
from relay.mail.html import to_text
from relay.mail.model import Header, Mail, Part
from relay.mail.parse import decode_body, parse

NEUTRAL_SUBJECT: Final = "[...]"
"""RFC 9788 §3.2.1: what the outer header says in place of the subject."""

MAX_SIGNED_OCTETS: Final = 2 << 20
"""Of a signed message whose signature is looked at; a larger one proves nothing."""

_LONGEST_PAGE: Final = 1_500_000

_BEGIN: Final = "-----BEGIN PGP MESSAGE-----"
_END: Final = "-----END PGP MESSAGE-----"
_CLEAR_SIGNED: Final = re.compile(
    r"\A\s*-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [^\n]*\n)*\n(.*?)\n"
    r"(-----BEGIN PGP SIGNATURE-----\n.*?\n-----END PGP SIGNATURE-----)\s*\Z",
    re.DOTALL,
)
_DAMAGED: Final = frozenset({"damaged-boundary", "no-boundary", "no-final-boundary", "too-many-parts"})
"""Where parts were found otherwise than by the delimiters that the standard has."""

_FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:.*(?:\n[ \t].*)*")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a detached signature was made over, with CRLF line ends, and the signature."""

    content: bytes
    signature: bytes


def sealed_in(mail: Mail) -> bytes:
    """The one ciphertext that is the whole message, armoured or not; empty when there is none."""
    root = mail.root
    if root.content_type in {"multipart/encrypted", "multipart/mixed"}:
        parts = [
            part for part in root.children if part.content_type != "text/plain" or _says_something(mail, part)
        ]
        kinds = [part.content_type for part in parts]
        if kinds in (
            ["application/pgp-encrypted", "application/octet-stream"],
            ["application/pgp-encrypted"] * 2,
        ):
            return decode_body(mail, parts[1])
        return b""
    return _armoured_text(mail).encode("ascii", "replace")


def _armoured_text(mail: Mail) -> str:
    """The one armoured message that is all of the text; empty when there is none.

    A second version of it as a page, which webmail makes of what is pasted into it, must say the same and nothing more.
    """
    text, *pages = _versions(mail)
    block = text.strip()
    is_one = block.startswith(_BEGIN) and block.endswith(_END) and block.count(_BEGIN) == 1
    return block if is_one and all(each.split() == block.split() for each in pages) else ""


def _versions(mail: Mail) -> list[str]:
    """The text of a message that is nothing but text, and its page where it has one."""
    root = mail.root
    parts = root.children if root.content_type == "multipart/alternative" else (root,)
    kinds = [part.content_type for part in parts if not part.children]
    if kinds == ["text/plain", "text/html"]:
        page = decode_text(mail, parts[1]).text
        return [decode_text(mail, parts[0]).text, to_text(page) if len(page) <= _LONGEST_PAGE else ""]
    return [decode_text(mail, root).text] if kinds in (["text/plain"], [TRADITIONAL]) else [""]


def _says_something(mail: Mail, part: Part) -> bool:
    return bool(decode_body(mail, part).strip())


def signed_in(mail: Mail) -> Signed | None:
    """The signature that covers the whole of the author's words, and what it covers."""
    root = mail.root
    if len(mail.raw) > MAX_SIGNED_OCTETS:
        return None
    if root.content_type == "multipart/signed" and len(root.children) == 2:
        content, signature = root.children
        if signature.content_type != "application/pgp-signature":
            return None
        octets = _with_header(mail, content, root.parameter("boundary"))
        return Signed(octets.replace(b"\n", b"\r\n"), decode_body(mail, signature)) if octets else None
    if root.content_type in {"text/plain", TRADITIONAL} and not root.children:
        text = decode_text(mail, root).text
        match = _CLEAR_SIGNED.match(text)
        if match and text.count("-----BEGIN PGP ") == 2:
            lines = (line.removeprefix("- ").rstrip(" \t") for line in match[1].split("\n"))
            return Signed("\r\n".join(lines).encode("utf-8"), match[2].encode("ascii", "replace"))
    return None


def _with_header(mail: Mail, part: Part, boundary: str) -> bytes:
    """The first part of a multipart as it was signed: its header too, without the line end before the delimiter.

    It ends where the part that we read ends, and begins behind the one delimiter before it: nothing between may be
    read in one way here and in another by ``parse``.
    """
    if not boundary or mail.defects & _DAMAGED:
        return b""
    delimiter = re.compile(
        rb"^--" + re.escape(boundary.encode("utf-8", "replace")) + rb"[ \t]*\n", re.MULTILINE
    )
    begins = [found.end() for found in delimiter.finditer(mail.raw, mail.root.span[0], part.span[0])]
    return mail.raw[begins[0] : part.span[1]] if len(begins) == 1 else b""


def covered_in(mail: Mail, content: bytes | None) -> tuple[Header, ...]:
    """The fields that stand inside of what was signed or, when ``content`` was opened, encrypted (RFC 9788 §4)."""
    root = mail.root
    if root.content_type == "multipart/signed" and root.children:
        return root.children[0].headers
    head = (content or b"").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    try:
        return parse(head + b"\n\n.").headers if head and not head.startswith(b"\n") else ()
    except MalformedMessage:
        return ()


def is_meant_for(mail: Mail, address: str) -> bool:
    """Tell whether what is covered names this reader, or no reader: a letter to somebody else is somebody's capture."""
    values = [field.value for field in mail.covered if field.name in {"to", "cc"}]
    named = {each.address.lower() for value in values for each in read_addresses(value).mailboxes}
    return not values or address in named


def covered_subject(mail: Mail) -> str:
    """The subject, where it is covered; empty otherwise, for anybody on the way could have written it."""
    value = next((field.value for field in mail.covered if field.name == "subject"), b"")
    return parse(b"Subject: " + value + b"\n\n.").subject


def opened(raw: bytes, content: bytes) -> bytes:
    """The message as it would have come in clear: the header from outside, the body from within.

    Of what the inner header says only the subject and the form of the body count (RFC 9788 §4): who wrote to whom is
    told by what carried it.
    """
    outer = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    inner = content.replace(b"\r\n", b"\n")
    if _armoured_text(parse(raw)):
        fields = [b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit"]
        words = inner
    else:
        head, _, words = inner.partition(b"\n\n") if not inner.startswith(b"\n") else (b"", b"", inner[1:])
        fields = [text for name, text in _fields(head) if name == b"subject" or name.startswith(b"content-")]
    is_named = any(text[:8].lower() == b"subject:" for text in fields)
    kept = [
        text
        for name, text in _fields(outer)
        if not name.startswith(b"content-")
        and name != b"mime-version"
        and not (is_named and name == b"subject")
    ]
    return b"\n".join([*kept, *fields, b"", words])


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of a header block with LF line ends: name in lower case, and the whole field."""
    return [(found[1].lower(), found[0]) for found in _FIELD.finditer(head)]


def _ours(message: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The fields of a message of ours, and its body with CRLF line ends."""
    head, _, body = message.partition(b"\r\n\r\n")
    return _fields(head.replace(b"\r\n", b"\n")), body


def _outside(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The fields of a message of ours that everybody may see (RFC 9788 §3.2.1)."""
    return [
        (name, f"Subject: {NEUTRAL_SUBJECT}".encode() if name == b"subject" else text)
        for name, text in fields
        if not name.startswith(b"content-")
    ]


def inner_of(message: bytes) -> bytes:
    """A message of ours as it is encrypted: all its fields, marked as protected (RFC 9788 §2, and the older way).

    What stands outside is repeated within (``HP-Outer``), so that its reader sees what was hidden and what was changed.
    """
    fields, body = _ours(message)
    marked = [
        text + b';\n hp="cipher"; protected-headers="v1"' if name == b"content-type" else text
        for name, text in fields
        if name != b"mime-version"
    ]
    marked += [b"HP-Outer: " + text for name, text in _outside(fields) if name != b"mime-version"]
    return b"\n".join([*marked, b"", b""]).replace(b"\n", b"\r\n") + body


def outer_of(message: bytes, armoured: bytes, boundary: str) -> bytes:
    """The message that carries an encrypted one: the same fields but for the subject, and nothing of the words."""
    fields, _ = _ours(message)
    edge = boundary.encode("ascii")
    lines = [
        *(text for _, text in _outside(fields)),
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";',
        b' boundary="' + edge + b'"',
        b"Content-Transfer-Encoding: 7bit",
        b"",
        b"--" + edge,
        b"Content-Type: application/pgp-encrypted",
        b"",
        b"Version: 1",
        b"",
        b"--" + edge,
        b'Content-Type: application/octet-stream; name="encrypted.asc"',
        b"",
        armoured.replace(b"\r\n", b"\n").strip(b"\n"),
        b"",
        b"--" + edge + b"--",
        b"",
    ]
    return b"\n".join(lines).replace(b"\n", b"\r\n")
