"""How a conversation came to its end, for closing words and for counting. Pure."""

from __future__ import annotations

from enum import Enum


class Closing(Enum):
    """``DONE``: as both agreed, the usual one. ``SILENT``: the seeker had not written for long."""

    DONE = "done"
    REFERRED = "referred"
    SILENT = "silent"
    SPAM = "spam"
    BLOCKED = "blocked"


CHOSEN = {"": Closing.DONE, "done": Closing.DONE, "referred": Closing.REFERRED, "silent": Closing.SILENT}
"""What a counselor may write behind ``!close``; each has words for the seeker. ``none`` closes without any."""

WITHOUT_WORDS = "none"
