"""How things are at the moment of a look, as Prometheus reads it: ``Vitals`` written out, each figure explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from relay.flow.figures import Figures, Pile
from relay.flow.vitals import Vitals

AGES = ("received", "waiting", "held", "queued", "deferred", "owed")
"""What has an age: entries that are to be worked on or held, conversations without a counselor, deliveries, answers."""


class Gauges(Collector):
    """Gives the look that was taken last; without one, nothing."""

    def __init__(self) -> None:
        self.vitals: Vitals | None = None

    def collect(self) -> Iterable[Metric]:
        """Every figure."""
        return [] if self.vitals is None else [*_machine(self.vitals), *_line(self.vitals)]

    def describe(self) -> Iterable[Metric]:
        """Nothing is known before the first look."""
        return []


def _machine(vitals: Vitals) -> Iterator[Metric]:
    build = GaugeMetricFamily("relay_build_info", "The version that runs", labels=["version"])
    build.add_metric([vitals.version], 1)
    yield build
    yield _one("relay_start_time_seconds", "When the daemon started", _seconds(vitals.started_at))
    yield _one("relay_store_writable", "Whether a write was committed just now", float(vitals.store_writes))
    if vitals.disk_free_bytes is not None:
        yield _one(
            "relay_disk_free_bytes", "Free on the volume of the database", float(vitals.disk_free_bytes)
        )
    if vitals.next_hop_up is not None:
        yield _one(
            "relay_next_hop_up",
            "Whether the next hop answered when it was last tried",
            float(vitals.next_hop_up),
        )
    if vitals.next_hop_at is not None:
        yield _one(
            "relay_next_hop_tried_timestamp_seconds", "When it was last tried", _seconds(vitals.next_hop_at)
        )
    yield _one("relay_workers", "Worker processes that are alive", float(vitals.workers))
    yield _one("relay_workers_wanted", "Worker processes as configured", float(vitals.workers_wanted))
    connections = GaugeMetricFamily("relay_connections", "SMTP connections that are open", labels=["door"])
    for door, count in vitals.connections.items():
        connections.add_metric([door], count)
    yield connections
    yield _one(
        "relay_connections_limit", "Places for connections, of each door", float(vitals.connections_limit)
    )
    yield _one(
        "relay_loop_lag_seconds",
        "By how much the event loop was late at the most in the last minute",
        vitals.loop_lag_s,
    )
    ends = GaugeMetricFamily("relay_key_expiry_timestamp_seconds", "When the first key or certificate of a kind ends",
                             labels=["kind"])  # fmt: skip
    for kind, at in vitals.key_ends.items():
        ends.add_metric([kind], _seconds(at))
    yield ends
    duty = GaugeMetricFamily("relay_counselors_on_duty", "Counselors on duty", labels=["queue"])
    for queue, count in vitals.on_duty.items():
        duty.add_metric([queue], count)
    yield duty


def _line(vitals: Vitals) -> Iterator[Metric]:
    figures = vitals.figures
    if figures is None:
        return
    yield _by_state("relay_entries", "Messages that came in and have not come to their end", figures.entries,
                    ("received", "waiting", "held", "kept"))  # fmt: skip
    held = GaugeMetricFamily("relay_entries_held", "Messages that are held, by reason", labels=["reason"])
    for pile in figures.entries:
        if pile.state == "held":
            held.add_metric([pile.word], pile.count)
    yield held
    yield _by_state("relay_deliveries_pending", "Copies that have not come to their end", figures.deliveries,
                    ("queued", "active", "deferred", "held"))  # fmt: skip
    put_off = GaugeMetricFamily("relay_deliveries_put_off", "Copies that the next hop did not take yet, by cause",
                                labels=["cause"])  # fmt: skip
    for pile in figures.deliveries:
        if pile.state == "deferred":
            put_off.add_metric([pile.word], pile.count)
    yield put_off
    yield _by_state("relay_conversations", "Conversations that wait for a counselor or have one", figures.conversations,
                    ("waiting", "handover", "assigned", "open"))  # fmt: skip
    yield _one("relay_answers_owed", "Conversations that wait for a counselor's words", float(figures.owed))
    yield _one("relay_answers_late", "Of these, later than promised", float(figures.broken))
    yield _one("relay_answers_in_danger", "Of these, somebody may be in danger", float(figures.in_danger))
    ages = GaugeMetricFamily("relay_oldest_age_seconds", "For how long the oldest has been there; 0: there is none",
                             labels=["what"])  # fmt: skip
    for what, since in zip(AGES, _oldest(figures), strict=True):
        ages.add_metric([what], max((vitals.at - since).total_seconds(), 0.0) if since else 0.0)
    yield ages


def _oldest(figures: Figures) -> tuple[datetime | None, ...]:
    held = [
        at
        for at in (figures.oldest(figures.entries, "held"), figures.oldest(figures.deliveries, "held"))
        if at
    ]
    return (
        figures.oldest(figures.entries, "received"),
        figures.oldest(figures.conversations, "waiting", "handover"),
        min(held, default=None),
        figures.oldest(figures.deliveries, "queued", "active"),
        figures.oldest(figures.deliveries, "deferred"),
        figures.owed_since,
    )


def _by_state(name: str, text: str, piles: tuple[Pile, ...], states: tuple[str, ...]) -> Metric:
    """One series for each state, also for those in which there is nothing."""
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state in states:
        family.add_metric([state], sum(pile.count for pile in piles if pile.state == state))
    return family


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _seconds(at: datetime) -> float:
    return at.timestamp()
