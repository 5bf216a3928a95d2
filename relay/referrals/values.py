"""Single values as directories write them: texts, lists, dates, ages, costs, yes and no.

Called by all readers. What cannot be read is a ``ValueError`` with the words for a finding; nothing is guessed that a
person could be sent to a wrong door by.
"""

from __future__ import annotations

import html
import re
from datetime import date

from relay.domain.referrals import Ages, Cost
from relay.referrals.findings import quoted

NAME_CHARS = 200
LINE_CHARS = 240
ADDRESS_CHARS = 300
DESCRIPTION_CHARS = 2000
_LIST_ITEMS = 40

_TAG = re.compile(r"<(?:/?[A-Za-z][^<>]{0,500}|!--.{0,500}?--)>", re.DOTALL)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_JOINERS = "\u200c\u200d"
"""Not printable by themselves, and needed to write Persian or Hindi."""
_QUOTES = re.compile(r'\A"+(.*?)"+\Z', re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_SEPARATORS = re.compile(r"[;|\n]")

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?\Z", re.DOTALL)
_NUMBERS = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})\Z")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)? ([A-Za-z]{3,9})\.?,? (\d{4})\Z")
_MONTHS = "january february march april may june july august september october november december"
_MONTH_NUMBERS = {
    each: number
    for number, name in enumerate(_MONTHS.split(), 1)
    for each in {name, name[:3], "sept" if name == "september" else name}
}
_CENTURY_FROM = 69
"""Two digits of a year from here on are of the last century, as POSIX reads them."""

_MAX_AGE = 130
_AGE_RANGE = re.compile(r"(\d{1,3})\s*(?:-|\u2013|to|bis|a|à)\s*(\d{1,3})\b")
_AGE_FROM = re.compile(
    r"(?:(\d{1,3})\s*(?:\+|and (?:over|older|above|up)|or (?:over|older|above))|(?:over|from|ab)\s+(\d{1,3}))"
)
_AGE_TO = re.compile(
    r"(?:(?:under|below|unter)\s+(\d{1,3})|(?:up to|bis)\s+(\d{1,3})|(\d{1,3})\s+(?:and|or) (?:under|younger))"
)

_FREE = re.compile(
    r"\A\W*(?:none|free(?: of charge)?|no (?:charge|cost|fees?)|nil|0(?:[.,]00?)?"
    r"|kostenlos|kostenfrei|gratis|gratuito|gratuit)\W*\Z",
    re.IGNORECASE,
)
_BEGINS_FREE = re.compile(r"\W*free\b(?!-)", re.IGNORECASE)
_BUT = re.compile(
    r"[\d£$€]|\b(?:but|except|first|for|if|members?|most|some|then|unless|when)\b", re.IGNORECASE
)
_LOW = re.compile(
    r"sliding|donation|income|ability to pay|pay.what|pay.as.you.(?:can|feel)|suggested", re.IGNORECASE
)
_PAID = re.compile(
    r"\d\s?(?:€|£|\$)|(?:€|£|\$)\s?\d|\b(?:paid|fees? appl|per (?:hour|session))", re.IGNORECASE
)

_YES = frozenset({"1", "true", "yes", "y", "ja", "si", "sí", "oui", "x", "wahr"})
_NO = frozenset({"0", "false", "no", "n", "nein", "non", "falsch"}) | {""}


def clean(text: str, limit: int = DESCRIPTION_CHARS) -> str:
    """A text on one line: no markup, no control characters, no quotes that an export left around it."""
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    if "\\n" in text:
        text = text.replace("\\n", " ")  # a line end that an export has written out
    is_plain = text.isascii() and text.isprintable()
    text = " ".join(text.split()) if is_plain else _SPACE.sub(" ", text).strip()
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable() or c in _JOINERS)
    if text.startswith('"') and (unwrapped := _QUOTES.match(text)):
        text = unwrapped[1].strip()
    return text if len(text) <= limit else _cut(text, limit)


def _cut(text: str, limit: int) -> str:
    """Not in the middle of a word."""
    return text[: limit - 1].rpartition(" ")[0].rstrip(",;:") + "…"


def one_line(text: str) -> str:
    """What a description says first: whole sentences where they fit."""
    if len(text) <= LINE_CHARS:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, LINE_CHARS)]
    return text[: ends[-1]] if ends else _cut(text, LINE_CHARS)


def items(text: str, *, commas: bool = True) -> tuple[str, ...]:
    """A list in one cell, divided by semicolons, bars or lines, else by commas; each once."""
    parts = _SEPARATORS.split(text)
    if len(parts) == 1 and commas:
        parts = text.split(",")
    cleaned = (clean(part, NAME_CHARS) for part in parts)
    return tuple(dict.fromkeys(part for part in cleaned if part))[:_LIST_ITEMS]


def day(text: str, order: str = "") -> date:
    """A date. ``order``: ``dmy`` or ``mdy`` for ``3/4/2024``; without it that is refused. Raises ``ValueError``."""
    text = text.strip()
    try:
        if found := _ISO.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _NUMBERS.match(text):
            return _numbers(int(found[1]), int(found[2]), found[3], order)
        if found := _MONTH_FIRST.match(text):
            return date(int(found[3]), _month(found[1]), int(found[2]))
        if found := _DAY_FIRST.match(text):
            return date(int(found[3]), _month(found[2]), int(found[1]))
    except ValueError as error:
        if "two ways" in str(error):
            raise
        raise ValueError(f"{quoted(text)} is no day of the calendar") from None
    raise ValueError(f"{quoted(text)} is no date; write it as 2026-05-31")


def _numbers(first: int, second: int, year: str, order: str) -> date:
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= _CENTURY_FROM else 2000
    if not order and first <= 12 and second <= 12 and first != second:
        raise ValueError(f"'{first}/{second}/{year}' can be read two ways; write it as 2026-05-31")
    month_first = order == "mdy" or (not order and first <= 12)
    return date(number, first, second) if month_first else date(number, second, first)


def _month(name: str) -> int:
    """Raises ``ValueError``."""
    number = _MONTH_NUMBERS.get(name.casefold())
    if number is None:
        raise ValueError(name)
    return number


def age(text: str) -> int | None:
    """One limit of age. Raises ``ValueError``."""
    text = text.strip()
    if not text:
        return None
    try:
        years = int(float(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{quoted(text)} is no age in years") from None
    if not 0 <= years <= _MAX_AGE:
        raise ValueError(f"{quoted(text)} is no age in years")
    return years


def ages(text: str) -> Ages:
    """Both limits in one cell: ``12-25``, ``18+``, ``under 18``. Raises ``ValueError``."""
    folded = text.casefold().strip()
    if not folded or folded in {"all", "all ages", "any", "alle"}:
        return Ages()
    if found := _AGE_RANGE.search(folded):
        return Ages(age(found[1]), age(found[2]))
    if found := _AGE_FROM.search(folded):
        return Ages(age(found[1] or found[2]), None)
    if found := _AGE_TO.search(folded):
        below = found[1] is not None
        limit = age(found[1] or found[2] or found[3])
        return Ages(None, limit - 1 if below and limit else limit)
    raise ValueError(f"{quoted(text)} is no range of ages; write it as 12-25, 18+ or under 18")


def cost(text: str) -> Cost:
    """What the words of a directory say of the cost; only what is certain."""
    if not text.strip():
        return Cost.UNKNOWN
    if _FREE.match(text) or (_BEGINS_FREE.match(text) and not _BUT.search(text)):
        return Cost.FREE
    if _LOW.search(text):
        return Cost.LOW
    return Cost.PAID if _PAID.search(text) else Cost.UNKNOWN


def is_yes(text: str) -> bool:
    """Yes or no. Raises ``ValueError``."""
    folded = text.strip().casefold()
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise ValueError(f"{quoted(text)} is neither yes nor no")
