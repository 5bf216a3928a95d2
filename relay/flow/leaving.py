"""When what is relayed leaves: the operator's delay, and hours that a seeker has named safe. Called by ``decide``."""

from __future__ import annotations

from datetime import datetime

from relay.domain.aliases import Randomness
from relay.domain.conversations import Side
from relay.domain.delays import Delay
from relay.flow.values import Target


def leaves_at(target: Target, delay: Delay | None, now: datetime, randomness: Randomness) -> datetime | None:
    """The instant; ``None``: at once. To a seeker who has named hours not before these begin."""
    delayed = delay.leaves_at(now, randomness) if delay else None
    if target.author_side is not Side.COUNSELOR or target.conversation is None:
        return delayed
    safe = target.conversation.wishes.opens(delayed or now)
    return safe if safe > now else delayed
