"""Whether the seeker of a conversation that ends is asked two questions, and the address that they may answer to.

Nobody but the seeker is to know that address: whoever does could answer in their place, or see whose it is. So a reply
that a supervisor reads shows none, and what a seeker quotes of the last letter goes on without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from relay.domain.aliases import TOKEN_PATTERN, Randomness
from relay.domain.invitations import Invitation
from relay.domain.risk import Risk
from relay.flow.parties import ConversationView
from relay.flow.plan import Plan
from relay.flow.values import Known
from relay.mail.identity import REMOVED


class Invitations(Protocol):
    """Addresses for two answers at the end of a conversation (``domain.invitations``)."""

    def mint(self, randomness: Randomness, queue: str, now: datetime) -> str:
        """A token for an answer about a conversation of this queue; nothing is noted of it."""

    def is_one(self, token: str, now: datetime) -> bool:
        """Tell whether a token is an invitation."""

    async def look_up(self, token: str, intakes: Sequence[tuple[str, str, str]], usual: str) -> Invitation:
        """What is known of an invitation. ``intakes``: queue, address and language of each."""


def invited(
    invitations: Invitations, plan: Plan, view: ConversationView | None, randomness: Randomness, now: datetime
) -> str:
    """A fresh address, empty where nobody is asked: not in this queue, or because somebody may be in danger."""
    if view is None or view.risk is Risk.HIGH:
        return ""
    queue = plan.roster.queue_for(view.intake, view.queue)
    if not (plan.asks_feedback if queue.asks_feedback is None else queue.asks_feedback):
        return ""
    return plan.service.at(invitations.mint(randomness, queue.name, now))


def hidden(text: str, known: Known) -> str:
    """A text for somebody else's eyes: with a stand-in for the address."""
    address = known.desk.invitation if known.desk else ""
    return text.replace(address, known.service.at("...")) if address else text


def without_other_tokens(text: str, known: Known) -> str:
    """A seeker's words without addresses of ours that are not the one of this conversation."""
    if "@" not in text:
        return text
    conversation = known.target.conversation
    own = conversation.counselor_alias.lower() if conversation else ""
    pattern = re.escape(known.service.at(_STAND_IN)).replace(_STAND_IN, TOKEN_PATTERN)
    return re.sub(
        rf"(?<!\w){pattern}(?![\w-])",
        lambda found: found[0] if found[0].lower() == own else REMOVED,
        text,
        flags=re.IGNORECASE,
    )


_STAND_IN = "token"
