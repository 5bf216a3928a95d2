"""Somebody who telephones: what stands for an address where there is only a number, or not even that. Pure.

The conversation of a caller is kept as any other's, sealed under an address that no mail can have: the number at a
domain that is nobody's (RFC 2606 §2). So whoever calls again finds the same counselor, a block holds what comes from
the number, and erasing destroys it. No mail goes there (``wishes.no_mail``), and none that claims to come from there
is a caller's.

Standard: ITU-T E.164 (at most 15 digits; with 00 before them 17).
"""

from __future__ import annotations

import re

DOMAIN = "phone.invalid"
_WITHHELD = "withheld-"

MIN_DIGITS = 6
"""Fewer are an extension: nobody outside can be reached under it, and it would be found in every text."""
MAX_DIGITS = 17

_WRITTEN = re.compile(r"\+?[0-9 ().\-/]{1,40}\Z")


def normalised(written: str) -> str:
    """A number as it is dialled, digits with a ``+`` before them where there was one; empty for what is none."""
    text = written.strip().removeprefix("tel:").strip()
    digits = "".join(filter(str.isdigit, text))
    if not _WRITTEN.match(text) or not MIN_DIGITS <= len(digits) <= MAX_DIGITS or not digits.strip("0"):
        return ""
    return "+" + digits if text.startswith("+") else digits


def address_of(number: str, random: bytes) -> str:
    """What stands for the address of whoever calls. ``number``: normalised; without one ``random`` tells them apart."""
    return f"{number or _WITHHELD + random.hex()}@{DOMAIN}"


def is_caller(address: str) -> bool:
    """Tell whether this stands for somebody who has telephoned."""
    return address.lower().endswith("@" + DOMAIN)


def number_of(address: str) -> str:
    """The number of a caller; empty where none was shown, or kept, and for everybody else."""
    local = address.rpartition("@")[0]
    return local if is_caller(address) and not local.startswith(_WITHHELD) else ""
