"""The closed list of what the relay ever says about itself, and the only importer of structlog.

Every line is one JSON object on standard error: event, time, level and fields from ``FIELDS``. A field
outside the list is dropped (and is an error in the tests); there is no free text, no traceback, no
foreign exception text, and no id that stands for a person: ``entry``, ``delivery`` and ``conversation``
are six hex digits of a keyed hash made anew at every start, good for following one message through one run.

The libraries' own loggers are silenced here, because at one level or another every one of them
writes addresses or content.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from enum import Enum
from typing import Any

import msgspec
import structlog


class Event(Enum):
    """Every event, with its meaning. The value is what stands in the log: ``noun.past_participle``."""

    RELAY_STARTED = "relay.started"
    RELAY_STOPPING = "relay.stopping"
    RELAY_STOPPED = "relay.stopped"
    RELAY_FAILED = "relay.failed"
    CONFIG_LOADED = "config.loaded"
    CONFIG_REFUSED = "config.refused"
    CONFIG_WARNED = "config.warned"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_REPEATED = "message.repeated"
    MESSAGE_ROUTED = "message.routed"
    MESSAGE_WAITING = "message.waiting"
    MESSAGE_HELD = "message.held"
    MESSAGE_ABSORBED = "message.absorbed"
    MESSAGE_RETRIED = "message.retried"
    MESSAGE_POSTPONED = "message.postponed"
    SCREENING_FAILED = "screening.failed"
    RECEPTION_FAILED = "reception.failed"
    RECEPTION_STARTED = "reception.started"
    RECEPTION_LOST = "reception.lost"
    LOGIN_REFUSED = "login.refused"
    LOGIN_POSTPONED = "login.postponed"
    CONVERSATION_OPENED = "conversation.opened"
    CONVERSATION_ASSIGNED = "conversation.assigned"
    CLOCK_STEPPED = "clock.stepped"
    DELIVERY_ACCEPTED = "delivery.accepted"
    DELIVERY_DEFERRED = "delivery.deferred"
    DELIVERY_BOUNCED = "delivery.bounced"
    DELIVERY_EXPIRED = "delivery.expired"
    DELIVERY_CANCELLED = "delivery.cancelled"
    WORKER_STARTED = "worker.started"
    WORKER_KILLED = "worker.killed"
    LEAK_FOUND = "leak.found"
    CIPHER_FAILED = "cipher.failed"
    MAILBOX_OPENED = "mailbox.opened"
    MAILBOX_PROGRESSED = "mailbox.progressed"
    MAILBOX_LEFT = "mailbox.left"
    MAILBOX_FAILED = "mailbox.failed"
    STORE_FAILED = "store.failed"
    STORE_SWEPT = "store.swept"
    STORE_LOOKED_OVER = "store.looked_over"
    STORE_DAMAGED = "store.damaged"
    MONTH_CLOSED = "month.closed"
    ADDRESS_REVEALED = "address.revealed"
    KEYS_REWRAPPED = "keys.rewrapped"
    KEYS_ROTATED = "keys.rotated"
    STORE_DISCLOSED = "store.disclosed"


MEANINGS: Mapping[Event, str] = {
    Event.RELAY_STARTED: "every listener accepts mail; printed once",
    Event.RELAY_STOPPING: "no new connections; what is in flight is finished",
    Event.RELAY_STOPPED: "everything in flight was finished or given back",
    Event.RELAY_FAILED: "the daemon ends because it could not go on safely",
    Event.CONFIG_LOADED: "the configuration was read and is in force",
    Event.CONFIG_REFUSED: "a new configuration has errors; the old one stays in force",
    Event.CONFIG_WARNED: "the configuration works but something in it needs a look; `relay check` says what",
    Event.MESSAGE_RECEIVED: "a message was committed and 250 was said",
    Event.MESSAGE_REPEATED: "a message that is here already was offered again; 250 was said, nothing stored",
    Event.MESSAGE_ROUTED: "a message was rebuilt and its deliveries are queued",
    Event.MESSAGE_WAITING: "a request waits until somebody is on duty",
    Event.MESSAGE_HELD: "a message is held where a person sees it",
    Event.MESSAGE_ABSORBED: "a bounce, automatic answer, receipt or loop was used or dropped, never passed on",
    Event.MESSAGE_RETRIED: "work on a message was given up for now and will be tried again",
    Event.MESSAGE_POSTPONED: "more came than the limits say, or there was too little room or too much to do; "
    "450, 452 or 421 was said",
    Event.SCREENING_FAILED: "the spam filter did not answer; messages pass or are held without it, as configured",
    Event.RECEPTION_FAILED: "the store could not take a message; the client was told to try again",
    Event.RECEPTION_STARTED: "the process at the door serves clients",
    Event.RECEPTION_LOST: "the process at the door has ended and is replaced; its clients come again",
    Event.LOGIN_REFUSED: "somebody gave a wrong name or password at the submission door",
    Event.LOGIN_POSTPONED: "somebody was put off who failed to log in too often, or too many tried at once",
    Event.CONVERSATION_OPENED: "a request opened a conversation",
    Event.CONVERSATION_ASSIGNED: "a counselor became responsible for a conversation",
    Event.CLOCK_STEPPED: "an answer is owed: somebody was reminded, asked or told; `kind` is the rung of the ladder",
    Event.DELIVERY_ACCEPTED: "the next hop took a delivery",
    Event.DELIVERY_DEFERRED: "the next hop did not take a delivery now; it is tried again",
    Event.DELIVERY_BOUNCED: "the next hop refused a delivery for good; the author's side is told",
    Event.DELIVERY_EXPIRED: "five days of attempts ran out; the author's side is told",
    Event.DELIVERY_CANCELLED: "a delivery is not sent: its reader wants no mail, or was forgotten",
    Event.WORKER_STARTED: "a worker process is ready",
    Event.WORKER_KILLED: "a worker process ran over its limits or died; its message is tried again",
    Event.LEAK_FOUND: "the gate stopped a finished message; it is held",
    Event.CIPHER_FAILED: "something could not be encrypted or opened; it is held, and nothing goes in clear",
    Event.MAILBOX_OPENED: "a folder of an `imap_intake` is open; `count` messages are in it",
    Event.MAILBOX_PROGRESSED: "many messages are being taken from a mailbox; `count` are still to come",
    Event.MAILBOX_LEFT: "a message could not be taken and is left in the mailbox; the operator is told",
    Event.MAILBOX_FAILED: "a mailbox could not be used; what is in it stays there, and it is tried again soon",
    Event.STORE_FAILED: "the store could not do something; nothing was lost by it",
    Event.STORE_DISCLOSED: "somebody with all keys had everything shown that is stored (`relay disclose`)",
    Event.STORE_LOOKED_OVER: "the database is large, so that it was looked at as a whole after the start; it is whole",
    Event.STORE_DAMAGED: "the database is damaged: nothing is written to it any more, and the daemon ends",
    Event.STORE_SWEPT: "what had had its time was forgotten: `count` of one `kind`",
    Event.MONTH_CLOSED: "a month is over: what may be published of it was made, and what was counted in it deleted",
    Event.ADDRESS_REVEALED: "somebody was shown a real address by `relay reveal`; who and why is kept in the database",
    Event.KEYS_REWRAPPED: "the master key is being changed; `count` rows are under the new one since the start",
    Event.KEYS_ROTATED: "no row needs the former master key any more; it can be taken out of relay.toml",
}

FIELDS = frozenset(
    {
        "attempt", "cause", "changes", "conversation", "counselors", "count", "delay_s", "delivery", "direction",
        "entry", "error_class", "kind", "listeners", "place", "problems", "reason", "size_bytes", "smtp_code", "stage",
    }
)  # fmt: skip
"""Names a log line may hold, besides ``event``, ``at`` and ``severity``."""

MUTED = ("mail", "mail.log", "mail.debug", "mail.error", "aiosmtpd", "aiosmtplib", "sqlalchemy", "alembic", "psycopg",
         "asyncio", "gnupg", "httpx", "httpcore", "PIL", "pikepdf", "aioimaplib")  # fmt: skip

_RUN_KEY = os.urandom(16)


def ref(identifier: bytes | None) -> str | None:
    """Six hex digits that stand for an id in this run's log, and nowhere else."""
    if identifier is None:
        return None
    return hashlib.blake2s(identifier, key=_RUN_KEY, digest_size=3).hexdigest()


def _keep_allowed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that the closed list does not name, and every value that is not plain."""
    return {
        name: value
        for name, value in event.items()
        if (name in FIELDS or name in {"event", "at", "severity"})
        and value is not None
        and isinstance(value, str | int | float | bool)
    }


class _StandardError:
    """Standard error as it is when a line is written, not as it was when logging was set up."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(level: str = "info") -> None:
    """Set up logging once per process. ``level``: ``debug``, ``info``, ``warning`` or ``error``."""
    numeric = getattr(logging, level.upper())
    for name in MUTED:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
    logging.getLogger().handlers = [logging.NullHandler()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _rename_level,
            _keep_allowed,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(file=_StandardError()),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    _logger.cache_clear()


def _as_json(event: Mapping[str, Any], **_options: Any) -> str:
    return _encoder.encode(event).decode()


_encoder = msgspec.json.Encoder(order="sorted")


def _rename_level(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["severity"] = event.pop("level", "info")
    return event


Observer = Callable[[Event, Mapping[str, Any]], None]
_observers: list[Observer] = []


def observe(observer: Observer | None) -> None:
    """Have one observer hear every event, whatever the level that is logged; ``None``: nobody hears them any more."""
    _observers[:] = [] if observer is None else [observer]


def say(event: Event, **fields: str | float | bool | None) -> None:
    """Log one event at its level: failures as warnings, all else as information."""
    for observer in _observers:
        observer(event, fields)
    logger = _logger()
    if event in _WARNINGS:
        logger.warning(event.value, **fields)
    else:
        logger.info(event.value, **fields)


@functools.cache
def _logger() -> Any:
    """The logger as configured; making it anew for each line costs as much as the line."""
    return structlog.get_logger().bind()


_WARNINGS = frozenset(
    {
        Event.RELAY_FAILED, Event.CONFIG_REFUSED, Event.CONFIG_WARNED, Event.RECEPTION_FAILED, Event.RECEPTION_LOST,
        Event.MESSAGE_HELD, Event.WORKER_KILLED, Event.LEAK_FOUND, Event.STORE_FAILED, Event.STORE_DISCLOSED,
        Event.DELIVERY_BOUNCED, Event.DELIVERY_EXPIRED, Event.MESSAGE_RETRIED, Event.SCREENING_FAILED,
        Event.ADDRESS_REVEALED, Event.MAILBOX_FAILED, Event.MAILBOX_LEFT, Event.STORE_DAMAGED,
    }
)  # fmt: skip
