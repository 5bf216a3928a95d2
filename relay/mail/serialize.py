"""A new message to octets: the only way in which anything leaves.

Called by ``rebuild`` and ``notices`` with values of ours; what a person wrote is in ``text``,
``subject``, ``from_name`` and the attachments' data, and can be anything. Promises: exactly the
fields of ``FIELDS``, in this order, whatever the values hold (``introduced`` adds one more); ASCII
and CRLF only; no line over 998 octets, and none over 78 but for an address or id that is longer by
itself; the same message gives the same octets. Raises ``ValueError`` (without the value) for an
address, id, boundary, type or file name that is not plainly one: these are ours, so that is our
error. Ids that are referred to are mostly the reader's own; one that cannot be written is left
out, which costs a thread and no message.

Standards: RFC 5322 §2.1.1, §2.2.3, §3.3, §3.6; RFC 2045 §6.7, §6.8; RFC 2046 §5.1; RFC 2047;
RFC 2183; RFC 3834 §5.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from relay.domain.addresses import Address
from relay.mail import padding
from relay.mail.charset import clean_line, clean_text

FIELDS: Final = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)

INTRODUCTION: Final = "Autocrypt"
"""The one field that may come on top: the line's own key, in mail to seekers, where the operator has chosen so."""

MAX_LINE_OCTETS: Final = 998  # without CRLF (RFC 5322 §2.1.1)
LINE_OCTETS: Final = 78  # what should fit
BASE64_COLUMNS: Final = 76  # RFC 2045 §6.8
MAX_ID_OCTETS: Final = 250  # ours have some 60; room for everybody's
WORD_COLUMNS: Final = 56  # of encoded text in an encoded word, so that it fits beside "Subject: "
WORD_OCTETS: Final = WORD_COLUMNS // 4 * 3  # which base64 makes of so many octets

FOLD: Final = "\r\n "

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@:\[\]-]+\Z")  # dot-atoms and no-fold-literals
_BOUNDARY: Final = re.compile(r"[A-Za-z0-9'()+_,./:=?-]{1,70}\Z")
_AUTO_SUBMITTED: Final = re.compile(r"[a-z]+(?:-[a-z]+)*\Z")
_MEDIA_TYPE: Final = re.compile(
    r"(?!multipart/|message/)[a-z0-9][a-z0-9.+-]{0,40}/[a-z0-9][a-z0-9.+-]{0,80}(?:; charset=utf-8)?\Z"
)
_INTRODUCTION: Final = re.compile(
    r"addr=[a-z0-9.@-]{3,254};(?: prefer-encrypt=mutual;)? keydata=(?:\r\n [A-Za-z0-9+/]{1,76}={0,2})+\Z"
)
_FILENAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,59}\Z")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
# What Q leaves as it is, by the stricter rule for names (RFC 2047 §5 (3)).
_Q_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
# What MTAs and mailboxes change on the way: "From " becomes ">From ", a lone dot ends the message.
_FRAGILE_LINE: Final = re.compile(rb"^(?:From |\.$)", re.MULTILINE)
_DOTTED_LINE: Final = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along: cleaned octets under a neutral name."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class NewMessage:
    """All that a message of ours says. Ids are without angle brackets; empty ones are left out.

    ``date`` is aware; it leaves in UTC and whole minutes. ``auto_submitted`` is empty, or a word of
    RFC 3834 §5.2. ``boundary`` must not be guessable from anything about the author. ``padded``: filled up to
    one of the few sizes of ``padding``.
    """

    from_name: str
    from_address: str
    to_address: str
    subject: str
    date: datetime
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    auto_submitted: str
    text: str
    attachments: tuple[Attachment, ...]
    boundary: str
    padded: bool = False


def serialize(message: NewMessage) -> bytes:
    """The message as it goes to the next hop, before dot-stuffing. Raises ``ValueError``, see above."""
    boundary = _checked(_BOUNDARY, message.boundary, "boundary")
    fields = _fields(message)
    text = _text_part(message.text, boundary, undotted=message.padded)
    if not message.attachments and not message.padded:
        return ("\r\n".join(fields) + "\r\n").encode("ascii") + text
    fields.append(f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"')
    fields.append("Content-Transfer-Encoding: 7bit\r\n\r\n")
    delimiter = f"--{boundary}\r\n".encode("ascii")
    pieces = ["\r\n".join(fields).encode("ascii")]
    for part in (text, *map(_attachment_part, message.attachments)):
        pieces += (delimiter, part)
    pieces.append(f"--{boundary}--\r\n".encode("ascii"))
    if message.padded:
        pieces.append(padding.filler(sum(map(len, pieces))))
    return b"".join(pieces)


def introduced(message: bytes, value: str) -> bytes:
    """A finished message of ours with the field ``INTRODUCTION``. Raises ``ValueError`` for what is no such value."""
    if _INTRODUCTION.match(value) is None:
        raise ValueError("not a plain introduction")
    head, mime, rest = message.partition(b"MIME-Version: ")
    return b"".join((head, f"{INTRODUCTION}: {value}\r\n".encode("ascii"), mime, rest))


def _fields(message: NewMessage) -> list[str]:
    """The header up to MIME-Version, folded; without the last line end."""
    fields = [
        f"From: {_mailbox(message.from_name, message.from_address)}",
        f"To: {_address(message.to_address)}",
        f"Subject: {_unstructured(message.subject)}".rstrip(),
        f"Date: {_date(message.date)}",
        f"Message-ID: {_id(message.message_id)}",
    ]
    if _is_id(message.in_reply_to):
        fields.append(f"In-Reply-To: {_id(message.in_reply_to)}")
    references = [_id(each) for each in message.references if _is_id(each)]
    if references:
        fields.append("References: " + FOLD.join(references))
    if message.auto_submitted:
        fields.append(f"Auto-Submitted: {_checked(_AUTO_SUBMITTED, message.auto_submitted, 'keyword')}")
    fields.append("MIME-Version: 1.0")
    return fields


def _checked(pattern: re.Pattern[str], value: str, what: str) -> str:
    if pattern.match(value) is None:
        raise ValueError(f"not a plain {what}")
    return value


def _is_id(value: str) -> bool:
    """Tell whether an id can be written (RFC 5322 §3.6.4): not those of RFC 6532, nor quoted ones of old."""
    return len(value) <= MAX_ID_OCTETS and _ID.match(value) is not None


def _id(value: str) -> str:
    if not _is_id(value):
        raise ValueError("not a plain message id")
    return f"<{value}>"


def _address(value: str) -> str:
    Address.parse(value)
    return value


def _date(at: datetime) -> str:
    """RFC 5322 §3.3 in UTC and whole minutes: neither the zone nor the second of the author's clock."""
    if at.utcoffset() is None:
        raise ValueError("date without a zone")
    utc = at.astimezone(UTC)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {utc.day:02} {month} {utc.year:04} {utc.hour:02}:{utc.minute:02}:00 +0000"


def _mailbox(name: str, address: str) -> str:
    """``name <address>``, the name quoted or encoded where it must be (RFC 5322 §3.4, RFC 2047 §5 (3))."""
    address = _address(address)
    safe = _one_line(name)
    if not safe:
        return address
    if not safe.isascii() or "=?" in safe or len(safe) > WORD_COLUMNS:
        phrase = _encoded_words(safe)
    elif _ATOMS.match(safe):
        phrase = safe
    else:
        phrase = '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'
    last_line = len("From: ") + len(phrase.rpartition("\r\n")[2]) + len(f" <{address}>")
    return f"{phrase}{' ' if last_line <= LINE_OCTETS else FOLD}<{address}>"


def _unstructured(text: str) -> str:
    """A subject: as it is, folded between words, or in encoded words (RFC 5322 §2.2.3, RFC 2047)."""
    safe = _one_line(text)
    words = safe.split(" ")
    if not safe.isascii() or "=?" in safe or max(map(len, words)) > WORD_COLUMNS:
        return _encoded_words(safe)
    lines = [""]
    room = LINE_OCTETS - len("Subject: ")
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return FOLD.join(lines)


def _one_line(text: str) -> str:
    """Made safe for a header: no control or line separator is left, and one space between words."""
    return " ".join(word for word in clean_line(text).split(" ") if word)


def _encoded_words(text: str) -> str:
    """Encoded words of UTF-8, one a line, each of whole characters; Q or B, whichever is shorter."""
    octets = text.encode("utf-8")
    quoted = sum(1 if octet in _Q_PLAIN or octet == 0x20 else 3 for octet in octets) <= len(octets) * 4 / 3
    words = [""]
    used = 0
    for character in text:
        piece = _q(character) if quoted else character
        cost, room = (len(piece), WORD_COLUMNS) if quoted else (len(piece.encode("utf-8")), WORD_OCTETS)
        if used + cost > room:
            words.append("")
            used = 0
        words[-1] += piece
        used += cost
    return FOLD.join(f"=?utf-8?{'q' if quoted else 'b'}?{word if quoted else _b(word)}?=" for word in words)


def _q(character: str) -> str:
    octets = character.encode("utf-8")
    if character == " ":
        return "_"
    return character if octets[0] in _Q_PLAIN else "".join(f"={octet:02X}" for octet in octets)


def _b(text: str) -> str:
    return binascii.b2a_base64(text.encode("utf-8"), newline=False).decode("ascii")


def _text_part(text: str, boundary: str, *, undotted: bool) -> bytes:
    """Header fields and body of the text: 7bit when it is safe so, else the shorter of QP and base64.

    ``undotted``: no line begins with a dot, which SMTP would double (RFC 5321 §4.5.2), and the size would tell.
    """
    lines = clean_text(text)
    data = (lines if lines.endswith("\n") else lines + "\n").encode("utf-8")
    charset = "us-ascii" if data.isascii() else "utf-8"
    in_text = boundary.encode("ascii") in data or (undotted and _DOTTED_LINE.search(data) is not None)
    is_long = max(map(len, data.split(b"\n"))) > MAX_LINE_OCTETS
    fragile = in_text or is_long or _FRAGILE_LINE.search(data)
    if charset == "us-ascii" and not fragile:
        encoding, body = "7bit", data.replace(b"\n", b"\r\n")
    else:
        quoted, base64 = _quoted_printable(data), _base64(data.replace(b"\n", b"\r\n"))
        as_quoted = len(quoted) <= len(base64) and not in_text
        encoding, body = ("quoted-printable", quoted) if as_quoted else ("base64", base64)
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body


def _quoted_printable(data: bytes) -> bytes:
    """RFC 2045 §6.7. The encoder hides a lone dot; the F of "From " is hidden here, on a line of its own."""
    lines = binascii.b2a_qp(data, istext=True)
    return _FRAGILE_LINE.sub(b"=46rom=\n ", lines).replace(b"\n", b"\r\n")


def _base64(data: bytes) -> bytes:
    encoded = binascii.b2a_base64(data, newline=False)
    lines = [encoded[at : at + BASE64_COLUMNS] for at in range(0, len(encoded), BASE64_COLUMNS)]
    return b"\r\n".join((*lines, b""))


def _attachment_part(attachment: Attachment) -> bytes:
    content_type = _checked(_MEDIA_TYPE, attachment.content_type, "media type")
    filename = _checked(_FILENAME, attachment.filename, "file name")
    head = (
        f'Content-Type: {content_type};\r\n name="{filename}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment;\r\n filename="{filename}"\r\n\r\n'
    )
    return head.encode("ascii") + _base64(attachment.data)
