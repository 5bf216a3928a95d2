"""The body of one part: transfer encodings undone, and text made readable.

Called through ``parse`` by whoever reads a part. Promises: linear time; lenient decoding, so that
damaged mail yields what is left of it; the text has LF line ends and no control but the tab.
Nothing here raises.

Standards: RFC 2045 §6 (transfer encodings), RFC 2046 §4.1 (text), RFC 3676 (format=flowed, delsp);
uuencode as POSIX has it, under the labels that mail uses.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import replace
from typing import Final

from relay.mail.charset import Text, clean_text, decode, lenient_base64
from relay.mail.model import Mail, Part

_UUENCODED: Final = frozenset({"x-uuencode", "x-uue", "uuencode", "uue"})
_PADDED_SOFT_BREAK: Final = re.compile(rb"=[ \t]++\n")
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)
_UU_END: Final = re.compile(rb"^(?:`|end)[ \t]*$", re.MULTILINE)
_BASE64_RUN: Final = re.compile(rb"[^=]++=*+")
MAX_BASE64_RUNS: Final = 100  # pieces that were encoded one by one and put in a row
_META_CHARSET: Final = re.compile(
    rb"<meta\b[^>]{0,200}?charset\s{0,8}=\s{0,8}[\"']?\s{0,8}([A-Za-z0-9_:.+-]{1,40})", re.IGNORECASE
)
MIN_UNLABELLED_OCTETS: Final = 24
_ONLY_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]+(?:\n[A-Za-z0-9+/]+)*={0,2}\Z")
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")
META_BYTES: Final = 2048  # how far into a page its charset may be declared; browsers look at 1,024


def decode_body(mail: Mail, part: Part) -> bytes:
    """The octets of a part as its author's program had them; an unknown transfer encoding counts as none."""
    data = mail.raw[slice(*part.span)]
    if part.encoding == "base64":
        return _base64(data)
    if part.encoding == "quoted-printable":
        if b"= " in data or b"=\t" in data:
            data = _PADDED_SOFT_BREAK.sub(b"=\n", data)
        return binascii.a2b_qp(data)
    if part.encoding in _UUENCODED:
        return _uuencode(data)
    return data


def decode_text(mail: Mail, part: Part) -> Text:
    """The text of a text part: decoded, lines ended by LF, flowed paragraphs joined."""
    data = _unlabelled_base64(mail.raw[slice(*part.span)]) or decode_body(mail, part)
    label = part.parameter("charset")
    if not label and part.content_type == "text/html" and (meta := _META_CHARSET.search(data[:META_BYTES])):
        label = meta[1].decode("ascii")
    decoded = decode(data, label)
    text = clean_text(decoded.text)
    if part.content_type == "text/plain" and part.parameter("format").lower() == "flowed":
        text = unfold_flowed(text, delete_space=part.parameter("delsp").lower() == "yes")
    return replace(decoded, text=text)


def _unlabelled_base64(data: bytes) -> bytes:
    """A text that is base64 from end to end, whatever the label says, when it comes to text; else nothing.

    Nobody writes so; somebody's program or gateway has lost the label, and the reader would have to undo it by hand.
    """
    digits = data.strip()
    if len(digits) < MIN_UNLABELLED_OCTETS or not _ONLY_BASE64.match(digits):
        return b""
    try:
        octets = binascii.a2b_base64(digits.replace(b"\n", b""), strict_mode=True)
    except binascii.Error:
        return b""
    return octets if b" " in octets and not _NO_TEXT.search(octets) else b""


def _base64(data: bytes) -> bytes:
    if data.count(b" ") * 10 > len(data):  # words: somebody wrote text under a wrong label
        return data
    pad = data.find(b"=")
    if pad < 0 or not data[pad:].strip(b"= \t\n"):
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            return lenient_base64(data)
    runs: list[bytes] = []
    for run in _BASE64_RUN.finditer(data):
        if len(runs) == MAX_BASE64_RUNS:
            runs.append(lenient_base64(data[run.start() :]))
            break
        runs.append(lenient_base64(run[0]))
    return b"".join(runs)


def _uuencode(data: bytes) -> bytes:
    """The first file in ``data``; ``data`` itself when there is none."""
    begin = _UU_BEGIN.search(data)
    if begin is None:
        return data
    end = _UU_END.search(data, begin.end())
    lines = data[begin.end() : end.start() if end else len(data)].split(b"\n")
    return b"".join(map(_uu_line, lines))


def _uu_line(line: bytes) -> bytes:
    """One line; the length in its first octet counts, not what a mailer added or cut at its end."""
    if not line:
        return b""
    count = (line[0] - 32) & 63
    needed = 1 + (count + 2) // 3 * 4
    try:
        return binascii.a2b_uu(line[:needed].rstrip(b" \t").ljust(needed))
    except binascii.Error:
        return b""


def unfold_flowed(text: str, *, delete_space: bool) -> str:
    """Join the lines of format=flowed paragraphs (RFC 3676 §4), level of quotes by level.

    Quoted lines come out as ``> `` once per level; ``-- `` stays alone on its line (§4.3).
    """
    out: list[str] = []
    paragraph: list[str] = []
    open_depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if paragraph and (depth != open_depth or content == "-- "):
            out.append(_quoted("".join(paragraph).rstrip(" "), open_depth))
            paragraph = []
        if content.endswith(" ") and content != "-- ":
            paragraph.append(content[:-1] if delete_space else content)
            open_depth = depth
            continue
        out.append(_quoted("".join((*paragraph, content)), depth))
        paragraph = []
    if paragraph:
        out.append(_quoted("".join(paragraph).rstrip(" "), open_depth))
    return "\n".join(out)


def _quoted(line: str, depth: int) -> str:
    return f"{'>' * depth} {line}" if depth else line
