"""What speaks against passing a message on: a block of its sender, the verdict of a spam filter.

Routing finds it out (``flow.route``), a stage decides what follows (``flow.stages``). Nobody can tell from it who it is
about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Block:
    """In force from ``since`` until ``until``. ``is_told``: the operator has heard of its mail since yesterday."""

    block_id: bytes
    since: datetime
    until: datetime
    is_told: bool = False


class Verdict(Enum):
    """What is to become of a message, for what its content looks like."""

    PASS = "pass"  # noqa: S105 - no password
    MARK = "mark"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Standing:
    """Both for one message."""

    block: Block | None = None
    verdict: Verdict = Verdict.PASS


NOTHING_AGAINST = Standing()
