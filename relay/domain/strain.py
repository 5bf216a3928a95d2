"""How much a node has to do, and whether it takes more: which message goes first, and which is asked to come later.

A message that is taken is safe but may wait; one that is put off with a 4xx is safe where it is, and comes again by
itself (RFC 5321 §4.5.4.1). So nothing is put off as long as there is room and the wait is short; then first letters
are, and only when it is much worse what people write in the middle of a conversation. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

CONVERSATION_SHARE: Final = 4
"""How many times what first letters may take is left to conversations in progress."""

_WINDOW_S: Final = 10.0
"""How far back the pace is looked at."""

_ENOUGH: Final = 20
"""So many done tell a pace before the window is full. Fewer do not: the first of a thousand may wait for a worker to
start, and the thousand would seem to wait for as long each."""


class Rank(IntEnum):
    """Whose message goes first when there are more than can be worked on at once: lower before higher."""

    URGENT = 0
    CONVERSATION = 1
    REQUEST = 2


class Excess(Enum):
    """What there is too much of."""

    DISK = "disk"
    QUEUE = "queue"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Up to where first letters are taken. ``free_bytes``: at least; ``queued`` messages and ``wait_s``: at most."""

    free_bytes: int
    queued: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Strain:
    """One look. ``free_bytes``: ``None`` where the disk is not ours. ``wait_s``: how long one more would wait."""

    free_bytes: int | None
    queued: int
    wait_s: float


def excess(strain: Strain, bounds: Bounds, rank: Rank) -> Excess | None:
    """Why a message is asked to come later; ``None`` when it is taken."""
    share = 1 if rank is Rank.REQUEST else CONVERSATION_SHARE
    if strain.free_bytes is not None and strain.free_bytes * share < bounds.free_bytes:
        return Excess.DISK
    if strain.queued >= bounds.queued * share:
        return Excess.QUEUE
    return Excess.WAIT if strain.wait_s > bounds.wait_s * share else None


class Throughput:
    """How long one more will wait, by the pace of late. Instants are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._busy_since: float | None = None
        self._done = 0.0
        self._is_known = False

    def begin(self, at: float) -> None:
        """Something waits and, before it, nothing did: what was done at leisure tells nothing of the pace."""
        self._busy_since, self._done, self._is_known = at, 0.0, False

    def done(self, at: float) -> None:
        """One more is at its end."""
        if self._busy_since is None:
            return
        self._done += 1
        span_s = at - self._busy_since
        self._is_known = self._is_known or self._done >= _ENOUGH or span_s > _WINDOW_S
        if span_s > _WINDOW_S:  # what is long ago counts for less and less
            self._busy_since, self._done = at - span_s / 2, self._done / 2

    def rest(self) -> None:
        """Nothing waits any more."""
        self._busy_since = None

    def wait_s(self, ahead: int, at: float) -> float:
        """Seconds until the turn of one who has ``ahead`` before them; with no pace known, as long as it has been."""
        if self._busy_since is None or not ahead:
            return 0.0
        span_s = at - self._busy_since
        is_known = self._is_known or (self._done and span_s > _WINDOW_S)
        return span_s * ahead / self._done if is_known else span_s
