"""What a service promises those who write, and whom it leaves alone at night: for all, and by intake address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from relay.domain.clocks import Quiet, Terms, Whom
from relay.domain.roster import NEVER
from relay.domain.rota import Rota

USUAL_TERMS = Terms()


class AtEnd(Enum):
    """What happens to a conversation at the end of the promise: others may take it, or one of them is given it."""

    OFFER = "offer"
    REASSIGN = "reassign"


@dataclass(frozen=True, slots=True)
class Pledge:
    """``quiet``: when nobody is told of what is not about danger."""

    terms: Terms = USUAL_TERMS
    quiet: Rota = NEVER
    at_end: AtEnd = AtEnd.OFFER

    def quiet_for(self, counselor: Rota | None = None) -> Quiet:
        """Who is left alone and when; ``counselor``: the responsible one's own quiet hours, where they have any."""
        own = counselor if counselor is not None and counselor.shifts else self.quiet
        return dict.fromkeys(Whom, self.quiet) | {Whom.COUNSELOR: own}


USUAL_PLEDGE = Pledge()


@dataclass(frozen=True, slots=True)
class Pledges:
    """``by_intake``: where an address, in lower case, has one of its own."""

    default: Pledge = USUAL_PLEDGE
    by_intake: Mapping[str, Pledge] = field(default_factory=dict)

    def of(self, intake: str) -> Pledge:
        """What holds for conversations that came in by this address."""
        return self.by_intake.get(intake.lower(), self.default)


USUAL = Pledges()
"""What holds where the operator has said nothing."""
