"""What has happened since the start, counted by the log's events: what is logged is counted, and nothing else.

Called by ``log`` for every event, also those below the log's level; a few microseconds each. Values of labels come
from closed lists of the program; one that is not in its list is counted as ``other``, so that no text of a message can
become a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics

from relay.domain.clocks import Rung
from relay.domain.reasons import Reason
from relay.log import Event

OTHER: Final = "other"

_OUTCOMES: Mapping[Event, str] = {
    Event.MESSAGE_ROUTED: "routed",
    Event.MESSAGE_WAITING: "waiting",
    Event.MESSAGE_HELD: "held",
    Event.MESSAGE_ABSORBED: "absorbed",
    Event.MESSAGE_RETRIED: "retried",
}
_DELIVERIES: Mapping[Event, str] = {
    Event.DELIVERY_ACCEPTED: "accepted",
    Event.DELIVERY_DEFERRED: "deferred",
    Event.DELIVERY_BOUNCED: "bounced",
    Event.DELIVERY_EXPIRED: "expired",
    Event.DELIVERY_CANCELLED: "cancelled",
}
CAUSES: Final = frozenset(
    {"connect", "timeout", "closed", "greeting", "ehlo", "tls", "auth", "mail", "rcpt", "data", "ambiguous",
     "protocol", "address"}
)  # fmt: skip
"""Of a failed attempt, as ``edge.smtp_out.verdicts`` says them."""

_REASONS: Final = frozenset(each.value for each in Reason)
_RUNGS: Final = frozenset(each.name.lower() for each in Rung if each.name)


class Counters:
    """Every counter, at zero from the start, so that the first of its kind is seen as an increase."""

    def __init__(self, registry: CollectorRegistry) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._events = Counter("relay_events", "Events of the log", ["event"], registry=registry)
        self._received = Counter(
            "relay_messages_received",
            "Messages that were stored and acknowledged with 250",
            registry=registry,
        )
        self._settled = Counter(
            "relay_messages_settled",
            "What became of messages, with the reason where there is one",
            ["outcome", "reason"],
            registry=registry,
        )
        self._deliveries = Counter(
            "relay_deliveries",
            "What came of attempts to give something to the next hop, with the cause where it failed",
            ["outcome", "cause"],
            registry=registry,
        )
        self._steps = Counter(
            "relay_clock_steps", "What was done because an answer was owed", ["rung"], registry=registry
        )
        for event in Event:
            self._events.labels(event.value)
        for outcome in _OUTCOMES.values():
            self._settled.labels(outcome, "")
        for outcome in _DELIVERIES.values():
            self._deliveries.labels(outcome, "")
        for rung in _RUNGS:
            self._steps.labels(rung)

    def count(self, event: Event, fields: Mapping[str, Any]) -> None:
        """One event more."""
        self._events.labels(event.value).inc()
        if event is Event.MESSAGE_RECEIVED:
            self._received.inc()
        elif event in _OUTCOMES:
            self._settled.labels(_OUTCOMES[event], _known(fields.get("reason"), _REASONS)).inc()
        elif event in _DELIVERIES:
            self._deliveries.labels(_DELIVERIES[event], _known(fields.get("cause"), CAUSES)).inc()
        elif event is Event.CLOCK_STEPPED:
            self._steps.labels(_known(str(fields.get("kind", "")).lower(), _RUNGS)).inc()


def _known(word: object, words: frozenset[str]) -> str:
    if word is None or word == "":
        return ""
    return word if isinstance(word, str) and word in words else OTHER
