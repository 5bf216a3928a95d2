"""Octets to text: charsets as people really label them, and encoded words in headers.

Called by ``headers``, ``addresslist`` and ``body``. Promises: a label chooses among the codecs
listed here and never runs another one (``idna``, ``unicode_escape``, ``zlib``, ``hz`` … stay out
of reach); text is never lost because a label is wrong, missing or unknown; time is linear in the
octets. Nothing here raises for any input.

Standards: RFC 2047 (encoded words, with the language suffix of RFC 2231 §5), RFC 2152 (UTF-7),
RFC 2781 (UTF-16 without a mark), and for the aliases what browsers and mailers agree on
(ISO-8859-1 is read as windows-1252, gb2312 as gb18030, ks_c_5601-1987 as windows-949).
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text; ``lossy`` when some octets had no meaning in ``charset``, the codec that was used."""

    text: str
    lossy: bool
    charset: str


# Codec and its labels, compacted: lower case, letters and digits only, without a leading "x" or "cs".
_LABELS: Final = {
    "utf_8": "utf8 utf8mb4 unicode unicode11utf8 unicode20utf8",
    "utf_7": "utf7 unicode11utf7 unicode20utf7",
    "utf_16": "utf16 ucs2 iso10646ucs2 utf16le utf16be unicodefeff unicodefffe",
    "utf_32": "utf32 ucs4 iso10646ucs4 utf32le utf32be",
    "ascii": "usascii ascii ansix341968 ansix341986 iso646us iso646irv us 646",
    "koi8_r": "koi8r koi8 koi",
    "koi8_u": "koi8u koi8ru",
    "koi8_t": "koi8t",
    "cp874": "tis620 thai",
    "cp932": "shiftjis sjis mskanji windows31j shiftjisx0213 jis",
    "cp949": "euckr ksc56011987 ksc56011989 ksc5601 ksc5601 korean uhc isoir149 kscs56011987 kscc56011987",
    "gb18030": "gb18030 gb2312 gb231280 gbk euccn chinese isoir58 gb",
    "cp950": "big5 cnbig5 big5eten big5hkscs hkscs",
    "euc_jp": "eucjp ujis extendedunixcodepackedformatforjapanese",
    "iso2022_jp": "iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jp2004 iso2022jpms",
    "iso2022_kr": "iso2022kr",
    "mac_roman": "macintosh mac macroman",
    "mac_cyrillic": "maccyrillic macukrainian",
    "mac_latin2": "macce maccentraleurope maclatin2",
    "mac_greek": "macgreek",
    "mac_turkish": "macturkish",
    "mac_iceland": "maciceland",
    "cp1251": "kz1048 ptcp154",
    "hp_roman8": "hproman8 roman8",
    "johab": "johab",
}
_CODECS: Final = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_CODE_PAGES: Final = frozenset(
    {437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874, 932, 949, 950}
    | set(range(1250, 1259))
)
_NAMED_PAGES: Final = {
    819: "cp1252",
    936: "gb18030",
    1200: "utf_16",
    10000: "mac_roman",
    20127: "ascii",
    20866: "koi8_r",
    21866: "koi8_u",
    28591: "cp1252",
    28592: "iso8859_2",
    28595: "iso8859_5",
    28597: "iso8859_7",
    28598: "cp1255",
    28599: "cp1254",
    28605: "iso8859_15",
    50220: "iso2022_jp",
    51932: "euc_jp",
    51949: "cp949",
    54936: "gb18030",
    65000: "utf_7",
    65001: "utf_8",
}
# ISO 8859 parts whose windows sibling holds the same letters in the same places, and more.
_ISO_8859: Final = {number: f"iso8859_{number}" for number in range(2, 17) if number != 12} | {
    1: "cp1252",
    8: "cp1255",
    9: "cp1254",
    11: "cp874",
}
_LATIN: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 9, 6: 10, 7: 13, 8: 14, 9: 15, 10: 16}

# What to try when the codec and UTF-8 fail: a superset, or what programs send under that label.
_SECOND: Final = {
    "cp950": ("big5hkscs",),
    "euc_jp": ("euc_jis_2004", "cp932"),
    "iso2022_jp": ("iso2022_jp_ext", "euc_jp", "cp932"),
    "iso2022_kr": ("cp949",),
}

MAX_LABEL_CHARS: Final = 64  # the longest registered charset name has 45
_JUNK_IN_LABEL: Final = re.compile(r"[^a-z0-9]+")
_ISO_LABEL: Final = re.compile(r"(?:iso)?8859(\d{1,2})[ei]?\Z")
_LATIN_LABEL: Final = re.compile(r"(?:latin|l)(\d{1,2})\Z")
_PAGE_LABEL: Final = re.compile(r"(?:windows|win|cp|ibm|ms|msdos|oem|dos|codepage)?0?(\d{3,5})\Z")


def codec_for(label: str) -> str:
    """Name of the Python codec that a charset label stands for; empty when the label is not one we run."""
    if not label:
        return ""
    compact = label[:MAX_LABEL_CHARS].lower().strip(" \t'\"")
    compact = _JUNK_IN_LABEL.sub("", re.split(r"[;:,\s*]", compact, maxsplit=1)[0])
    for name in (compact, compact.removeprefix("x"), compact.removeprefix("cs")):
        if codec := _CODECS.get(name):
            return codec
        if iso := _ISO_LABEL.match(name):
            return _ISO_8859.get(int(iso[1]), "")
        if latin := _LATIN_LABEL.match(name):
            return _ISO_8859.get(_LATIN.get(int(latin[1]), 0), "")
        if page := _PAGE_LABEL.match(name):
            number = int(page[1])
            return f"cp{number}" if number in _CODE_PAGES else _NAMED_PAGES.get(number, "")
    return ""


_STATEFUL: Final = frozenset({"utf_7", "iso2022_jp", "iso2022_kr"})  # 7-bit octets that are not ASCII
_GUESSED: Final = frozenset({"", "ascii", "cp1252"})  # labels that are put on any mail, UTF-8 included
_JIS_ESCAPE: Final = re.compile(rb"\x1b(?:\$[@B]|\([BJI])")
_AS_1252: Final = {0xDC00 + octet: bytes([octet]).decode("cp1252", "replace") for octet in range(0x80, 0x100)}


def decode(data: bytes, label: str = "") -> Text:
    """Decode ``data`` as ``label`` says where that makes sense, and as the octets say where it does not."""
    codec = codec_for(label)
    if data.startswith(b"\xef\xbb\xbf"):
        data, codec = data[3:], "utf_8"
    if codec in {"utf_16", "utf_32"} or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _wide(data, codec, label)
    if codec in _GUESSED and b"\x1b" in data and _JIS_ESCAPE.search(data):
        codec = "iso2022_jp"  # the escape sequence says so; nothing else begins a line of text with it
    if data.isascii() and codec not in _STATEFUL:
        return Text(data.decode("ascii"), lossy=False, charset=codec or "ascii")
    if codec in _GUESSED or codec == "utf_8":
        return _utf8_or_1252(data, labelled_utf8=codec == "utf_8")
    for candidate in (codec, "utf_8", *_SECOND.get(codec, ())):
        try:
            return Text(data.decode(candidate), lossy=False, charset=candidate)
        except UnicodeDecodeError:
            continue
    return Text(data.decode(codec, "replace"), lossy=True, charset=codec)


def _utf8_or_1252(data: bytes, *, labelled_utf8: bool) -> Text:
    """UTF-8 when it is; else every octet that is not, as windows-1252: each has a meaning, none is lost."""
    try:
        return Text(data.decode("utf-8"), lossy=False, charset="utf_8")
    except UnicodeDecodeError:
        pass
    if labelled_utf8:
        return Text(data.decode("utf-8", "surrogateescape").translate(_AS_1252), lossy=True, charset="utf_8")
    text = data.decode("cp1252", "replace")
    return Text(text, lossy="\ufffd" in text, charset="cp1252")


def _wide(data: bytes, codec: str, label: str) -> Text:
    """UTF-16 and UTF-32, with a mark or without one: the zeros of Latin letters and line ends tell the order.

    Text whose zeros were dropped with all NUL on the way in is plain UTF-8 by now.
    """
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return _with_errors(data, "utf_32")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _with_errors(data, "utf_16")
    if b"\0" not in data:
        try:
            return Text(data.decode("utf-8"), lossy=False, charset="utf_8")
        except UnicodeDecodeError:
            pass
    if codec == "utf_32":
        return _with_errors(data, "utf_32_be" if data[:1] == b"\0" else "utf_32_le")
    zeros_first, zeros_second = data[0::2].count(0), data[1::2].count(0)
    little = zeros_second > zeros_first or (zeros_second == zeros_first and "le" in label.lower())
    return _with_errors(data, "utf_16_le" if little else "utf_16_be")


def _with_errors(data: bytes, codec: str) -> Text:
    text = data.decode(codec, "replace").removeprefix("\ufeff")
    return Text(text, lossy="\ufffd" in text, charset=codec)


_LINE_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BREAKS: Final = bytes.maketrans(b"\r\x0b\x0c", b"\n\n\n")
_C0: Final = bytes({*range(0x20), 0x7F} - set(b"\t\n\r\x0b\x0c"))
_C1_IN_UTF8: Final = re.compile(rb"\xc2[\x80-\x9f]")
_BREAKS_IN_UTF8: Final = re.compile(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")


def _whole(text: str) -> str:
    """Text that can be encoded again: pairs of surrogates are joined, lone ones replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_line(text: str) -> str:
    """One line of text in NFC: each run of controls and line separators is a space, none at the ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFC", _LINE_CONTROLS.sub(" ", _whole(text))).strip()


def clean_text(text: str) -> str:
    """Text whose lines end in LF, whose only other control is the tab, and which can be encoded.

    Works on UTF-8, where a translation table is ten times as fast as a pattern on characters.
    """
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        data = _whole(text).encode("utf-8")
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    data = data.translate(_BREAKS, _C0)
    if not data.isascii():
        data = _C1_IN_UTF8.sub(b"", _BREAKS_IN_UTF8.sub(b"\n", data)).removeprefix(b"\xef\xbb\xbf")
    return data.decode("utf-8")


_WORD_HEAD: Final = re.compile(rb"=\?([!->@-~]{1,64})\?([BbQq])\?")
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64: Final = bytes(range(256)).translate(None, _BASE64)


def lenient_base64(data: bytes) -> bytes:
    """Decode base64, skipping what is none, whatever its padding. One run of it; linear time."""
    letters = data.translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:  # six bits make no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def decode_words(value: bytes) -> str:
    """Decode a header value with RFC 2047 words anywhere in it and raw 8-bit text around them.

    Neighbouring words of one charset are joined before decoding, since mailers split characters between
    words; space between words is theirs, not the text's (§6.2). Controls stay in: see ``clean_line``.
    """
    if b"=?" not in value:
        return decode(value).text
    out: list[str] = []
    run: list[bytes] = []
    label = ""
    for charset, octets in _pieces(value):
        if charset != label:
            out.append(decode(b"".join(run), label).text)
            run, label = [], charset
        run.append(octets)
    out.append(decode(b"".join(run), label).text)
    return "".join(out)


def _pieces(value: bytes) -> Iterator[tuple[str, bytes]]:
    """Split into (charset, octets) of encoded words and ("", octets) of what stands between them."""
    plain, at, close, after_word = 0, value.find(b"=?"), -1, False
    while at >= 0:
        head = _WORD_HEAD.match(value, at)
        if head is None:
            at = value.find(b"=?", at + 2)
            continue
        start = head.end()
        if close < start:
            close = value.find(b"?=", start)
        if close < 0:
            break
        inner = value.find(b"=?", start, close)
        if inner >= 0:  # this one was never closed
            at = inner
            continue
        between = value[plain:at]
        if between and not (after_word and between.isspace()):
            yield "", between
        payload = value[start:close]
        octets = lenient_base64(payload) if head[2] in b"Bb" else binascii.a2b_qp(payload, header=True)
        yield head[1].decode("ascii").lower(), octets
        plain, after_word = close + 2, True
        at = value.find(b"=?", plain)
    if plain < len(value):
        yield "", value[plain:]
