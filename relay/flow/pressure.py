"""Back-pressure: whether there is room for one more message, asked before its content is taken.

``accept`` asks for each message, ``route`` tells how much waits, and the disk is looked at once a second. What is over
is answered with 452 (RFC 3463 X.3.1: no room) or 421 (X.3.2: busy), never with a 5xx, and nobody has to do anything
afterwards: the next message is asked about anew (P3, P8). What is taken and when it is not: ``domain.strain``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from relay.domain.strain import Bounds, Excess, Rank, Strain, excess
from relay.errors import BUSY, SYSTEM_FULL, RelayError, Reply

LOOK_EVERY_S: Final = 1.0
"""How old what is known of the disk may be."""

_REPLIES: Final = {Excess.DISK: SYSTEM_FULL, Excess.QUEUE: SYSTEM_FULL, Excess.WAIT: BUSY}


class Overloaded(RelayError):
    """No room for this message now; the client is asked to bring it again."""

    def __init__(self, excess: Excess) -> None:
        super().__init__(excess.value)
        self.excess = excess

    @property
    def reply(self) -> Reply:  # type: ignore[override]  # one for each kind of excess
        return _REPLIES[self.excess]


class Backlog(Protocol):
    """What waits to be worked on. ``behind``: more than is worked on at once."""

    @property
    def queued(self) -> int: ...
    @property
    def is_behind(self) -> bool: ...
    def wait_s(self, rank: Rank, *, is_large: bool = False) -> float: ...


class Pressure:
    """``free``: octets free where the store is, ``None`` where that is not ours to see. ``time``: seconds, forward."""

    def __init__(
        self,
        bounds: Callable[[], Bounds],
        free: Callable[[], int | None],
        backlog: Backlog,
        time: Callable[[], float],
    ) -> None:
        self._bounds = bounds
        self._free = free
        self._backlog = backlog
        self._time = time
        self._free_bytes: int | None = None
        self._looked_at = float("-inf")

    @property
    def is_behind(self) -> bool:
        """Whether it matters now who goes first."""
        return self._backlog.is_behind

    def check(self, rank: Rank, *, is_large: bool = False) -> None:
        """Raises ``Overloaded``. ``is_large``: it waits behind its like alone (``line``)."""
        wait_s = self._backlog.wait_s(rank, is_large=is_large)
        strain = Strain(self._free_now(), self._backlog.queued, wait_s)
        found = excess(strain, self._bounds(), rank)
        if found is not None:
            raise Overloaded(found)

    def _free_now(self) -> int | None:
        now = self._time()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._free_bytes, self._looked_at = self._free(), now
        return self._free_bytes
