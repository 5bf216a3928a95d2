"""``python -m tests.support.timed``: the daemon, in which nodes are impatient: what takes minutes takes seconds.

``RELAY_TIMING=dead_after_s:2,entry_lease_s:4,delivery_lease_s:6`` says what; the product has no such setting.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

from relay.edge.store import deliveries, entries, forsaken, inbox, nodes
from relay.flow import deliver, route


def main() -> int:
    for each in os.environ["RELAY_TIMING"].split(","):
        name, _, seconds = each.partition(":")
        _set(name, float(seconds))
    from relay.cli import main as relay

    return relay()


def _set(name: str, seconds: float) -> None:
    span = timedelta(seconds=seconds)
    match name:
        case "dead_after_s":
            nodes.DEAD_AFTER_S = seconds
            nodes.BEAT_S = seconds / 4
        case "entry_lease_s":
            inbox.LEASE = entries.LEASE = span
        case "delivery_lease_s":
            deliveries.LEASE = span
        case "forsaken_after_s":
            forsaken.FORSAKEN_AFTER = span
        case "look_again_s":
            route.LOOK_AGAIN_S = deliver.LOOK_AGAIN_S = seconds
        case _:
            raise AssertionError(f"no such time: {name}")


if __name__ == "__main__":
    sys.exit(main())
