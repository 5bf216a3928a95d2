"""The door: SMTP from the outside world to the service (RFC 5321).

    listener   sockets, all sessions, pending commits; start and drain
    session    the commands of one connection and their replies
    connection below them: aiosmtpd's command loop and TLS, our lines, clocks and endings
    submission the second door: a login before all else, and TLS from the first octet
    transfer   the data of one message, from the wire to an ``Intake``
    wire       the octets of a connection: command lines, blocks of DATA, flow control
    grammar    strict envelope grammar
    data       end of data, dot-unstuffing, line ends
    limits     how much one client may ask of us

Clients may be served in a process of its own, which has no key, no database and no configuration (``[smtp]
own_process``): whoever breaks into it reads what comes in from then on, and nothing that is there already.

    outside    that process: a listener whose ``Door`` asks the daemon
    apart      the daemon's side of it: starts it, and anew when it was lost
    answers    what it asks, answered
    frames     what they say to each other

This page holds what the application has to provide. The door promises:

- A recipient that the ``Door`` does not know, or that is foreign, or odd, gets the same octets.
- ``250`` after DATA is the ``Reply`` of ``Intake.commit`` and nothing else, and nothing the client
  does can interrupt a commit that has begun.
- Our own trouble is answered with 4xx, without a word about the reason.
- Nothing is logged here; ``OnEvent`` counts.
"""

from __future__ import annotations

from typing import Protocol

from relay.domain.addresses import OurAddress
from relay.domain.provenance import Provenance
from relay.errors import Reply


class Intake(Protocol):
    """One message that is arriving.

    After ``Door.begin`` exactly one of ``commit`` and ``abandon`` is called, once.
    """

    async def write(self, chunk: bytes) -> None:
        """Take the next octets of the content: every line end is CRLF, no NUL, dots unstuffed.

        A chunk has at most 192 KiB; all but the last have at least 64 KiB. May raise: the rest is
        drained, ``abandon`` is called, and the client gets the ``reply`` of a ``RelayError``,
        otherwise 451.
        """

    async def commit(self) -> Reply:
        """Store the message for good and say what the client is to be told. Never cancelled by the client."""

    def abandon(self) -> None:
        """Forget the message: the client went away, it was too large, or ``write`` raised."""


class Door(Protocol):
    """The application behind the door."""

    async def recipient(self, address: OurAddress, provenance: Provenance) -> bool:
        """Tell whether this address at our domain takes mail from this client. Local part and domain are in lower case.

        May raise: the client gets 451 for this recipient and may go on.
        """

    async def begin(
        self, reverse_path: str, forward_paths: tuple[OurAddress, ...], provenance: Provenance
    ) -> Intake:
        """Open an ``Intake``; called at DATA. ``reverse_path`` is ``""`` for the null one.

        The reverse-path is a person's real address: it is never logged. May raise: 451 instead of 354.
        """


class OnEvent(Protocol):
    """Counts what happens at the door: constant names, numbers only."""

    def __call__(self, name: str, **numbers: int) -> None: ...


def ignore_event(name: str, **numbers: int) -> None:
    """Count nothing."""
