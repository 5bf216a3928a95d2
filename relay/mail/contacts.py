"""Contact details in a counselor's own words: telephone numbers, e-mail addresses, handles.

Helplines do not give personal contact away by accident: a reply that holds one which nobody has
registered is held once and sent when the counselor says so again. Web addresses are what counselors
send all day, and are fine. Called by ``flow.compose``; pure, linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}", re.UNICODE)
_HANDLE = re.compile(r"(?<![\w@/.])@[A-Za-z0-9_][A-Za-z0-9_.]{2,30}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>]+")
_PHONE = re.compile(r"(?<![\w.,/-])\+?\(?\d[\d ()./-]{5,22}\d(?![\w-])")
_MOMENT = re.compile(
    r"(?<![\d:])\d{1,2}:\d{2}(?!\d)"
    r"|(?<![\d./-])(?:(?:19|20)\d\d([./-])\d{1,2}\1\d{1,2}|\d{1,2}([./-])\d{1,2}\2(?:19|20)\d\d)(?![\d/-])"
)
"""A time of day, a date with all of its year: "2026-11-24 16:30" is an appointment."""
_NETWORK_ADDRESS = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|\Z)){4}\Z")
"""Four numbers up to 255 without leading zeros; a Swiss telephone number begins with one."""
_DATE_LIKE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_MAY_HOLD_ONE = re.compile(r"[@\d]")
MIN_PHONE_DIGITS = 7
"""Shorter numbers are years, prices, house numbers and the short codes of crisis lines."""
MAX_PHONE_DIGITS = 15
"""ITU-T E.164 §6.1."""


def kinds(text: str, is_ours: Callable[[str], bool]) -> frozenset[str]:
    """Which kinds of contact details stand in the text: ``phone``, ``address``, ``handle``.

    Addresses that are ours are aliases, which is what an author's own address has become.
    """
    if not _MAY_HOLD_ONE.search(text):
        return frozenset()
    bare = _URL.sub(" ", text)
    found = set()
    if any(not is_ours(match.group().lower().rstrip(".-")) for match in _ADDRESS.finditer(bare)):
        found.add("address")
    if _HANDLE.search(_ADDRESS.sub(" ", bare)):
        found.add("handle")
    if any(_is_phone(match.group()) for match in _PHONE.finditer(_MOMENT.sub("|", bare))):
        found.add("phone")
    return frozenset(found)


def _is_phone(candidate: str) -> bool:
    digits = sum(c.isdigit() for c in candidate)
    if not MIN_PHONE_DIGITS <= digits <= MAX_PHONE_DIGITS:
        return False
    return not (_DATE_LIKE.fullmatch(candidate.strip()) or _NETWORK_ADDRESS.match(candidate))
