"""The section ``[submission]``: where counselors log in with their own mail program."""

from __future__ import annotations

from pydantic import Field

from relay.config import fields
from relay.config.section import Section


class SubmissionSection(Section):
    """A second door, for counselors whose provider proves nothing of who wrote: they enter it in their mail program as
    the server for outgoing mail, with their id or address and the password of password_hash. Needs
    smtp.tls_certificate. Without places to listen on there is none.
    """

    implicit_tls: tuple[fields.Endpoint, ...] = Field(
        default=(),
        max_length=16,
        description="IP addresses and ports with TLS from the first octet (RFC 8314; port 465), or 'systemd' for the "
        "sockets named submissions.",
        examples=[["0.0.0.0:465"]],
    )
    starttls: tuple[fields.Endpoint, ...] = Field(
        default=(),
        max_length=16,
        description="The same with STARTTLS before the login (port 587); the sockets named submission.",
        examples=[["0.0.0.0:587"]],
    )

    @property
    def is_on(self) -> bool:
        """Whether there is such a door."""
        return bool(self.implicit_tls or self.starttls)
