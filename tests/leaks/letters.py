"""Messages as mail programs write them, from their pieces; built by hand, because libraries write too well."""

from __future__ import annotations

import base64
import binascii
import html as markup_of
import quopri
from collections.abc import Sequence

from tests.leaks.who import Who

BOUNDARY = "=_part"


def encoded(body: bytes, encoding: str) -> bytes:
    """A body in a transfer encoding (RFC 2045 §6)."""
    if encoding == "base64":
        return base64.encodebytes(body).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    if encoding == "x-uuencode":
        lines = [binascii.b2a_uu(body[i : i + 45]) for i in range(0, len(body), 45)]
        return b"begin 644 text\r\n" + b"".join(lines).replace(b"\n", b"\r\n") + b"`\r\nend\r\n"
    return body


def entity(content_type: str, body: bytes | str, *fields: str, encoding: str = "8bit") -> bytes:
    """A part: its header and its body."""
    octets = body.replace("\r\n", "\n").replace("\n", "\r\n").encode() if isinstance(body, str) else body
    head = (f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}", *fields)
    return "\r\n".join(head).encode() + b"\r\n\r\n" + encoded(octets, encoding)


def parts(*of: bytes, kind: str = "mixed", boundary: str = BOUNDARY, more: str = "", preamble: str = "",
          epilogue: str = "", fields: Sequence[str] = ()) -> bytes:  # fmt: skip
    """A multipart of parts."""
    head = "\r\n".join((f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}', *fields)).encode()
    delimiter = f"\r\n--{boundary}\r\n".encode()
    body = delimiter + delimiter.join(of) + f"\r\n--{boundary}--\r\n".encode()
    return head + b"\r\n\r\n" + preamble.encode() + body + epilogue.encode()


def text(
    who: Who, *lines: str, charset: str = "utf-8", codec: str = "", encoding: str = "8bit", more: str = ""
) -> bytes:
    """A plain text that begins with what the author says to the reader."""
    words = "\r\n".join((who.says, "", *lines)).replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n"
    return entity(f"text/plain; charset={charset}{more}", words.encode(codec or charset), encoding=encoding)


def html(who: Who, markup: str, *, head: str = "") -> bytes:
    """A page that begins with what the author says to the reader."""
    page = f"<html><head>{head}</head><body><p>{markup_of.escape(who.says)}</p>\r\n{markup}</body></html>"
    return entity("text/html; charset=utf-8", page)


def letter(who: Who, body: bytes, *fields: str, subject: str = "A question", sender: str = "", to: str = "",
           date: str = "Mon, 23 Nov 2026 13:00:00 +0000", message_id: str = "") -> bytes:  # fmt: skip
    """A whole message. Its header tells no more than ``From`` unless the row says so."""
    head = (
        f"From: {sender or f'{who.name} <{who.address}>'}",
        f"To: {to or who.to}",
        f"Subject: {subject}",
        f"Date: {date}",
        f"Message-ID: <{message_id or who.plain_id}>",
        *(
            ()
            if any(field.lower().startswith("mime-version") for field in fields)
            else ("MIME-Version: 1.0",)
        ),
        *fields,
    )
    return "\r\n".join(field for field in head if not field.endswith(": -")).encode() + b"\r\n" + body


def attached(who: Who, content_type: str, data: bytes, *fields: str, name: str = "file.bin") -> bytes:
    """A text with one file."""
    shown = () if any(field.lower().startswith("content-disposition") for field in fields) else (
        f'Content-Disposition: attachment; filename="{name}"',)  # fmt: skip
    return letter(who, parts(text(who), entity(content_type, data, *shown, *fields, encoding="base64")))
