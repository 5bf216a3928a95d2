"""States, kinds and causes in words, for whoever runs the machine. Literal tables; a test holds each complete."""

from __future__ import annotations

from collections.abc import Mapping

ENTRY_STATES: Mapping[str, str] = {
    "received": "it is to be worked on",
    "waiting": "it waits for a counselor",
    "held": "it is held and waits for a person",
    "kept": "it was passed on; its words are kept until its reader has answered or no report can come any more",
    "routed": "it was passed on",
    "stopped": "it ended here and was passed on to nobody",
}

DELIVERY_STATES: Mapping[str, str] = {
    "queued": "it waits for its time",
    "active": "it is being sent at this moment",
    "delivered": "the next hop took it",
    "deferred": "the next hop did not take it yet; it is tried again",
    "bounced": "it was refused for good",
    "expired": "it could not be sent for five days and was given up",
    "held": "it is held and waits for a person",
    "cancelled": "it is not sent: its reader wants no mail, or was forgotten",
}

CAUSES: Mapping[str, str] = {
    "connect": "the next hop cannot be reached",
    "timeout": "the next hop did not answer in time",
    "closed": "the next hop hung up",
    "greeting": "the next hop takes nothing at the moment",
    "ehlo": "the next hop did not take our greeting",
    "tls": "there is no TLS with the next hop that its certificate proves",
    "auth": "the next hop does not take our login",
    "mail": "the next hop did not take the return-path",
    "rcpt": "the next hop did not take the recipient",
    "data": "the next hop did not take the content",
    "ambiguous": "the next hop fell silent after the content; it may have taken it",
    "protocol": "the next hop answered what SMTP does not know",
    "address": "it has an address that cannot be written to",
    "unreadable": "its row does not open under our key",
    "operator": "an operator put it on hold",
}
"""Why an attempt failed, or a delivery is held: the courier's words (``edge.smtp_out.verdicts``) and the store's."""

KINDS: Mapping[str, str] = {
    "relayed": "the author's words",
    "acknowledgement": "the acknowledgement",
    "notice": "a notice of ours",
    "farewell": "the last notice",
}

READERS: Mapping[str, str] = {
    "seeker": "the seeker",
    "counselor": "the counselor",
    "supervisor": "a supervisor",
    "operator": "the operator",
}

CONVERSATIONS: Mapping[str, str] = {
    "waiting": "waits for a counselor",
    "assigned": "is with a counselor who has not answered yet",
    "open": "is under way",
    "handover": "waits for another counselor",
    "closed": "has ended",
    "blocked": "is blocked",
}


def cause(word: str, code: int | None) -> str:
    """Why an attempt failed, in words."""
    said = CAUSES.get(word, "no attempt has failed so far" if not word else word.replace("_", " "))
    return f"{said} ({code})" if code else said
