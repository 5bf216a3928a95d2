"""How much proof each side owes before its words pass through an alias. Read from the configuration; pure.

Whatever the level, an alias accepts only the person it was issued to; the levels add proof to that.
"""

from __future__ import annotations

from enum import Enum


class CounselorLevel(Enum):
    """What a counselor's mail must show: their address; and their domain's proof; or a signature by their key."""

    ALIAS = "alias"
    DMARC = "dmarc"
    OPENPGP = "openpgp"


class SeekerLevel(Enum):
    """What is done about a seeker's: nothing; the counselor is shown; a forgery that its domain disowns is held."""

    OFF = "off"
    REPORT = "report"
    ENFORCE = "enforce"
