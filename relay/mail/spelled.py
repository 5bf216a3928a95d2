"""Finding a known address or domain however it is spelled out.

``identity`` hands in addresses and a folded text. ``ana.ruiz@home.test`` is found as
``ana dot ruiz at home dot test``, ``ana.ruiz (at) home [dot] test``, ``ana.ruiz @ home . test``,
``ana.ruiz+tag@home.test`` and ``ana.ruiz=home.test`` (as return-paths are made). Linear; never fails.

The search runs over a skeleton: the folded text without dots, spaces and brackets, where the word
"at" is ``@`` and the word "dot" is nothing. Whether a match stands alone is judged in the folded text.
"""

from __future__ import annotations

import contextlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from relay.mail.folding import Folded, fold

_PIECE = re.compile(r'[^\s()\[\]{}<>."]+')
_AT_WORDS = frozenset(["at", "aet", "arroba", "arobase", "chiocciola", "kukac", "malpa", "zavinac"])
_DOT_WORDS = frozenset(["dot", "punkt", "punto", "point", "ponto", "kropka", "tecka", "piste", "tochka"])
_DOTS_WRITTEN = (
    ".",
    " . ",
    "[.]",
    "(.)",
    "[dot]",
    "(dot)",
    " [dot] ",
    " (dot) ",
    *(f" {w} " for w in sorted(_DOT_WORDS)),
)
# RFC 5321 §4.5.3.1.1: a local part, and so its tag, has 64 octets at most.
_TAG = r"[^\s@=%]{0,64}"
_MARKS = "[@=%]"


class SpelledAddress:
    """One address to look for. ``first_label`` must stand in a text that names the address."""

    def __init__(self, address: str) -> None:
        local, _, domain = fold(address).rpartition("@")
        self.first_label = domain.partition(".")[0]
        self._local, self._domain = local, domain

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text holds the first label, which most do not."""
        local, domain = _Skeleton(self._local).text.partition("+")[0], _Skeleton(self._domain).text
        return re.compile(rf"{re.escape(local)}(?P<tag>\+{_TAG})?{_MARKS}{re.escape(domain)}")


class _Skeleton:
    """The skeleton of a folded text, and the way back."""

    def __init__(self, folded: str) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._folded_starts: list[int] = []
        length = 0
        for match in _PIECE.finditer(folded):
            piece = match.group()
            if piece in _DOT_WORDS:
                continue
            if piece in _AT_WORDS or (
                piece == "a" and folded.startswith(("(a)", "[a]"), max(0, match.start() - 1))
            ):
                piece = "@"
            pieces.append(piece)
            self._starts.append(length)
            self._folded_starts.append(match.start())
            length += len(piece)
        self.text = "".join(pieces)

    def origin(self, position: int) -> int:
        """Where a character of the skeleton stands in the folded text."""
        run = bisect_right(self._starts, position) - 1
        return self._folded_starts[run] + position - self._starts[run]


def find(folded: Folded, addresses: Sequence[SpelledAddress]) -> Iterator[tuple[int, int, bool]]:
    """Spans of the folded text that name one of the addresses, and whether it is written as an address."""
    sought = [address for address in addresses if address.first_label in folded.text]
    if not sought:
        return
    skeleton = _Skeleton(folded.text)
    for address in sought:
        at = 0
        while match := address.pattern.search(skeleton.text, at):
            if match["tag"] and not _is_one_word(folded.text, skeleton, *match.span("tag")):
                at = match.start() + 1  # "Ana Ruiz +34 600 555 014 ... ana.ruiz@": the address is further on
                continue
            at = match.end()
            start, end = skeleton.origin(match.start()), skeleton.origin(match.end() - 1) + 1
            if folded.is_word(start, end):
                written = folded.text[start:end]
                yield start, end, "@" in written and " " not in written


def _is_one_word(text: str, skeleton: _Skeleton, start: int, end: int) -> bool:
    """Tell whether a stretch of the skeleton has no white space in the folded text; nobody spells out a tag."""
    return len(text[skeleton.origin(start) : skeleton.origin(end - 1) + 1].split()) == 1


def domain_spellings(domain: str) -> frozenset[str]:
    """Folded ways to write a domain: dots spelled out, and both forms of an internationalised name."""
    forms = {domain}
    if not domain.isascii() or "xn--" in domain.lower():
        with contextlib.suppress(UnicodeError):
            forms |= {domain.encode("idna").decode("ascii"), domain.encode("ascii").decode("idna")}
    labels = [fold(form).split(".") for form in forms]
    return frozenset([dot.join(each) for each in labels for dot in _DOTS_WRITTEN])
