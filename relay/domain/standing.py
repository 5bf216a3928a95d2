"""What speaks against passing a message on: a block of its sender, the verdict of a spam filter.

Routing finds it out (``flow.route``), a stage decides what follows (``flow.stages``). Nobody can tell from it who it is
about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from relay.domain.conversations import UNDER_WAY, ConversationState


@dataclass(frozen=True, slots=True)
class Block:
    """In force from ``since`` until ``until``. ``is_told``: the operator has heard of its mail since yesterday.

    ``everywhere``: whatever comes under the address is held, as the operator has said. Else a counselor has said it in
    one conversation: that one and new ones are held, and others that are under way go on, for anybody can have written
    the one under somebody else's address, and nobody but its seeker knows the alias of another.
    """

    block_id: bytes
    since: datetime
    until: datetime
    is_told: bool = False
    everywhere: bool = True

    def holds(self, state: ConversationState | None) -> bool:
        """Tell whether words to a conversation in this state are held; ``None``: they would open one."""
        return self.everywhere or state not in UNDER_WAY


class Verdict(Enum):
    """What is to become of a message, for what its content looks like."""

    PASS = "pass"  # noqa: S105 - no password
    MARK = "mark"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Standing:
    """Both for one message."""

    block: Block | None = None
    verdict: Verdict = Verdict.PASS


NOTHING_AGAINST = Standing()
