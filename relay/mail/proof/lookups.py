"""Questions to the DNS as the proofs ask them. ``edge.dns`` answers for real, a table does in the tests."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from relay.errors import RelayError


class RecordType(Enum):
    """The types of record that proofs are made of."""

    TXT = "TXT"
    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    PTR = "PTR"


class LookupTrouble(RelayError):
    """No answer for now: a time-out, a server's failure, or too many questions for one message."""


class Lookup(Protocol):
    """Asks for the records of one type at a name."""

    async def __call__(self, name: str, record_type: RecordType) -> tuple[str, ...]:
        """Texts (their strings joined), addresses, or host names, those of MX by preference; empty for none.

        Raises ``LookupTrouble``.
        """
