"""Text as a reader hears it: one folded copy for searching, and the way back to the original.

``identity`` searches the folded copy and cuts the original. Two spellings that a person reads as
the same word fold to the same letters: case, accents, full-width and look-alike letters, zero-width
characters, odd spaces, line breaks with quote marks, character references (``&#64;``) and percent
octets (``%40``), also when encoded twice. Linear in time and space; never fails.

Standards: Unicode NFKC and default case folding (UAX #15, UAX #44), HTML character references,
RFC 3986 §2.1 (percent encoding).
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

# Letters that have no decomposition but have a plain spelling, and look-alikes used to hide a name.
_SPELLED = {"ø": "o", "đ": "d", "ł": "l", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
# letters and signs that show nothing
_SPELLED |= dict.fromkeys("\u115f\u1160\u2800", "")
# dashes, apostrophes, full stops; Cyrillic; Greek
_SPELLED |= dict(
    zip(
        "\u2010\u2011\u2012\u2013\u2014\u2212\u2019\u02bc\u2018\u2032\u3002\u2024\uff61",
        "------''''...",
        strict=True,
    )
)
_SPELLED |= dict(
    zip(
        "\u0430\u0432\u0435\u0456\u0458\u043a\u043c\u043d\u043e\u0440\u0441\u0455\u0442\u0443\u0445\u0501\u04bb",
        "abeijkmhopcstyxdh",
        strict=True,
    )
)
_SPELLED |= dict(
    zip(
        "\u03b1\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7",
        "aeikvoptux",
        strict=True,
    )
)

_REFERENCE = r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});"
_PERCENT = r"(?:%(?:25)*[0-9A-Fa-f]{2})+"
_SPECIAL = re.compile(
    rf"(?P<reference>{_REFERENCE})|(?P<percent>{_PERCENT})|(?P<space>[ ][\s>]+|[^\S ][\s>]*)"
    r"|(?P<foreign>[^\x00-\x7f\s]+)|(?P<control>[\x00-\x08\x0e-\x1b\x7f]+)"
)
# Where one of these may begin; cheaper to look for than the alternatives one after the other at each character.
# A line break or tab that stands alone is one character here and there, and no run of its own.
_MAY_BE_SPECIAL = re.compile(r"[&%\x00-\x08\x0e-\x1b\x7f-\U0010ffff]|\s[\s>]")
_AS_SPACES = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x1f", " "))
_ESCAPED_OR_SPACED = re.compile(r"[&%]| [ >]")
_REPEATED_PERCENT = re.compile(r"%(?:25)+(?=[0-9A-Fa-f]{2})")
_REPEATED_AMP = re.compile(r"&(?:amp;)+")

# Scripts written without spaces, or with particles glued to a name: a word may begin or end anywhere.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    """Letters that stand for one non-ASCII character; nothing for marks and invisible characters."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", character).casefold())
    kept = (_SPELLED.get(c, c) for c in decomposed if unicodedata.category(c) not in {"Mn", "Me", "Cf"})
    return unicodedata.normalize("NFC", "".join(kept))


def fold(text: str) -> str:
    """The folded copy alone, for words that are to be searched for; mostly that is their small letters."""
    if text.isascii() and text.isprintable() and not _ESCAPED_OR_SPACED.search(text):
        return text.lower()
    return Folded.of(text).text


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded copy in runs: run ``i`` begins at ``starts[i]`` and stands for ``origins[i]`` of the original.

    A run whose ``plain`` is set maps character by character, any other only as a whole.
    """

    text: str
    starts: tuple[int, ...]
    origins: tuple[tuple[int, int], ...]
    plain: tuple[bool, ...]

    @classmethod
    def of(cls, text: str) -> Folded:
        """Fold ``text``."""
        builder = _Builder()
        position = 0
        for candidate in _MAY_BE_SPECIAL.finditer(text):
            special = _SPECIAL.match(text, candidate.start()) if candidate.start() >= position else None
            if special is None:
                continue
            builder.add_plain(text[position : special.start()], position)
            position = special.end()
            kind = special.lastgroup
            if kind == "space":
                builder.add(" ", special.start(), position, plain=False)
            elif kind == "foreign":
                builder.add_foreign(special.group(), special.start())
            elif kind != "control":
                builder.add(_decoded(special.group()), special.start(), position, plain=False)
        builder.add_plain(text[position:], position)
        return builder.build()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where ``[start, end)`` of the folded copy (not empty) stands in the original."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        begin, finish = self.origins[first][0], self.origins[last][1]
        if self.plain[first]:
            begin += start - self.starts[first]
        if self.plain[last]:
            finish = self.origins[last][0] + end - self.starts[last]
        return begin, finish

    def is_word(self, start: int, end: int) -> bool:
        """Tell whether ``[start, end)`` is not glued to a letter or digit on either side."""
        return not (self.touches(start) or self.touches(end))

    def touches(self, at: int) -> bool:
        """Tell whether the characters before and at ``at`` make one word; an invisible character parts them."""
        if not 0 < at < len(self.text) or not _joined(self.text[at - 1], self.text[at]):
            return False
        return self.origin(at - 1, at)[1] == self.origin(at, at + 1)[0]


def _joined(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not (_UNSPACED.match(left) or _UNSPACED.match(right))


def _decoded(token: str) -> str:
    """Folded characters that a run of percent octets or a character reference stands for."""
    if token[0] == "%":
        octets = unquote_to_bytes(_REPEATED_PERCENT.sub("%", token))
        try:
            plain = octets.decode("utf-8")
        except UnicodeDecodeError:
            plain = octets.decode("latin-1")
    else:
        plain = html.unescape(_REPEATED_AMP.sub("&", token))
    return "".join(c.lower() if c.isascii() else _fold_character(c) for c in plain)


class _Builder:
    """Collects runs in order."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._origins: list[tuple[int, int]] = []
        self._plain: list[bool] = []
        self._length = 0

    def add(self, folded: str, begin: int, end: int, *, plain: bool) -> None:
        if not folded:
            return
        self._pieces.append(folded)
        self._starts.append(self._length)
        self._origins.append((begin, end))
        self._plain.append(plain)
        self._length += len(folded)

    def add_plain(self, run: str, begin: int) -> None:
        """Add ASCII characters, each of which folds to one."""
        lowered = run.lower()
        folded = lowered if lowered.isprintable() else lowered.translate(_AS_SPACES)
        self.add(folded, begin, begin + len(run), plain=True)

    def add_foreign(self, run: str, begin: int) -> None:
        """Add non-ASCII characters: as one run where each folds to one, else one by one."""
        letters = [_fold_character(c) for c in run]
        if all(len(letter) == 1 for letter in letters):
            self.add("".join(letters), begin, begin + len(run), plain=True)
            return
        for offset, letter in enumerate(letters, begin):
            self.add(letter, offset, offset + 1, plain=False)

    def build(self) -> Folded:
        return Folded("".join(self._pieces), tuple(self._starts), tuple(self._origins), tuple(self._plain))
