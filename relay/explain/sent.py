"""The sender's side of an explanation: subject, text and marks of a message, with the hidden things as blocks.

Called by ``report``. Goes the way of ``mail.rebuild`` over again, step by step, on the same functions, and writes a
character of the private use area where something goes; ``marks.clean`` has taken all others of those out before,
so that none can be the author's. Pure, linear, never fails.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from relay.explain import sentences
from relay.explain.values import Fate, Piece, Row
from relay.mail import identity, links, marks, quotes, subjects
from relay.mail.changes import What

_FIRST_KIND = 0xE000
_LINK_HIDDEN, _LINK_TIDIED, _CUT = "\ue010", "\ue011", "\ue012"
_BLOCK_OF = {kind: chr(_FIRST_KIND + number) for number, kind in enumerate(identity.KINDS)}
_WORDS = {
    **{sign: sentences.BLOCKS[kind] for kind, sign in _BLOCK_OF.items()},
    _LINK_HIDDEN: sentences.LINK_HIDDEN,
    _LINK_TIDIED: sentences.LINK_TIDIED,
}
_SIGN = re.compile("([\ue000-\ue012])")


def subject(written: str, author: identity.Identity) -> tuple[Piece, ...]:
    """The subject as it is relayed, with blocks."""
    plain = subjects.plain(" ".join(marks.clean(written).split()))
    return tuple(_pieces(identity.replace(plain, author, _BLOCK_OF).text, ()))


def text(written: str, author: identity.Identity) -> tuple[Piece, ...]:
    """The text as its author sees it, with blocks for what is replaced and for what is cut."""
    blocks = quotes.segment(marks.clean(written))
    shown: list[str] = []
    cuts: list[str] = []
    for block, stays in zip(blocks, quotes.kept(blocks), strict=True):
        if stays:
            shown.append(quotes.marked(block))
        elif block.text.strip():
            shown.append(_CUT)
            cuts.append(_cut(block))
    tidy = links.tidy_text("\n".join(shown), _LINK_HIDDEN, _LINK_TIDIED)
    return tuple(_pieces(identity.replace(tidy, author, _BLOCK_OF).text, cuts))


def changes(written: str) -> Iterator[Row]:
    """What was taken out of the text, in numbers: blocks of lines by kind, invisible marks, links."""
    cleaned = marks.clean(written)
    removed = _invisible(written) - _invisible(cleaned)
    if removed > 0:
        what, fate, why = sentences.MARKS
        yield Row(what, fate, why, removed)
    blocks = quotes.segment(cleaned)
    cut: Counter[quotes.Kind] = Counter()
    for block, stays in zip(blocks, quotes.kept(blocks), strict=True):
        if not stays and block.text.strip():
            cut[block.kind] += _line_count(block)
    for kind, count in cut.items():
        what, why = sentences.CUT[kind]
        yield Row(f"{what}, {lines(count)}", Fate.CUT, why)
    kept = "\n".join(block.text for block, stays in zip(blocks, quotes.kept(blocks), strict=True) if stays)
    tidied = links.tidy_text(kept, _LINK_HIDDEN, _LINK_TIDIED)
    if count := tidied.count(_LINK_HIDDEN) + tidied.count(_LINK_TIDIED):
        yield Row(*sentences.CHANGES[What.LINK_TIDIED], count)


def kept_words(pieces: tuple[Piece, ...]) -> Row:
    """How many words of the author stay."""
    what, fate, why = sentences.KEPT
    words = (word for piece in pieces if not piece.is_block for word in piece.text.split())
    count = sum(any(map(str.isalnum, word)) for word in words)
    return Row(f"{what}: {count}", fate, why)


def plain(pieces: tuple[Piece, ...]) -> str:
    """Pieces as one string, blocks in brackets."""
    return "".join(f"[{piece.text}]" if piece.is_block else piece.text for piece in pieces)


def _pieces(marked: str, cuts: Sequence[str]) -> Iterator[Piece]:
    following = iter(cuts)
    for piece in _SIGN.split(marked):
        if piece == _CUT:
            yield Piece(next(following), is_block=True)
        elif piece in _WORDS:
            yield Piece(_WORDS[piece], is_block=True)
        elif piece:
            yield Piece(piece)


def _cut(block: quotes.Block) -> str:
    return f"{sentences.CUT[block.kind][0]} cut: {lines(_line_count(block))}"


def lines(count: int) -> str:
    """A number of lines in words."""
    return "1 line" if count == 1 else f"{count} lines"


def _line_count(block: quotes.Block) -> int:
    return len(block.text.strip("\n").split("\n"))


def _invisible(written: str) -> int:
    """Characters that show nothing: format, private and unassigned ones, and variation selectors."""
    return sum(
        count
        for char, count in Counter(written).items()
        if not " " <= char <= "~"
        and (unicodedata.category(char) in {"Cf", "Co", "Cn"} or "\ufe00" <= char <= "\ufe0f")
    )
