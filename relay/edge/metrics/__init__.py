"""Figures for a monitoring system: the only importer of prometheus-client.

``app`` starts a ``MetricsServer`` where ``[metrics]`` names a place. Counters follow the log's events
(``counters``), everything else is asked for when somebody looks (``gauges``). Labels are constant words of ours and
names of queues, never a person. ``reading`` is the other end, for ``relay status``.

A scrape that fails changes nothing for mail: every look has a time limit, and at most ``CONNECTIONS`` go on at a time.
"""

from relay.edge.metrics.counters import Counters
from relay.edge.metrics.server import MetricsServer

__all__ = ["Counters", "MetricsServer"]
