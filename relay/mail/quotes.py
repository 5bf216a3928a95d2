"""What the author of a message wrote, and what their mail program put around it.

Called by ``rebuild`` on cleaned text (``marks.clean``). Promises: ``segment`` loses nothing (the blocks
joined by line ends are the text again), pure and linear. The rule behind every decision: what stands
above a quote and between quotes is the author's, word for word; in doubt a line is OWN. A line is
taken from them only on strong evidence, see ``quote_lines`` and ``quote_ends``. Never fails.

Standards: RFC 3676 §4.3 (signature delimiter), §4.5 (quote marks); everything else is habit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import compress, groupby

from relay.mail.quote_ends import End, find_ends
from relay.mail.quote_lines import Line, attribution_start, headers_end, is_zoho_rule, read_lines


class Kind(Enum):
    """Whose a block of lines is, and what for."""

    OWN = auto()
    QUOTE = auto()  # lines with quote marks
    ATTRIBUTION = auto()  # "On ... wrote:"
    HEADERS = auto()  # From:, Sent:, To:, Subject: and what is drawn above them
    TAIL = auto()  # unmarked text below such a header block
    SIGNATURE = auto()
    FOOTER = auto()  # legal notices, virus scanners, mailing lists


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines of one kind, without the line end after the last."""

    kind: Kind
    text: str


_KIND_OF = {End.SIGNATURE: Kind.SIGNATURE, End.FOOTER: Kind.FOOTER}


def segment(text: str) -> tuple[Block, ...]:
    """Divide a text into blocks; ``"\\n".join(block.text for block in ...)`` is the text again."""
    if not text:
        return ()
    raw = text.split("\n")
    lines = read_lines(raw)
    kinds = [Kind.QUOTE if line.depth else Kind.OWN for line in lines]
    _mark_headers(lines, kinds)
    _mark_attributions(lines, kinds)
    _mark_ends(raw, lines, kinds)
    _mark_blanks(lines, kinds)
    blocks = []
    for kind, group in groupby(zip(kinds, raw, strict=True), key=lambda pair: pair[0]):
        blocks.append(Block(kind, "\n".join(line for _, line in group)))
    return tuple(blocks)


def render(blocks: Sequence[Block], keep: Collection[Kind]) -> str:
    """The text of the blocks whose kind is in ``keep``; a TAIL comes with quote marks.

    Neighbours stay neighbours, with the blank lines they have; one blank line shows where something went.
    """
    return _render(blocks, [block.kind in keep for block in blocks])


def _render(blocks: Sequence[Block], kept: Sequence[bool]) -> str:
    runs = []
    for stays, group in groupby(zip(blocks, kept, strict=True), key=lambda pair: pair[1]):
        run = "\n".join(marked(block) for block, _ in group)
        if stays and run.strip():
            runs.append(run.strip("\n"))
    return "\n\n".join(runs)


def marked(block: Block) -> str:
    """The text of a block; a TAIL comes with quote marks."""
    if block.kind is not Kind.TAIL:
        return block.text
    return "\n".join(f"> {line}".rstrip() for line in block.text.strip("\n").split("\n"))


def own_words(text: str) -> str:
    """What the author says to the reader: their words, the quotes they answer to, what they forward.

    Attributions, headers, signatures and footers go, and quotes that nothing of theirs follows. If
    nothing would be left, the text stays without attributions and headers; never an empty message.
    """
    return own_words_of(segment(text)) or text


def own_only(blocks: Sequence[Block]) -> str:
    """What the author wrote themselves, and nothing else."""
    return "\n".join(block.text for block in blocks if block.kind is Kind.OWN)


def own_words_of(blocks: Sequence[Block]) -> str:
    """The same of a text that has been divided already; empty when nothing of it shows."""
    return _render(blocks, kept(blocks))


def has_signature(blocks: Sequence[Block]) -> bool:
    """Tell whether the author's words end in what ``own_words`` takes for a signature and cuts."""
    return any(
        block.kind is Kind.SIGNATURE and not stays for block, stays in zip(blocks, kept(blocks), strict=True)
    )


def kept(blocks: Sequence[Block]) -> tuple[bool, ...]:
    """Tell of each block whether ``own_words`` keeps it."""
    last = max((i for i, b in enumerate(blocks) if b.kind is Kind.OWN and b.text.strip()), default=-1)
    said = (Kind.OWN, Kind.QUOTE, Kind.TAIL)
    answered = tuple(b.kind in said and (b.kind is not Kind.QUOTE or i < last) for i, b in enumerate(blocks))
    rest = tuple(b.kind not in (Kind.ATTRIBUTION, Kind.HEADERS) for b in blocks)
    choices = (answered, rest, (True,) * len(blocks))
    return next((c for c in choices if any(b.text.strip() for b in compress(blocks, c))), choices[-1])


def _mark_headers(lines: Sequence[Line], kinds: list[Kind]) -> None:
    """Mark header blocks, and as TAIL what stands unmarked below one that no marked quote follows."""
    at = 0
    tail = False
    while at < len(lines):
        line = lines[at]
        if tail and line.depth == 0:
            kinds[at] = Kind.TAIL
        zoho = line.depth == 0 and is_zoho_rule(line)
        end = at + 1 if zoho else None if line.blank else headers_end(lines, at)
        if end is None:
            at += 1
            continue
        kinds[at:end] = [Kind.ATTRIBUTION if zoho else Kind.HEADERS] * (end - at)
        if line.depth == 0 and not tail:
            following = next((n for n in lines[end:] if n.depth or not n.blank), None)
            tail = following is not None and following.depth == 0
        at = end


def _mark_attributions(lines: Sequence[Line], kinds: list[Kind]) -> None:
    """Mark attributions that stand before a quote, before headers or at the end of the text."""
    following = len(lines)  # the next line that is not blank, or a quote mark alone
    for end in range(len(lines) - 1, -1, -1):
        line = lines[end]
        if line.blank:
            following = end if line.depth else following
            continue
        here, below = end, following
        following = end
        if kinds[here] in (Kind.HEADERS, Kind.ATTRIBUTION):
            continue
        introduces = (
            below == len(lines)
            or line.depth > 0  # nothing inside a quote is the author's: the evidence alone will do
            or lines[below].depth > line.depth
            or kinds[below] is Kind.HEADERS
        )
        start = attribution_start(lines, here) if introduces else None
        if start is not None and kinds[start] is kinds[here]:
            kinds[start : here + 1] = [Kind.ATTRIBUTION] * (here + 1 - start)


def _mark_ends(raw: Sequence[str], lines: Sequence[Line], kinds: list[Kind]) -> None:
    """Mark signatures and footers where the author's lines end: before a quote's head or the end."""
    end = len(lines)
    final = True  # nothing of the author's comes after
    while end > 0:
        start = end
        while start > 0 and kinds[start - 1] is Kind.OWN:
            start -= 1
        if start == end:
            end -= 1
            continue
        after = kinds[end] if end < len(kinds) else None
        written = any(not lines[i].blank for i in range(start, end))
        if written and (final or after in (Kind.ATTRIBUTION, Kind.HEADERS)):
            for i, what in find_ends(raw[start:end]).items():
                kinds[start + i] = _KIND_OF[what]
        final = final and not written
        end = start


def _mark_blanks(lines: Sequence[Line], kinds: list[Kind]) -> None:
    """Give unmarked blank lines to the block above them, those at the top to the first block."""
    above = next((kind for line, kind in zip(lines, kinds, strict=True) if not line.blank), Kind.OWN)
    for i, line in enumerate(lines):
        if line.blank and line.depth == 0:
            kinds[i] = above
        else:
            above = kinds[i]
