"""What courier and router ask of the store beside their work: may this still be sent, and what did nobody take up?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from relay.flow.outcomes import LeasedDelivery


class Clearances(Protocol):
    """Whether what waited to be sent may still be sent."""

    async def clearance(self, delivery: LeasedDelivery, now: datetime) -> datetime | None:
        """When a delivery that we have leased may leave: ``now``, or a later hour that its reader has named safe.
        ``None``: not by us, because its reader wants no mail or was forgotten, or somebody else holds it now.
        """

    async def cancel(self, delivery: LeasedDelivery, now: datetime) -> bool:
        """End it unsent, and forget its message; ``False``, and nothing is done, when it is no longer ours to end."""


class Forsaken(Protocol):
    """Leases that this node took and nobody in it works on, for the answer of some transaction was lost."""

    async def free_entries(self, held: Collection[bytes], now: datetime) -> None:
        """End those on other entries than these."""

    async def free_deliveries(self, held: Collection[tuple[bytes, int]], now: datetime) -> None:
        """End those on other deliveries than these, by id and fence."""
