"""Contact details in a counselor's own words: telephone numbers, e-mail addresses, handles.

Helplines do not give personal contact away by accident: a reply that holds one which nobody has
registered is held once and sent when the counselor says so again. Web addresses are what counselors
send all day, and are fine. Called by ``flow.compose``; pure, linear.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}", re.UNICODE)
_HANDLE = re.compile(r"(?<![\w@/.])@[A-Za-z0-9_][A-Za-z0-9_.]{2,30}")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>]+")
_PHONE = re.compile(r"(?<![\w.,/-])\+?\(?\d[\d ()./-]{5,22}\d(?![\w-])")
_DATE_LIKE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
MIN_PHONE_DIGITS = 7
"""Shorter numbers are years, prices, house numbers and the short codes of crisis lines."""
MAX_PHONE_DIGITS = 15
"""ITU-T E.164 §6.1."""


def kinds(text: str, our_domain: str) -> frozenset[str]:
    """Which kinds of contact details stand in the text: ``phone``, ``address``, ``handle``.

    Addresses at ``our_domain`` are aliases, which is what an author's own address has become.
    """
    bare = _URL.sub(" ", text)
    found = set()
    if any(
        not match.group().lower().rstrip(".-").endswith("@" + our_domain) for match in _ADDRESS.finditer(bare)
    ):
        found.add("address")
    if _HANDLE.search(_ADDRESS.sub(" ", bare)):
        found.add("handle")
    if any(_is_phone(match.group()) for match in _PHONE.finditer(bare)):
        found.add("phone")
    return frozenset(found)


def _is_phone(candidate: str) -> bool:
    digits = sum(c.isdigit() for c in candidate)
    return MIN_PHONE_DIGITS <= digits <= MAX_PHONE_DIGITS and not _DATE_LIKE.fullmatch(candidate.strip())
