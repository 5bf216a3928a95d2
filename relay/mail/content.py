"""What a message says: its text, and the parts that hang on it. Called by ``flow.compose``; pure.

The text is the plain part or, where there is none, the HTML made readable; several inline text parts
are joined in order (Apple Mail writes text around its pictures). Everything else is an attachment.
Raises ``Sealed`` for what only its reader can open: it is held, never passed on (P4).

Standards: RFC 2046 §5.1 (multiparts), RFC 1847 (signed, encrypted), RFC 3156 (PGP/MIME), RFC 8551 (S/MIME), RFC 9788
§4.5.3 (fields shown again in the text).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from relay.errors import PeerError
from relay.mail import marks, quotes
from relay.mail.html import to_text
from relay.mail.model import Mail, Part
from relay.mail.parse import decode_text

_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_OPAQUE = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_NOT_WORDS = frozenset({"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/rtf", "text/css",
                        "text/javascript", "text/xml", "text/csv"})  # fmt: skip

_PGP_MESSAGE = "-----BEGIN PGP MESSAGE"  # also "MESSAGE, PART 1/2"
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_BEGIN, _PGP_END = "-----BEGIN PGP {}-----", "-----END PGP {}-----"
_PGP_SIGNATURE, _PGP_KEYS = "SIGNATURE", ("PUBLIC KEY BLOCK", "PRIVATE KEY BLOCK")
TRADITIONAL = "application/pgp"
"""What mutt and others called a text with OpenPGP armour in it, before there was a standard."""

_LEGACY = "text/rfc822-headers"
_FIELD_LINE = re.compile(r"[A-Za-z-]{1,40}: ")
_ARMOUR_HEADER = re.compile(r"[A-Za-z]{1,40}: ")

MAX_TEXT_CHARS = 1_000_000
"""A novel. Cleaning is linear, and a text of this size still takes less than a second."""
MAX_TEXT_LINES = 40_000
MAX_MARKUP_CHARS = 1_500_000
_DATA_URI = re.compile(r"data:[a-z]{1,20}/[^\s\"'<>]{200,}", re.IGNORECASE)
"""A picture that was pasted into the markup itself; never shown, and often the largest part of it."""


class Sealed(PeerError):
    """The message, or a part of it, is encrypted or wrapped so that we cannot read it."""


class Overlong(PeerError):
    """More text than we clean: held, and never passed on in part."""


@dataclass(frozen=True)
class Content:
    """Text with LF line ends, the parts it was taken from, and the attached parts in order.

    ``is_lossy``: some octets had no meaning. What several look at is made once, and lives as long as the message.
    """

    text: str
    attached: tuple[Part, ...]
    is_lossy: bool = False
    words: tuple[Part, ...] = ()

    @cached_property
    def cleaned(self) -> str:
        """The text without invisible marks."""
        return marks.clean(self.text)

    @cached_property
    def blocks(self) -> tuple[quotes.Block, ...]:
        """Whose each line of the cleaned text is."""
        return quotes.segment(self.cleaned)

    @property
    def own(self) -> str:
        """What the author wrote themselves: no quote, no attribution, no signature."""
        return quotes.own_only(self.blocks)

    @property
    def own_words(self) -> str:
        """What the author says to the reader, as ``quotes.own_words`` does."""
        return quotes.own_words_of(self.blocks) or self.cleaned


def read(mail: Mail) -> Content:
    """Collect what the author sent. Raises ``Sealed`` or ``Overlong``."""
    collector = _Collector(mail)
    collector.take(mail.root)
    text = "\n\n".join(piece.strip("\n") for piece in collector.texts if piece.strip())
    if len(text) > MAX_TEXT_CHARS or text.count("\n") > MAX_TEXT_LINES:
        raise Overlong("text")
    return Content(
        _without_armour(text), tuple(collector.attached), collector.is_lossy, tuple(collector.words)
    )


class _Collector:
    """Walks the tree once. Depth is bounded by the parser (20), so recursion is safe."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.texts: list[str] = []
        self.words: list[Part] = []
        self.attached: list[Part] = []
        self.is_lossy = False

    def take(self, part: Part) -> None:
        kind = part.content_type
        if kind == "multipart/encrypted" or kind in _OPAQUE:
            raise Sealed("encrypted")
        if kind in _SIGNATURES or _repeats_header(part):
            return
        if kind == "multipart/alternative":
            self._take_alternative(part)
        elif part.maintype == "multipart":
            for child in part.children:
                self.take(child)
        elif _is_words(part):
            self.texts.append(self._words(part))
            self.words.append(part)
        else:
            self.attached.append(part)

    def _take_alternative(self, part: Part) -> None:
        """Take the plain version if it says anything, else the richest; pictures in any version stay."""
        versions = [p for child in part.children for p in child.walk() if _is_words(p)]
        chosen = [p for p in versions if p.content_type == "text/plain"]
        texts = [self._words(p) for p in chosen]
        rich = next((p for p in versions if p.content_type == "text/html"), None)
        if rich is not None and not any(text.strip() for text in texts):
            chosen, texts = [rich], [self._words(rich)]
        self.texts.extend(texts)
        self.words.extend(chosen)
        for child in part.children:
            for leaf in child.walk():
                if leaf.content_type == "multipart/encrypted" or leaf.content_type in _OPAQUE:
                    raise Sealed("encrypted")
                is_file = leaf.maintype not in {"multipart", "text"} or leaf.disposition == "attachment"
                if not leaf.children and not _is_words(leaf) and is_file:
                    self.attached.append(leaf)

    def _words(self, part: Part) -> str:
        decoded = decode_text(self.mail, part)
        self.is_lossy = self.is_lossy or decoded.lossy
        if part.content_type != "text/html":
            return (
                _without_legacy(decoded.text) if part.parameter("hp-legacy-display") == "1" else decoded.text
            )
        markup = decoded.text if len(decoded.text) <= MAX_MARKUP_CHARS else _DATA_URI.sub("", decoded.text)
        if len(markup) > MAX_MARKUP_CHARS:
            raise Overlong("markup")
        return to_text(markup)


def _is_words(part: Part) -> bool:
    """Tell whether a part is something to read in place, not a file."""
    if part.content_type == TRADITIONAL:
        return True
    if part.maintype != "text" or part.content_type in _NOT_WORDS or part.children or _repeats_header(part):
        return False
    return part.disposition != "attachment" and not (part.filename and part.disposition != "inline")


def _repeats_header(part: Part) -> bool:
    """Tell whether a part only shows the fields that were encrypted, for programs that cannot (before RFC 9788)."""
    return part.content_type == _LEGACY and bool(part.parameter("protected-headers"))


def _without_legacy(text: str) -> str:
    """A text without the fields that are repeated above it for the same reason (RFC 9788 §4.5.3)."""
    fields, _, rest = text.partition("\n\n")
    return rest if all(_FIELD_LINE.match(line) or line[:1] == " " for line in fields.split("\n")) else text


def _without_armour(text: str) -> str:
    """Unwrap clear-signed texts, drop keys and signatures (RFC 9580 §6.2, §7). Raises ``Sealed`` for a PGP message."""
    if _PGP_MESSAGE in text:
        raise Sealed("encrypted")
    for kind in _PGP_KEYS:
        text = _cut(text, kind)
    before, *signed = text.split(_PGP_SIGNED)
    if not signed:
        return _cut(text, _PGP_SIGNATURE)
    pieces = [before.rstrip("\n")]
    for block in signed:
        words, found, rest = block.partition(_PGP_BEGIN.format(_PGP_SIGNATURE))
        after = rest.partition(_PGP_END.format(_PGP_SIGNATURE))[2] if found else ""
        pieces += (line.removeprefix("- ") for line in _below_headers(words.split("\n")))
        pieces.append(_cut(after, _PGP_SIGNATURE).strip("\n"))
    return "\n".join(pieces).strip("\n")


def _below_headers(lines: list[str]) -> list[str]:
    """The lines of a clear-signed text: what comes below ``Hash: SHA512`` and the blank line."""
    if lines[0].strip():
        return lines  # somebody writes about such a text
    at = 1
    while at < len(lines) and _ARMOUR_HEADER.match(lines[at]):
        at += 1
    return lines[at + 1 :] if at < len(lines) and not lines[at].strip() else lines[at:]


def _cut(text: str, kind: str) -> str:
    """Remove every armoured block of a kind; an unclosed one is removed to the end of the text."""
    begin, end = _PGP_BEGIN.format(kind), _PGP_END.format(kind)
    kept: list[str] = []
    while True:
        before, found, rest = text.partition(begin)
        kept.append(before)
        if not found:
            return "".join(kept)
        _, _, text = rest.partition(end)
