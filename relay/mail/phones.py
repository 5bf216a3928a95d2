"""Finding a known telephone number however it is written.

``identity`` hands in the numbers that must not be shown and a folded text (digits of every script
are ASCII there). ``+34 600 555 014``, ``0034-600-555-014``, ``(600) 555.014`` and ``0600555014`` are
one number. Linear; never fails.

Standards: ITU-T E.164 (digits, country codes), E.123 (how numbers are spaced).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from relay.mail.folding import Folded

# Fewer digits than this are no telephone number but a word (a door code, a year).
MIN_DIGITS = 6

_PHONE = re.compile(r"\+?[0-9 ().\-/]+\Z")
_DIGITS = re.compile(r"[0-9]+")
# Between two groups of digits of one number: "-", " ", ") ", " / ", " - ".
_GAP = re.compile(r"[ ().\-/]{0,3}")
# What may stand before the national number: "+34 ", "0034-(0)", "0", "(", in this many characters.
_MAX_PREFIX = 14
_TRUNK = r"(?:\(0\)|0)?[ ().\-/]{0,2}"

# Digits of a North American number with its country code, often written without "+".
_NORTH_AMERICAN = 11

# E.164 country codes of one and two digits; all others have three.
_CODES = """
1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66
81 82 84 86 90 91 92 93 94 95 98
"""
_SHORT_CODES = frozenset(_CODES.split())


def is_phone(text: str) -> bool:
    """Tell whether a folded string is written like a telephone number."""
    return bool(_PHONE.match(text.strip())) and sum(map(str.isdigit, text)) >= MIN_DIGITS


class Phone:
    """One number to look for: ``national`` without trunk zero, and what may stand before it."""

    def __init__(self, written: str) -> None:
        digits = "".join(_DIGITS.findall(written))
        international = written.strip().startswith("+") or digits.startswith("00")
        digits = digits.removeprefix("00")
        if not international and len(digits) == _NORTH_AMERICAN and digits[0] == "1":
            international = True
        code = "[0-9]{1,3}"
        if international:
            code = next((digits[:n] for n in (1, 2) if digits[:n] in _SHORT_CODES), digits[:3])
            digits = digits[len(code) :]
        national = digits.lstrip("0")
        self.national = national if len(national) >= MIN_DIGITS else digits
        bare_code = rf"|{code}[ ().\-/]{{0,3}}" if international else ""
        self._prefix = re.compile(rf"(?:\(?(?:\+|00)\)?[ ]?{code}\)?[ ().\-/]{{0,3}}{bare_code})?{_TRUNK}\Z")

    def widened(self, folded: Folded, start: int) -> int | None:
        """Where the number begins, prefix included; ``None`` when digits before it are not a prefix."""
        text = folded.text
        for begin in range(max(0, start - _MAX_PREFIX), start + 1):
            if not folded.touches(begin) and self._prefix.match(text[begin:start]):
                return start - len(text[begin:start].lstrip(" ).-/"))
        return None


def find(folded: Folded, phones: Sequence[Phone]) -> Iterator[tuple[int, int]]:
    """Spans of the folded text in which one of the numbers is written."""
    if not phones:
        return
    for digits, places in _runs(folded.text):
        for phone in phones:
            at = digits.find(phone.national)
            while at != -1:
                end = at + len(phone.national)
                last = places[end - 1]
                start = phone.widened(folded, places[at])
                if start is not None and not folded.touches(last + 1):
                    yield start, last + 1
                at = digits.find(phone.national, end)


def _runs(text: str) -> Iterator[tuple[str, list[int]]]:
    """Groups of digits that may be one number, joined, with the place of each digit."""
    digits: list[str] = []
    places: list[int] = []
    for group in _DIGITS.finditer(text):
        if places and not _GAP.fullmatch(text, places[-1] + 1, group.start()):
            yield "".join(digits), places
            digits, places = [], []
        digits.append(group.group())
        places.extend(range(group.start(), group.end()))
    if places:
        yield "".join(digits), places
