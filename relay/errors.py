"""The tree of everything that can go wrong, and the SMTP reply each one means.

    RelayError
    ├── PeerError            they erred
    │   ├── MalformedMessage     the bytes are not a message we can read within our limits
    │   └── TooLarge             more octets than we said we take
    ├── NextHopError         the next hop did not take a delivery
    │   ├── Deferred             try again: 4xx, no answer, no route
    │   └── Refused              final: 5xx
    ├── CipherError          could not open or seal
    ├── LeakFound            the gate stopped a message that is going out
    ├── StateError           we erred: an event that its state table does not know
    └── ConfigError          the operator's files do not say what we need

Rules: temporary unless proven permanent; our own fault is a 4xx and never a 5xx;
no message data in exception text; a foreign exception is wrapped ``from None``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply: basic code (RFC 5321 §4.2), enhanced code (RFC 3463), public text."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}"


ACCEPTED = Reply(250, "2.0.0", "Message accepted")
OUR_FAULT = Reply(451, "4.3.0", "Temporary trouble on our side, please try again")
BUSY = Reply(421, "4.3.2", "Too much to do at the moment, please try again later")
SYSTEM_FULL = Reply(452, "4.3.1", "Temporarily out of space, please try again later")
UNKNOWN_RECIPIENT = Reply(550, "5.1.1", "No such recipient here")
TOO_LARGE = Reply(552, "5.3.4", "Message is larger than we take")
MALFORMED = Reply(554, "5.6.0", "Message could not be read")


class RelayError(Exception):
    """Root of the tree."""

    reply: Reply = OUR_FAULT


class PeerError(RelayError):
    """The other side of a connection or the author of a message erred."""

    reply = MALFORMED


class MalformedMessage(PeerError):
    """The bytes cannot be read as a message within our limits; ``reason`` is a constant word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooLarge(PeerError):
    """More octets than announced in EHLO SIZE (RFC 1870)."""

    reply = TOO_LARGE


class NextHopError(RelayError):
    """The next hop did not take a delivery; holds codes only, never its text (it can name people)."""

    def __init__(self, code: int | None, enhanced: str | None, cause: str) -> None:
        super().__init__(cause)
        self.code = code
        self.enhanced = enhanced
        self.cause = cause


class Deferred(NextHopError):
    """Try again later."""


class Refused(NextHopError):
    """Final for this delivery (5xx in answer to a command of this delivery)."""


class CipherError(RelayError):
    """A sealed value could not be opened, or a value could not be sealed."""


class LeakFound(RelayError):
    """The gate found a secret in finished bytes."""


class StateError(RelayError):
    """An event that the state table does not allow; nothing was changed."""


class ConfigError(RelayError):
    """The operator's files are wrong; ``problems`` holds every finding, each with place and remedy."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
