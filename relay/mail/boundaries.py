"""Delimiter lines of multiparts that something has damaged on the way.

Called by ``parse`` for what is left as text inside a multipart. A gateway that drops or changes a character of one
delimiter leaves a line that ends no part for anybody who compares exactly: it would reach the reader as
text, and tell them which program its author writes with. Linear in the length of the text; nothing here raises.

Standard: RFC 2046 §5.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

MIN_TOKEN_OCTETS: Final = 8
"""Shorter ones are too easily a word that somebody underlined."""

MIN_BEGUN_OCTETS: Final = 6
"""Of a delimiter that the end of the message cut off; ``--`` and a letter or two can be anything."""

SHARED: Final = 0.7
"""How much of the longer token both must begin and end with in common."""

_LONGEST_LINE: Final = 80

_DASHED_LINE: Final = re.compile(rb"^--([!-~]{8,72})[ \t]*$\n?", re.MULTILINE)


def first_damaged(text: bytes, start: int, end: int, tokens: Sequence[bytes]) -> re.Match[bytes] | None:
    """The first line in ``[start, end)`` that was meant as a delimiter of one of these boundaries."""
    wanted = [token.strip(b"-") for token in tokens if len(token.strip(b"-")) >= MIN_TOKEN_OCTETS]
    if not wanted or text.find(b"--", start, end) < 0:
        return None
    for line in _DASHED_LINE.finditer(text, start, end):
        token = line[1].strip(b"-")
        if len(token) >= MIN_TOKEN_OCTETS and any(_is_near(token, each) for each in wanted):
            return line
    return None


def without_cut_off(text: bytes, start: int, end: int, tokens: Sequence[bytes]) -> int:
    """Where ``[start, end)`` ends without the beginning of a delimiter, for a message cut off in the middle of one."""
    line = max(start, text.rfind(b"\n", start, end) + 1)
    last = text[line : min(end, line + _LONGEST_LINE)]
    is_begun = len(last) >= MIN_BEGUN_OCTETS and any((b"--" + token).startswith(last) for token in tokens)
    return line if is_begun else end


def is_closing(line: re.Match[bytes]) -> bool:
    """Tell whether a delimiter line was the last of its multipart."""
    return line[1].endswith(b"--")


def _is_near(one: bytes, other: bytes) -> bool:
    before = _shared(one, other)
    behind = _shared(one[before:][::-1], other[before:][::-1])
    return before + behind >= SHARED * max(len(one), len(other))


def _shared(one: bytes, other: bytes) -> int:
    """How many octets both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))
