"""How a word could hide in octets: what the searches for leaks look for."""

from __future__ import annotations

import base64
from collections.abc import Iterator


def forms(word: str) -> Iterator[bytes]:
    """How a word could hide: as it is, base64 at each alignment, hex, UTF-16, percent."""
    raw = word.encode()
    yield raw
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        yield encoded[(0, 2, 3)[shift] : len(encoded) - 4]
    yield raw.hex().encode()
    yield word.encode("utf-16-le")
    yield raw.replace(b"@", b"%40")
