"""How the daemon itself is doing, as values: made by ``relay.pulse``, shown by ``edge.metrics``. Names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from relay.flow.figures import Figures


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look. ``figures``: none while the store cannot be read. ``on_duty``: how many, by queue.

    ``key_ends``: when the first of each kind of key ends. ``next_hop_up``: whether it took or answered the last that
    it was given, ``None`` when nobody has tried yet. ``loop_lag_s``: by how much the event loop was late at the most,
    of late. ``store_writes``: a write was committed just now.
    """

    at: datetime
    version: str
    started_at: datetime
    store_writes: bool
    next_hop_up: bool | None
    next_hop_at: datetime | None
    workers: int
    workers_wanted: int
    connections: Mapping[str, int]
    connections_limit: int
    loop_lag_s: float
    figures: Figures | None = None
    on_duty: Mapping[str, int] = field(default_factory=dict)
    key_ends: Mapping[str, datetime] = field(default_factory=dict)
    disk_free_bytes: int | None = None

    @property
    def checks(self) -> Mapping[str, bool]:
        """What has to be so for mail to come in and to go out."""
        return {
            "store": self.store_writes,
            "next_hop": self.next_hop_up is not False,
            "workers": self.workers > 0,
        }

    @property
    def is_ready(self) -> bool:
        return all(self.checks.values())
