"""A hand-over that waits for the seeker's word, where the queue asks for it. Pure values.

While it is open the counselor stays responsible; where they are off duty, the conversation waits. The clock of the
promise goes on all the same, and whoever may be in danger is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked. ``answer_by``: after that it is decided without a word. ``to``: a counselor's id with how many
    conversations they take at a time and the alias that would stand for the seeker toward them; empty: anybody.
    ``excludes_until``: until when it does not go back to whoever hands it over.
    """

    answer_by: datetime
    excludes_until: datetime
    to: str = ""
    capacity: int = 0
    alias: str = ""
