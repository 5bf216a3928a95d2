"""The lines of a text in the making: white space, margins, lists, quote marks, signatures.

Called by ``html``, which says what begins and ends; ``Lines`` says how it looks on paper. Margins
collapse as in CSS, a quote level is ``> `` in front of the line, white space is folded outside of
preformatted text. Pure; linear in what is written, whatever the order of calls.

Standards: CSS 2.2 §8.3.1 (margins), RFC 3676 §4.3 (signature delimiter), §4.5 (quote marks).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_QUOTE_LEVELS = 20
"""Deeper quotes are drawn at this level: nobody reads them, and the marks would fill the page."""
MAX_INDENT_LEVELS = 8
MAX_BLANK_LINES = 2
MAX_SIGNATURE_LINES = 15
MAX_ROW_CHARS = 160
SIGNATURE_DELIMITER = "-- "
ORIGINAL_MESSAGE = "-----Original Message-----"
_LOOK_AHEAD_LINES = 12
_ATTRIBUTION_LINES = 4
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_HEADER = re.compile(r"\W{0,3}[^\W\d][^:\n]{0,30}:")


@dataclass(slots=True)
class Line:
    """One line: quote level, text, and what is known of its place in the message."""

    quote: int
    text: str
    starts_reply: bool = False
    starts_headers: bool = False
    signature: int = 0  # number of the signature it belongs to, 0 for none


@dataclass(slots=True)
class Lines:
    """A growing text. ``quote``, ``preformatted`` and ``indent`` hold for what is written next."""

    quote: int = 0
    indent: int = 0
    preformatted: bool = False
    marker: str = ""
    written: list[Line] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _spaced: bool = True  # what was written last ends with a space, or nothing was
    _gap: int = 0  # blank lines that the next line wants above it
    _starts_reply: bool = False
    _signatures: int = 0

    def write(self, text: str) -> None:
        """Add running text."""
        if self.preformatted:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self._pieces.append(first)
            for line in others:
                self.line_break()
                self._pieces.append(line)
            self._spaced = False
            return
        text = _BLANKS.sub(" ", text)
        if self._spaced:
            text = text.removeprefix(" ")
        if text:
            self._pieces.append(text)
            self._spaced = text.endswith(" ")

    def line_break(self) -> None:
        """End the line, also an empty one."""
        self._end_line(forced=True)

    def block(self, blank_lines: int = 0) -> None:
        """Begin or end a block: what follows starts a line, with at least so many blank lines above."""
        self._end_line(forced=False)
        self._gap = max(self._gap, blank_lines)

    def reply_starts_here(self) -> None:
        """What comes next introduces a quote."""
        self.block(1)
        self._starts_reply = True

    def place(self) -> tuple[int, int]:
        """Where we are, for ``since``."""
        return len(self.written), len(self._pieces)

    def since(self, place: tuple[int, int]) -> str | None:
        """The text written since ``place``, or ``None`` if a line has ended since."""
        return "".join(self._pieces[place[1] :]) if place[0] == len(self.written) else None

    def replace_since(self, place: tuple[int, int], text: str) -> None:
        """Put ``text`` where ``since`` read."""
        self._pieces[place[1] :] = [text]
        self._spaced = text.endswith(" ")

    def join_row(self, cells: list[int]) -> None:
        """Make one line of a table row whose cells began at these lines, if each cell is one short line."""
        self.block()
        row = self.written[cells[0] :]
        if len(row) > 3 * len(cells):
            return
        ends = [*cells[1:], len(self.written)]
        parts = [[n for n in self.written[a:b] if n.text] for a, b in zip(cells, ends, strict=True)]
        filled = [part[0] for part in parts if part]
        if len(filled) < 2 or any(len(part) > 1 for part in parts) or len({n.quote for n in filled}) > 1:
            return
        text = " | ".join(n.text.strip() for n in filled)
        if len(text) > MAX_ROW_CHARS:
            return
        first = filled[0]
        lead = row[: row.index(first)]
        joined = Line(first.quote, text, first.starts_reply, first.starts_headers, filled[-1].signature)
        self.written[cells[0] :] = [*lead, joined]

    def mark_headers(self, start: int) -> bool:
        """Mark the lines from ``start`` as a header block, if two of them look like header fields."""
        head = [line for line in self.written[start : start + _LOOK_AHEAD_LINES] if line.text]
        if sum(_HEADER.match(line.text) is not None for line in head) < 2:
            return False
        head[0].starts_headers = True
        return True

    def lift_attribution(self, start: int) -> None:
        """Take the quote mark off the first lines of a quote that say whom it quotes."""
        head = [line for line in self.written[start : start + _LOOK_AHEAD_LINES] if line.text]
        count = next((n for n, line in enumerate(head[:_ATTRIBUTION_LINES], 1) if line.text.endswith(":")), 0)
        fields = next((n for n, line in enumerate(head) if not _HEADER.match(line.text)), len(head))
        if fields >= 2 and self.mark_headers(start):
            count = fields
        for line in head[:count]:
            line.quote = max(0, line.quote - 1)

    def mark_signature(self, start: int) -> None:
        """Mark the lines from ``start`` as a signature, unless they are too many to be one."""
        lines = self.written[start : start + 3 * MAX_SIGNATURE_LINES]
        if len(self.written) - start > len(lines) or sum(bool(n.text) for n in lines) > MAX_SIGNATURE_LINES:
            return
        self._signatures += 1
        for line in lines:
            line.signature = self._signatures

    def finish(self) -> str:
        """The whole text, without blank lines at either end."""
        self.block()
        result: list[str] = []
        last = ""
        following = _following(self.written)
        signature = 0
        for line, after in zip(self.written, following, strict=True):
            begins = line.signature not in (0, signature) and line.text != ""
            if begins and line.quote == 0 and "--" not in (last, line.text) and _is_end(after):
                result.append(SIGNATURE_DELIMITER)
            if line.text:
                signature = line.signature
                last = line.text
            marks = "> " * line.quote
            if line.starts_headers:
                result.append(marks + ORIGINAL_MESSAGE)
            result.append(marks + line.text if line.text else marks.rstrip())
        return "\n".join(result).strip("\n")

    def _end_line(self, *, forced: bool) -> None:
        text = "".join(self._pieces).replace("\xa0", " ")
        shown = text.rstrip() if self.preformatted else text.strip() if self.marker else text.rstrip()
        if not self._pieces and not forced:
            return
        self._pieces.clear()
        self._spaced = True
        if shown:
            self._fill_gap()
            pad = "  " * min(self.indent, MAX_INDENT_LEVELS)
            lead = pad[: max(0, len(pad) - len(self.marker))] + self.marker if self.marker else pad
            self.marker = ""
            self.written.append(Line(self.quote, lead + shown, self._starts_reply))
            self._starts_reply = False
        elif self.written and any(line.text for line in self.written[-MAX_BLANK_LINES:]):
            self.written.append(Line(self.quote, ""))
        self._gap = 0 if shown else self._gap

    def _fill_gap(self) -> None:
        if not self.written:
            return
        blank = 0
        while blank < self._gap and not self.written[-1 - blank].text and blank + 1 < len(self.written):
            blank += 1
        level = min(self.written[-1].quote, self.quote)
        self.written.extend(Line(level, "") for _ in range(self._gap - blank))


def _following(lines: list[Line]) -> list[list[Line]]:
    """For each line, the next few lines with text that are not of the same signature."""
    result: list[list[Line]] = []
    after: list[Line] = []
    own: list[Line] = []  # what follows the signature that we are in
    current = 0
    for line in reversed(lines):
        if line.text:
            if line.signature != current:
                own, current = after, line.signature
            after = [line, *after][: _ATTRIBUTION_LINES + 1]
        result.append(own)
    result.reverse()
    return result


def _is_end(after: list[Line]) -> bool:
    """Tell whether nothing but a quote (with its attribution) follows: only there a signature ends a text."""
    if not after or after[0].starts_reply or after[0].starts_headers or after[0].signature:
        return True
    quoted = next((n for n, line in enumerate(after) if line.quote), None)
    return quoted == 0 or (quoted is not None and after[quoted - 1].text.endswith(":"))
