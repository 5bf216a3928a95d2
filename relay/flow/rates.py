"""How much one sender, and all together, may bring: whether a message is taken now or asked to come again.

``accept`` asks before it takes content and before it commits. A message over a rate is answered with 4xx, so its
sender's MTA brings it again by itself and nothing is lost (P3, P8). Senders are counted by envelope and by the
From that the message shows, as keyed hashes in memory; counts run down by themselves and are bounded in
number; a restart begins anew, to the sender's advantage. A person who writes to the alias that was
issued to them has a larger rate of its own: who is in the middle of a conversation is not put off because of
what came in under their name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from relay.domain.addresses import OurAddress
from relay.errors import RelayError, Reply
from relay.flow.senders import Senders

HOUR_S = 3600.0
MINUTE_S = 60.0
MAX_COUNTED = 50_000
"""Senders counted at once: about 10 MiB. When there are more, those whose count has run down are forgotten."""

_ALL = b""


class TooMany(RelayError):
    """More than may come now; the client is asked to bring it again."""

    reply = Reply(450, "4.7.1", "Too many messages, please try again later")


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages from one sender an hour, from a person within their conversations an hour, from all a minute.

    ``counts_trusted``: also what comes through trusted hosts, which otherwise have no rate.
    """

    per_sender: int = 60
    in_conversation: int = 240
    all_together: int = 1200
    counts_trusted: bool = False


Belongs = Callable[[Collection[OurAddress], Collection[str]], Awaitable[bool]]
"""Whether all of these are aliases of ours that were issued to somebody with one of these addresses."""


class Admission:
    """Counts what is let in, against the rates now in force."""

    def __init__(
        self,
        senders: Senders,
        rates: Callable[[], Rates],
        now: Callable[[], datetime],
        belongs: Belongs,
        most: int = MAX_COUNTED,
    ) -> None:
        self._senders = senders
        self._rates = rates
        self._now = now
        self._belongs = belongs
        self._requests = _Buckets(HOUR_S, most)
        self._conversations = _Buckets(HOUR_S, most)
        self._all = _Buckets(MINUTE_S, most)

    def begin(self, *, trusted: bool) -> None:
        """Count one more message of all. Raises ``TooMany``."""
        rates = self._rates()
        if (not trusted or rates.counts_trusted) and not self._all.take(
            {_ALL}, self._now(), rates.all_together
        ):
            raise TooMany("all")

    async def admit(
        self, forward_paths: Collection[OurAddress], addresses: Collection[str], *, trusted: bool
    ) -> None:
        """Count one more message under these addresses, envelope and From. Raises ``TooMany``."""
        rates = self._rates()
        if trusted and not rates.counts_trusted:
            return
        buckets, limit = self._requests, rates.per_sender
        if await self._belongs(forward_paths, addresses):
            buckets, limit = self._conversations, rates.in_conversation
        if not buckets.take({self._senders.of(address) for address in addresses}, self._now(), limit):
            raise TooMany("sender")


class _Buckets:
    """Counts that run down evenly, so that a limit holds at every moment and not only from hour to hour."""

    def __init__(self, window_s: float, most: int) -> None:
        self._window_s = window_s
        self._most = most
        self._levels: dict[bytes, tuple[float, datetime]] = {}

    def take(self, keys: Collection[bytes], now: datetime, limit: int) -> bool:
        """Count one for each key; ``False``, and nothing counted, when one of them is at its limit."""
        levels = {key: self._level(key, now, limit) for key in keys}
        if any(level + 1 > limit for level in levels.values()):
            return False
        if len(self._levels) + len(levels) > self._most:
            self._forget(now, limit)
        self._levels |= {key: (level + 1, now) for key, level in levels.items()}
        return True

    def _level(self, key: bytes, now: datetime, limit: int) -> float:
        level, at = self._levels.get(key, (0.0, now))
        return max(0.0, level - limit * (now - at).total_seconds() / self._window_s)

    def _forget(self, now: datetime, limit: int) -> None:
        """Make room: what has run down is as good as forgotten; failing that, all begin anew."""
        self._levels = {key: kept for key, kept in self._levels.items() if self._level(key, now, limit) > 0}
        if len(self._levels) > self._most // 2:
            self._levels.clear()
