"""Every way to read some octets: what the gate looks at.

Only ``gate`` calls this. ``pieces`` cuts a message at its boundaries; ``texts`` gives the ways to read one
piece as text; ``unpacked`` gives the octets that are wrapped in it, to be looked at in turn. Structure that
is declared is not believed: every ``=40`` is taken for quoted-printable and every long run of letters for
base64, whatever the header says. Linear in the octets; packed streams are ``gate_packed``'s, and
what that cannot unpack raises ``Unsearchable``. No other exception.

Standards: RFC 2045 §6.7-6.8 (quoted-printable, base64), RFC 2047 (encoded words), RFC 2231 (parameters),
RFC 3676 §4.2 (soft line breaks), RFC 2152 (UTF-7).
"""

from __future__ import annotations

import binascii
import contextlib
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from relay.mail.gate_packed import Budget, streams
from relay.mail.patterns import possessive

# A message of ours has some tens of parts; more cuts than this only cost precision of the place.
_MAX_PIECES = 500
# Names in mail headers of codecs that are slow on purpose or are no charsets.
_NO_CHARSET = frozenset(
    ["idna", "punycode", "undefined", "mbcs", "oem", "unicode_escape", "raw_unicode_escape"]
)
_UTF_16_SHARE = 5  # one octet in five is NUL: Western text in UTF-16, not a picture

_CHARSET = re.compile(rb"charset\*?=\s?\"?(?:us-ascii'')?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_CONTINUATION = re.compile(rb"\"?;[ \t\r\n]{0,8}[A-Za-z-]{1,40}\*[0-9]{1,3}\*?=[ \t]?\"?")
_QUOTED_PRINTABLE = re.compile(rb"=([0-9A-Fa-f]{2})|=[ \t]{0,8}\r?\n")
_WORD = re.compile(rb"=\?([^?\s]{1,64})\?([bBqQ])\?([^?\r\n]{0,4000})\?=(?:[ \t\r\n]{1,8}(?==\?))?")
_PERCENT = possessive(rb"(?:%[0-9A-Fa-f]{2})++")
_ESCAPE = re.compile(rb"\\u\{?([0-9A-Fa-f]{4,6})\}?|\\x([0-9A-Fa-f]{2})")
_REFERENCE = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});?")
_SPACED_HEX = possessive(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:(?:\\x|[ :,-]|0x|[ ,]0x)[0-9A-Fa-f]{2}){5,}+")
_HEX_SEPARATOR = re.compile(rb"0x|\\x|[ :,-]")
_DIGIT = rb"[A-Za-z0-9+/_=-]"
_RUN_DIGITS = 12
# Lines of it stay lines or, where a text was wrapped anew, are joined by a blank; words are shorter than lines.
_BASE64_RUN = possessive(
    rb"(?<!%(digit)b)%(digit)b{%(fewest)d,}+"
    rb"(?:(?:(?<=%(digit)b{40}) )?\r?\n%(digit)b{4,}+|(?<=%(digit)b{40}) %(digit)b{4,}+)*+"
    % {b"digit": _DIGIT, b"fewest": _RUN_DIGITS}
)
# Its digits as zeros and all else as blanks: most texts have no such run, which is seen so at once.
_RUNS = bytes(ord("0" if re.match(_DIGIT, bytes((octet,))) else " ") for octet in range(256))
_UTF_7 = re.compile(rb"\+[AB][A-Za-z0-9+/]{2,}")
_TAG = re.compile(r"<[^<>]*>")
# Characters in UTF-8 of one, two and three octets, by what they begin with and go on with; see ``readable``.
_FEWEST_CHARACTERS = 6
_KINDS = bytes(
    ord(
        "s" if octet == 9 or 0x20 <= octet < 0x7F else  # a character by itself
        "2" if 0xC2 <= octet < 0xE0 else "3" if 0xE0 <= octet < 0xF0 else "c" if 0x80 <= octet < 0xC0 else "."
    )
    for octet in range(256)
)  # fmt: skip
_ALONE = bytes(ord(".") if chr(octet) in "23c" else octet for octet in range(256))
_ONE_OCTET = bytes(kind if kind == ord("s") else ord(".") for kind in _KINDS)
_FEWEST_PRINTABLE = 8
_BASE64_OCTETS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n"
_URLSAFE = bytes.maketrans(b"-_", b"+/")
_CONTROLS = bytes({*range(32)} - set(b"\t\n\r\f\x1b"))
# What every message of ours says in its headers, so that somebody called "May" or "Date" can be helped.
_BOILERPLATE = re.compile(
    rb"^(?:Date: [A-Z][a-z]{2}, [ 0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000$"
    rb"|MIME-Version: 1\.0$|Auto-Submitted: auto-(?:replied|generated)$"
    rb"|Content-(?:Type|Transfer-Encoding|Disposition|ID): ?"
    rb"|(?:From|To|Subject|Message-ID|In-Reply-To|References): ?)",
    re.MULTILINE | re.IGNORECASE,
)
_MEDIA_TYPE = re.compile(
    rb"\b(?:text/(?:plain|html)|multipart/(?:mixed|alternative)|image/(?:png|jpeg)|application/(?:pdf|octet-stream)"
    rb"|charset=|boundary=|filename=|name=|format=flowed|delsp=yes|base64$|quoted-printable$|attachment;|inline;)"
)
# A run of base64 shorter than this is a word, unless it decodes to text.
_SHORT_RUN = 200
# A body of base64 larger than this is searched decoded only; its letters make words by chance.
_LARGE_BASE64 = 1 << 16
_FIRST_LOOK = 1024
# In binary octets larger than this only ASCII is looked for as text; other scripts as they are.
_LARGE_BINARY = 1 << 20
_FEWEST_HEX_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """Octets to look at, where they stand and by which steps they were unwrapped."""

    place: str
    octets: bytes
    encoding: str = ""
    depth: int = 0
    charset: str = ""
    is_header: bool = False
    has_words: bool = True  # short words in it are words, and not the chance of binary octets

    def inside(self, octets: bytes, step: str) -> Piece:
        """What was wrapped in this piece by ``step``."""
        encoding = f"{self.encoding}+{step}" if self.encoding else step
        return replace(self, octets=octets, encoding=encoding, depth=self.depth + 1)


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a piece. ``has_words``: a person would see it, so that short words count."""

    text: str
    reading: str
    has_words: bool


def pieces(message: bytes) -> Iterator[Piece]:
    """Header and body of the message and of every part, cut where any line begins with ``--``."""
    for number, chunk in enumerate(message.split(b"\n--", _MAX_PIECES)):
        name = f"part {number}" if number else "message"
        header, _, body = chunk.replace(b"\r\n", b"\n").partition(b"\n\n")
        charset = _CHARSET.search(header)
        declared = charset.group(1).decode("ascii").lower() if charset else ""
        header = _MEDIA_TYPE.sub(b" ", _BOILERPLATE.sub(b" ", header))
        yield Piece(f"{name} header", header, charset=declared, is_header=True)
        if body:
            yield Piece(f"{name} body", body, charset=declared)


def texts(piece: Piece) -> Iterator[View]:
    """The ways to read the octets as they are, if they are text."""
    octets = piece.octets
    if not is_text(octets):
        return
    has_words = piece.has_words and (len(octets) < _SHORT_RUN or not is_base64(octets))
    for text in _as_written(octets):
        yield View(text, "", has_words=has_words)
        bare = text
        if "<" in text:
            bare = _TAG.sub("", text)
            yield View(bare, "markup", has_words=has_words)
        if "\n" in bare:
            joined = "".join(line.strip(" \t\r>") for line in bare.split("\n"))
            yield View(joined, "joined lines", has_words=has_words)


def unpacked(piece: Piece, budget: Budget) -> Iterator[Piece]:
    """What is wrapped in a piece, one layer down. Raises ``Unsearchable``."""
    octets = piece.octets
    if is_base64(octets):
        yield piece.inside(_from_base64(octets), "base64")
        if len(octets) > _LARGE_BASE64:
            return
    yield from _other_charsets(piece)
    for stream, step in streams(octets, budget):
        yield piece.inside(stream, step)
    if not is_text(octets):
        strings = printable(octets) if len(octets) > _LARGE_BINARY else readable(octets)
        if strings:
            text = b"\n".join(strings).decode("utf-8", "replace").encode("utf-8")
            yield replace(piece.inside(text, "strings"), has_words=False)
        return
    escaped = octets if piece.has_words else _escaped(octets)
    undone, step = _undone(escaped)
    if undone != escaped:
        yield piece.inside(undone, step)
    has_run = b"0" * _RUN_DIGITS in octets.translate(_RUNS)
    for run in _BASE64_RUN.finditer(octets) if has_run else ():
        yield from _runs(piece, run.group())
    digits = len(octets) - len(octets.translate(None, b"0123456789"))
    for spaced in _SPACED_HEX.finditer(octets) if digits >= _FEWEST_HEX_DIGITS else ():
        yield piece.inside(bytes.fromhex(_HEX_SEPARATOR.sub(b"", spaced.group()).decode("ascii")), "hex")


def readable(octets: bytes) -> list[bytes]:
    """Every longest run of six and more characters that can be read, in octets that are no text.

    By kinds of octets, so that most of the work is done without a look at each: a character is written as ``s`` and,
    where it goes on, ``m``; whatever else is a full stop. A pattern of whole characters takes twenty times as long.
    """
    kinds = octets.translate(_KINDS).replace(b"3cc", b"smm").replace(b"2c", b"sm").translate(_ALONE)
    return [
        octets[start:end]
        for start, end in _runs_of_s(kinds.replace(b"m", b"s"), _FEWEST_CHARACTERS)
        if kinds.count(b"s", start, end) >= _FEWEST_CHARACTERS
    ]


def printable(octets: bytes) -> list[bytes]:
    """Every longest run of eight and more octets of ASCII, in octets that are no text."""
    return [octets[start:end] for start, end in _runs_of_s(octets.translate(_ONE_OCTET), _FEWEST_PRINTABLE)]


def _runs_of_s(kinds: bytes, fewest: int) -> Iterator[tuple[int, int]]:
    """Where there are at least so many, up to the next full stop."""
    needle = b"s" * fewest
    start = kinds.find(needle)
    while start >= 0:
        end = kinds.find(b".", start + fewest)
        end = len(kinds) if end < 0 else end
        yield start, end
        start = kinds.find(needle, end)


def is_base64(octets: bytes) -> bool:
    """Tell whether all octets could be one base64 body; a look at the first ones mostly decides."""
    if octets[:_FIRST_LOOK].translate(None, _BASE64_OCTETS):
        return False
    return b"=" not in octets.rstrip(b"=\r\n") and not octets.translate(None, _BASE64_OCTETS)


def is_large_base64(octets: bytes) -> bool:
    """Tell whether the octets are a base64 body too large to be taken for words."""
    return len(octets) > _LARGE_BASE64 and is_base64(octets)


def is_text(octets: bytes) -> bool:
    """Tell whether octets have no control character in them but those of running text."""
    return all(len(part.translate(None, _CONTROLS)) == len(part) for part in (octets[:_FIRST_LOOK], octets))


def _as_written(octets: bytes) -> tuple[str, ...]:
    """Text in UTF-8; where that is broken somewhere, what is whole of it, and all of it in Latin-1."""
    try:
        return (octets.decode("utf-8"),)
    except UnicodeDecodeError:
        return octets.decode("utf-8", "replace"), octets.decode("latin-1")


def _other_charsets(piece: Piece) -> Iterator[Piece]:
    """The same text in the charset that is declared and in those that octets give away."""
    octets = piece.octets
    charsets = {piece.charset} - {"", "utf-8", "us-ascii"} if not piece.is_header else set()
    if octets.count(0) * _UTF_16_SHARE > len(octets) or octets[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        charsets |= {"utf-16-le", "utf-16-be"}
    if b"+" in octets and _UTF_7.search(octets) and is_text(octets):
        charsets.add("utf-7")
    for charset in sorted(charsets):
        text = _decoded(octets, charset).encode("utf-8", "replace")
        if text not in {b"", octets}:
            yield replace(piece.inside(text, charset), charset="")


def _decoded(octets: bytes, charset: str) -> str:
    """Text in a charset, as far as it can be read; empty when there is no such charset."""
    with contextlib.suppress(LookupError, ValueError):
        if charset.replace("-", "_") not in _NO_CHARSET:
            return octets.decode(charset, "replace")
    return ""


def _escaped(octets: bytes) -> bytes:
    """Of words between octets that are no text, the lines with an escape and those beside them.

    Chance makes some in every picture; all other words would be searched again, and again.
    """
    kept, end = [], 0
    for at in sorted(match.start() for _, pattern, _, _ in _ESCAPES for match in pattern.finditer(octets)):
        if at < end:
            continue
        begin = max(end, octets.rfind(b"\n", 0, max(octets.rfind(b"\n", 0, at), 0)) + 1)
        behind = octets.find(b"\n", at)
        end = octets.find(b"\n", behind + 1) if behind >= 0 else -1
        end = len(octets) if end < 0 else end
        kept.append(octets[begin:end])
    return b"\n".join(kept)


def _undone(octets: bytes) -> tuple[bytes, str]:
    """Take away every escape of running text once, and name those that were there."""
    steps = []
    for mark, pattern, undo, step in _ESCAPES:
        if mark in octets:
            plainer = pattern.sub(undo, octets)
            if plainer != octets:
                octets = plainer
                steps.append(step)
    return octets, "+".join(steps)


def _undo_word(match: re.Match[bytes]) -> bytes:
    charset, encoding, text = match.groups()
    quoted = text.replace(b"_", b" ")
    octets = _from_base64(text) if encoding in b"bB" else _QUOTED_PRINTABLE.sub(_undo_octet, quoted)
    name = charset.decode("latin-1").lower().partition("*")[0]
    return _decoded(octets, name).encode("utf-8", "replace") or octets


def _undo_octet(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match.group(1).decode("ascii")) if match.group(1) else b""


def _undo_percent(match: re.Match[bytes]) -> bytes:
    return unquote_to_bytes(match.group())


def _undo_escape(match: re.Match[bytes]) -> bytes:
    code = int(match.group(1) or match.group(2), 16)
    return chr(code).encode("utf-8", "replace") if code <= _LAST_CODE_POINT else b""


def _undo_reference(match: re.Match[bytes]) -> bytes:
    return html.unescape(match.group().decode("ascii")).encode("utf-8", "replace")


_LAST_CODE_POINT = 0x10FFFF
_ESCAPES: tuple[tuple[bytes, re.Pattern[bytes], Callable[[re.Match[bytes]], bytes], str], ...] = (
    (b"=?", _WORD, _undo_word, "encoded word"),
    (b"*", _CONTINUATION, lambda _: b"", "parameter"),
    (b"=", _QUOTED_PRINTABLE, _undo_octet, "quoted-printable"),
    (b"%", _PERCENT, _undo_percent, "percent"),
    (b"\\", _ESCAPE, _undo_escape, "escape"),
    (b"&", _REFERENCE, _undo_reference, "character reference"),
)


def _from_base64(octets: bytes) -> bytes:
    """Decode as much as can be; padding in the middle begins anew (RFC 4648 §3.3)."""
    runs = octets.translate(_URLSAFE, b"\r\n ").rstrip(b"=").split(b"=")
    return b"".join(binascii.a2b_base64(run[: len(run) - (len(run) % 4 == 1)] + b"==") for run in runs if run)


def _runs(piece: Piece, run: bytes) -> Iterator[Piece]:
    """A run of base64 in running text; behind a word, or a first line that is one, it begins anywhere."""
    starts = {0, run.find(b"\n") + 1} | (set(range(4)) if len(run) < _LARGE_BASE64 else set())
    for start in sorted(starts):
        octets = _from_base64(run[start:])
        if (start == 0 and len(run) >= _SHORT_RUN) or _is_readable(octets):
            yield piece.inside(octets, "base64")


def _is_readable(octets: bytes) -> bool:
    return octets.isascii() or 0 in octets or len(_as_written(octets)) == 1
