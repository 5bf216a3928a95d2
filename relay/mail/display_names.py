"""The full names in what mail shows as somebody's name.

People and their employers decorate it: ``Ana Ruiz (Example Ltd)``, ``Ana Ruiz | Support``,
``Ana Ruiz via Forum``, ``ana.ruiz``, a flower on either side. Taken as it stands, the last of those words would
pass for the family name, and the family name for a given name, which may stay. Called by ``flow.judging`` on
every name that is known of an author, before the replacement and the gate each read it in their own way.
Pure, linear, never fails; in doubt there are two names rather than none.
"""

from __future__ import annotations

import re

MAX_SHOWN_CHARS = 300
"""Longer ones are no name; what is over is not looked at."""

_BRACKETED = re.compile(r"[(\[{<][^()\[\]{}<>]*[)\]}>]")
_ADDRESS = re.compile(r"\S+@\S+")
_SEPARATOR = re.compile(r"\s*[|•·/\\;]\s*|\s+[-–—@:+&~]+\s+|:\s+|\s+(?:via|c/o)\s+", re.IGNORECASE)  # noqa: RUF001
_LETTERS = re.compile(r"[^\W\d_](?:.*[^\W\d_])?\.?,?")
_INNER_MARKS = re.compile(r"[._]+")


def full_names(shown: str) -> tuple[str, ...]:
    """The names in a display name, each of two words or more; the whole, as it stands, when there are none."""
    text = shown[:MAX_SHOWN_CHARS]
    bare = _ADDRESS.sub(" ", _BRACKETED.sub(" ", text))
    pieces = [_words(piece) for piece in _SEPARATOR.split(bare)]
    names = [" ".join(words) for words in pieces if len(words) > 1]
    return tuple(dict.fromkeys(names)) or (shown,)


def _words(piece: str) -> list[str]:
    """The words of a piece without what surrounds them; one word with dots in it is several."""
    found = (_LETTERS.search(token) for token in piece.split())
    words = [match.group() for match in found if match]
    if len(words) == 1:
        parts = [part for part in _INNER_MARKS.split(words[0]) if part]
        return parts if all(len(part) > 1 for part in parts) else words
    return words
