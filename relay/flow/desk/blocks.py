"""Where the text of a command stands while the reply around it is cleaned: a mark goes in, the text comes out.

What a counselor inserts is not their words: nothing in it is replaced, cut as a signature, or asked about as a contact
detail. So each insert is a mark, a random word, until the reply is made, and takes its place only then. Whatever is
judged about the reply alone is judged with the marks taken out again. Pure; called by ``hearing`` and ``compose``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relay.flow.values import Known


@dataclass(frozen=True, slots=True)
class Block:
    """One insert: the mark that stands for it, and its text (LF)."""

    mark: str
    text: str


def marked(known: Known, inserts: Mapping[int, str]) -> dict[int, Block]:
    """A block for each line; nobody can write its mark, which is drawn for this message."""
    token = known.minted.boundaries[0]
    return {line: Block(f"{token}{place}x", text) for place, (line, text) in enumerate(inserts.items())}


def are_there(text: str, blocks: Sequence[Block]) -> bool:
    """Tell whether every mark came through as a line of its own."""
    lines = [line.strip() for line in text.split("\n")]
    return all(lines.count(block.mark) == 1 for block in blocks)


def put_in(text: str, blocks: Sequence[Block]) -> str:
    """Every block in its place, with an empty line above and below."""
    by_mark = {block.mark: block.text for block in blocks}
    lines: list[str] = []
    is_after_block = False
    for line in text.split("\n"):
        block = by_mark.get(line.strip())
        if (block is not None or is_after_block) and lines and lines[-1] and line.strip():
            lines.append("")
        lines += [line] if block is None else block.split("\n")
        is_after_block = block is not None
    return "\n".join(lines)


def taken_out(text: str, blocks: Sequence[Block]) -> str:
    """The counselor's own words alone."""
    marks = {block.mark for block in blocks}
    return "\n".join(line for line in text.split("\n") if line.strip() not in marks) if blocks else text
