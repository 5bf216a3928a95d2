"""Words of one direction within a text of the other, so that neither jumbles the other's order.

Called by ``texts`` for every value that is put into a text of ours: a pseudonym in Latin letters in an Arabic
sentence, an Arabic service name in an English one. Such a value is set between an isolate and its end (UAX #9 §2.4.2,
§6.3), which a reader never sees; a plain number, a time, and what is a paragraph by itself need none. Nor does a link,
which begins and ends with Latin letters: many mail programs take a sign behind it for a part of it, and what is tapped
would then lead nowhere. Pure; never fails. ``marks`` leaves these signs where they are needed, and what has them in a
subject is an encoded word.
"""

from __future__ import annotations

import re
import unicodedata

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "yi"})
"""Primary languages that are written from right to left."""

FIRST_STRONG_ISOLATE, POP = "\u2068", "\u2069"

_SIGNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_PLAIN_NUMBER = re.compile(r"[\d:.,]*\Z")
_LINK = re.compile(r"(?:mailto|https?):[!-~]*[A-Za-z0-9/]\Z")


def is_right_to_left(language: str) -> bool:
    """Tell whether a language tag is of one that is written from right to left."""
    return language.lower().partition("-")[0] in RIGHT_TO_LEFT


def undirected(text: str) -> str:
    """The same without signs of direction, which a telephone puts in by itself: for what is read by rule."""
    return _SIGNS.sub("", text)


def direction(text: str) -> str:
    """``L`` or ``R`` by the first letter that has one; empty for what has none."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return "L"
        if kind in {"R", "AL"}:
            return "R"
    return ""


def set_apart(value: str, language: str) -> str:
    """``value`` as it stands in a text of this language: isolated when it runs the other way, or might."""
    around = "R" if is_right_to_left(language) else "L"
    own = direction(value)
    is_at_home = own == around or (not own and (around == "L" or _PLAIN_NUMBER.match(value) is not None))
    is_left_alone = "\n" in value or not value or value.startswith(FIRST_STRONG_ISOLATE) or _LINK.match(value)
    if is_at_home or is_left_alone:
        return value
    return f"{FIRST_STRONG_ISOLATE}{value}{POP}"
