"""A hand-over that waits for the seeker's word, where the queue asks for it. Pure values.

While it is open the counselor stays responsible; where they are off duty, or have left the line, the conversation
waits. The clock of the promise goes on all the same, and whoever may be in danger is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relay.domain.conversations import ConversationState
from relay.domain.risk import Risk


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked. ``answer_by``: after that it is decided without a word. ``to``: a counselor's id with how many
    conversations they take at a time and the alias that would stand for the seeker toward them; empty: anybody.
    ``excludes_until``: until when it does not go back to whoever hands it over. ``queue``: the other queue that it
    goes to. ``question``: the id of the message that asks, for a later one may ask something else. ``is_owed``: it has
    not been put yet, so that no answer can be late, and none is one.
    """

    answer_by: datetime
    excludes_until: datetime
    to: str = ""
    capacity: int = 0
    alias: str = ""
    queue: str = ""
    question: str = ""
    is_owed: bool = False

    def is_open(self, now: datetime) -> bool:
        """Tell whether the seeker still has time to answer."""
        return self.is_owed or now < self.answer_by


def is_asked_first(state: ConversationState, risk: Risk) -> bool:
    """Tell whether a seeker is asked before somebody else goes on, where the queue asks at all: one who was answered
    before, and who is not in danger.
    """
    return state is ConversationState.OPEN and risk is not Risk.HIGH
