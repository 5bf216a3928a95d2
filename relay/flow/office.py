"""What everybody needs who writes to people without having been written to: texts, plan, time, chance, and the way out.

One value, made by ``app`` and given to each of them, so that none has to be told seven things.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relay.domain.aliases import Randomness, message_id
from relay.flow.letters import Letters
from relay.flow.outcomes import LeasedDelivery
from relay.flow.plan import Plan
from relay.flow.ports import Clock
from relay.flow.posting import Poster
from relay.flow.values import Service


def _nobody_hears() -> None: ...


@dataclass(frozen=True, slots=True)
class Office:
    """``deliver`` is given every notice that was stored, to be sent at once. ``poster``: seals what a seeker is to read
    in secret, where there is OpenPGP. ``released`` is called when a conversation has lost its counselor.
    """

    letters: Letters
    plan: Callable[[], Plan]
    clock: Clock
    randomness: Randomness
    deliver: Callable[[LeasedDelivery], None]
    poster: Poster | None = None
    released: Callable[[], None] = _nobody_hears

    @property
    def service(self) -> Service:
        """What is in force of the line itself."""
        return self.plan().service

    def new_id(self) -> str:
        """A message id of ours."""
        return message_id(self.randomness, self.service.domain)
