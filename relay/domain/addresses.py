"""Addresses, one type per role, redacted wherever they might be printed.

An address of a person is a secret: ``str``, ``repr``, ``format`` and exceptions show
``<redacted>``. ``reveal`` is the one way to read it, and a test lists who may call it.

Standards: RFC 5321 §4.1.2 (Mailbox), §4.5.3.1 (64 octets of local part, 255 of domain).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LOCAL = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*\Z")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")

MAX_LOCAL_OCTETS = 64
MAX_DOMAIN_OCTETS = 255


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A mailbox ``local@domain``: ASCII dot-atom local part, host-name domain, domain in lower case.

    Raises ``ValueError`` (without the value) for anything else: no quoted local parts,
    no literals, no comments, no routes.
    """

    local: str
    domain: str

    def __post_init__(self) -> None:
        if not (_LOCAL.match(self.local) and _DOMAIN.match(self.domain)):
            raise ValueError("not a plain mailbox")
        if len(self.local) > MAX_LOCAL_OCTETS or len(self.domain) > MAX_DOMAIN_OCTETS:
            raise ValueError("mailbox too long")
        if not self.domain.islower():
            object.__setattr__(self, "domain", self.domain.lower())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``local@domain``. Raises ``ValueError`` without quoting the text."""
        local, at, domain = text.rpartition("@")
        if not at:
            raise ValueError("not a mailbox: no @")
        return cls(local, domain)

    def reveal(self) -> str:
        """Return the address in clear. Every caller is listed in a test."""
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> str:
        """The form under which two spellings are the same mailbox, for comparison and blind index."""
        return f"{self.local.lower()}@{self.domain}"

    def same_as(self, other: Address) -> bool:
        """Tell whether both name one mailbox, whatever the role and the case."""
        return self.key == other.key

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<redacted>)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return "<redacted>"


class SeekerAddress(Address):
    """Where a person who asked for help reads mail."""

    __slots__ = ()


class CounselorAddress(Address):
    """Where a counselor reads or writes mail."""

    __slots__ = ()


class SupervisorAddress(Address):
    """Where a supervisor reads or writes mail."""

    __slots__ = ()


class OperatorAddress(Address):
    """Where the operator reads mail."""

    __slots__ = ()


class OurAddress(Address):
    """An address at the service's own domain: intake, alias, return-path, desk."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, repr=False)
class ReversePath:
    """The MAIL FROM of an entry (RFC 5321 §3.3): foreign, maybe forged, a secret; empty for the null one."""

    path: str

    @property
    def is_null(self) -> bool:
        return not self.path

    def reveal(self) -> str:
        """Return the path in clear. Every caller is listed in a test."""
        return self.path

    def __repr__(self) -> str:
        return "ReversePath(<null>)" if self.is_null else "ReversePath(<redacted>)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)
