"""Where mail goes, as ``app`` reads it from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class NextHopSettings:
    """Where mail goes. ``tls``: ``opportunistic`` encrypts without verifying when STARTTLS is offered;
    ``required`` and ``implicit`` verify against ``ca_file`` (PEM), or the system's authorities without one.

    ``local_hostname`` is the name in EHLO, the service's domain. A password goes over TLS only, except
    with ``tls = "never"``, which says that the operator knows the way to be private.
    """

    host: str
    port: int
    local_hostname: str
    tls: Literal["never", "opportunistic", "required", "implicit"] = "required"
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    max_connections: int = 4
    messages_per_connection: int = 100  # Postfix reuses by time, Exim 500 times, providers often allow 100
    idle_s: float = 30.0
    reply_s: float = 60.0
    block_s: float = 180.0  # RFC 5321 §4.5.3.2.5
    final_reply_s: float = 600.0  # RFC 5321 §4.5.3.2.6: giving up earlier makes duplicates
