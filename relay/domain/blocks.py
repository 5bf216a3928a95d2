"""A block: somebody whose mail is held for a time. Who it is, nobody can tell from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Block:
    """In force from ``since`` until ``until``. ``is_told``: the operator has heard of its mail since yesterday."""

    block_id: bytes
    since: datetime
    until: datetime
    is_told: bool = False
