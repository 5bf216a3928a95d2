"""What a mail system may say of a delivery: a closed list of facts, and nothing else that it wrote. Pure.

Reports hold addresses, hosts and returned mail. One of these facts is all that is ever made of them, whether they
come as a reply to our own command (``flow.deliver``) or later, as a message to a return-path (``mail.bounces``).
"""

from __future__ import annotations

from enum import Enum


class Fact(Enum):
    """What became of a delivery, by the word of another mail system."""

    UNKNOWN = "unknown"  # no such mailbox, or no longer
    FULL = "full"  # the mailbox takes no more
    BLOCKED = "blocked"  # refused by policy: the sender, its host or the content
    TOO_BIG = "too_big"  # larger than the mailbox's host takes
    UNREACHABLE = "unreachable"  # the host cannot be found or does not take mail, until time ran out
    REFUSED = "refused"  # final, and the report does not say why
    DELAYED = "delayed"  # not yet, and tried again
    DELIVERED = "delivered"  # arrived, or handed on to a system that reports no more

    @property
    def is_final(self) -> bool:
        """The message will not arrive."""
        return self not in {Fact.DELAYED, Fact.DELIVERED}


_BY_SUBJECT: dict[str, Fact] = {
    "1": Fact.UNKNOWN,
    "2": Fact.UNKNOWN,
    "3": Fact.UNREACHABLE,
    "4": Fact.UNREACHABLE,
    "6": Fact.BLOCKED,
    "7": Fact.BLOCKED,
}
"""The middle number of an enhanced status code (RFC 3463 §3): address, mailbox, system, network, content, policy.
The protocol itself (5) and anything else (0) say nothing of why."""

_BY_DETAIL: dict[str, Fact] = {
    "1.2": Fact.UNREACHABLE,
    "1.7": Fact.BLOCKED,
    "1.8": Fact.BLOCKED,
    "1.9": Fact.DELIVERED,
    "1.10": Fact.UNREACHABLE,
    "2.2": Fact.FULL,
    "2.3": Fact.TOO_BIG,
    "3.1": Fact.FULL,
    "3.4": Fact.TOO_BIG,
    "5.3": Fact.BLOCKED,
    "7.17": Fact.UNKNOWN,
}
"""What says more than its subject: RFC 3463 §3, RFC 7505 §4.2 (null MX), RFC 7293 §9 (new owner)."""


def fact_of(status: str) -> Fact | None:
    """The fact that a final enhanced status code ``class.subject.detail`` tells; ``None`` when it tells no cause."""
    _, _, told = status.partition(".")
    subject, _, detail = told.partition(".")
    if told in _BY_DETAIL:
        return _BY_DETAIL[told]
    return _BY_SUBJECT.get(subject) if detail not in {"", "0"} or subject in {"4", "7"} else None
