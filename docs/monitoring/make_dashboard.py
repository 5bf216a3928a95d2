"""Write ``dashboard.json`` for Grafana from the table below: ``python docs/monitoring/make_dashboard.py``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STATS = (
    ("Next hop", "relay_next_hop_up", "bool"),
    ("Store takes writes", "relay_store_writable", "bool"),
    ("Workers alive", "relay_workers / relay_workers_wanted", "percentunit"),
    ("Answers late", "relay_answers_late", "none"),
    ("May be in danger", "relay_answers_in_danger", "none"),
    ("Held", 'relay_entries{state="held"} + ignoring(state) relay_deliveries_pending{state="held"}', "none"),
)

GRAPHS = (
    ("On duty", "none", (("relay_counselors_on_duty", "{{queue}}"),)),
    (
        "Conversations",
        "none",
        (
            ("relay_conversations", "{{state}}"),
            ("relay_answers_owed", "answers owed"),
            ("relay_answers_late", "late"),
        ),
    ),
    ("The oldest of each", "s", (("relay_oldest_age_seconds", "{{what}}"),)),
    (
        "Messages a minute",
        "none",
        (
            ("rate(relay_messages_received_total[5m]) * 60", "accepted"),
            ("sum by (outcome) (rate(relay_messages_settled_total[5m])) * 60", "{{outcome}}"),
        ),
    ),
    (
        "Attempts to deliver, a minute",
        "none",
        (("sum by (outcome, cause) (rate(relay_deliveries_total[5m])) * 60", "{{outcome}} {{cause}}"),),
    ),
    (
        "Under way",
        "none",
        (("relay_entries", "in: {{state}}"), ("relay_deliveries_pending", "out: {{state}}")),
    ),
    (
        "Why held, why put off",
        "none",
        (("relay_entries_held", "held: {{reason}}"), ("relay_deliveries_put_off", "put off: {{cause}}")),
    ),
    (
        "Reminders and escalations, an hour",
        "none",
        (("sum by (rung) (increase(relay_clock_steps_total[1h]))", "{{rung}}"),),
    ),
    (
        "Connections",
        "none",
        (("relay_connections", "{{door}}"), ("relay_connections_limit", "places")),
    ),
    ("Days until a key ends", "d", (("(relay_key_expiry_timestamp_seconds - time()) / 86400", "{{kind}}"),)),
    ("Event loop late by", "s", (("relay_loop_lag_seconds", "at the most"),)),
    (
        "Memory and disk",
        "bytes",
        (
            ("process_resident_memory_bytes", "memory of the daemon"),
            ("relay_disk_free_bytes", "free on the disk"),
        ),
    ),
    (
        "Events that want a look, an hour",
        "none",
        (
            (
                'sum by (event) (increase(relay_events_total{event=~"leak.found|cipher.failed|store.failed|'
                'worker.killed|config.refused|login.refused|reception.failed|screening.failed"}[1h]))',
                "{{event}}",
            ),
        ),
    ),
)

SOURCE = {"type": "prometheus", "uid": "${source}"}


def dashboard() -> dict[str, Any]:
    """The whole of it, as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    for number, (title, expression, unit) in enumerate(STATS):
        place = {"h": 4, "w": 4, "x": number * 4, "y": 0}
        panels.append(_panel(len(panels) + 1, "stat", title, unit, ((expression, title),), place))
    for number, (title, unit, targets) in enumerate(GRAPHS):
        place = {"h": 8, "w": 12, "x": number % 2 * 12, "y": 4 + number // 2 * 8}
        panels.append(_panel(len(panels) + 1, "timeseries", title, unit, targets, place))
    return {
        "title": "relay",
        "uid": "relay",
        "schemaVersion": 38,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }


def _panel(
    number: int, kind: str, title: str, unit: str, targets: tuple[tuple[str, str], ...], place: dict[str, int]
) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "title": title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for n, (expression, legend) in enumerate(targets)
        ],
    }


def text() -> str:
    """The file."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "dashboard.json").write_text(text())
