"""The line's own OpenPGP keys, as values between the store, the desk and ``relay keys``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """One OpenPGP key of the line's own, for an intake address. ``retired_at``: not given out since then."""

    key_id: bytes
    address: str
    fingerprint: str
    secret: bytes
    created_at: datetime
    expires_at: datetime
    retired_at: datetime | None = None

    def __repr__(self) -> str:
        return "ServiceKey(<redacted>)"
