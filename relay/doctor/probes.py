"""The table of probes: what the doctor looks at, in the order in which it tells of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from relay.doctor import (
    advice,
    certificate,
    clock,
    disk,
    doors,
    interpreter,
    keys,
    mail_host,
    mail_senders,
    mailboxes,
    next_hop,
    rota,
    storage,
    suffixes,
    transport,
    words,
)
from relay.doctor.around import Around
from relay.doctor.findings import Finding

Probe = Callable[[Around], Awaitable[list[Finding]]]

PROBES: Final[dict[str, Probe]] = {
    "settings": advice.look,
    "mail host": mail_host.look,
    "mail senders": mail_senders.look,
    "transport": transport.look,
    "certificate": certificate.look,
    "doors": doors.look,
    "next hop": next_hop.look,
    "mailboxes": mailboxes.look,
    "storage": storage.look,
    "disk": disk.look,
    "clock": clock.look,
    "keys": keys.look,
    "interpreter": interpreter.look,
    "rota": rota.look,
    "words": words.look,
    "suffixes": suffixes.look,
}
"""Each by the subject that its findings are shown under."""
