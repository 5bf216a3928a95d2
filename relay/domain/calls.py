"""Where a telephone call to a seeker stands. A number that they write goes to those who call, and is kept
nowhere; that of whoever has telephoned is sealed with their conversation (``domain.callers``).
"""

from __future__ import annotations

from enum import Enum


class Call(Enum):
    """``ASKED``: a counselor offers a call, and those who call wait for the number. ``WANTED``: they have it."""

    NONE = "none"
    ASKED = "asked"
    WANTED = "wanted"
