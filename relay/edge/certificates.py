"""When a certificate ends and which names it is for: the one reader of X.509 outside TLS itself.

Standards: RFC 5280 §4.1.2.5 (validity), RFC 6125 §6.4 (names; the common name counts for nothing).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Of the first certificate of a chain, which is the server's own. ``ends_at``: the first of the chain to end."""

    begins_at: datetime
    ends_at: datetime
    names: tuple[str, ...]

    def is_for(self, host: str) -> bool:
        """Whether a client that asked for this host would take it."""
        host = host.lower().rstrip(".")
        parent = host.partition(".")[2]
        return any(name == host or (name.startswith("*.") and name[2:] == parent) for name in self.names)


def read(file: Path) -> CertificateFacts:
    """Read a PEM chain. Raises ``ValueError`` or ``OSError``."""
    chain = x509.load_pem_x509_certificates(file.read_bytes())
    own = chain[0]
    try:
        san = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(name.lower() for name in san.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        names = ()
    return CertificateFacts(own.not_valid_before_utc, min(each.not_valid_after_utc for each in chain), names)
