"""How long a relayed message waits before it leaves, so that its time does not tell whose it is.

Whoever sees mail come in at one minute and go out at the next knows who writes with whom. A message that waits a
random time, and leaves together with others, is one of several. Routing draws the time for what is relayed;
acknowledgements and notices never wait. Pure: chance and time come in. Nothing fails but ``parse``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from relay.domain.aliases import Randomness

TICK = timedelta(seconds=60)
"""What waits longer leaves at whole minutes only: at one message a minute, some come together."""

SPREAD = timedelta(seconds=1)
"""Messages of one tick are this far apart at most, each at a random place, so in a random order."""

MAX_DELAY_S = 3600
"""An hour each way: somebody waits for an answer. No timing attack that an hour stops needs more."""

OFF = "off"

_RANGE = re.compile(r"([0-9]{1,4})-([0-9]{1,4})([sm])\Z")
_UNIT_S = {"s": 1, "m": 60}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Delay:
    """A range to draw from, in seconds; ``shortest_s`` is less than ``longest_s``."""

    shortest_s: int
    longest_s: int

    @classmethod
    def parse(cls, text: str) -> Delay | None:
        """Read ``30-120s`` or ``1-5m``; ``None`` for ``off``. Raises ``ValueError`` with the end of a sentence."""
        if text == OFF:
            return None
        match = _RANGE.match(text)
        if match is None:
            raise ValueError("is not a range of time; write 'off', or for example '30-120s' or '1-5m'")
        shortest, longest = (int(match[n]) * _UNIT_S[match[3]] for n in (1, 2))
        if shortest >= longest:
            raise ValueError("must go from a shorter to a longer time; write for example '30-120s'")
        if longest > MAX_DELAY_S:
            raise ValueError("lets people wait for more than an hour; at most '0-60m'")
        return cls(shortest, longest)

    @property
    def is_ticked(self) -> bool:
        """Whether messages leave together: when the range is over a minute there is a tick in it."""
        return timedelta(seconds=self.longest_s - self.shortest_s) >= TICK + SPREAD

    def leaves_at(self, now: datetime, randomness: Randomness) -> datetime:
        """Draw when a message that is ready ``now`` leaves: an instant in the range, every one equally likely."""
        first = now + timedelta(seconds=self.shortest_s)
        last = now + timedelta(seconds=self.longest_s)
        if not self.is_ticked:
            return first + _part_of(last - first, randomness)
        first_tick = -((_EPOCH - first) // TICK)
        ticks = (last - SPREAD - _EPOCH) // TICK - first_tick + 1
        tick = first_tick + _below(ticks, randomness)
        return _EPOCH + tick * TICK + _part_of(SPREAD, randomness)


def _part_of(span: timedelta, randomness: Randomness) -> timedelta:
    return timedelta(microseconds=_below(span // timedelta(microseconds=1), randomness))


def _below(limit: int, randomness: Randomness) -> int:
    """A number from 0 to ``limit`` - 1; 64 bits leave no number visibly favoured."""
    return int.from_bytes(randomness(8), "big") * limit >> 64
