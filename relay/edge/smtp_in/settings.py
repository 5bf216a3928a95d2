"""What the door has to be told. Made by the composition root, checked here, never changed afterwards."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Final

from relay.edge.smtp_in.limits import Limits, Network

DEFAULT_MAX_MESSAGE_BYTES: Final = 30 * 1024 * 1024
"""What a mail of 20 MiB of files comes to in base64, and a little more."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """``domain`` is greeted with and takes mail; ``other_domains`` take mail too. All in lower case.

    ``trusted_hosts``: networks without limits per client. ``tls_context``: server side; STARTTLS is offered
    when there is one. ``max_message_bytes`` counts content with CRLF line ends (RFC 1870 §3).
    """

    domain: str
    other_domains: frozenset[str] = frozenset()
    max_message_bytes: int = DEFAULT_MAX_MESSAGE_BYTES
    trusted_hosts: tuple[Network, ...] = ()
    tls_context: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)
    domains: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "domains", self.other_domains | {self.domain})
        if any(domain != domain.lower() for domain in self.domains):
            raise ValueError("own domains must be in lower case")
        if self.max_message_bytes < 1:
            raise ValueError("max_message_bytes must be positive")
