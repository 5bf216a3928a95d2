"""One mailbox, as ``app`` reads it from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

POLL_S = 60.0
"""Between two looks. IDLE is renewed with each, long before a server may end it (RFC 2177 §3: 29 minutes; many
middleboxes forget a connection after 10). A connection that has died without a word is noticed ``command_s`` after the
next look; so mail is taken within two minutes of when the server is back, whatever happened."""


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """``tls``: ``never`` only toward this machine. ``password_command`` is used where there is no ``password_file``.

    ``after``: what becomes of a message once it is taken. ``sent_folder``: where copies of our own mail are deleted.
    """

    host: str
    port: int
    username: str = field(repr=False)
    tls: Literal["implicit", "starttls", "never"] = "implicit"
    password_file: Path | None = None
    password_command: tuple[str, ...] = field(default=(), repr=False)
    login: Literal["password", "xoauth2"] = "password"
    ca_file: str | None = None
    after: Literal["move", "flag", "delete"] = "move"
    move_to: str = "Relayed"
    sent_folder: str | None = None
    idle: bool = True
    max_message_bytes: int = 31_457_280
    poll_s: float = POLL_S
    connect_s: float = 20.0
    command_s: float = 30.0
    """For the answer to a command; for a large one, between two of its packets."""
    octets_per_s: int = 20_000
    """The slowest that a literal may come in all; added to ``command_s``."""
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    """Between two connections when one has failed; doubled from the first to the longest."""

    def place(self, folder: str) -> str:
        """What tells this folder from every other; a secret, for it holds the login."""
        return f"{self.username}\n{self.host}:{self.port}\n{folder}"
