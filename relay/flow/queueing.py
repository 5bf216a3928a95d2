"""The way by which a notice that nothing else writes gets into the store: the part of it that those see who tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from relay.flow.outcomes import LeasedDelivery


class Notices(Protocol):
    """``SqlStore`` is one."""

    async def queue_notice(
        self,
        notice: LeasedDelivery,
        now: datetime,
        instead_of: bytes | None = None,
        tells: str = "",
        *,
        once_in: timedelta | None = None,
    ) -> LeasedDelivery:
        """Write a notice, leased. ``instead_of``: the kept one that it is; ``Stale`` when that has left already.
        ``tells``: who has been told with it today or, where there is ``once_in``, what; ``Stale`` when that was told
        already in that time.
        """
