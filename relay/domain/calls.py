"""Where a telephone call to a seeker stands. The number is kept nowhere: it goes to those who call, and is gone."""

from __future__ import annotations

from enum import Enum


class Call(Enum):
    """``ASKED``: a counselor offers a call, and those who call wait for the number. ``WANTED``: they have it."""

    NONE = "none"
    ASKED = "asked"
    WANTED = "wanted"
