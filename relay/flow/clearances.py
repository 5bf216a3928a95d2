"""What the courier asks before each attempt (``ports.Deliveries``): may this still be sent, and when?"""

from __future__ import annotations

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
