"""The corpus as letters that can be sent: which files are mail, and how each is sent as a request and as a reply.

The folder is beside the checkout or not there at all (``FOLDER.is_dir()``). Nothing of it is ever copied here.
"""

from __future__ import annotations

import base64
import email
import email.header
import email.policy
import email.utils
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.daemon import ROOT

FOLDER = ROOT.parent / "shared" / "corpus"

_NOT_MAIL = re.compile(
    r"hsds/|LICENSES/"
    r"|email_reply_trimmer/(?:trimmed|elided|embedded|before)/"  # what another project expects of its inputs
    r"|talon/.*(?:_signature|_sender)\Z"
)
_FILES = {
    ".gif": b"image/gif",
    ".jpg": b"image/jpeg",
    ".png": b"image/png",
    ".tiff": b"image/tiff",
    ".ics": b"text/calendar; method=REQUEST",
    ".tnef": b"application/ms-tnef",
}
_BODY_NAME = re.compile(r"\.(?:txt|html)\Z|_(?:body|reply_text)\Z")
_BEGINS_AS_MESSAGE = re.compile(
    rb"From |(?:From|Received|Return-Path|Path|Message-ID|Date|To|MIME-Version)[ \t]*:", re.IGNORECASE
)

_HEAD = b"""\
From: Wren Ashgrove-Tarn <wren.ashgrove-tarn@elsewhere-9f3c.test>
Subject: Again
Date: Mon, 23 Nov 2026 13:00:00 +0100
MIME-Version: 1.0
"""
_BODY = b"Content-Type: text/%s; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
_FILE = b"""\
Content-Type: multipart/mixed; boundary="=_file"

--=_file
Content-Type: text/plain; charset=us-ascii

I send you a file.

--=_file
Content-Type: %s
Content-Disposition: attachment; filename="file%s"
Content-Transfer-Encoding: base64

%s
--=_file--
"""

_HEAD_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
_FROM_FIELD = re.compile(
    rb"(?im)(?:^|(?<=\r))from[ \t]*:[^\r\n]*(?:\r\n|\n|\r)?(?:[ \t]+[^\r\n]*(?:\r\n|\n|\r)?)*"
)
_MESSAGE_ID = re.compile(rb"(?im)^message-id:\s*(<[^<>\n]+>)")


@dataclass(frozen=True)
class Writer:
    """Somebody of ours who sends a letter of the corpus as their own."""

    name: str
    address: str

    @property
    def field(self) -> bytes:
        return f"{self.name} <{self.address}>".encode()


@dataclass(frozen=True)
class Sample:
    """One file of the corpus; ``raw``: a message, made into one when the file holds only a body or a picture."""

    name: str
    classes: frozenset[str]
    raw: bytes

    @property
    def source(self) -> str:
        """The folder that the file is from."""
        return self.name.partition("/")[0]

    @cached_property
    def head(self) -> bytes:
        end = _HEAD_END.search(self.raw)
        return self.raw[: end.start()] if end else self.raw

    @cached_property
    def authors(self) -> tuple[Writer, ...]:
        """Every mailbox of every From field, as the standard library reads them."""
        fields = email.message_from_bytes(self.head + b"\n\n", policy=email.policy.compat32).get_all(
            "from", []
        )
        pairs = email.utils.getaddresses([decoded(str(field)) for field in fields])
        return tuple(Writer(name, address) for name, address in pairs if "@" in address)

    def sent_by(self, writer: Writer) -> bytes:
        """The same letter with another author: From is theirs, and so is what stood for the author elsewhere."""
        raw = self.raw
        for author in self.authors:
            raw = re.sub(
                re.escape(author.address.encode()), writer.address.encode(), raw, flags=re.IGNORECASE
            )
            if " " in author.name and author.name.isascii():
                raw = raw.replace(author.name.encode(), writer.name.encode())
        end = _HEAD_END.search(raw)
        place = end.start() if end else len(raw)
        head = _FROM_FIELD.sub(b"", raw[:place])
        begin = head.find(b"\n") + 1 if head.startswith((b"From ", b">From ")) else 0
        new_line = line_end(raw)
        # A field in between, for files that begin with a blank: it would be a continuation of From.
        ours = b"From: " + writer.field + new_line + b"Comments: sent again" + new_line
        return head[:begin] + ours + head[begin:] + raw[place:]


def is_the_same(raw: bytes, other: bytes) -> bool:
    """Tell whether two letters are one message that came twice: id and body, or everything where there is no id."""
    one, two = (re.sub(rb"\r\n|\r", b"\n", each).rstrip(b"\n") for each in (raw, other))
    ids = [_MESSAGE_ID.findall(each.partition(b"\n\n")[0])[:1] for each in (one, two)]
    bodies = [each.partition(b"\n\n")[2] for each in (one, two)]
    return (ids[0] == ids[1] and bodies[0] == bodies[1]) if ids[0] else one == two


def line_end(raw: bytes) -> bytes:
    """How the file ends its lines."""
    if b"\r\n" in raw:
        return b"\r\n"
    return b"\r" if b"\r" in raw and b"\n" not in raw else b"\n"


def on_the_wire(raw: bytes) -> bytes:
    """A file that ends all lines in LF is sent with CRLF, as mail programs do; any other exactly as it is."""
    return raw if b"\r" in raw else raw.replace(b"\n", b"\r\n")


def decoded(field: str) -> str:
    """Encoded words decoded (RFC 2047) as far as they can be."""
    try:
        return str(email.header.make_header(email.header.decode_header(field)))
    except (ValueError, LookupError, email.errors.HeaderParseError):
        return field


def samples() -> Iterator[Sample]:
    """All mail of the corpus, in the order of its list."""
    for row in (FOLDER / "MANIFEST.tsv").read_text("utf-8").splitlines()[1:]:
        columns = row.split("\t")
        if not _NOT_MAIL.match(columns[0]):
            raw = (FOLDER / columns[0]).read_bytes()
            yield Sample(columns[0], frozenset(columns[6].split(",")), as_message(columns[0], raw))


def as_message(name: str, raw: bytes) -> bytes:
    """The file itself when it is a message, else a plain message around it."""
    suffix = Path(name).suffix
    if suffix in _FILES:
        return _HEAD + _FILE % (_FILES[suffix], suffix.encode(), base64.encodebytes(raw))
    if not _BODY_NAME.search(name) or _BEGINS_AS_MESSAGE.match(raw):
        return raw
    return _HEAD + _BODY % (b"html" if suffix == ".html" else b"plain") + raw
