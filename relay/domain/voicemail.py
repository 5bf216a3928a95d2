"""Telephone systems whose voice messages become requests, and what may be believed of the mail that brings one. Pure.

``Pbx`` stays in the daemon: its address may hold a secret. ``Reading`` is what a worker has to know to read its mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_address

from relay.domain.addresses import OurAddress


class System(Enum):
    """By which profile a voice message is read; ``GENERIC``: by patterns of the operator's."""

    ASTERISK = "asterisk"
    KAZOO = "kazoo"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """``senders``: addresses that the mail is from, in lower case. ``number_pattern``, ``length_pattern``: expressions
    whose first group is the caller's number, and how long the message is, in the lines that the mail shows.
    ``passes_recording``: the sound goes to the counselor; ``keeps_number``: it is sealed with the conversation.
    """

    system: System
    senders: tuple[str, ...]
    number_pattern: str = ""
    length_pattern: str = ""
    passes_recording: bool = False
    keeps_number: bool = True

    def __repr__(self) -> str:
        return f"Reading({self.system.value})"


@dataclass(frozen=True, slots=True, repr=False)
class Pbx:
    """``address``: what it writes to, the secret included. ``hosts``: where it connects from; without any only the
    secret in the address tells it from a stranger. ``intake``: the public address that its requests count for.
    """

    address: OurAddress
    intake: OurAddress
    hosts: Sequence[IPv4Network | IPv6Network]
    reading: Reading

    def is_behind(self, client_ip: str) -> bool:
        """Tell whether mail that this client brings may be its own; ``client_ip`` is empty out of a mailbox."""
        if not self.hosts:
            return True
        try:
            client = ip_address(client_ip)
        except ValueError:
            return False
        return any(client in network for network in self.hosts)

    def __repr__(self) -> str:
        return "Pbx(<redacted>)"
