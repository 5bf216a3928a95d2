"""The server's side of TLS. Used by ``parts`` and ``outside``."""

from __future__ import annotations

import ssl


def server_context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 and later with this certificate (PEM files). Raises ``OSError``, ``ssl.SSLError`` included."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
