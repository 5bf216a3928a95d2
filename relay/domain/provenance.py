"""Who brought a message: what the listener knows of the client, kept sealed with the envelope and never logged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provenance:
    """The client's address and what it called itself, as far as they prove anything.

    ``is_trusted``: a host of the operator's, which stands between us and the real client. ``login``: the counselor
    who logged in to bring it, empty for none. ``authserv_id``, ``own_received``: of the provider out of whose mailbox
    it comes, the name under which it says what it has found out, and how many ``Received`` fields are its own.
    """

    client_ip: str = ""
    helo: str = ""
    is_trusted: bool = False
    login: str = ""
    authserv_id: str = ""
    own_received: int = 1

    def __repr__(self) -> str:
        return "Provenance(<redacted>)"


UNKNOWN = Provenance()
