"""What a message does to the clock of its conversation, and what an answer is held against. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from relay.domain import clocks
from relay.domain.clocks import Awaits, Clock, Terms
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.pledges import Pledges
from relay.domain.risk import Risk
from relay.flow.outcomes import Outcome
from relay.flow.values import Known

_STARTS: Mapping[ConversationEvent | None, Awaits] = {
    ConversationEvent.SEEKER_WROTE: Awaits.COUNSELOR,
    ConversationEvent.COUNSELOR_WROTE: Awaits.SEEKER,
}
"""Whose words are awaited after somebody has written."""


def look_at(known: Known, outcome: Outcome, pledges: Pledges) -> datetime | None:
    """When the clock that these words start is looked at first."""
    event, view = outcome.conversation_event, known.target.conversation
    if view is None or event not in _STARTS:
        return None
    since = known.entry.received_at if event is ConversationEvent.SEEKER_WROTE else known.now
    clock = Clock(
        since=since, turn_at=known.now, awaits=_STARTS[event], is_held=view.counselor is not None,
        is_first=not any(link.author is Side.COUNSELOR for link in view.thread),
        risk_at=since if view.risk is Risk.HIGH else None,
    )  # fmt: skip
    return clocks.look_at(clock, pledges.of(view.intake).terms, known.now)


def terms(known: Known, outcome: Outcome, pledges: Pledges) -> Terms | None:
    """What was promised to whoever reads a counselor's words; ``None`` for all else."""
    view = known.target.conversation
    if view is None or outcome.conversation_event is not ConversationEvent.COUNSELOR_WROTE:
        return None
    return pledges.of(view.intake).terms
