"""What goes wrong with a mailbox, in constant words; what a server says never leaves this folder."""

from __future__ import annotations

from relay.errors import RelayError


class MailboxTrouble(RelayError):
    """This connection is done for; the next may do better.

    ``cause``: ``connect tls starttls preauth login credential folder closed timeout bye protocol size`` or ``refused``.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Overdue(MailboxTrouble):
    """The server did not answer within the limit."""

    def __init__(self) -> None:
        super().__init__("timeout")


class LoginRefused(MailboxTrouble):
    """The server does not take the login: an expired token, a changed password."""

    def __init__(self) -> None:
        super().__init__("login")
