"""What an operator tells a reader besides the files.

Made by ``command``, read by all readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Context:
    """``source``: the name of the directory, under which its entries are found again at the next import.

    ``country``: where numbers and places are that do not say so. ``verified``: when the directory as a whole was
    last looked at, for entries without a date of their own.
    """

    source: str
    today: date
    country: str = ""
    verified: date | None = None
