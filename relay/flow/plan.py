"""What the configuration says, as the flow needs it: one immutable value, replaced whole on reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from relay.domain.crisis import NO_LINES, CrisisBook
from relay.domain.delays import Delay
from relay.domain.pledges import USUAL, Pledges
from relay.domain.reading import EMPTY_SHELF, Shelf
from relay.domain.roster import Roster
from relay.domain.voicemail import Pbx
from relay.flow.values import Service


@dataclass(frozen=True, slots=True)
class Plan:
    """The service, its people, and what it has to give: where help is at once, and reading lists.

    ``tags``: words in which counselors may say what a conversation is about. ``reopens``: how
    long after its end whoever writes goes on with it. ``consent_wait``: how long a
    seeker has to answer before a hand-over; ``silence_hands_over``: what no answer means. ``asks_feedback``: two
    questions at the end, unless a queue says
    otherwise. ``voicemails``: telephone systems by the address that each writes to.
    """

    service: Service
    roster: Roster
    delay: Delay | None = None
    crisis: CrisisBook = NO_LINES
    shelf: Shelf = EMPTY_SHELF
    pledges: Pledges = USUAL
    tags: tuple[str, ...] = ()
    reopens: timedelta = timedelta(days=14)
    asks_feedback: bool = False
    consent_wait: timedelta = timedelta(hours=24)
    silence_hands_over: bool = False
    voicemails: Mapping[str, Pbx] = field(default_factory=dict, repr=False)
