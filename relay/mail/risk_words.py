"""The operator's own list of words that raise the risk of a message; they never lower it, delay it or answer it.

``read`` is called when the configuration is read, ``stand_in`` for each message of a seeker, on the author's own words
and not on what they quote. A word or phrase is found as whole words, without case, accents and punctuation. Pure but
for ``read``, which raises ``ValueError`` with the end of a sentence about the file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from relay.mail import marks
from relay.mail.seeker_words import folded, own_text

MAX_FILE_OCTETS = 262_144
MAX_ENTRIES = 2_000
"""A list that is longer finds something in every letter, and then nothing is first any more."""
MIN_ENTRY_CHARS = 3


def read(file: Path) -> tuple[str, ...]:
    """The entries of a file, folded: one a line, ``#`` begins a comment. Raises ``ValueError``."""
    try:
        octets = file.read_bytes()
    except OSError:
        raise ValueError("names a file that cannot be read") from None
    if len(octets) > MAX_FILE_OCTETS:
        raise ValueError(f"names a file of more than {MAX_FILE_OCTETS} octets")
    try:
        lines = octets.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ValueError("names a file that is not UTF-8") from None
    entries = []
    for number, line in enumerate(lines, 1):
        entry = folded(line.partition("#")[0])
        if not entry:
            continue
        if len(entry) < MIN_ENTRY_CHARS:
            raise ValueError(
                f"names a file with an entry of under {MIN_ENTRY_CHARS} letters in line {number}"
            )
        entries.append(entry)
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"names a file with more than {MAX_ENTRIES} entries; choose those that matter")
    return tuple(dict.fromkeys(entries))


def stand_in(text: str, entries: tuple[str, ...]) -> bool:
    """Tell whether any entry stands in what the author themselves wrote."""
    if not entries:
        return False
    return _pattern(entries).search(folded(own_text(marks.clean(text)))) is not None


@lru_cache(maxsize=8)
def _pattern(entries: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(entries, key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, longest_first))})(?!\S)")
